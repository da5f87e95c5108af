package main

import (
	"crypto/tls"
	"maps"
	"runtime"
	"slices"
)

// abilities prints what this build of crypto/tls can do in TLS 1.3, by IANA's names.
func abilities() error {
	var suites []string
	for _, suite := range tls.CipherSuites() {
		if slices.Contains(suite.SupportedVersions, tls.VersionTLS13) {
			suites = append(suites, suite.Name)
		}
	}
	printLine(map[string]any{
		"version":          runtime.Version(),
		"suites":           suites,
		"groups":           slices.Sorted(maps.Keys(groupsByName)),
		"signatureSchemes": slices.Sorted(maps.Keys(schemesByName)),
	})
	return nil
}
