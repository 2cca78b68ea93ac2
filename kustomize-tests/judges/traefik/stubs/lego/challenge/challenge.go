// Package challenge has the interface Traefik's own challenge servers implement.
package challenge

import (
	"context"
	"time"
)

// Provider answers one kind of challenge.
type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}

// ProviderTimeout is a Provider with its own time limits.
type ProviderTimeout interface {
	Provider
	Timeout() (timeout, interval time.Duration)
}
