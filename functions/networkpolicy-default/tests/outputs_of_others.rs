//! What the other functions write is no reason for a false finding: their golden cases go through this function, and every
//! finding about an object that they wrote is one that a table accepts, with the reason why it is true. Many of these cases
//! have Services and no pods, so that pods are added for those.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use krm::rule::Severity;
use krm::trial::run_on;
use krm::yaml::Tree;
use networkpolicy_default::NetworkPolicyDefault;
use serde_json::{Value, json};

/// The table: the function that wrote the object, the kind of the object, the rule, and why the finding is true.
const ACCEPTED: &str = include_str!("outputs_of_others.tsv");

/// The golden cases of the other functions that end with objects, each with the name of its function.
fn cases() -> Vec<(String, PathBuf)> {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is beside the others");
    let others = directories(functions).filter(|path| !path.ends_with(env!("CARGO_PKG_NAME")));
    let others = others.flat_map(|function| {
        let name = function.file_name().expect("a directory has a name").display().to_string();
        let cases = Some(function.join("cases")).filter(|cases| cases.is_dir());
        cases.into_iter().flat_map(|cases| directories(&cases)).map(move |case| (name.clone(), case))
    });
    let mut cases: Vec<_> = others.filter(|(_, case)| case.join("expected.yaml").is_file()).collect();
    cases.sort();
    cases
}

fn directories(of: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = std::fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    entries.map(|entry| entry.expect("the directory can be listed").path()).filter(|path| path.is_dir())
}

/// The objects of a file, of a `ResourceList` too.
fn objects(file: &Path) -> Vec<Value> {
    let Ok(text) = std::fs::read_to_string(file) else { return Vec::new() };
    // Some inputs are files that no reader takes; they have no objects.
    let Ok(tree) = Tree::parse(text) else { return Vec::new() };
    let documents = tree.documents().iter().map(|document| tree.value(document.root));
    let items = documents.flat_map(|document| match document["kind"].as_str() {
        Some("ResourceList" | "List") => document["items"].as_array().cloned().unwrap_or_default(),
        _ => vec![document],
    });
    items.filter(|object| object["kind"].is_string() && object["metadata"]["name"].is_string()).collect()
}

/// Deployments for the Services behind which a case has no pods.
fn stand_ins(objects: &[Value]) -> Vec<Value> {
    let has_pods = objects.iter().any(|object| object["spec"]["template"]["spec"]["containers"].is_array());
    let services = objects.iter().filter(|object| object["kind"] == "Service" && object["apiVersion"] == "v1");
    services.filter(|service| !has_pods && service["spec"]["selector"].is_object()).map(stand_in).collect()
}

fn stand_in(service: &Value) -> Value {
    let labels = &service["spec"]["selector"];
    let ports = service["spec"]["ports"].as_array().into_iter().flatten().enumerate();
    let ports = ports.map(|(index, port)| match (&port["targetPort"], &port["port"]) {
        (Value::String(name), _) => json!({"name": name, "containerPort": 20_000 + index}),
        (Value::Null, number) | (number, _) => json!({"containerPort": number}),
    });
    let ports: Vec<_> = ports.collect();
    let name = format!("stand-in-{}", service["metadata"]["name"].as_str().unwrap_or_default());
    let mut metadata = json!({"name": name});
    if let Some(namespace) = service["metadata"].get("namespace") {
        metadata["namespace"] = namespace.clone();
    }
    let containers = json!([{"name": "main", "image": "main:1", "ports": ports}]);
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    })
}

/// The object as findings name it.
fn name_of(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let [kind, namespace, name] =
        [&object["kind"], &object["metadata"]["namespace"], &object["metadata"]["name"]].map(text);
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

/// The objects of a case that its function made or changed.
fn written(case: &Path, outcome: &[Value]) -> BTreeSet<String> {
    let given = objects(&case.join("input.yaml"));
    outcome.iter().filter(|object| !given.contains(object)).map(name_of).collect()
}

/// The errors and warnings about objects that other functions wrote: function, kind and rule, with one of the messages.
fn findings(spec: &Value) -> BTreeMap<[String; 3], String> {
    let mut found = BTreeMap::new();
    for (function, case) in cases() {
        let mut outcome = objects(&case.join("expected.yaml"));
        let written = written(&case, &outcome);
        outcome.extend(stand_ins(&outcome));
        let of_case =
            if written.is_empty() { Vec::new() } else { run_on::<NetworkPolicyDefault>(&outcome, spec).findings };
        for (_, finding) in of_case.iter().filter(|(_, finding)| finding.severity() != Severity::Info) {
            let Some(object) = finding.object().filter(|object| written.contains(&object.to_string())) else {
                continue;
            };
            let key = [function.clone(), object.kind.to_string(), finding.rule().id.to_owned()];
            let case = case.file_name().expect("a case has a name").display();
            found.entry(key).or_insert_with(|| format!("{case}: {finding}"));
        }
    }
    found
}

#[test]
fn no_finding_about_what_the_other_functions_write_is_false() {
    let accepted: BTreeSet<[String; 3]> =
        krm::table::rows(ACCEPTED).map(|[function, kind, rule, _]| [function, kind, rule].map(str::to_owned)).collect();
    // With egress there are all findings that there are without, and more.
    let found = findings(&json!({"egress": true}));
    let new: Vec<_> = found.iter().filter(|(key, _)| !accepted.contains(*key)).collect();
    assert!(new.is_empty(), "look at these, and mend them or say in the table why they are true:\n{new:#?}");
    let gone: Vec<_> = accepted.iter().filter(|key| !found.contains_key(*key)).collect();
    assert!(gone.is_empty(), "no case leads to these any more: {gone:#?}");
}
