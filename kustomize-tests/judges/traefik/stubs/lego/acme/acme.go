// Package acme has the account types Traefik stores.
package acme

// Account is an ACME account.
type Account struct{}

// ExtendedAccount is an account with its URL.
type ExtendedAccount struct {
	Account

	Location string
}
