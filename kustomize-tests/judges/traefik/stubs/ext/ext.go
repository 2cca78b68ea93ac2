// Package ext is an empty extension point of Traefik's dynamic configuration.
//
// Traefik keeps it as a nested module that is not published, so its module zip lacks it.
package ext

// HTTP adds nothing to the HTTP configuration.
type HTTP struct{}

// Router adds nothing to a router.
type Router struct{}
