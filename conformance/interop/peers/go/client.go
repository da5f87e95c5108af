package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// client makes the asked number of connections, one after another; the exit code is that of the first failure.
func (o *options) client() error {
	config, err := o.configuration()
	if err != nil {
		return err
	}
	if config.RootCAs, err = o.authorities(); err != nil {
		return err
	}
	config.ServerName = o.serverName
	if o.resume {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	}
	for range o.connections {
		if err := o.exchange(config); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) exchange(config *tls.Config) error {
	socket, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", o.port), 10*time.Second)
	if err != nil {
		return err
	}
	connection := tls.Client(socket, config)
	defer connection.Close()
	if err = connection.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	received, err := o.sendAndCheck(connection)
	printLine(describe(connection.ConnectionState(), received, err))
	return err
}

// payloadByte makes lines of text, since some servers echo line by line; neighbouring lines differ.
func payloadByte(index int) byte {
	if index%64 == 63 {
		return '\n'
	}
	return byte('a' + (index+index/64)%26)
}

// sendAndCheck sends a payload while it reads the answer, and compares the two.
func (o *options) sendAndCheck(connection *tls.Conn) (int, error) {
	if err := connection.Handshake(); err != nil {
		return 0, err
	}
	payload := make([]byte, o.bytes)
	for index := range payload {
		payload[index] = payloadByte(index)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := connection.Write(payload)
		sent <- err
	}()
	digest := sha256.New()
	received, err := io.CopyN(digest, connection, int64(len(payload)))
	if err != nil {
		return int(received), err
	}
	if err := <-sent; err != nil {
		return int(received), err
	}
	if want := sha256.Sum256(payload); !bytes.Equal(digest.Sum(nil), want[:]) {
		return int(received), errors.New("the echo differs from what was sent")
	}
	// Our close_notify, then the server's: an end without it is an error (RFC 8446 §6.1).
	if err := connection.CloseWrite(); err != nil {
		return int(received), err
	}
	rest, err := io.ReadAll(connection)
	if err == nil && len(rest) > 0 {
		err = errors.New("more came back than was sent")
	}
	return int(received), err
}
