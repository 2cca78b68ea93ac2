// Command make-vectors writes the test vectors of `sealed-secret-check`: throwaway keys and
// certificates, SealedSecrets made by the real kubeseal, the same with every kind of breakage,
// and the verdict that is due on each by construction.
//
//	make-vectors -kubeseal PATH -out DIR
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"replatform.dev/judges/sealed-secrets/verdict"
)

func main() {
	kubeseal := flag.String("kubeseal", "kubeseal", "the kubeseal to seal with")
	out := flag.String("out", "", "directory to write to; what it holds is replaced")
	flag.Parse()
	if err := run(*kubeseal, *out); err != nil {
		fmt.Fprintln(os.Stderr, "make-vectors:", err)
		os.Exit(1)
	}
}

func run(kubeseal, out string) error {
	pairs, err := writeKeys(filepath.Join(out, "keys"))
	if err != nil {
		return err
	}
	stale, err := filepath.Glob(filepath.Join(out, "*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range stale {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	vectors := vectors(sealer{kubeseal: kubeseal, keys: filepath.Join(out, "keys")}, pairs)
	slices.SortFunc(vectors, func(a, b vector) int { return strings.Compare(a.file(), b.file()) })

	// The right keys are the two clusters' own; the foreign one stays out.
	right := verdict.Keys{}
	for _, name := range rightKeys {
		if err := right.Add(pairs[name].keyPEM); err != nil {
			return err
		}
	}
	var lines []verdict.Line
	for _, v := range vectors {
		text := "# " + strings.ReplaceAll(v.story, "\n", "\n# ") + "\n" + v.text
		if err := os.WriteFile(filepath.Join(out, v.file()), []byte(text), 0o644); err != nil {
			return err
		}
		judged, err := verdict.Judge(v.file(), []byte(text), right)
		if err != nil {
			return err
		}
		if got := verdicts(judged); !slices.Equal(got, v.due) {
			return fmt.Errorf("%s: made to be %v, judged %v", v.file(), v.due, got)
		}
		lines = append(lines, judged...)
	}
	file, err := os.Create(filepath.Join(out, "verdicts.json"))
	if err != nil {
		return err
	}
	if err := verdict.Write(file, lines); err != nil {
		return err
	}
	return file.Close()
}

func verdicts(lines []verdict.Line) []verdict.Verdict {
	var all []verdict.Verdict
	for _, line := range lines {
		all = append(all, line.Verdict)
	}
	return all
}
