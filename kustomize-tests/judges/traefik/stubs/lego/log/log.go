// Package log takes the logger Traefik hands over.
package log

import "log/slog"

// SetDefault does nothing.
func SetDefault(*slog.Logger) {}
