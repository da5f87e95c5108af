// Victims of crypto/tls: servers that listen, and clients that dial when they are told to, in one process that stays.
// Requests are lines of JSON on stdin, answers are lines on stdout.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

type request struct {
	ID          int      `json:"id"`
	Role        string   `json:"role"`
	Address     string   `json:"address"`
	Version     uint16   `json:"version"`
	Certificate string   `json:"certificate"`
	Key         string   `json:"key"`
	Root        string   `json:"root"`
	ALPN        []string `json:"alpn"`
	Suites      []uint16 `json:"suites"`
	Groups      []string `json:"groups"`
	ClientAuth  string   `json:"clientAuth"`
	Resumes     bool     `json:"resumes"`
	// Of a client that remembers sessions: its name, and whether it dials again.
	Memory string `json:"memory"`
	Again  bool   `json:"again"`
}

var groups = map[string]tls.CurveID{"x25519": tls.X25519, "secp256r1": tls.CurveP256}

var clientAuth = map[string]tls.ClientAuthType{
	"request": tls.VerifyClientCertIfGiven,
	"require": tls.RequireAndVerifyClientCert,
}

type answer struct {
	ID      int    `json:"id"`
	Address string `json:"address,omitempty"`
	Error   string `json:"error,omitempty"`
}

var writing sync.Mutex

func tell(a answer) {
	line, _ := json.Marshal(a)
	writing.Lock()
	defer writing.Unlock()
	fmt.Println(string(line))
}

func (r *request) config() (*tls.Config, error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(r.Root))
	config := &tls.Config{
		MinVersion: r.Version,
		MaxVersion: r.Version,
		NextProtos: r.ALPN,
		RootCAs:    roots,
		ClientCAs:  roots,
		ServerName: "server.test",
		// A session would be another handshake.
		SessionTicketsDisabled: !r.Resumes && r.Memory == "",
		CipherSuites:           r.Suites,
		ClientAuth:             clientAuth[r.ClientAuth],
	}
	for _, group := range r.Groups {
		config.CurvePreferences = append(config.CurvePreferences, groups[group])
	}
	if r.Memory != "" {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	}
	if r.Certificate != "" {
		pair, err := tls.X509KeyPair([]byte(r.Certificate), []byte(r.Key))
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func serve(conn net.Conn, config *tls.Config) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	server := tls.Server(conn, config)
	buffer := make([]byte, 100)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		server.Write(buffer[:n])
	}
}

func dial(r request, config *tls.Config) error {
	conn, err := net.Dial("tcp", r.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	client := tls.Client(conn, config)
	if err := client.Handshake(); err != nil {
		return err
	}
	if _, err := client.Write([]byte("x")); err != nil {
		return err
	}
	_, err = client.Read(make([]byte, 1))
	return err
}

func main() {
	remembered := map[string]*tls.Config{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			panic(err)
		}
		config := remembered[r.Memory]
		if config == nil {
			var err error
			if config, err = r.config(); err != nil {
				panic(err)
			}
		}
		delete(remembered, r.Memory)
		if r.Again {
			remembered[r.Memory] = config
		}
		if r.Role == "server" {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				panic(err)
			}
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					go serve(conn, config)
				}
			}()
			tell(answer{ID: r.ID, Address: listener.Addr().String()})
			continue
		}
		go func() {
			a := answer{ID: r.ID}
			if err := dial(r, config); err != nil {
				a.Error = err.Error()
			}
			tell(a)
		}()
	}
}
