// Package main is the Argo CD that the tests ask: one program, which is the server or the client that it is called as.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/alicebob/miniredis/v2"
	cmpserver "github.com/argoproj/argo-cd/v3/cmd/argocd-cmp-server/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
)

func main() {
	if err := run(filepath.Base(os.Args[0])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name string) error {
	switch name {
	case "argocd-cmp-server":
		return cmpserver.NewCommand().Execute()
	case "argocd-repo-server":
		return runRepoServer()
	case "argocd-ask":
		return ask(os.Args[1:])
	default:
		return errors.New("call this argocd-cmp-server, argocd-repo-server or argocd-ask")
	}
}

// runRepoServer gives the server a cache of its own, in this process: without any it waits for one.
func runRepoServer() error {
	cache, err := miniredis.Run()
	if err != nil {
		return err
	}
	defer cache.Close()
	command := reposerver.NewCommand()
	command.SetArgs(append(os.Args[1:], "--redis", cache.Addr()))
	return command.Execute()
}
