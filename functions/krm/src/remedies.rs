//! Tries the remedies that the messages of a function propose, on its golden cases.
//!
//! | a remedy | how it is tried |
//! | --- | --- |
//! | a message quotes options, as `` `basePort: 30000` `` | they are merged into the `spec` of the config |
//! | a message says it in words | `remedies.yaml` of a case says what a person does then |
//!
//! A remedy must make its finding go away and bring no error that was not there. Every rule of a function whose findings are
//! errors or warnings needs a remedy that was tried.
//!
//! `remedies.yaml` is a list of [`Remedy`].

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use json_patch::{Patch, merge, patch};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::API_VERSION;
use crate::docs;
use crate::finding::{Finding, ObjectReference};
use crate::function::Function;
use crate::golden::arguments_of;
use crate::resource_list::bookkeeping::ACCEPT;
use crate::rule::{Severity, rules_of};
use crate::trial::{run_with, run_with_arguments};
use crate::yaml::Tree;

/// What a person does about the findings of a rule.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Remedy {
    /// The id of the rule. All its errors and warnings must go away.
    rule: String,
    /// What is merged into the `spec` of the config (RFC 7386).
    spec: Value,
    /// What is done to objects, by `Kind namespace/name`: a merge patch, a list of operations (RFC 6902), or null where the
    /// object is taken out.
    objects: BTreeMap<String, Value>,
    /// Objects that are added.
    add: Vec<Value>,
    /// The object that accepts the rule, as `Kind namespace/name`.
    accept: Option<String>,
}

/// A config and the objects of a build.
#[derive(Debug, Clone)]
struct Build {
    config: Value,
    objects: Vec<Value>,
    /// What the command line has besides.
    arguments: Vec<OsString>,
}

