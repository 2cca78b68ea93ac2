//go:build tools

// Package judge names the analyzer that build makes, for go.mod to pin.
package judge

import _ "github.com/np-guard/netpol-analyzer/cmd/netpolicy"
