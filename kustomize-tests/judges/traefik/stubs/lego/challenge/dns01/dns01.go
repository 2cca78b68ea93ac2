// Package dns01 has the options of the DNS challenge and the name helper Traefik's TLS store uses.
package dns01

import (
	"strings"
	"time"
)

// UnFqdn removes the final dot of a name.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }

// Options would configure a Client.
type Options struct{ RecursiveNameservers []string }

// Client would look up challenge records.
type Client struct{}

// NewClient makes an idle Client.
func NewClient(*Options) *Client { return &Client{} }

// SetDefaultClient does nothing.
func SetDefaultClient(*Client) {}

// ChallengeOption would tune the challenge.
type ChallengeOption struct{}

// CondOptions does nothing.
func CondOptions(bool, ...ChallengeOption) ChallengeOption { return ChallengeOption{} }

// DisableAuthoritativeNssPropagationRequirement does nothing.
func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return ChallengeOption{} }

// DisableRecursiveNSsPropagationRequirement does nothing.
func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return ChallengeOption{} }

// PropagationWait does nothing.
func PropagationWait(time.Duration, bool) ChallengeOption { return ChallengeOption{} }
