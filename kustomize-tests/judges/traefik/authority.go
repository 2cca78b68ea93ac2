package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"time"
)

// Authority is a certificate authority made from its name alone: the same name gives the same
// bytes in every run. So a case may hold an authority's certificate as text, as a Route's
// destinationCACertificate does, without any private key lying in the repository.
type Authority struct {
	certificate *x509.Certificate
	key         ed25519.PrivateKey
}

// The validity of every certificate: fixed, so that their bytes are.
var (
	notBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC)
)

// NewAuthority returns the authority of that name.
func NewAuthority(name string) *Authority {
	key := keyOf("authority " + name)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	return &Authority{certificate: sign(template, template, key.Public(), key), key: key}
}

// PEM is the authority's own certificate.
func (a *Authority) PEM() []byte { return certificatePEM(a.certificate) }

// Issued is a certificate with its key.
type Issued struct {
	Certificate []byte // PEM
	Key         []byte // PEM, PKCS #8
}

// Issue returns a server certificate for the DNS names, the first of which may be a wildcard.
func (a *Authority) Issue(names ...string) Issued {
	id := a.certificate.Subject.CommonName + " " + strings.Join(names, " ")
	key := keyOf("certificate " + id)
	serial := sha256.Sum256([]byte(id))
	leaf := sign(&x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:8]),
		Subject:      pkix.Name{CommonName: names[0]},
		DNSNames:     names,
		NotBefore:    notBefore,
		NotAfter:     notAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.certificate, key.Public(), a.key)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	return Issued{
		Certificate: certificatePEM(leaf),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
	}
}

// TLS is the certificate as a server uses it.
func (i Issued) TLS() tls.Certificate {
	pair, err := tls.X509KeyPair(i.Certificate, i.Key)
	must(err)
	return pair
}

func keyOf(id string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("replatform judge " + id))
	return ed25519.NewKeyFromSeed(seed[:])
}

func sign(template, parent *x509.Certificate, public any, key ed25519.PrivateKey) *x509.Certificate {
	der, err := x509.CreateCertificate(nil, template, parent, public, key)
	must(err)
	certificate, err := x509.ParseCertificate(der)
	must(err)
	return certificate
}

func certificatePEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// must stops on an error that only a mistake in this program can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
