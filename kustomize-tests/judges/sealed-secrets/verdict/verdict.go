// Package verdict says what the sealed-secrets controller's own code makes of the
// SealedSecrets in a YAML file, value by value and object by object.
//
// It is the independent oracle for the `sealed-secret-check` function: decryption, labels,
// scopes and unsealing are all done by github.com/bitnami-labs/sealed-secrets.
package verdict

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	ssv1alpha1 "github.com/bitnami-labs/sealed-secrets/pkg/apis/sealedsecrets/v1alpha1"
	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/util/keyutil"
)

// Verdict is what becomes of one sealed value, or of one whole object.
type Verdict string

const (
	// Decrypts: one of the keys opens the value under the label of the object's own metadata.
	Decrypts Verdict = "decrypts"
	// WrongKeyOrLabel: well-formed, but no key opens it under that label. The format does not
	// tell a foreign key, a wrong label and damaged bytes apart; see Line.OpensAs.
	WrongKeyOrLabel Verdict = "wrong-key-or-label"
	// TooShort: the bytes end before the RSA part that their first two bytes announce.
	TooShort Verdict = "malformed-too-short"
	// NotBase64: Go's base64.StdEncoding rejects the text.
	NotBase64 Verdict = "malformed-base64"
	// NotAString: the value is not a YAML string; the controller reads it as an empty one.
	NotAString Verdict = "malformed-not-a-string"
	// Rejected: the whole object does not decode into the API type.
	Rejected Verdict = "malformed-object"
	// Empty: the object holds no sealed value.
	Empty Verdict = "no-values"
)

