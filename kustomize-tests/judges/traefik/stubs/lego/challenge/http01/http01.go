// Package http01 has the path prefix of the HTTP challenge.
package http01

import "time"

// PathPrefix is where RFC 8555 section 8.3 puts challenge answers.
const PathPrefix = "/.well-known/acme-challenge/"

// ChallengeOption would tune the challenge.
type ChallengeOption struct{}

// SetDelay does nothing.
func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }
