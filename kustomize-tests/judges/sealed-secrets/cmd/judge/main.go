// Command judge prints what sealed-secrets itself makes of each sealed value in YAML files:
// a JSON array with one verdict a line.
//
//	judge -key a.key.pem -key b.key.pem FILE.yaml...
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"replatform.dev/judges/sealed-secrets/verdict"
)

func main() {
	keys := verdict.Keys{}
	flag.Func("key", "private key (PEM); repeatable", func(path string) error {
		pem, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return keys.Add(pem)
	})
	flag.Parse()
	if err := run(keys, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func run(keys verdict.Keys, files []string) error {
	var lines []verdict.Line
	for _, file := range files {
		stream, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		of, err := verdict.Judge(filepath.Base(file), stream, keys)
		if err != nil {
			return err
		}
		lines = append(lines, of...)
	}
	return verdict.Write(os.Stdout, lines)
}
