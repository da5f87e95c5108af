package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// server echoes on every connection until its standard input ends.
func (o *options) server() error {
	config, err := o.configuration()
	if err != nil {
		return err
	}
	switch o.clientAuth {
	case "none":
	case "request":
		config.ClientAuth = tls.VerifyClientCertIfGiven
	case "require":
		config.ClientAuth = tls.RequireAndVerifyClientCert
	default:
		return fmt.Errorf("no such client authentication: %q", o.clientAuth)
	}
	if config.ClientAuth != tls.NoClientCert {
		if config.ClientCAs, err = o.authorities(); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", o.port))
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	printLine(map[string]any{"event": "listening", "port": listener.Addr().(*net.TCPAddr).Port})
	for {
		socket, err := listener.Accept()
		if err != nil {
			return err
		}
		go echo(tls.Server(socket, config))
	}
}

func echo(connection *tls.Conn) {
	defer connection.Close()
	received := int64(0)
	err := connection.SetDeadline(time.Now().Add(60 * time.Second))
	if err == nil {
		err = connection.Handshake()
	}
	if err == nil {
		received, err = io.Copy(connection, connection)
	}
	printLine(describe(connection.ConnectionState(), int(received), err))
}
