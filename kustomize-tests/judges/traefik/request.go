package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Answer is what came of one sending of a Request.
type Answer struct {
	// Err is set if there was no HTTP answer.
	Err     error
	Status  int
	Headers http.Header
	// Certificate is the leaf shown by whoever ended TLS.
	Certificate *x509.Certificate
	// Sight is what the backend saw, nil if none was reached.
	Sight *Sight
}

// sendTimeout bounds one sending.
const sendTimeout = 20 * time.Second

// send sends the request once, over a connection of its own.
func (r *Request) send(t *Traefik, cookies []*http.Cookie) Answer {
	address, scheme := t.Web, "http"
	if r.Scheme == "https" {
		address, scheme = t.Websecure, "https"
	}
	dialer := &net.Dialer{}
	if r.From != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(r.From)}
	}
	transport := &http.Transport{
		DisableKeepAlives:  true,
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
		TLSClientConfig: &tls.Config{ServerName: orElse(r.SNI, r.Host), InsecureSkipVerify: true},
	}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()

	request := (&http.Request{
		Method: orElse(r.Method, http.MethodGet),
		URL:    &url.URL{Scheme: scheme, Host: r.Host, Opaque: orElse(r.Path, "/")},
		Host:   r.Host,
		Header: http.Header{},
	}).WithContext(ctx)
	for name, value := range r.Headers {
		request.Header.Set(name, value)
	}
	for _, cookie := range cookies {
		request.AddCookie(cookie)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return Answer{Err: err}
	}
	defer response.Body.Close()
	answer := Answer{Status: response.StatusCode, Headers: response.Header}
	if response.TLS != nil {
		answer.Certificate = response.TLS.PeerCertificates[0]
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{Err: err}
	}
	var sight Sight
	if json.Unmarshal(body, &sight) == nil && sight.Service != "" {
		answer.Sight = &sight
	}
	return answer
}

// Verdict is the outcome of a Request.
type Verdict struct {
	Request Request `json:"request"`
	// Observed is a short text of what came back, the first answer where there are several.
	Observed string `json:"observed"`
	// Mismatches are the expectations not met; none means the request passed.
	Mismatches []string `json:"mismatches,omitempty"`
}

// complain adds a mismatch, each text once.
func (v *Verdict) complain(format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	if !slices.Contains(v.Mismatches, text) {
		v.Mismatches = append(v.Mismatches, text)
	}
}

// judge sends the request as often as it says and compares.
func (r *Request) judge(t *Traefik) Verdict {
	verdict := Verdict{Request: *r}
	complain := verdict.complain
	services, pods := map[string]int{}, map[string]bool{}
	var cookies []*http.Cookie
	repeat := max(r.Repeat, 1)
	for i := range repeat {
		answer := r.send(t, cookies)
		if i == 0 {
			verdict.Observed = answer.String()
			if repeat > 1 {
				verdict.Observed = answer.outcome() // which backend comes first is up to chance
			}
		}
		r.Expect.compare(answer, complain)
		if answer.Sight != nil {
			services[answer.Sight.Service]++
			pods[answer.Sight.Pod] = true
		}
		if received := (&http.Response{Header: answer.Headers}).Cookies(); r.KeepCookies && len(received) > 0 {
			cookies = received
		}
	}
	if repeat > 1 {
		verdict.Observed += fmt.Sprintf(" (%d times, pods: %d", repeat, len(pods))
		if len(r.Expect.Distribution) > 0 {
			verdict.Observed += "; " + shares(services, repeat)
		}
		verdict.Observed += ")"
	}
	if want := r.Expect.DistinctPods; want != 0 && len(pods) != want {
		complain("answers came from %d pods, not %d", len(pods), want)
	}
	if len(r.Expect.Distribution) == 0 {
		return verdict
	}
	for service := range services {
		if _, ok := r.Expect.Distribution[service]; !ok {
			complain("%s must get nothing", service)
		}
	}
	for service, want := range r.Expect.Distribution {
		got := 100 * float64(services[service]) / float64(repeat)
		if math.Abs(got-want) > r.Expect.Tolerance {
			complain("%s got %.1f %%, not %.1f ± %.1f %%", service, got, want, r.Expect.Tolerance)
		}
	}
	return verdict
}