// Label names what a value was sealed for.
type Label struct {
	Scope     string `json:"scope"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
}

// Line is the verdict on one sealed value. Key is empty where the verdict is on the object
// (Rejected, Empty) or on the deprecated field spec.data.
type Line struct {
	File      string  `json:"file"`
	Namespace string  `json:"namespace"`
	Name      string  `json:"name"`
	Scope     string  `json:"scope"`
	Key       string  `json:"key"`
	Verdict   Verdict `json:"verdict"`
	// PlaintextLength is in bytes; nil unless the value opened.
	PlaintextLength *int `json:"plaintextLength,omitempty"`
	// RSALength is the length in bytes that the value's header announces; nil if there is no header.
	RSALength *int `json:"rsaLength,omitempty"`
	// OpensAs is the other label that opens a WrongKeyOrLabel value, if one of those tried does:
	// every scope, for each namespace and name found in the file (metadata, template metadata
	// and kustomize's record of earlier names).
	OpensAs *Label `json:"opensAs,omitempty"`
	// Unseals tells whether the controller's Unseal makes a Secret of the whole object.
	Unseals bool `json:"unseals"`
	// SecretKeys are the data keys of that Secret, sorted.
	SecretKeys []string `json:"secretKeys,omitempty"`
	// NoValueKeys are those keys whose template printed Go's "<no value>".
	NoValueKeys []string `json:"noValueKeys,omitempty"`
	// Detail is the upstream error text, if any.
	Detail string `json:"detail,omitempty"`
}

func init() {
	ssv1alpha1.AcceptDeprecatedV1Data = true // The controller's default; the package's own is false.
}

// Keys maps the fingerprint of a public key to its private key, as crypto.HybridDecrypt wants it.
type Keys map[string]*rsa.PrivateKey

// Add reads every private key of a PEM text into k.
func (k Keys) Add(pem []byte) error {
	parsed, err := keyutil.ParsePrivateKeyPEM(pem)
	if err != nil {
		return err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return fmt.Errorf("not an RSA private key: %T", parsed)
	}
	fingerprint, err := crypto.PublicKeyFingerprint(&key.PublicKey)
	if err != nil {
		return err
	}
	k[fingerprint] = key
	return nil
}

// object is one SealedSecret as written, before the API type drops what it does not like.
type object struct {
	raw        json.RawMessage
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Meta       struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Data          json.RawMessage `json:"data"`
		EncryptedData json.RawMessage `json:"encryptedData"`
		Template      struct {
			Meta struct {
				Name      string `json:"name"`
				Namespace string `json:"namespace"`
			} `json:"metadata"`
		} `json:"template"`
	} `json:"spec"`
}

// Judge gives the verdicts on every SealedSecret of a YAML stream (also as items of a List),
// in the order of the stream and, within an object, sorted by data key.
func Judge(file string, stream []byte, keys Keys) ([]Line, error) {
	objects, err := sealedSecrets(stream)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	labels := candidates(objects)
	var lines []Line
	for _, o := range objects {
		lines = append(lines, judgeObject(file, o, keys, labels)...)
	}
	return lines, nil
}

func sealedSecrets(stream []byte) ([]object, error) {
	var found []object
	decoder := yaml.NewYAMLToJSONDecoder(bytes.NewReader(stream))
	for {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		found = append(found, collect(raw)...)
	}
}

func collect(raw json.RawMessage) []object {
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if json.Unmarshal(raw, &list) == nil && list.Items != nil {
		var found []object
		for _, item := range list.Items {
			found = append(found, collect(item)...)
		}
		return found
	}
	o := object{raw: raw}
	// A field of an unexpected type leaves the others readable; the API type reports it later.
	_ = json.Unmarshal(raw, &o)
	// Other API groups have a SealedSecret of their own.
	if o.Kind != "SealedSecret" || !strings.HasPrefix(o.APIVersion, ssv1alpha1.GroupName+"/") {
		return nil
	}
	return []object{o}
}

// previous begins the annotations in which kustomize keeps earlier names and namespaces.
const previous = "internal.config.kubernetes.io/previous"

// candidates are the labels to try on a value that its own label does not open.
func candidates(objects []object) []Label {
	var places []Label
	for _, o := range objects {
		for _, namespace := range []string{o.Meta.Namespace, o.Spec.Template.Meta.Namespace, "default"} {
			for _, name := range []string{o.Meta.Name, o.Spec.Template.Meta.Name} {
				places = append(places, Label{Scope: "strict", Namespace: namespace, Name: name})
			}
			places = append(places, Label{Scope: "namespace-wide", Namespace: namespace})
		}
		names := strings.Split(o.Meta.Annotations[previous+"Names"], ",")
		for i, namespace := range strings.Split(o.Meta.Annotations[previous+"Namespaces"], ",") {
			if i < len(names) && names[i] != "" {
				places = append(places, Label{Scope: "strict", Namespace: namespace, Name: names[i]})
			}
		}
	}
	return append(places, Label{Scope: "cluster-wide"})
}

func judgeObject(file string, o object, keys Keys, labels []Label) []Line {
	base := Line{File: file, Namespace: o.Meta.Namespace, Name: o.Meta.Name}
	var sealed ssv1alpha1.SealedSecret
	if err := json.Unmarshal(o.raw, &sealed); err != nil {
		base.Verdict, base.Detail = Rejected, err.Error()
		return []Line{base}
	}
	scope := ssv1alpha1.SecretScope(&sealed)
	base.Scope = scope.String()
	if secret, err := sealed.Unseal(scheme.Codecs, keys); err != nil {
		base.Detail = err.Error()
	} else {
		base.Unseals = true
		base.SecretKeys = slices.Sorted(maps.Keys(secret.Data))
		for _, key := range base.SecretKeys {
			_, templated := sealed.Spec.Template.Data[key]
			if templated && bytes.Contains(secret.Data[key], []byte("<no value>")) {
				base.NoValueKeys = append(base.NoValueKeys, key)
			}
		}
	}
	own := ssv1alpha1.EncryptionLabel(o.Meta.Namespace, o.Meta.Name, scope)

	if sealed.Spec.Data != nil {
		base.open(sealed.Spec.Data, own, keys, labels)
		return []Line{base}
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(o.Spec.EncryptedData, &values); err != nil || len(values) == 0 {
		base.Verdict = Empty
		return []Line{base}
	}
	var lines []Line
	for _, key := range slices.Sorted(maps.Keys(values)) {
		line := base
		line.Key = key
		var text string
		if bytes.Equal(values[key], []byte("null")) || json.Unmarshal(values[key], &text) != nil {
			line.Verdict = NotAString
		} else if sealedBytes, err := base64.StdEncoding.DecodeString(text); err != nil {
			line.Verdict, line.Detail = NotBase64, err.Error()
		} else {
			line.open(sealedBytes, own, keys, labels)
		}
		lines = append(lines, line)
	}
	return lines
}

// open fills in what a decryption of the value under the label own tells.
func (l *Line) open(value, own []byte, keys Keys, labels []Label) {
	if len(value) >= 2 {
		announced := int(binary.BigEndian.Uint16(value))
		l.RSALength = &announced
	}
	if l.RSALength == nil || len(value) < 2+*l.RSALength {
		l.Verdict = TooShort
		return
	}
	if plaintext, err := crypto.HybridDecrypt(rand.Reader, keys, value, own); err == nil {
		length := len(plaintext)
		l.Verdict, l.PlaintextLength = Decrypts, &length
		return
	}
	l.Verdict = WrongKeyOrLabel
	for _, label := range labels {
		if _, err := crypto.HybridDecrypt(rand.Reader, keys, value, label.bytes()); err == nil {
			l.OpensAs = &label
			return
		}
	}
}

func (l Label) bytes() []byte {
	var scope ssv1alpha1.SealingScope
	if err := scope.Set(l.Scope); err != nil {
		panic(err)
	}
	return ssv1alpha1.EncryptionLabel(l.Namespace, l.Name, scope)
}

// Write prints the lines as a JSON array with one line an entry, so that changes diff well.
func Write(w io.Writer, lines []Line) error {
	for i, line := range lines {
		text, err := marshal(line)
		if err != nil {
			return err
		}
		lead, tail := "", ",\n"
		if i == 0 {
			lead = "[\n"
		}
		if i == len(lines)-1 {
			tail = "\n]\n"
		}
		if _, err := fmt.Fprintf(w, "%s%s%s", lead, text, tail); err != nil {
			return err
		}
	}
	return nil
}

// marshal is json.Marshal without the escaping of <, > and &.
func marshal(line Line) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(line)
	return bytes.TrimSpace(text.Bytes()), err
}
