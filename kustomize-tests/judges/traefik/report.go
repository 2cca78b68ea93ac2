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

// factGroup is the directory of cases that show how Traefik is, not how a Route becomes.
const factGroup = "facts"

// print writes a line for each request, and under a mismatch what it was.
func (o *Outcome) print(w io.Writer) {
	for _, verdict := range o.Verdicts {
		fmt.Fprintf(w, "%-8s %s: %s: %s\n", o.word(verdict), o.Case, verdict.Request.Name, verdict.Observed)
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
}

// word sums a verdict up. Of a converted Route, exact and close are passes: close where OpenShift
// does otherwise. A fact holds or not.
func (o *Outcome) word(v Verdict) string {
	switch {
	case len(v.Mismatches) > 0:
		return "WRONG"
	case o.Group == factGroup:
		return "holds"
	case v.Request.Expect.OpenShift != "":
		return "close"
	default:
		return "exact"
	}
}

func summarize(w io.Writer, version string, outcomes []*Outcome) {
	words, failed := map[string]int{}, 0
	for _, outcome := range outcomes {
		for _, verdict := range outcome.Verdicts {
			words[outcome.word(verdict)]++
		}
		if !outcome.Passed() {
			failed++
		}
	}
	fmt.Fprintf(w, "Traefik %s: %d cases, %d failed; requests: %d exact, %d close, %d facts that hold, %d wrong\n",
		version, len(outcomes), failed, words["exact"], words["close"], words["holds"], words["WRONG"])
}

// table is the report for RESULTS.md.
func table(version string, outcomes []*Outcome) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, `# What Traefik %s does with these manifests

Written by judge --results; do not edit. **exact**: as the OpenShift router does. **close**: as
documented, with OpenShift's behaviour beside it. **holds**: a fact about Traefik that the conversion
rests on, with OpenShift's behaviour beside it where it differs. **WRONG**: not as expected.

`, version)
	summarize(&text, version, outcomes)
	group := ""
	for _, outcome := range outcomes {
		if outcome.Group != group {
			group = outcome.Group
			fmt.Fprintf(&text, "\n# %s\n", group)
		}
		outcome.section(&text)
	}
	return text.Bytes()
}

// section is a case's part of the report.
func (o *Outcome) section(w io.Writer) {
	fmt.Fprintf(w, "\n## %s\n\n%s\n\n", o.Case, strings.TrimSpace(o.About))
	if o.Error != "" {
		fmt.Fprintf(w, "**ERROR** %s\n", o.Error)
		return
	}
	fmt.Fprintln(w, "| request | Traefik | verdict | OpenShift, where it differs |")
	fmt.Fprintln(w, "|---|---|---|---|")
	for _, verdict := range o.Verdicts {
		word := o.word(verdict)
		if len(verdict.Mismatches) > 0 {
			word = "**WRONG**: " + strings.Join(verdict.Mismatches, "; ")
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", cell(verdict.Request.Name), cell(verdict.Observed),
			cell(word), cell(verdict.Request.Expect.OpenShift))
	}
	for _, complaint := range o.Complaints {
		fmt.Fprintf(w, "\n**WRONG** %s\n", complaint)
	}
}

// cell makes text fit for a table cell.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text)
}
