package verdict

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	check   = "../../../../functions/sealed-secret-check"
	vectors = check + "/vectors"
)

// The Rust tests trust verdicts.json; this proves that it is what sealed-secrets says today.
func TestCommittedVerdictsStand(t *testing.T) {
	keys := Keys{}
	pems, err := filepath.Glob(filepath.Join(vectors, "keys", "test-only-*.key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range pems {
		if strings.Contains(file, "foreign") {
			continue
		}
		if err := keys.Add(read(t, file)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	if len(keys) != 3 {
		t.Fatalf("%d right keys found, want 3", len(keys))
	}
	files, err := filepath.Glob(filepath.Join(vectors, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 80 {
		t.Fatalf("only %d vectors found", len(files))
	}
	var lines []Line
	for _, file := range files {
		judged, err := Judge(filepath.Base(file), read(t, file), keys)
		if err != nil {
			t.Fatal(err)
		}
		if len(judged) == 0 {
			t.Errorf("%s holds no SealedSecret", file)
		}
		lines = append(lines, judged...)
	}
	var got bytes.Buffer
	if err := Write(&got, lines); err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(read(t, filepath.Join(vectors, "verdicts.json"))), "\n")
	now := strings.Split(got.String(), "\n")
	for i, line := range now {
		if i >= len(want) || line != want[i] {
			t.Fatalf("verdicts.json line %d does not stand; judged now:\n%s", i+1, line)
		}
	}
	if len(want) != len(now) {
		t.Fatalf("verdicts.json has %d lines, %d are judged", len(want), len(now))
	}
}

// The shapes of real SealedSecrets, sealed anew, are all whole.
func TestPublicShapesDecrypt(t *testing.T) {
	keys := Keys{}
	if err := keys.Add(read(t, filepath.Join(vectors, "keys", "test-only-4096.key.pem"))); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(check, "public", "shapes", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d shapes found", len(files))
	}
	for _, file := range files {
		lines, err := Judge(filepath.Base(file), read(t, file), keys)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if line.Verdict != Decrypts || !line.Unseals {
				t.Errorf("%s %s: %s, unseals %v", line.File, line.Key, line.Verdict, line.Unseals)
			}
		}
	}
}

// Without the private keys no value opens, and the structural verdicts stay the same.
func TestForeignKeyOpensNothingOfOurs(t *testing.T) {
	keys := Keys{}
	if err := keys.Add(read(t, filepath.Join(vectors, "keys", "test-only-foreign-4096.key.pem"))); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]Verdict{
		"good-strict-4096.yaml": WrongKeyOrLabel,
		"wrong-key.yaml":        Decrypts,
		"folded.yaml":           NotBase64,
		"truncated-in-rsa.yaml": TooShort,
	} {
		lines, err := Judge(file, read(t, filepath.Join(vectors, file)), keys)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if line.Verdict != want {
				t.Errorf("%s: %s, want %s", file, line.Verdict, want)
			}
		}
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
