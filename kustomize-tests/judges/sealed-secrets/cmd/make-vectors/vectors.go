package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"

	. "replatform.dev/judges/sealed-secrets/verdict"
)

// vector is one test file: what it shows, its YAML, and the verdicts due, in Judge's order.
type vector struct {
	name, story, text string
	due               []Verdict
}

func (v vector) file() string { return v.name + ".yaml" }

const (
	anno          = "sealedsecrets.bitnami.com/"
	clusterWide   = anno + "cluster-wide"
	namespaceWide = anno + "namespace-wide"
	bookkeeping   = "internal.config.kubernetes.io/"
)

// vectors are all of them. Values are made up; "web/db" is where most are sealed for.
func vectors(s sealer, pairs map[string]pair) []vector {
	var all []vector
	add := func(name, story, text string, due ...Verdict) {
		all = append(all, vector{name, story, text, due})
	}
	// Each call seals anew, so that a mutation never touches another vector.
	login := func() object {
		return secret("web", "db", map[string]string{"username": "shop", "password": "m7Qe-Wz2-rT9v-Lk4x"})
	}
	one := func() object { return secret("web", "db", map[string]string{"password": "m7Qe-Wz2-rT9v-Lk4x"}) }
	strict := func() object { return s.seal(one()) }
	nsWide := func() object { return s.seal(one(), "--scope", "namespace-wide") }
	anywhere := func() object { return s.seal(one(), "--scope", "cluster-wide") }
	moved := func(o object, namespace string) object { return o.set(namespace, "metadata", "namespace") }
	renamed := func(o object, name string) object { return o.set(name, "metadata", "name") }
	annotated := func(o object, key string, value any, place ...string) object {
		return o.set(value, append(append([]string{}, place...), "annotations", key)...)
	}
	bare := func(o object) object { return o.set(nil, "spec", "template") }

	// --- good
	add("good-strict-4096", "Sealed for web/db with a 4096-bit key, the controller's default.", stream(s.seal(login())), Decrypts, Decrypts)
	add("good-strict-3072", "Sealed with a 3072-bit key.", stream(s.sealFor("test-only-3072", one())), Decrypts)
	add("good-strict-2048", "Sealed with a 2048-bit key.", stream(s.sealFor("test-only-2048", one())), Decrypts)
	add("good-namespace-wide", "Namespace-wide, where it was sealed.", stream(nsWide()), Decrypts)
	add("good-cluster-wide", "Cluster-wide, where it was sealed.", stream(anywhere()), Decrypts)
	add("good-namespace-wide-renamed", "Namespace-wide values bear another name.", stream(renamed(nsWide(), "database")), Decrypts)
	add("good-cluster-wide-moved-and-renamed", "Cluster-wide values bear another name and namespace.", stream(moved(renamed(anywhere(), "database"), "shop")), Decrypts)
	add("good-both-scopes-cluster-wide", "Both scope annotations: cluster-wide wins, and that is how it was sealed.",
		stream(annotated(anywhere(), namespaceWide, "true", "metadata")), Decrypts)
	add("good-key-renamed", "The data key is not part of the seal: renaming it breaks nothing.",
		stream(strict().set(strict().values()["password"], "spec", "encryptedData", "PGPASSWORD").set(nil, "spec", "encryptedData", "password")), Decrypts)
	swapped := s.seal(login())
	values := swapped.values()
	values["username"], values["password"] = values["password"], values["username"]
	add("good-keys-swapped", "Two values swapped: both decrypt, nothing in the format can tell.", stream(swapped), Decrypts, Decrypts)
	add("good-same-value-twice", "One ciphertext under two keys of one object: both decrypt.",
		stream(func() object { o := strict(); o.values()["PGPASSWORD"] = o.values()["password"]; return o }()), Decrypts, Decrypts)
	copied := anywhere()
	add("good-cluster-wide-copied", "One cluster-wide ciphertext in two objects: both decrypt, a copy is no breakage here.",
		stream(copied, object{"apiVersion": copied["apiVersion"], "kind": copied["kind"],
			"metadata": object{"name": "cache", "namespace": "shop", "annotations": object{clusterWide: "true"}}, "spec": copied["spec"]}), Decrypts, Decrypts)
	add("good-two-keys", "Two objects sealed for two keys of the same cluster, as after a key rotation.",
		stream(strict(), s.sealFor("test-only-2048", secret("web", "cache", map[string]string{"token": "q9-Vb3-Xn7-Rd1"}))), Decrypts, Decrypts)
	add("good-template-namespace-unset", "No template metadata, as people write it by hand.", stream(bare(strict())), Decrypts)
	add("good-raw", "Put together by hand from `kubeseal --raw`.", stream(object{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
		"metadata": object{"name": "db", "namespace": "web"},
		"spec":     object{"encryptedData": object{"password": s.raw("m7Qe-Wz2-rT9v-Lk4x", "--namespace", "web", "--name", "db")}}}), Decrypts)
	add("good-merged-into", "A second value added later by `kubeseal --merge-into`.",
		stream(s.merge(strict(), secret("web", "db", map[string]string{"token": "q9-Vb3-Xn7-Rd1"}))), Decrypts, Decrypts)
	listed := object{"apiVersion": "v1", "kind": "List", "items": []any{strict(), s.seal(secret("web", "cache", map[string]string{"token": "q9-Vb3-Xn7-Rd1"}))}}
	add("good-list-items", "As items of a v1 List.", stream(listed), Decrypts, Decrypts)
	add("good-literal-block", "Wrapped in a literal block scalar (|): Go's base64 skips line feeds.", restyle(stream(strict()), "|"), Decrypts)
	add("good-literal-block-strip", "Wrapped in |- .", restyle(stream(strict()), "|-"), Decrypts)
	add("good-carriage-returns", "CR LF inside a quoted value: Go's base64 skips both.",
		stream(strict().change(func(v string) string { return v[:80] + "\r\n" + v[80:] + "\r\n" })), Decrypts)
	add("good-trailing-bits", "The last character before the padding holds non-zero spare bits: Go decodes it all the same.",
		stream(strict().change(spareBits)), Decrypts)
	add("good-binary", "Bytes that are no text, NUL included.", stream(s.seal(secret("web", "db", map[string]string{"keyfile": "\x00\x01\xff\xfe\x80 binary \x00"}))), Decrypts)
	add("good-unicode", "A passphrase beyond ASCII.", stream(s.seal(secret("web", "db", map[string]string{"passphrase": "größe-雪-🔑"}))), Decrypts)
	add("good-large", "A value of 20,000 bytes.", stream(s.seal(secret("web", "db", map[string]string{"dump": strings.Repeat("0123456789", 2000)}))), Decrypts)

	// --- decrypts, but is worth a word
	add("hint-empty-value", "A sealed empty string: visible from the length alone.", stream(s.seal(secret("web", "db", map[string]string{"password": ""}))), Decrypts)
	add("hint-placeholder", "A sealed placeholder: only the key can tell, its length only hints.", stream(s.seal(secret("web", "db", map[string]string{"password": "changeme"}))), Decrypts)
	add("hint-trailing-newline", "`echo` without -n: a newline at the end of the password.", stream(s.seal(secret("web", "db", map[string]string{"password": "m7Qe-Wz2-rT9v-Lk4x\n"}))), Decrypts)
	add("hint-base64-twice", "The plaintext is itself base64 of the password.",
		stream(s.seal(secret("web", "db", map[string]string{"password": base64.StdEncoding.EncodeToString([]byte("m7Qe-Wz2-rT9v-Lk4x"))}))), Decrypts)

	// --- wrong label
	add("renamed-strict", "Strict, renamed; template metadata still names the old one, as after kustomize's namePrefix.", stream(renamed(strict(), "prod-db")), WrongKeyOrLabel)
	add("renamed-strict-no-template", "Strict, renamed, no template metadata: only the key can tell.", stream(bare(renamed(strict(), "prod-db"))), WrongKeyOrLabel)
	add("renamed-strict-by-kustomize", "Strict, renamed, with kustomize's book-keeping as a function sees it inside a build.",
		stream(annotated(annotated(annotated(bare(renamed(strict(), "prod-db")), bookkeeping+"previousNames", "db", "metadata"),
			bookkeeping+"previousNamespaces", "web", "metadata"), bookkeeping+"previousKinds", "SealedSecret", "metadata")), WrongKeyOrLabel)
	add("moved-strict", "Strict, moved to another namespace; template metadata still names the old one.", stream(moved(strict(), "shop")), WrongKeyOrLabel)
	add("moved-strict-by-kustomize", "Strict, moved, with kustomize's book-keeping.",
		stream(annotated(annotated(annotated(bare(moved(strict(), "shop")), bookkeeping+"previousNames", "db", "metadata"),
			bookkeeping+"previousNamespaces", "web", "metadata"), bookkeeping+"previousKinds", "SealedSecret", "metadata")), WrongKeyOrLabel)
	add("moved-namespace-wide", "Namespace-wide, moved to another namespace.", stream(moved(nsWide(), "shop")), WrongKeyOrLabel)
	add("namespace-missing", "Sealed for default/db, then the namespace was removed from the file.",
		stream(s.seal(secret("default", "db", map[string]string{"password": "m7Qe-Wz2-rT9v-Lk4x"})).set(nil, "metadata", "namespace").set(nil, "spec", "template", "metadata", "namespace")), WrongKeyOrLabel)
	copy := strict()
	add("copied-strict", "One strict ciphertext in two objects: at most one can decrypt.",
		stream(copy, object{"apiVersion": copy["apiVersion"], "kind": copy["kind"], "metadata": object{"name": "db-replica", "namespace": "web"},
			"spec": object{"encryptedData": copy["spec"].(map[string]any)["encryptedData"]}}), Decrypts, WrongKeyOrLabel)
	copyWide := nsWide()
	add("copied-namespace-wide-elsewhere", "One namespace-wide ciphertext in two namespaces.",
		stream(copyWide, object{"apiVersion": copyWide["apiVersion"], "kind": copyWide["kind"],
			"metadata": object{"name": "db", "namespace": "shop", "annotations": object{namespaceWide: "true"}},
			"spec":     object{"encryptedData": copyWide["spec"].(map[string]any)["encryptedData"]}}), Decrypts, WrongKeyOrLabel)

	// --- wrong scope
	add("scope-only-in-template-namespace-wide", "The scope annotation is left in the template only, where the controller does not look.",
		stream(annotated(nsWide(), namespaceWide, nil, "metadata")), WrongKeyOrLabel)
	add("scope-only-in-template-cluster-wide", "The same, cluster-wide.", stream(annotated(anywhere(), clusterWide, nil, "metadata")), WrongKeyOrLabel)
	add("scope-lost", "Sealed cluster-wide, the annotation lost in both places.",
		stream(annotated(annotated(anywhere(), clusterWide, nil, "metadata"), clusterWide, nil, "spec", "template", "metadata")), WrongKeyOrLabel)
	add("scope-added", "Sealed strict, marked cluster-wide afterwards.", stream(annotated(strict(), clusterWide, "true", "metadata")), WrongKeyOrLabel)
	add("scope-value-capital", `The annotation says "True"; only "true" counts.`, stream(annotated(anywhere(), clusterWide, "True", "metadata")), WrongKeyOrLabel)
	add("scope-value-yes", `The annotation says "yes".`, stream(annotated(nsWide(), namespaceWide, "yes", "metadata")), WrongKeyOrLabel)
	add("scope-value-bool", "The annotation is a YAML boolean: the API refuses the object.", stream(annotated(anywhere(), clusterWide, true, "metadata")), Rejected)
	add("scope-both-sealed-namespace-wide", "Both scope annotations on namespace-wide values: cluster-wide wins and does not fit.",
		stream(annotated(nsWide(), clusterWide, "true", "metadata")), WrongKeyOrLabel)

	// --- wrong key
	ours := pairs["test-only-4096"].key.N
	add("wrong-key", "Sealed for another cluster's key of the same size; our certificate alone cannot tell.",
		stream(s.sealForeign(one(), func(c *big.Int) bool { return c.Cmp(ours) < 0 })), WrongKeyOrLabel)
	add("wrong-key-beyond-modulus", "The same, but the RSA part is a number beyond our 4096-bit modulus: the certificate alone disproves it.",
		stream(s.sealForeign(one(), func(c *big.Int) bool { return c.Cmp(ours) >= 0 })), WrongKeyOrLabel)
	mixed := strict()
	mixed.values()["token"] = s.sealFor(foreign, secret("web", "db", map[string]string{"token": "q9-Vb3-Xn7-Rd1"})).values()["token"]
	add("wrong-key-one-value", "One value of two is for another cluster's key.", stream(mixed), Decrypts, WrongKeyOrLabel)

	// --- damaged
	add("truncated-aes", "The last 12 characters are gone: still base64, the tag no longer fits.", stream(strict().change(func(v string) string { return v[:len(v)-16] + v[len(v)-4:] })), WrongKeyOrLabel)
	add("truncated-unpadded", "Cut at a length that is no multiple of four.", stream(strict().change(func(v string) string { return v[:len(v)-7] })), NotBase64)
	add("truncated-no-tag", "Cut right after the RSA part: no room for the tag.", stream(strict().changeBytes(func(b []byte) []byte { return b[:2+512+5] })), WrongKeyOrLabel)
	add("truncated-in-rsa", "Cut in the middle of the RSA part.", stream(strict().changeBytes(func(b []byte) []byte { return b[:300] })), TooShort)
	add("truncated-header", "Only one byte left.", stream(strict().changeBytes(func(b []byte) []byte { return b[:1] })), TooShort)
	add("truncated-to-nothing", "An empty string where a sealed value belongs.", stream(strict().change(func(string) string { return "" })), TooShort)
	add("flipped-rsa", "One bit of the RSA part flipped.", stream(strict().changeBytes(func(b []byte) []byte { b[100] ^= 1; return b })), WrongKeyOrLabel)
	add("flipped-aes", "One bit of the AES part flipped.", stream(strict().changeBytes(func(b []byte) []byte { b[516] ^= 1; return b })), WrongKeyOrLabel)
	add("header-wrong-length", "The header announces 513 bytes: no RSA key has that length.", stream(strict().changeBytes(func(b []byte) []byte { b[1] = 1; return b })), WrongKeyOrLabel)
	add("appended", "A byte too many at the end.", stream(strict().changeBytes(func(b []byte) []byte { return append(b, 0) })), WrongKeyOrLabel)
	add("folded", "Wrapped in a folded block scalar (>): line ends become spaces.", restyle(stream(strict()), ">"), NotBase64)
	add("folded-quoted", "Wrapped in double quotes: line ends become spaces.", restyle(stream(strict()), `"`), NotBase64)
	add("folded-plain", "A plain scalar over several lines: line ends become spaces.", restyle(stream(strict()), "plain"), NotBase64)
	add("space-at-end", "A space after the value, kept by quotes.", stream(strict().change(func(v string) string { return v + " " })), NotBase64)
	add("tab-inside", "A tab inside the value.", stream(strict().change(func(v string) string { return v[:40] + "\t" + v[40:] })), NotBase64)
	add("padding-missing", "The padding was lost.",
		stream(strict().change(func(v string) string { return strings.TrimRight(v, "=") })), NotBase64)
	add("url-alphabet", "Re-encoded with the URL alphabet.", stream(strict().change(func(v string) string { return strings.NewReplacer("+", "-", "/", "_").Replace(v) })), NotBase64)
	add("base64-twice", "Base64 of the sealed value: an RSA part of 16743 bytes is announced.", stream(strict().change(func(v string) string { return base64.StdEncoding.EncodeToString([]byte(v)) })), TooShort)
	add("placeholder-text", "A documentation placeholder instead of a value.", stream(strict().change(func(string) string { return "AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq....." })), NotBase64)

	// --- not sealed at all: leaks
	add("plain-base64-pasted", "The base64 of the plain Secret pasted in: broken, and a leak.", stream(strict().change(func(string) string { return base64.StdEncoding.EncodeToString([]byte("m7Qe-Wz2-rT9v-Lk4x")) })), TooShort)
	add("plain-text-pasted", "Plain text pasted in.", stream(strict().change(func(string) string { return "m7Qe-Wz2-rT9v-Lk4x" })), NotBase64)
	add("plain-base64-long-pasted", "The base64 of a long plain text, longer than any sealed value's head.",
		stream(strict().change(func(string) string {
			return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("user=shop password=m7Qe-Wz2-rT9v-Lk4x\n", 40)))
		})), TooShort)

	// --- shape
	add("values-none", "encryptedData is empty: the controller makes an empty Secret and reports success.", stream(strict().set(object{}, "spec", "encryptedData")), Empty)
	add("values-missing", "No encryptedData.", stream(strict().set(nil, "spec", "encryptedData")), Empty)
	add("values-list", "encryptedData is a list.", stream(strict().set([]any{"a", "b"}, "spec", "encryptedData")), Empty)
	add("values-number", "One value is a number: the controller reads it as an empty string and fails the whole object.", stream(strict().set(12345, "spec", "encryptedData", "port")), Decrypts, NotAString)
	add("values-null", "A value is null.", strings.Replace(stream(strict().set("NULL", "spec", "encryptedData", "password")), `password: "NULL"`, "password: null", 1), NotAString)
	add("values-nested", "A value is a map.", stream(strict().set(object{"ciphertext": "AgA="}, "spec", "encryptedData", "password")), NotAString)
	add("values-under-data", "Per-value ciphertexts under the deprecated `data`: the API wants one string there.",
		stream(func() object {
			o := strict()
			o.set(o.values(), "spec", "data")
			return o.set(nil, "spec", "encryptedData")
		}()), Rejected)

	// --- deprecated single blob
	add("deprecated-data", "The old format: the whole Secret in one blob under spec.data (made with the Go package, kubeseal no longer does).",
		stream(deprecated(pairs, one(), nil)), Decrypts)
	add("deprecated-data-and-values", "spec.data and spec.encryptedData at once: refused by the controller.", stream(deprecated(pairs, one(), strict().values())), Decrypts)

	// --- types
	add("type-tls", "A complete kubernetes.io/tls Secret.", stream(s.seal(secret("web", "web-tls", map[string]string{
		"tls.crt": "-----BEGIN CERTIFICATE-----\n" + strings.Repeat("MIIBmadeup0123456789", 30) + "\n-----END CERTIFICATE-----\n",
		"tls.key": "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("MIIEmadeup0123456789", 30) + "\n-----END PRIVATE KEY-----\n"}).typed("kubernetes.io/tls"))), Decrypts, Decrypts)
	add("type-tls-no-key", "kubernetes.io/tls without tls.key: it decrypts, the API server then refuses the Secret.",
		stream(s.seal(secret("web", "web-tls", map[string]string{"tls.crt": "-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----\n"}).typed("kubernetes.io/tls"))), Decrypts)
	add("type-dockerconfigjson", "A pull secret.", stream(s.seal(secret("web", "pull", map[string]string{
		".dockerconfigjson": `{"auths":{"registry.example.com":{"username":"ci","password":"madeup","auth":"Y2k6bWFkZXVw"}}}`}).typed("kubernetes.io/dockerconfigjson"))), Decrypts)
	add("type-dockerconfigjson-wrong-key", "A pull secret under the wrong data key.", stream(s.seal(secret("web", "pull", map[string]string{
		"config.json": `{"auths":{}}`}).typed("kubernetes.io/dockerconfigjson"))), Decrypts)
	add("type-basic-auth", "kubernetes.io/basic-auth.", stream(s.seal(login().typed("kubernetes.io/basic-auth"))), Decrypts, Decrypts)

	// --- templates
	template := func(data object) object { return s.seal(login()).set(data, "spec", "template", "data") }
	add("template-uses-values", "template.data builds a connection string from the sealed values.",
		stream(template(object{"url": "postgres://{{ .username }}:{{ .password }}@db/shop"})), Decrypts, Decrypts)
	add("template-missing-key", "template.data names a key that is not sealed: Go prints <no value> and nobody is told.",
		stream(template(object{"url": "postgres://{{ .user }}:{{ .password }}@db/shop"})), Decrypts, Decrypts)
	add("template-index", "A key with a dot, reached by index.",
		stream(s.seal(secret("web", "db", map[string]string{"db.password": "m7Qe-Wz2-rT9v-Lk4x"})).set(object{"pass": `{{ index . "db.password" | b64enc }}`}, "spec", "template", "data")), Decrypts)
	add("template-syntax-error", "template.data does not parse: the whole object fails.", stream(template(object{"url": "{{ .username"})), Decrypts, Decrypts)
	add("template-forbidden-function", "sprig's env is taken away.", stream(template(object{"home": `{{ env "HOME" }}`})), Decrypts, Decrypts)

	// --- mixed
	add("stream-with-others", "Other objects around it; one good, one moved.", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: b\n---\n"+
		stream(strict(), moved(s.seal(secret("web", "cache", map[string]string{"token": "q9-Vb3-Xn7-Rd1"})), "shop")), Decrypts, WrongKeyOrLabel)
	return all
}

// spareBits sets a bit in the last base64 character that the padding makes meaningless.
func spareBits(value string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := strings.IndexByte(value, '=') - 1
	if last < 0 {
		panic("no padding")
	}
	return value[:last] + string(alphabet[strings.IndexByte(alphabet, value[last])|1]) + value[last+1:]
}

// deprecated is the old single-blob format, sealed by the Go package as kubeseal once did.
func deprecated(pairs map[string]pair, plain object, values object) object {
	text, err := json.Marshal(plain)
	must(err)
	blob, err := crypto.HybridEncrypt(rand.Reader, &pairs["test-only-4096"].key.PublicKey, text, []byte("web/db"))
	must(err)
	spec := object{"data": base64.StdEncoding.EncodeToString(blob)}
	if values != nil {
		spec["encryptedData"] = values
	}
	return object{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
		"metadata": object{"name": "db", "namespace": "web"}, "spec": spec}
}
