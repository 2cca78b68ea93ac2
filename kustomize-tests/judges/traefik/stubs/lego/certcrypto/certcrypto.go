// Package certcrypto has the key types of a certificate resolver.
package certcrypto

// KeyType names a kind of private key.
type KeyType string

// The key types a resolver's configuration may name.
const (
	EC256   KeyType = "EC256"
	EC384   KeyType = "EC384"
	RSA2048 KeyType = "RSA2048"
	RSA4096 KeyType = "RSA4096"
	RSA8192 KeyType = "RSA8192"
)
