// Judge proves by real requests what Kubernetes manifests make Traefik do.
//
// For each case it starts Traefik against a stand-in of the Kubernetes API that holds the case's
// manifests, runs plain and TLS servers behind the Services, sends the requests of the case's
// table and compares. README.md describes the case format.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

func main() {
	options := options{}
	flag.StringVar(&options.traefik, "traefik", beside("traefik"), "the Traefik `program`")
	flag.StringVar(&options.crds, "crds", beside("judge-crds"), "the `directory` of custom resource definitions")
	flag.StringVar(&options.manifests, "manifests", "", "take manifests from `DIR`/CASE.yaml instead of each case's own")
	flag.StringVar(&options.json, "json", "", "write all verdicts to `FILE`")
	flag.StringVar(&options.results, "results", "", "write a table of the results to `FILE`")
	flag.IntVar(&options.jobs, "jobs", 2, "`cases` at a time")
	authority := flag.String("authority", "", "print the certificate of the authority `NAME` and end")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: judge [options] CASE_DIR...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *authority != "" {
		os.Stdout.Write(NewAuthority(*authority).PEM())
		return
	}
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	passed, err := options.run(flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

type options struct {
	traefik, crds, manifests, json, results string
	jobs                                    int
}

// Outcome is a judged case.
type Outcome struct {
	Group string `json:"group"`
	Case  string `json:"case"`
	About string `json:"about"`
	// Error is set if the case could not be run at all.
	Error    string    `json:"error,omitempty"`
	Verdicts []Verdict `json:"verdicts"`
	// Complaints are mismatches of the whole case.
	Complaints []string `json:"complaints,omitempty"`
}

// Passed tells whether everything was as expected.
func (o *Outcome) Passed() bool {
	for _, verdict := range o.Verdicts {
		if len(verdict.Mismatches) > 0 {
			return false
		}
	}
	return o.Error == "" && len(o.Complaints) == 0
}

// run judges the cases and writes the reports; true if all passed.
func (o *options) run(directories []string) (bool, error) {
	version, err := traefikVersion(o.traefik)
	if err != nil {
		return false, err
	}
	schemas, err := readSchemas(o.crds)
	if err != nil {
		return false, err
	}
	outcomes := make([]chan *Outcome, len(directories))
	var starts sync.Mutex
	next := 0
	for i := range outcomes {
		outcomes[i] = make(chan *Outcome, 1)
	}
	for range max(o.jobs, 1) {
		go func() {
			for {
				starts.Lock()
				i := next
				next++
				starts.Unlock()
				if i >= len(directories) {
					return
				}
				outcomes[i] <- o.judge(directories[i], schemas)
			}
		}()
	}
	passed := true
	var all []*Outcome
	for _, outcome := range outcomes {
		finished := <-outcome
		finished.print(os.Stdout)
		passed = passed && finished.Passed()
		all = append(all, finished)
	}
	summarize(os.Stdout, version, all)
	if o.json != "" {
		text, err := json.MarshalIndent(map[string]any{"traefik": version, "cases": all}, "", "  ")
		if err == nil {
			err = os.WriteFile(o.json, append(text, '\n'), 0o644)
		}
		if err != nil {
			return false, err
		}
	}
	if o.results != "" {
		if err := os.WriteFile(o.results, table(version, all), 0o644); err != nil {
			return false, err
		}
	}
	return passed, nil
}

// judge runs one case.
func (o *options) judge(directory string, schemas Schemas) *Outcome {
	outcome := &Outcome{}
	outcome.Group, outcome.Case = caseName(directory)
	manifests := ""
	if o.manifests != "" {
		manifests = filepath.Join(o.manifests, outcome.Case+".yaml")
	}
	c, err := readCase(directory, manifests)
	if err != nil {
		outcome.Error = err.Error()
		return outcome
	}
	outcome.About = c.About
	free, err := freePorts()
	if err != nil {
		outcome.Error = err.Error()
		return outcome
	}
	cluster, err := NewCluster(c, schemas, free.web, free.websecure)
	if err != nil {
		outcome.Error = err.Error()
		return outcome
	}
	defer cluster.Close()
	var said []string
	for start := range max(c.Starts, 1) {
		traefik, err := StartTraefik(o.traefik, cluster.api.URL, free, c.Gateway, c.Arguments)
		if err != nil {
			outcome.Error = err.Error()
			return outcome
		}
		verdicts := c.judge(traefik)
		said = append(said, traefik.Complaints()...)
		traefik.Stop()
		if start == 0 {
			outcome.Verdicts = verdicts
		} else {
			outcome.hold(verdicts)
		}
	}
	outcome.Complaints = cluster.Complaints
	for _, request := range cluster.api.Unknown() {
		outcome.Complaints = append(outcome.Complaints, "the API stand-in does not know "+request)
	}
	outcome.Complaints = append(outcome.Complaints, unexpected(append(said, cluster.api.Refusals()...), c.Complaints)...)
	return outcome
}

// judge sends the requests to a running Traefik.
func (c *Case) judge(traefik *Traefik) []Verdict {
	var verdicts []Verdict
	for _, request := range c.Requests {
		verdicts = append(verdicts, request.judge(traefik))
	}
	return verdicts
}

// hold compares what another start answered with the first one.
func (o *Outcome) hold(verdicts []Verdict) {
	for i, verdict := range verdicts {
		first := &o.Verdicts[i]
		for _, mismatch := range verdict.Mismatches {
			first.complain("after another start: %s", mismatch)
		}
		if verdict.Observed != first.Observed {
			first.complain("after another start: %s", verdict.Observed)
		}
	}
}

// unexpected compares what Traefik said with what it must say.
func unexpected(said, parts []string) []string {
	var wrong []string
	for _, text := range said {
		if !slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) }) {
			wrong = append(wrong, "Traefik complains: "+text)
		}
	}
	for _, part := range parts {
		if !slices.ContainsFunc(said, func(text string) bool { return strings.Contains(text, part) }) {
			wrong = append(wrong, "Traefik does not complain: "+part)
		}
	}
	return wrong
}

// beside is the path of a program in the directory of this one.
func beside(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}
