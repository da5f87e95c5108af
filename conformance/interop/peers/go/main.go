// Peer is a client and server of TLS 1.3, or of TLS 1.2, over Go's crypto/tls, driven by flags, for interoperation tests. The server
// echoes; the client sends a payload, checks that the same bytes come back, and both print one line of JSON for each
// connection.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// options are the flags that client and server share.
type options struct {
	port         int
	certificate  string
	key          string
	ca           string
	serverName   string
	groups       string
	signatures   string
	alpn         string
	clientAuth   string
	ocspResponse string
	keyLog       string
	connections  int
	resume       bool
	noTickets    bool
	plain        bool
	tls12        bool
	suites       string
	bytes        int
}

// report is the line that is printed for each connection.
type report struct {
	Event             string `json:"event"`
	Version           string `json:"version,omitempty"`
	Suite             string `json:"suite,omitempty"`
	Group             string `json:"group,omitempty"`
	Resumed           bool   `json:"resumed"`
	HelloRetryRequest bool   `json:"helloRetryRequest"`
	ALPN              string `json:"alpn,omitempty"`
	ServerName        string `json:"serverName,omitempty"`
	PeerSubject       string `json:"peerSubject,omitempty"`
	OCSPStapled       bool   `json:"ocspStapled,omitempty"`
	Bytes             int    `json:"bytes"`
	Error             string `json:"error,omitempty"`
}

var printing sync.Mutex

func printLine(value any) {
	printing.Lock()
	defer printing.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(value); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func describe(state tls.ConnectionState, bytes int, err error) report {
	line := report{
		Event:             "connection",
		Resumed:           state.DidResume,
		HelloRetryRequest: state.HelloRetryRequest,
		ALPN:              state.NegotiatedProtocol,
		ServerName:        state.ServerName,
		OCSPStapled:       len(state.OCSPResponse) > 0,
		Bytes:             bytes,
	}
	if state.HandshakeComplete {
		line.Version = tls.VersionName(state.Version)
		line.Suite = tls.CipherSuiteName(state.CipherSuite)
		line.Group = groupName(state.CurveID)
	}
	if len(state.PeerCertificates) > 0 {
		line.PeerSubject = state.PeerCertificates[0].Subject.String()
	}
	if err != nil {
		line.Error = err.Error()
	}
	return line
}

// groupsByName holds IANA's names of the groups that crypto/tls knows.
var groupsByName = map[string]tls.CurveID{
	"x25519":             tls.X25519,
	"secp256r1":          tls.CurveP256,
	"secp384r1":          tls.CurveP384,
	"secp521r1":          tls.CurveP521,
	"X25519MLKEM768":     tls.X25519MLKEM768,
	"SecP256r1MLKEM768":  tls.SecP256r1MLKEM768,
	"SecP384r1MLKEM1024": tls.SecP384r1MLKEM1024,
}

func groupName(id tls.CurveID) string {
	for name, value := range groupsByName {
		if value == id {
			return name
		}
	}
	return ""
}

// schemesByName holds IANA's names of the signature schemes that crypto/tls signs with.
var schemesByName = map[string]tls.SignatureScheme{
	"ecdsa_secp256r1_sha256": tls.ECDSAWithP256AndSHA256,
	"ecdsa_secp384r1_sha384": tls.ECDSAWithP384AndSHA384,
	"ecdsa_secp521r1_sha512": tls.ECDSAWithP521AndSHA512,
	"ed25519":                tls.Ed25519,
	"rsa_pss_rsae_sha256":    tls.PSSWithSHA256,
	"rsa_pss_rsae_sha384":    tls.PSSWithSHA384,
	"rsa_pss_rsae_sha512":    tls.PSSWithSHA512,
	"rsa_pkcs1_sha256":       tls.PKCS1WithSHA256,
	"rsa_pkcs1_sha384":       tls.PKCS1WithSHA384,
	"rsa_pkcs1_sha512":       tls.PKCS1WithSHA512,
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func named[T any](known map[string]T, text string) ([]T, error) {
	var values []T
	for _, name := range list(text) {
		value, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("crypto/tls has no %q", name)
		}
		values = append(values, value)
	}
	return values, nil
}

// suitesByName holds the suites of TLS 1.2, whose use can be chosen; those that crypto/tls warns of too.
func suitesByName() map[string]uint16 {
	suites := map[string]uint16{}
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		suites[suite.Name] = suite.ID
	}
	return suites
}

