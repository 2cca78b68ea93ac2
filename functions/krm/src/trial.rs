//! A function called by a test as a host calls it: objects and options in, objects and findings out.

use std::ffi::OsString;

/// Adds the entries of one value to another (RFC 7386), to put an example together.
pub use json_patch::merge;
use serde_json::{Value, json};

use crate::config::API_VERSION;
use crate::function::Function;
use crate::host::{Call, Outcome, run};
use crate::yaml::Tree;

/// What a function does with these objects and the `spec` of its config.
pub fn run_on<F: Function>(objects: &[Value], spec: &Value) -> Outcome {
    let config = json!({"apiVersion": API_VERSION, "kind": F::KIND, "metadata": {"name": "config"}, "spec": spec});
    run_with::<F>(objects, &config)
}

/// What a function does with these objects and its whole config.
pub(crate) fn run_with<F: Function>(objects: &[Value], config: &Value) -> Outcome {
    let list = json!({
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": objects,
        "functionConfig": config,
    });
    let arguments = vec![OsString::from(F::NAME)];
    run::<F>(Call { arguments, is_plugin: false, stdin: Some(list.to_string().into_bytes()) })
}

/// What a function does with these objects and its whole config, called with files and these arguments.
///
/// # Panics
/// If the directory for temporary files cannot be written.
pub(crate) fn run_with_arguments<F: Function>(objects: &[Value], config: &Value, arguments: &[OsString]) -> Outcome {
    let file = std::env::temp_dir().join(format!("{}-{}.json", F::NAME, std::process::id()));
    std::fs::write(&file, config.to_string()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut all: Vec<OsString> = vec![F::NAME.into(), "--config".into(), file.clone().into()];
    all.extend(arguments.iter().cloned());
    all.push("-".into());
    let documents: Vec<_> = objects.iter().map(Value::to_string).collect();
    let outcome =
        run::<F>(Call { arguments: all, is_plugin: false, stdin: Some(documents.join("\n---\n").into_bytes()) });
    std::fs::remove_file(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    outcome
}

/// The `ResourceList` that an outcome holds.
///
/// # Panics
/// If it holds none, as that of a function that wrote nothing.
pub fn list_of(outcome: &Outcome) -> Value {
    let tree = Tree::parse(outcome.stdout.clone()).unwrap_or_else(|error| panic!("{error}\n{}", outcome.stdout));
    let list = tree.documents().first().map(|document| tree.value(document.root)).unwrap_or_default();
    assert!(list["kind"] == "ResourceList", "no list: {}{}", outcome.stdout, outcome.stderr);
    list
}

/// The objects that an outcome holds.
///
/// # Panics
/// If it holds no `ResourceList`.
pub fn objects_of(outcome: &Outcome) -> Vec<Value> {
    list_of(outcome)["items"].as_array().cloned().unwrap_or_default()
}
