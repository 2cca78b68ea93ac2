package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// rightKeys are the keys that the judged cluster holds.
var rightKeys = []string{"test-only-2048", "test-only-3072", "test-only-4096"}

// foreign is the key of some other cluster: same size as the usual one, never among the right keys.
const foreign = "test-only-foreign-4096"

type pair struct {
	key    *rsa.PrivateKey
	keyPEM []byte
}

// writeKeys keeps or makes the key pairs: per pair NAME.key.pem and NAME.cert.pem; for the 4096-bit
// key also an expired certificate; and bundle.cert.pem with the certificates of all right keys.
// Keys that are there stay, as other test data is sealed for them.
func writeKeys(dir string) (map[string]pair, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	write := func(name string, text []byte) error {
		return os.WriteFile(filepath.Join(dir, name), text, 0o644)
	}
	pairs := map[string]pair{}
	var bundle []byte
	for i, name := range append(append([]string{}, rightKeys...), foreign) {
		bits := []int{2048, 3072, 4096, 4096}[i]
		file := filepath.Join(dir, name+".key.pem")
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			if err := makeKey(file, bits); err != nil {
				return nil, err
			}
		}
		pair, err := readKey(file)
		if err != nil {
			return nil, err
		}
		pairs[name] = pair
		cert, err := certificate(pair.key, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), 100)
		if err != nil {
			return nil, err
		}
		if name != foreign {
			bundle = append(bundle, cert...)
		}
		if err := write(name+".cert.pem", cert); err != nil {
			return nil, err
		}
	}
	expired, err := certificate(pairs["test-only-4096"].key, time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC), 1)
	if err != nil {
		return nil, err
	}
	if err := write("test-only-4096-expired.cert.pem", expired); err != nil {
		return nil, err
	}
	return pairs, write("bundle.cert.pem", bundle)
}

func makeKey(file string, bits int) error {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return os.WriteFile(file, pem.EncodeToMemory(block), 0o644)
}

func readKey(file string) (pair, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return pair{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return pair{}, fmt.Errorf("%s: no PEM", file)
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	return pair{key: key, keyPEM: text}, err
}

// certificate is a self-signed one like the controller's own: no subject, years long.
func certificate(key *rsa.PrivateKey, from time.Time, years int) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(from.Unix()),
		Subject:      pkix.Name{},
		NotBefore:    from,
		NotAfter:     from.AddDate(years, 0, 0),
		KeyUsage:     x509.KeyUsageEncipherOnly,
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
