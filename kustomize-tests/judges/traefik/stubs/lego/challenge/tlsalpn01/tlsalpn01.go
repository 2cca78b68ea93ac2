// Package tlsalpn01 has the protocol name of the TLS-ALPN challenge, which Traefik's TCP router
// tells apart from ordinary traffic.
package tlsalpn01

import (
	"time"

	absent "github.com/go-acme/lego/v5"
)

// ACMETLS1Protocol is the ALPN identifier of RFC 8737.
const ACMETLS1Protocol = "acme-tls/1"

// ChallengeOption would tune the challenge.
type ChallengeOption struct{}

// SetDelay does nothing.
func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }

// ChallengeBlocks always fails.
func ChallengeBlocks(domain, keyAuth string) (cert, key []byte, err error) {
	return nil, nil, absent.Err
}
