// Judges chains by Go's crypto/x509. Each line of the input is a chain in JSON; each line of the output is `valid`, or
// why it is refused.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

type chain struct {
	Leaf          []byte
	Intermediates [][]byte
	Root          []byte
	// Milliseconds since 1970
	Time int64
	Name string
}

func judge(line []byte) error {
	var c chain
	if err := json.Unmarshal(line, &c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	options := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		DNSName:       c.Name,
		CurrentTime:   time.UnixMilli(c.Time),
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	root, err := x509.ParseCertificate(c.Root)
	if err != nil {
		return err
	}
	options.Roots.AddCert(root)
	for _, der := range c.Intermediates {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		options.Intermediates.AddCert(certificate)
	}
	leaf, err := x509.ParseCertificate(c.Leaf)
	if err != nil {
		return err
	}
	_, err = leaf.Verify(options)
	return err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := judge(lines.Bytes()); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("valid")
		}
	}
}
