//! Calling the function as a person does, and reading what it found.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use std::path::{Path, PathBuf};

use krm::host::{Call, Outcome, run};
use krm::trial::{list_of, run_on};
use sealed_secret_check::SealedSecretCheck;
use serde_json::Value;

/// A path in the function's directory.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file in the function's directory.
pub fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The YAML files in a directory, sorted.
pub fn manifests(directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir(path(directory)).unwrap_or_else(|error| panic!("{directory}: {error}"));
    let names = entries.map(|entry| entry.expect("the directory can be listed").file_name().display().to_string());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".yaml")).collect();
    names.sort();
    assert!(!names.is_empty(), "{directory} holds no manifests");
    names
}

/// Calls the function with these arguments; manifests come on standard input.
pub fn call(arguments: &[&str], manifests: &str) -> Outcome {
    let arguments = std::iter::once("sealed-secret-check").chain(arguments.iter().copied()).map(Into::into).collect();
    run::<SealedSecretCheck>(Call { arguments, is_plugin: false, stdin: Some(manifests.as_bytes().to_vec()) })
}

/// The documents of a file, lists taken apart.
pub fn objects(text: &str) -> Vec<Value> {
    let tree = krm::yaml::Tree::parse(text.to_owned()).expect("the test data is YAML");
    let values = tree.documents().iter().map(|document| tree.value(document.root));
    values
        .flat_map(|value| match value["items"].as_array() {
            Some(items) if value["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => items.clone(),
            _ => vec![value],
        })
        .collect()
}

/// The results of the function over objects, as a host gets them.
pub fn results(objects: &[Value], spec: &Value) -> Vec<Value> {
    list_of(&run_on::<SealedSecretCheck>(objects, spec))["results"].as_array().cloned().unwrap_or_default()
}

/// The line of a finding, for messages of tests.
pub fn line(result: &Value) -> String {
    format!(
        "{} {}/{} {}: {}",
        result["severity"],
        result["resourceRef"]["kind"],
        result["resourceRef"]["name"],
        result["field"]["path"],
        result["message"]
    )
}
