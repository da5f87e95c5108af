package main

import (
	"crypto/tls"
	"maps"
	"runtime"
	"slices"
)

// abilities prints what this build of crypto/tls can do, by IANA's names.
func abilities() error {
	var suites, suites12 []string
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if slices.Contains(suite.SupportedVersions, tls.VersionTLS13) {
			suites = append(suites, suite.Name)
		} else {
			suites12 = append(suites12, suite.Name)
		}
	}
	printLine(map[string]any{
		"version":          runtime.Version(),
		"suites":           suites,
		"suites12":         suites12,
		"groups":           slices.Sorted(maps.Keys(groupsByName)),
		"signatureSchemes": slices.Sorted(maps.Keys(schemesByName)),
	})
	return nil
}
