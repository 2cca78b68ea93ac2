package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// traefikVersion asks the program for its version.
func traefikVersion(program string) (string, error) {
	output, err := exec.Command(program, "version").Output()
	if err != nil {
		return "", fmt.Errorf("%s version: %w", program, err)
	}
	for _, line := range strings.Split(string(output), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && name == "Version" {
			return strings.TrimSpace(value), nil
		}
	}
	return "", errors.New(program + " does not tell its version")
}

// print writes a line for each request, and under a mismatch what it was.
func (o *Outcome) print(w io.Writer) {
	for _, verdict := range o.Verdicts {
		fmt.Fprintf(w, "%-8s %s: %s: %s\n", verdict.word(), o.Case, verdict.Request.Name, verdict.Observed)
		for _, mismatch := range verdict.Mismatches {
			fmt.Fprintf(w, "         %s\n", mismatch)
		}
	}
	if o.Error != "" {
		fmt.Fprintf(w, "%-8s %s: %s\n", "ERROR", o.Case, o.Error)
	}
	for _, complaint := range o.Complaints {
		fmt.Fprintf(w, "%-8s %s: %s\n", "WRONG", o.Case, complaint)
	}
	if !o.Passed() {
		for _, line := range o.Log {
			fmt.Fprintf(w, "         Traefik: %s\n", line)
		}
	}
}

// word sums a verdict up: exact and close are passes, close where OpenShift does otherwise.
func (v *Verdict) word() string {
	switch {
	case len(v.Mismatches) > 0:
		return "WRONG"
	case v.Request.Expect.OpenShift != "":
		return "close"
	default:
		return "exact"
	}
}

func summarize(w io.Writer, version string, outcomes []*Outcome) {
	words, errors := map[string]int{}, 0
	for _, outcome := range outcomes {
		for _, verdict := range outcome.Verdicts {
			words[verdict.word()]++
		}
		if !outcome.Passed() {
			errors++
		}
	}
	fmt.Fprintf(w, "Traefik %s: %d cases, %d failed; requests: %d exact, %d close, %d wrong\n",
		version, len(outcomes), errors, words["exact"], words["close"], words["WRONG"])
}

// table is the report for RESULTS.md.
func table(version string, outcomes []*Outcome) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "# What Traefik %s does with the cases' manifests\n\n", version)
	fmt.Fprintln(&text, "Written by `judge --results`; do not edit. **exact**: as the OpenShift router does. **close**: as")
	fmt.Fprintln(&text, "documented, with OpenShift's behaviour beside it. **WRONG**: not as expected.")
	fmt.Fprintln(&text)
	summarize(&text, version, outcomes)
	for _, outcome := range outcomes {
		fmt.Fprintf(&text, "\n## %s\n\n%s\n\n", outcome.Case, strings.TrimSpace(outcome.About))
		if outcome.Error != "" {
			fmt.Fprintf(&text, "**ERROR** %s\n", outcome.Error)
			continue
		}
		fmt.Fprintln(&text, "| request | Traefik | verdict | OpenShift, where it differs |")
		fmt.Fprintln(&text, "|---|---|---|---|")
		for _, verdict := range outcome.Verdicts {
			word := verdict.word()
			if len(verdict.Mismatches) > 0 {
				word = "**WRONG**: " + strings.Join(verdict.Mismatches, "; ")
			}
			fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", cell(verdict.Request.Name), cell(verdict.Observed),
				cell(word), cell(verdict.Request.Expect.OpenShift))
		}
		for _, complaint := range outcome.Complaints {
			fmt.Fprintf(&text, "\n**WRONG** %s\n", complaint)
		}
	}
	return text.Bytes()
}

// cell makes text fit for a table cell.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text)
}
