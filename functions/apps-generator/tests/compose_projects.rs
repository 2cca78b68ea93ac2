//! Compose projects like those that people have, each judged by what was written down by hand before the program ran.
//!
//! Below `compose-projects/NAME/`, `compose.yaml` is the project, and `expect.yaml` says what must become of it: the workloads and
//! what is around them (all of them), values at JSON pointers (`null` where there must be none), and the findings about compose:
//! all errors and warnings, and the infos that must be among them. A build with errors has no objects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use apps_generator::Apps;
use krm::finding::{Finding, ObjectReference};
use krm::host::Outcome;
use krm::rule::Severity;
use krm::trial::{objects_of, run_on};
use krm::yaml::Tree;
use serde::Deserialize;
use serde_json::{Value, json};

/// What must become of a project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    /// Whether the build fails.
    #[serde(default)]
    refused: bool,
    /// All objects, as `Kind name`.
    #[serde(default)]
    objects: BTreeSet<String>,
    /// Values by object and JSON pointer.
    #[serde(default)]
    fields: BTreeMap<String, BTreeMap<String, Value>>,
    /// Findings, as `rule path`, the path below the project.
    findings: BTreeSet<String>,
}

fn read(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let tree = Tree::parse(text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    tree.documents().first().map(|document| tree.value(document.root)).unwrap_or_default()
}

fn projects() -> Vec<PathBuf> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/compose-projects");
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{directory}: {error}"));
    let mut projects: Vec<_> = entries.map(|entry| entry.unwrap_or_else(|error| panic!("{error}")).path()).collect();
    projects.retain(|path| path.is_dir());
    projects.sort();
    projects
}

fn name_of(project: &Path) -> String {
    project.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn run(project: &Path) -> Outcome {
    let spec = json!({"compose": {name_of(project): read(&project.join("compose.yaml"))}});
    run_on::<Apps>(&[], &spec)
}

/// The finding as expectations name it.
fn told(finding: &Finding, project: &str) -> String {
    let path = finding.field_path().unwrap_or_default();
    let path = path.strip_prefix(&format!("spec.compose.{project}.")).unwrap_or(path);
    format!("{} {path}", finding.rule().id)
}

/// What is wrong with the outcome of a project.
fn problems(project: &Path) -> Vec<String> {
    let name = name_of(project);
    let expected: Expectation =
        serde_json::from_value(read(&project.join("expect.yaml"))).unwrap_or_else(|error| panic!("{name}: {error}"));
    let outcome = run(project);
    let mut problems = wrong_findings(&outcome, &expected, &name);
    if outcome.succeeded == expected.refused {
        problems.push(format!("refused: {}, which is not expected", !outcome.succeeded));
        problems.push(outcome.stderr.clone());
    }
    if outcome.succeeded {
        problems.extend(wrong_objects(&objects_of(&outcome), &expected));
    }
    problems
}

fn wrong_findings(outcome: &Outcome, expected: &Expectation, project: &str) -> Vec<String> {
    let found = |at_least: Severity| -> BTreeSet<String> {
        let findings = outcome.findings.iter().map(|(_, finding)| finding);
        findings.filter(|finding| finding.severity() <= at_least).map(|finding| told(finding, project)).collect()
    };
    let missing =
        expected.findings.iter().filter(|line| !found(Severity::Info).contains(*line)).cloned().collect::<Vec<_>>();
    let severe = found(Severity::Warning);
    let more = severe.iter().filter(|line| !expected.findings.contains(*line)).cloned().collect::<Vec<_>>();
    let missing = missing.into_iter().map(|line| format!("not told: {line}"));
    missing.chain(more.into_iter().map(|line| format!("told, which is not expected: {line}"))).collect()
}

fn wrong_objects(objects: &[Value], expected: &Expectation) -> Vec<String> {
    let mut problems = Vec::new();
    let by_name: BTreeMap<String, &Value> =
        objects.iter().map(|object| (ObjectReference::from(object).to_string(), object)).collect();
    let names: BTreeSet<String> = by_name.keys().cloned().collect();
    problems.extend(expected.objects.difference(&names).map(|name| format!("not made: {name}")));
    problems.extend(names.difference(&expected.objects).map(|name| format!("made, which is not expected: {name}")));
    for (name, fields) in &expected.fields {
        let Some(object) = by_name.get(name) else { continue };
        for (pointer, value) in fields {
            let found = object.pointer(pointer).unwrap_or(&Value::Null);
            if found != value {
                problems.push(format!("{name} {pointer}: {found}, and {value} is expected"));
            }
        }
    }
    problems
}

#[test]
fn every_project_becomes_what_was_written_down() {
    let projects = projects();
    let mut report = String::new();
    for project in &projects {
        for problem in problems(project) {
            report.push_str(&format!("{}: {problem}\n", name_of(project)));
        }
    }
    assert!(report.is_empty(), "\n{report}");
    assert!(projects.len() >= 60, "there are {} projects", projects.len());
}

#[test]
fn a_second_run_changes_nothing() {
    for project in projects() {
        let (first, second) = (run(&project), run(&project));
        assert_eq!(first.stdout, second.stdout, "{}", name_of(&project));
    }
}

#[test]
fn the_documents_list_the_keys() {
    let document = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    krm::golden::check_section(&document("README.md"), "compose", &apps_generator::compose::schema::key_summary());
    krm::golden::check_section(&document("COMPOSE.md"), "keys", &apps_generator::compose::schema::key_tables());
}
