// Package main is the judge's API server, or one of its two small helpers, as which of them it is called.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	_ "time/tzdata" // for the time zones of CronJobs

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	switch filepath.Base(os.Args[0]) {
	case "kube-apiserver":
		os.Exit(cli.Run(app.NewAPIServerCommand()))
	case "manifests-to-json":
		exit(printManifests(os.Stdin, os.Stdout))
	case "make-signing-key":
		exit(printSigningKey(os.Stdout))
	default:
		exit(fmt.Errorf("call this kube-apiserver, manifests-to-json or make-signing-key"))
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
