package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// sealer runs the real kubeseal, offline, with one of our certificates.
type sealer struct{ kubeseal, keys string }

// object is a Kubernetes object as decoded JSON.
type object map[string]any

// secret is a plain Secret to be sealed; its values are made up.
func secret(namespace, name string, data map[string]string) object {
	encoded := object{}
	for key, value := range data {
		encoded[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return object{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": object{"namespace": namespace, "name": name},
		"data":     encoded,
	}
}

// typed sets the Secret's type.
func (o object) typed(kind string) object {
	o["type"] = kind
	return o
}

// seal seals with the usual 4096-bit certificate.
func (s sealer) seal(plain object, args ...string) object {
	return s.sealFor("test-only-4096", plain, args...)
}

func (s sealer) sealFor(cert string, plain object, args ...string) object {
	text, err := json.Marshal(plain)
	must(err)
	var sealed object
	must(json.Unmarshal(s.run(cert, text, append(args, "--format", "json")...), &sealed))
	return sealed
}

// sealForeign seals for the foreign key until the RSA part of the one value, as a number, is as wanted.
func (s sealer) sealForeign(plain object, wanted func(*big.Int) bool) object {
	for range 200 {
		sealed := s.sealFor(foreign, plain)
		fits := false
		sealed.changeBytes(func(b []byte) []byte {
			fits = wanted(new(big.Int).SetBytes(b[2 : 2+512]))
			return b
		})
		if fits {
			return sealed
		}
	}
	must(fmt.Errorf("the foreign modulus is too small beside ours: remove the keys to make new ones"))
	return nil
}

// raw seals one value with `kubeseal --raw`.
func (s sealer) raw(value string, args ...string) string {
	return string(s.run("test-only-4096", []byte(value), append(args, "--raw", "--from-file=/dev/stdin")...))
}

// merge adds the values of plain to a sealed one with `kubeseal --merge-into`.
func (s sealer) merge(into, plain object) object {
	dir, err := os.MkdirTemp("", "merge")
	must(err)
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "sealed.json")
	text, err := json.Marshal(into)
	must(err)
	must(os.WriteFile(file, text, 0o600))
	text, err = json.Marshal(plain)
	must(err)
	s.run("test-only-4096", text, "--merge-into", file, "--format", "json")
	text, err = os.ReadFile(file)
	must(err)
	var merged object
	must(json.Unmarshal(text, &merged))
	return merged
}

func (s sealer) run(cert string, stdin []byte, args ...string) []byte {
	command := exec.Command(s.kubeseal, append(args, "--cert", filepath.Join(s.keys, cert+".cert.pem"))...)
	command.Stdin = bytes.NewReader(stdin)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		must(fmt.Errorf("kubeseal %v: %w: %s", args, err, stderr.String()))
	}
	return out
}

// must ends the program: nothing here is worth recovering from.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "make-vectors:", err)
		os.Exit(1)
	}
}

// in descends into the maps of an object, making those that are missing.
func (o object) in(path ...string) object {
	for _, step := range path {
		switch child := o[step].(type) {
		case map[string]any:
			o = child
		case object:
			o = child
		default:
			made := object{}
			o[step] = made
			o = made
		}
	}
	return o
}

// set sets one field; a nil value removes it.
func (o object) set(value any, path ...string) object {
	parent, last := o.in(path[:len(path)-1]...), path[len(path)-1]
	if value == nil {
		delete(parent, last)
	} else {
		parent[last] = value
	}
	return o
}

func (o object) values() object { return o.in("spec", "encryptedData") }

// change applies f to every sealed value.
func (o object) change(f func(string) string) object {
	values := o.values()
	for key, value := range values {
		values[key] = f(value.(string))
	}
	return o
}

// changeBytes applies f to the bytes of every sealed value.
func (o object) changeBytes(f func([]byte) []byte) object {
	return o.change(func(value string) string {
		decoded, err := base64.StdEncoding.DecodeString(value)
		must(err)
		return base64.StdEncoding.EncodeToString(f(decoded))
	})
}

// stream is the objects in kubeseal's own way of writing YAML; several make a multi-document stream.
func stream(objects ...object) string {
	var documents []string
	for _, o := range objects {
		text, err := yaml.Marshal(o)
		must(err)
		documents = append(documents, string(text))
	}
	return strings.Join(documents, "---\n")
}

// restyle rewrites every sealed value of a YAML text as the given style of scalar, wrapped at 76 columns.
func restyle(text, style string) string {
	var out []string
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(strings.TrimSuffix(line, "\n"), ": Ag")
		if !found {
			out = append(out, line)
			continue
		}
		value = "Ag" + value
		indent := strings.Repeat(" ", len(key)-len(strings.TrimLeft(key, " "))+2)
		var wrapped []string
		for len(value) > 76 {
			wrapped, value = append(wrapped, value[:76]), value[76:]
		}
		body := strings.Join(append(wrapped, value), "\n"+indent)
		switch style {
		case `"`:
			out = append(out, key+": \""+body+"\"\n")
		case "plain":
			out = append(out, key+":\n"+indent+body+"\n")
		default:
			out = append(out, key+": "+style+"\n"+indent+body+"\n")
		}
	}
	return strings.Join(out, "")
}
