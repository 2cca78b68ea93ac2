package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
)

// printSigningKey makes a key, which the API server wants for the tokens of service accounts.
func printSigningKey(out io.Writer) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return pem.Encode(out, &pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})
}
