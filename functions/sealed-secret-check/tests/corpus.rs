//! The corpus: nearly every leak is found, and almost no decoy is taken for one.

mod common;
#[path = "common/corpus.rs"]
mod corpus;

use std::collections::BTreeMap;

use common::call;
use corpus::Case;

/// The errors and warnings about a case.
fn findings(case: &Case) -> Vec<String> {
    let outcome = call(&["-"], &case.manifest);
    let is_found = |line: &&str| line.contains(": error: ") || line.contains(": warning: ");
    let found: Vec<_> = outcome.stderr.lines().filter(is_found).map(str::to_owned).collect();
    assert!(!outcome.stderr.contains("[invalid-input]"), "{}\n{}", outcome.stderr, case.manifest);
    found
}

/// The share of cases that are as they should be, in percent, and the others.
fn share(cases: &[Case], is_right: impl Fn(&Case) -> bool) -> (f64, String) {
    let wrong: Vec<_> = cases.iter().filter(|case| !is_right(case)).collect();
    let mut by_place: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in &wrong {
        by_place.entry(&case.place).or_default().push(&case.manifest);
    }
    let share = 100.0 * (cases.len() - wrong.len()) as f64 / cases.len() as f64;
    let listed = by_place.into_iter().map(|(place, manifests)| format!("== {place}\n{}", manifests.join("--\n")));
    (share, listed.collect::<Vec<_>>().join("\n"))
}

#[test]
fn leaks_are_found_in_every_place() {
    let leaks = corpus::leaks();
    let (share, missed) = share(&leaks, |case| findings(case).iter().any(|line| line.contains(": error: ")));
    assert!(share >= 99.0, "{share:.1} % of {} found; missed:\n{missed}", leaks.len());
    assert!(leaks.len() >= 600, "the leaks have shrunk to {}", leaks.len());
}

#[test]
fn decoys_are_left_alone() {
    let decoys = corpus::decoys();
    let (share, wrong) = share(&decoys, |case| findings(case).is_empty());
    assert!(share >= 99.5, "{share:.1} % of {} left alone; not these:\n{wrong}", decoys.len());
    assert!(decoys.len() >= 600, "the decoys have shrunk to {}", decoys.len());
}

#[test]
fn no_script_of_a_public_chart_raises_an_alarm() {
    let scripts: Vec<_> = corpus::decoys().into_iter().filter(|case| case.place.starts_with("a script")).collect();
    let (share, wrong) = share(&scripts, |case| findings(case).is_empty());
    assert!(wrong.is_empty(), "{share:.1} % of {} left alone; not these:\n{wrong}", scripts.len());
    assert!(scripts.len() >= 3 * 20, "the scripts have shrunk to {}", scripts.len());
}

#[test]
fn no_message_shows_a_value() {
    for case in corpus::leaks().iter().filter(|case| case.secret.len() >= 6) {
        let shown: Vec<_> = findings(case).into_iter().filter(|line| line.contains(&case.secret)).collect();
        assert!(shown.is_empty(), "{shown:?}");
    }
}
