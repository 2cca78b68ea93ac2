// Package main asks Argo CD's own code when the sync windows of a project let an Application sync.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	argo "github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
)

const usage = "usage: argocd-windows FILE  whether each row of FILE, a list in JSON, is as Argo CD decides it"

// step is how far apart the instants are that are tried besides those around each change.
const step = 30 * time.Minute

// row is a project, an Application of it, and when that may sync from one instant until another.
type row struct {
	Name        string           `json:"name"`
	Project     argo.AppProject  `json:"project"`
	Application argo.Application `json:"application"`
	From        time.Time        `json:"from"`
	Until       time.Time        `json:"until"`
	Automatic   []span           `json:"automatic"`
	Manual      []span           `json:"manual"`
}

// span is the time from one instant until another.
type span [2]time.Time

func main() {
	testing.Init()
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	rows, err := read(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var tests []testing.InternalTest
	for _, row := range rows {
		tests = append(tests, testing.InternalTest{Name: strings.ReplaceAll(row.Name, " ", "-"), F: row.check})
	}
	fmt.Println(len(rows), "rows")
	all := func(string, string) (bool, error) { return true, nil }
	// A clock that moves is only to be had in a test. This runs them, and ends the program.
	testing.Main(all, tests, nil, nil)
}

func read(file string) (rows []row, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return rows, json.Unmarshal(text, &rows)
}

// check asks at each instant. CanSync knows only the present, so the clock is one that the test moves.
func (r row) check(t *testing.T) {
	if err := r.Project.ValidateProject(); err != nil {
		t.Fatalf("the project is invalid: %v", err)
	}
	windows := r.Project.Spec.SyncWindows.Matches(&r.Application)
	synctest.Test(t, func(t *testing.T) {
		for _, instant := range r.instants() {
			time.Sleep(time.Until(instant))
			r.ask(t, windows, instant, false, r.Automatic)
			r.ask(t, windows, instant, true, r.Manual)
		}
	})
}

func (r row) ask(t *testing.T, windows *argo.SyncWindows, instant time.Time, isManual bool, spans []span) {
	found, err := windows.CanSync(isManual)
	if err != nil {
		t.Fatalf("%v", err)
	}
	isInside := func(s span) bool { return !instant.Before(s[0]) && instant.Before(s[1]) }
	if expected := slices.ContainsFunc(spans, isInside); found != expected {
		t.Errorf("%s, by hand %v: Argo CD says %v, and expected is %v", instant, isManual, found, expected)
	}
}

// instants are those around each change, and some between. None is a full minute: a window is not open in the very moment
// in which it opens.
func (r row) instants() []time.Time {
	var instants []time.Time
	for instant := r.From.Add(30 * time.Second); instant.Before(r.Until); instant = instant.Add(step) {
		instants = append(instants, instant)
	}
	for _, span := range slices.Concat(r.Automatic, r.Manual) {
		for _, change := range span {
			instants = append(instants, change.Add(-30*time.Second), change.Add(30*time.Second))
		}
	}
	instants = slices.DeleteFunc(instants, func(at time.Time) bool { return at.Before(r.From) || at.After(r.Until) })
	slices.SortFunc(instants, time.Time.Compare)
	return slices.Compact(instants)
}
