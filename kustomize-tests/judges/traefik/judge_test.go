package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAuthoritiesAreTheSameInEveryRun(t *testing.T) {
	if !bytes.Equal(NewAuthority("a").PEM(), NewAuthority("a").PEM()) {
		t.Error("an authority differs from itself")
	}
	if bytes.Equal(NewAuthority("a").PEM(), NewAuthority("b").PEM()) {
		t.Error("two names give one authority")
	}
}

func TestIssuedCertificatesVerify(t *testing.T) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(NewAuthority("a").PEM())
	block, _ := pem.Decode(NewAuthority("a").Issue("x.example.com").Certificate)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: pool, DNSName: "x.example.com"}); err != nil {
		t.Error(err)
	}
}

// The certificates written into the cases must be those the pods' certificates come from.
func TestCasesHoldTheAuthoritiesOfToday(t *testing.T) {
	paths, err := filepath.Glob("cases/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		for rest := []byte(strings.Join(lines, "\n")); ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			found++
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if name := certificate.Subject.CommonName; !bytes.Equal(pem.EncodeToMemory(block), NewAuthority(name).PEM()) {
				t.Errorf("%s: not what judge -authority %s prints", path, name)
			}
		}
	}
	if found == 0 {
		t.Error("no certificate found")
	}
}

func TestEachCaseIsComplete(t *testing.T) {
	for group, files := range map[string][]string{
		"cases":   {"route.yaml", "function.yaml", "manifests.yaml", "requests.yaml"},
		factGroup: {"manifests.yaml", "requests.yaml"},
	} {
		directories, err := filepath.Glob(group + "/*")
		if err != nil || len(directories) == 0 {
			t.Fatal(group, err)
		}
		for _, directory := range directories {
			for _, file := range files {
				if _, err := os.Stat(filepath.Join(directory, file)); err != nil {
					t.Error(err)
				}
			}
			c, err := readCase(directory, "")
			if err != nil {
				t.Error(err)
				continue
			}
			if c.About == "" || len(c.Requests) == 0 {
				t.Errorf("%s: nothing said or nothing asked", directory)
			}
		}
	}
}

func TestCertManager(t *testing.T) {
	ingress := func(name, secret string) Object {
		return Object{
			"kind": "Ingress",
			"metadata": Object{
				"name": name, "namespace": "n",
				"annotations": Object{"cert-manager.io/cluster-issuer": "i"},
			},
			"spec": Object{"tls": []any{Object{"secretName": secret, "hosts": []any{"x.example.com"}}}},
		}
	}
	issued, complaints := certManager([]Object{ingress("a", "a-tls"), ingress("b", "b-tls")}, nil)
	if len(issued) != 2 || len(complaints) != 0 {
		t.Errorf("%d issued, complaints %v", len(issued), complaints)
	}
	issued, complaints = certManager([]Object{ingress("a", "a-tls"), ingress("b", "a-tls")}, nil)
	if len(issued) != 1 || len(complaints) != 1 {
		t.Errorf("one Secret for two owners: %d issued, complaints %v", len(issued), complaints)
	}
	bought := Object{"kind": "Secret", "metadata": Object{"name": "a-tls", "namespace": "n"}}
	issued, complaints = certManager([]Object{bought, ingress("a", "a-tls")}, nil)
	if len(issued) != 0 || len(complaints) != 1 {
		t.Errorf("a Secret of the user's own: %d issued, complaints %v", len(issued), complaints)
	}
}

func TestExpectations(t *testing.T) {
	text := func(s string) *string { return &s }
	answer := Answer{
		Status:  200,
		Headers: http.Header{"X-A": {"one"}},
		Sight:   &Sight{Service: "web", Target: "/x", Headers: http.Header{"X-B": {"two"}}},
	}
	for name, test := range map[string]struct {
		expectation Expectation
		mismatch    string
	}{
		"all as expected":   {Expectation{Status: 200, Backend: "web", BackendPath: "/x"}, ""},
		"status":            {Expectation{Status: 404}, "status is 200, not 404"},
		"backend":           {Expectation{Backend: "api"}, `backend is "web", not "api"`},
		"no backend":        {Expectation{Backend: "none"}, "backend web was reached"},
		"header":            {Expectation{ResponseHeaders: map[string]*string{"X-A": text("one")}}, ""},
		"header pattern":    {Expectation{ResponseHeaders: map[string]*string{"X-A": text("/^o.e$/")}}, ""},
		"header, other":     {Expectation{ResponseHeaders: map[string]*string{"X-A": text("two")}}, `response header X-A is "one", not "two"`},
		"header not absent": {Expectation{BackendHeaders: map[string]*string{"X-B": nil}}, `header at the backend X-B is "two", not absent`},
		"header missing":    {Expectation{BackendHeaders: map[string]*string{"X-C": text("x")}}, `header at the backend X-C is "", not "x"`},
		"location":          {Expectation{Location: "https://x/"}, `Location is "", not "https://x/"`},
		"refused":           {Expectation{Refused: true}, "there was an answer: 200 from web, which saw /x"},
		"certificate":       {Expectation{Certificate: "x"}, "the certificate is none, not x"},
	} {
		verdict := Verdict{}
		test.expectation.compare(answer, verdict.complain)
		if got := strings.Join(verdict.Mismatches, "; "); got != test.mismatch {
			t.Errorf("%s: %q, not %q", name, got, test.mismatch)
		}
	}
}

func TestUnexpectedComplaints(t *testing.T) {
	got := unexpected([]string{"a is missing", "b is wrong"}, []string{"b is", "c"})
	want := []string{"Traefik complains: a is missing", "Traefik does not complain: c"}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