// compare reports each expectation an answer does not meet.
func (e *Expectation) compare(answer Answer, complain func(string, ...any)) {
	if e.Refused {
		if answer.Err == nil {
			complain("there was an answer: %s", answer)
		}
		return
	}
	if answer.Err != nil {
		complain("no answer: %v", answer.Err)
		return
	}
	equal := func(what, got, want string) {
		if want != "" && got != want {
			complain("%s is %q, not %q", what, got, want)
		}
	}
	if e.Status != 0 && answer.Status != e.Status {
		complain("status is %d, not %d", answer.Status, e.Status)
	}
	equal("Location", answer.Headers.Get("Location"), e.Location)
	headers("response header", answer.Headers, e.ResponseHeaders, complain)
	if e.Certificate != "" && !shows(answer.Certificate, e.Certificate) {
		complain("the certificate is %s, not %s", describe(answer.Certificate), e.Certificate)
	}
	if e.Authority != "" && (answer.Certificate == nil || answer.Certificate.Issuer.CommonName != e.Authority) {
		complain("the certificate is %s, not of %s", describe(answer.Certificate), e.Authority)
	}
	if e.Backend == "none" {
		if answer.Sight != nil {
			complain("backend %s was reached", answer.Sight.Service)
		}
		return
	}
	sight := answer.Sight
	if sight == nil {
		if e.needsBackend() {
			complain("no backend was reached, status %d", answer.Status)
		}
		return
	}
	equal("backend", sight.Service, e.Backend)
	equal("backend port", sight.Port, e.BackendPort)
	equal("path at the backend", sight.Target, e.BackendPath)
	equal("host at the backend", sight.Host, e.BackendHost)
	equal("server name at the backend", sight.SNI, e.BackendSNI)
	equal("protocol at the backend", sight.Protocol, e.BackendProtocol)
	headers("header at the backend", sight.Headers, e.BackendHeaders, complain)
}

// needsBackend tells whether the expectation is about something only a backend can say.
func (e *Expectation) needsBackend() bool {
	return e.Backend != "" || e.BackendPort != "" || e.BackendPath != "" || e.BackendHost != "" ||
		e.BackendSNI != "" || e.BackendProtocol != "" || len(e.BackendHeaders) > 0 || len(e.Distribution) > 0
}

// headers compares headers: nil wants absence, /text/ a match, other text equality.
func headers(what string, got http.Header, want map[string]*string, complain func(string, ...any)) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		values, value := got.Values(name), strings.Join(got.Values(name), ", ")
		switch expected := want[name]; {
		case expected == nil:
			if len(values) > 0 {
				complain("%s %s is %q, not absent", what, name, value)
			}
		case len(*expected) > 1 && strings.HasPrefix(*expected, "/") && strings.HasSuffix(*expected, "/"):
			if !regexp.MustCompile((*expected)[1 : len(*expected)-1]).MatchString(value) {
				complain("%s %s is %q, which does not match %s", what, name, value, *expected)
			}
		case value != *expected:
			complain("%s %s is %q, not %q", what, name, value, *expected)
		}
	}
}

// shows tells whether the certificate has the name; "default" is the one Traefik makes itself.
func shows(certificate *x509.Certificate, name string) bool {
	if certificate == nil {
		return false
	}
	if name == "default" {
		return certificate.Subject.CommonName == "TRAEFIK DEFAULT CERT"
	}
	return slices.Contains(certificate.DNSNames, name)
}

func describe(certificate *x509.Certificate) string {
	if certificate == nil {
		return "none"
	}
	return fmt.Sprintf("%q of %q", certificate.Subject.CommonName, certificate.Issuer.CommonName)
}

// String is a short account of the answer.
func (a Answer) String() string {
	if a.Sight == nil {
		return a.outcome()
	}
	return fmt.Sprintf("%s from %s, which saw %s", a.outcome(), a.Sight.Service, a.Sight.Target)
}

// outcome is the account without the backend.
func (a Answer) outcome() string {
	if a.Err != nil {
		return "no answer (" + reason(a.Err) + ")"
	}
	if location := a.Headers.Get("Location"); location != "" {
		return fmt.Sprintf("%d → %s", a.Status, location)
	}
	return fmt.Sprint(a.Status)
}

// reason is a transport error without the port numbers that change from run to run.
func reason(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return "connection closed"
	}
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}

// shares lists counts in whole percent of the total.
func shares(counts map[string]int, total int) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		texts = append(texts, fmt.Sprintf("%s %.0f %%", name, 100*float64(counts[name])/float64(total)))
	}
	return strings.Join(texts, ", ")
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
