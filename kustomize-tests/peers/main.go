// Programs that do what every KRM function must do besides its work, with the libraries that functions in Go use, so that
// the functions of this repository can be held against them.
//
// usage: peers no-op | decode | encode
//
// Each reads a ResourceList from standard input.
package main

import (
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/kio"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("usage: peers no-op | decode | encode")
	}
	switch arguments[0] {
	case "no-op":
		return noOp()
	case "decode":
		_, err := decode()
		return err
	case "encode":
		list, err := decode()
		if err != nil {
			return err
		}
		return encode(list)
	default:
		return fmt.Errorf("no such peer: %s", arguments[0])
	}
}

// noOp is a function that changes nothing, as kyaml runs it: what any function in Go costs.
func noOp() error {
	nothing := framework.ResourceListProcessorFunc(func(*framework.ResourceList) error { return nil })
	return framework.Execute(nothing, &kio.ByteReadWriter{Reader: os.Stdin, Writer: os.Stdout, KeepReaderAnnotations: true})
}

// decode reads values, without comments and places.
func decode() (any, error) {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	var list any
	return list, yaml.Unmarshal(text, &list)
}

func encode(list any) error {
	encoder := yaml.NewEncoder(os.Stdout)
	encoder.SetIndent(2)
	if err := encoder.Encode(list); err != nil {
		return err
	}
	return encoder.Close()
}