// configuration makes the part of tls.Config that does not depend on the role.
func (o *options) configuration() (*tls.Config, error) {
	config := &tls.Config{NextProtos: list(o.alpn), SessionTicketsDisabled: o.noTickets}
	var err error
	if o.tls12 {
		config.MinVersion = tls.VersionTLS12
		config.MaxVersion = tls.VersionTLS12
		if config.CipherSuites, err = named(suitesByName(), o.suites); err != nil {
			return nil, err
		}
	} else if !o.plain {
		config.MinVersion = tls.VersionTLS13
	}
	if config.CurvePreferences, err = named(groupsByName, o.groups); err != nil {
		return nil, err
	}
	if o.certificate != "" {
		identity, err := tls.LoadX509KeyPair(o.certificate, o.key)
		if err != nil {
			return nil, err
		}
		if identity.SupportedSignatureAlgorithms, err = named(schemesByName, o.signatures); err != nil {
			return nil, err
		}
		if o.ocspResponse != "" {
			if identity.OCSPStaple, err = os.ReadFile(o.ocspResponse); err != nil {
				return nil, err
			}
		}
		config.Certificates = []tls.Certificate{identity}
	}
	if o.keyLog != "" {
		file, err := os.OpenFile(o.keyLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		config.KeyLogWriter = file
	}
	return config, nil
}

func (o *options) authorities() (*x509.CertPool, error) {
	pem, err := os.ReadFile(o.ca)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + o.ca)
	}
	return pool, nil
}

func run() error {
	if len(os.Args) < 2 {
		return errors.New("usage: peer client|server|abilities [flags]")
	}
	var o options
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.IntVar(&o.port, "port", 0, "port on 127.0.0.1; 0 takes a free one")
	flags.StringVar(&o.certificate, "cert", "", "certificate chain (PEM)")
	flags.StringVar(&o.key, "key", "", "private key (PEM)")
	flags.StringVar(&o.ca, "ca", "", "authorities to trust (PEM)")
	flags.StringVar(&o.serverName, "server-name", "localhost", "name to ask for and to check")
	flags.StringVar(&o.groups, "groups", "", "groups, comma-separated, by IANA's names")
	flags.StringVar(&o.signatures, "signature-schemes", "", "schemes that the own key may sign with")
	flags.StringVar(&o.alpn, "alpn", "", "application protocols, comma-separated")
	flags.StringVar(&o.clientAuth, "client-auth", "none", "server: none, request or require")
	flags.StringVar(&o.ocspResponse, "ocsp", "", "server: file with the OCSP response to staple (DER)")
	flags.StringVar(&o.keyLog, "key-log", "", "file to append secrets to, in the SSLKEYLOGFILE format")
	flags.IntVar(&o.connections, "connections", 1, "client: how many connections, one after another")
	flags.BoolVar(&o.resume, "resume", false, "client: keep sessions between the connections")
	flags.BoolVar(&o.noTickets, "no-tickets", false, "server: send no tickets")
	flags.BoolVar(&o.tls12, "tls12", false, "speak TLS 1.2 alone")
	flags.StringVar(&o.suites, "suites", "", "with --tls12: cipher suites, comma-separated, by IANA's names")
	flags.BoolVar(&o.plain, "plain", false, "leave the versions to the library's defaults")
	flags.IntVar(&o.bytes, "bytes", 100_000, "client: size of the payload")
	if err := flags.Parse(os.Args[2:]); err != nil {
		return err
	}
	switch os.Args[1] {
	case "client":
		return o.client()
	case "server":
		return o.server()
	case "abilities":
		return abilities()
	}
	return fmt.Errorf("no such role: %q", os.Args[1])
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
