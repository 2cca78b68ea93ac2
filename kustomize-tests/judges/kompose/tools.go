//go:build tools

// Package judge names the program that build makes, for go.mod to pin.
package judge

import _ "github.com/kubernetes/kompose"
