// Command make-shapes turns SealedSecrets found in the wild into test data that holds nothing of
// theirs but the shape: which fields are there, in which order and style, and the lengths of the
// sealed values. Names are replaced alike in metadata and template, and every value is sealed anew,
// for the new name and with our own test key. What does not survive that (values that are no sealed
// bytes, contents of template.data) is left out.
//
//	make-shapes -cert CERT.pem -out DIR FILE...
//
// Shapes that differ in nothing but lengths are written once.
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	ssv1alpha1 "github.com/bitnami-labs/sealed-secrets/pkg/apis/sealedsecrets/v1alpha1"
	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
	"go.yaml.in/yaml/v3"
	"k8s.io/client-go/util/cert"
)

// mostValues bounds the values kept of one object, and so the size of the test data.
const mostValues = 4

func main() {
	certificate := flag.String("cert", "", "certificate to seal with")
	out := flag.String("out", "", "directory to write to")
	flag.Parse()
	if err := run(*certificate, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "make-shapes:", err)
		os.Exit(1)
	}
}

func run(certificate, out string, files []string) error {
	certs, err := cert.CertsFromFile(certificate)
	if err != nil {
		return err
	}
	key, ok := certs[0].PublicKey.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("%s: not an RSA certificate", certificate)
	}
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		for {
			var document yaml.Node
			if decoder.Decode(&document) != nil {
				break // The end, or a template that is no YAML.
			}
			s := shape{key: key, number: len(seen) + 1}
			if !s.of(document.Content[0]) || seen[s.signature.String()] {
				continue
			}
			seen[s.signature.String()] = true
			var written bytes.Buffer
			encoder := yaml.NewEncoder(&written)
			encoder.SetIndent(2)
			if err := encoder.Encode(document.Content[0]); err != nil {
				return err
			}
			name := fmt.Sprintf("shape-%02d.yaml", s.number)
			if err := os.WriteFile(filepath.Join(out, name), written.Bytes(), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// shape anonymises one object in place.
type shape struct {
	key       *rsa.PublicKey
	number    int
	signature strings.Builder
}

// of reports whether the node is a SealedSecret with a value that survives.
func (s *shape) of(object *yaml.Node) bool {
	dropComments(object)
	if text(object, "kind") != "SealedSecret" || !strings.HasPrefix(text(object, "apiVersion"), "bitnami.com/") {
		return false
	}
	metadata, template := at(object, "metadata"), at(object, "spec", "template")
	values := at(object, "spec", "encryptedData")
	if metadata == nil || values == nil || values.Kind != yaml.MappingNode || nonNull(at(template, "data")) {
		return false
	}
	names := map[string]string{text(metadata, "name"): fmt.Sprintf("sealed-%d", s.number)}
	namespaces := map[string]string{"default": "default", text(metadata, "namespace"): fmt.Sprintf("space-%d", s.number)}
	for _, place := range []*yaml.Node{metadata, at(template, "metadata")} {
		rename(at(place, "name"), names, "other-name")
		rename(at(place, "namespace"), namespaces, "other-space")
		anonymise(at(place, "labels"))
		anonymise(at(place, "annotations"))
	}
	remove(object, "status")
	var annotations map[string]string
	if node := at(metadata, "annotations"); node != nil && node.Decode(&annotations) != nil {
		return false
	}
	var sealed ssv1alpha1.SealedSecret
	sealed.Annotations = annotations
	label := ssv1alpha1.EncryptionLabel(text(metadata, "namespace"), text(metadata, "name"), ssv1alpha1.SecretScope(&sealed))

	kept := values.Content[:0]
	for i := 0; i+1 < len(values.Content) && len(kept) < 2*mostValues; i += 2 {
		key, value := values.Content[i], values.Content[i+1]
		length, ok := plaintextLength(value.Value)
		if !ok {
			continue
		}
		key.Value = dataKey(key.Value, len(kept)/2+1)
		value.Value = wrapLike(value.Value, s.seal(length, label))
		kept = append(kept, key, value)
	}
	values.Content = kept
	s.sign(object, 0)
	return len(kept) > 0
}

// seal seals made-up text of the given length in bytes.
func (s *shape) seal(length int, label []byte) string {
	plaintext := []byte(strings.Repeat("made-up-", length/8+1)[:length])
	sealed, err := crypto.HybridEncrypt(rand.Reader, s.key, plaintext, label)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(sealed)
}

// sign notes the structure without the sealed bytes, names and numbers.
func (s *shape) sign(node *yaml.Node, depth int) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			fmt.Fprintf(&s.signature, "%d %s %d %d\n", depth, child.Value, node.Content[i+1].Kind, node.Content[i+1].Style)
		}
		s.sign(child, depth+1)
	}
}

// plaintextLength is what a sealed value tells without any key.
func plaintextLength(value string) (int, bool) {
	sealed, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(sealed) < 2 {
		return 0, false
	}
	length := len(sealed) - 2 - int(binary.BigEndian.Uint16(sealed)) - 16
	return length, length >= 0
}

// wrapLike breaks the new value where the old one was broken first, if it was.
func wrapLike(old, value string) string {
	width := strings.IndexByte(old, '\n')
	if width <= 0 {
		return value
	}
	var lines []string
	for len(value) > width {
		lines, value = append(lines, value[:width]), value[width:]
	}
	return strings.Join(append(lines, value), "\n") + "\n"
}

// dataKey keeps the keys that Kubernetes itself gives a meaning.
func dataKey(key string, number int) string {
	switch key {
	case "tls.crt", "tls.key", "ca.crt", ".dockerconfigjson", ".dockercfg", "ssh-privatekey", "username", "password":
		return key
	}
	return fmt.Sprintf("key-%d", number)
}

func rename(node *yaml.Node, known map[string]string, other string) {
	if node == nil || node.Value == "" {
		return
	}
	if replacement, ok := known[node.Value]; ok {
		node.Value = replacement
	} else {
		node.Value = other
	}
}

// anonymise keeps the labels and annotations that tools give a meaning, and renames the others.
func anonymise(pairs *yaml.Node) {
	if pairs == nil {
		return
	}
	for i := 0; i+1 < len(pairs.Content); i += 2 {
		key, value := pairs.Content[i], pairs.Content[i+1]
		if strings.HasPrefix(key.Value, "sealedsecrets.bitnami.com/") || strings.HasPrefix(key.Value, "argocd.argoproj.io/sync-wave") {
			continue
		}
		key.Value, value.Value = fmt.Sprintf("example.com/mark-%d", i/2+1), "value"
	}
}

func at(node *yaml.Node, path ...string) *yaml.Node {
	for _, step := range path {
		if node == nil || node.Kind != yaml.MappingNode {
			return nil
		}
		var found *yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				found = node.Content[i+1]
			}
		}
		node = found
	}
	return node
}

func text(node *yaml.Node, path ...string) string {
	if found := at(node, path...); found != nil {
		return found.Value
	}
	return ""
}

func nonNull(node *yaml.Node) bool { return node != nil && node.Tag != "!!null" }

func remove(node *yaml.Node, key string) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			node.Content = append(node.Content[:i], node.Content[i+2:]...)
			return
		}
	}
}

func dropComments(node *yaml.Node) {
	node.HeadComment, node.LineComment, node.FootComment = "", "", ""
	for _, child := range node.Content {
		dropComments(child)
	}
}