/// What a finding is about: its rule, its object and its field.
type Matter = (&'static str, String, String);

/// Tries every remedy of the golden cases of a function.
///
/// # Panics
/// If a remedy does not help, or a rule has none.
pub fn check_remedies<F: Function>(cases: &str) {
    let mut cases: Vec<_> = std::fs::read_dir(cases)
        .unwrap_or_else(|error| panic!("{cases}: {error}"))
        .map(|entry| entry.unwrap_or_else(|error| panic!("{cases}: {error}")).path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    let options = option_names::<F>();
    let mut tried = BTreeSet::new();
    let mut problems = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap_or_default().display().to_string();
        let found = check_case::<F>(case, &options, &mut tried);
        problems.extend(found.into_iter().map(|problem| format!("case {name}: {problem}")));
    }
    assert!(problems.is_empty(), "{} remedies do not help\n{}", problems.len(), problems.join("\n"));
    let rules = rules_of::<F::Rule>().filter(|rule| rule.severity != Severity::Info);
    let untried: Vec<_> = rules.map(|rule| rule.id).filter(|id| !tried.contains(id)).collect();
    assert!(untried.is_empty(), "no case tries a remedy of {untried:?}");
}

/// Tries the remedies of a case, notes the rules, and gives those that do not help.
fn check_case<F: Function>(case: &Path, names: &BTreeSet<String>, tried: &mut BTreeSet<&'static str>) -> Vec<String> {
    let Some(build) = Build::read::<F>(case) else { return Vec::new() };
    let before = findings::<F>(&build);
    let mut problems = Vec::new();
    for finding in &before {
        for options in quoted_options(finding.message(), names) {
            let mut mended = build.clone();
            merge(&mut mended.config["spec"], &options);
            // A message may quote what the config says already.
            if mended.config != build.config {
                let is_meant = |other: &Finding| matter(other) == matter(finding);
                problems
                    .extend(outcome::<F>(&before, &mended, is_meant).map(|problem| format!("`{options}` {problem}")));
                tried.insert(finding.rule().id);
            }
        }
    }
    for remedy in read_remedies(case) {
        let is_meant = |other: &Finding| other.rule().id == remedy.rule;
        let problem = match before.iter().find(|finding| is_meant(finding)) {
            Some(finding) => {
                tried.insert(finding.rule().id);
                outcome::<F>(&before, &build.with(&remedy), is_meant)
            }
            None => Some("is about a rule without an error or a warning".to_owned()),
        };
        problems.extend(problem.map(|problem| format!("the remedy of `{}` {problem}", remedy.rule)));
    }
    problems
}

/// What is wrong with a mended build: a finding that is still there, or a new error.
fn outcome<F: Function>(before: &[Finding], mended: &Build, is_meant: impl Fn(&Finding) -> bool) -> Option<String> {
    let after = findings::<F>(mended);
    if let Some(finding) = after.iter().find(|finding| is_meant(finding)) {
        return Some(format!("leaves {finding}"));
    }
    let known: BTreeSet<_> = before.iter().map(matter).collect();
    let is_new = |finding: &&Finding| finding.is_error() && !known.contains(&matter(finding));
    after.iter().find(is_new).map(|finding| format!("leads to {finding}"))
}

fn matter(finding: &Finding) -> Matter {
    let object = finding.object().map(ToString::to_string).unwrap_or_default();
    (finding.rule().id, object, finding.field_path().unwrap_or_default().to_owned())
}

/// The errors and warnings of a build.
fn findings<F: Function>(build: &Build) -> Vec<Finding> {
    let outcome = if build.arguments.is_empty() {
        run_with::<F>(&build.objects, &build.config)
    } else {
        run_with_arguments::<F>(&build.objects, &build.config, &build.arguments)
    };
    let findings = outcome.findings.into_iter().map(|(_, finding)| finding);
    findings.filter(|finding| finding.severity() != Severity::Info).collect()
}

/// The options that a function has.
fn option_names<F: Function>() -> BTreeSet<String> {
    let schema = docs::schema::<F>();
    let options = schema.pointer("/properties/spec/properties").and_then(Value::as_object);
    options.into_iter().flat_map(|options| options.keys().cloned()).collect()
}

/// The options that a message quotes.
fn quoted_options(message: &str, names: &BTreeSet<String>) -> Vec<Value> {
    let quoted = message.split('`').skip(1).step_by(2).filter(|text| text.contains(':'));
    let quoted = quoted.flat_map(|text| documents(text.to_owned()));
    quoted
        .filter(|value| value.as_object().is_some_and(|options| options.keys().all(|name| names.contains(name))))
        .collect()
}

fn documents(text: String) -> Vec<Value> {
    let Ok(tree) = Tree::parse(text) else { return Vec::new() };
    tree.documents().iter().map(|document| tree.value(document.root)).collect()
}

fn read_remedies(case: &Path) -> Vec<Remedy> {
    let Ok(text) = std::fs::read_to_string(case.join("remedies.yaml")) else { return Vec::new() };
    let remedies = documents(text).into_iter().next().unwrap_or_default();
    serde_json::from_value(remedies).unwrap_or_else(|error| panic!("{}: remedies.yaml: {error}", case.display()))
}

impl Build {
    /// The build of a case; none where the config is not one of the function's own kind.
    fn read<F: Function>(case: &Path) -> Option<Self> {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).ok();
        let mut objects = documents(read("input.yaml")?);
        let mut config = read("config.yaml").and_then(|text| documents(text).into_iter().next());
        if let Some(list) = objects.iter_mut().find(|object| object["kind"] == "ResourceList") {
            config = Some(list["functionConfig"].take());
            objects = serde_json::from_value(list["items"].take()).unwrap_or_default();
        }
        let config = config.unwrap_or_else(
            || json!({"apiVersion": API_VERSION, "kind": F::KIND, "metadata": {"name": "config"}, "spec": {}}),
        );
        (config["kind"] == F::KIND).then(|| Self { config, objects, arguments: arguments_of(case) })
    }

    /// The build once a person did what a remedy says.
    fn with(&self, remedy: &Remedy) -> Self {
        let mut mended = self.clone();
        if !remedy.spec.is_null() {
            merge(&mut mended.config["spec"], &remedy.spec);
        }
        for (name, change) in &remedy.objects {
            mended.change(name, change);
        }
        if let Some(name) = &remedy.accept {
            let line = format!("{}: it was tried", remedy.rule);
            mended.change(name, &json!({"metadata": {"annotations": {ACCEPT: line}}}));
        }
        mended.objects.extend(remedy.add.iter().cloned());
        mended
    }

    /// Changes the object that findings call by a name.
    fn change(&mut self, name: &str, change: &Value) {
        let is_meant = |object: &Value| ObjectReference::from(object).to_string() == name;
        let place = self.objects.iter().position(is_meant).unwrap_or_else(|| panic!("there is no {name}"));
        match change {
            Value::Null => drop(self.objects.remove(place)),
            Value::Array(_) => {
                let operations: Patch =
                    serde_json::from_value(change.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
                patch(&mut self.objects[place], &operations).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            change => merge(&mut self.objects[place], change),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_in_back_quotes_are_found_and_nothing_else() {
        let names = BTreeSet::from(["base".to_owned(), "clusters".to_owned()]);
        let message = "`base` is 1, as `other: 2`: set `base: 3`, or `{base: 4, clusters: {a: {slot: 1}}}`, or `base: 5, other: 6`";
        let expected = [json!({"base": 3}), json!({"base": 4, "clusters": {"a": {"slot": 1}}})];
        assert_eq!(quoted_options(message, &names), expected);
        assert_eq!(quoted_options("an odd ` and `a: [`", &names), [] as [Value; 0]);
    }

    #[test]
    fn a_remedy_changes_what_it_names() {
        let object =
            |name: &str| json!({"kind": "Pod", "metadata": {"name": name, "namespace": "a"}, "spec": {"x": [1, 2]}});
        let build = Build {
            config: json!({"spec": {"base": 1}}),
            objects: vec![object("one"), object("two"), object("gone")],
            arguments: Vec::new(),
        };
        let remedy = json!({
            "rule": "odd",
            "spec": {"base": null, "other": 2},
            "objects": {
                "Pod a/one": {"spec": {"y": 3}},
                "Pod a/two": [{"op": "remove", "path": "/spec/x/0"}],
                "Pod a/gone": null,
            },
            "add": [object("new")],
            "accept": "Pod a/two",
        });
        let remedy: Remedy = serde_json::from_value(remedy).expect("the remedy is well formed");
        let mended = build.with(&remedy);
        assert_eq!(mended.config, json!({"spec": {"other": 2}}));
        let names: Vec<_> = mended.objects.iter().map(|object| object["metadata"]["name"].as_str()).collect();
        assert_eq!(names, [Some("one"), Some("two"), Some("new")]);
        assert_eq!(mended.objects[0]["spec"], json!({"x": [1, 2], "y": 3}));
        assert_eq!(mended.objects[1]["spec"], json!({"x": [2]}));
        assert_eq!(mended.objects[1]["metadata"]["annotations"][ACCEPT], "odd: it was tried");
    }
}
