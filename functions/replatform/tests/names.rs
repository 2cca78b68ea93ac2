//! Every list of functions names the same ones, whoever wrote it: a person, `make new-function` or a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use krm::program::Program;
use replatform::{FUNCTIONS, pipeline};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the program of them all has.
fn functions() -> BTreeSet<String> {
    FUNCTIONS.iter().map(|program| program.name().to_owned()).collect()
}

/// The directories below `functions` that have this file.
fn crates_with(file: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("functions")).expect("there are functions");
    let directories = entries.map(|entry| entry.expect("functions can be listed").path());
    let having = directories.filter(|directory| directory.join(file).is_file());
    having.map(|directory| directory.file_name().expect("it has a name").to_string_lossy().into_owned()).collect()
}

fn without(mut names: BTreeSet<String>, name: &str) -> BTreeSet<String> {
    assert!(names.remove(name), "`{name}` is missing in {names:?}");
    names
}

#[test]
fn every_program_is_a_function() {
    assert_eq!(without(crates_with("src/main.rs"), "replatform"), functions());
}

#[test]
fn every_function_has_cases_schema_metadata_and_readme() {
    assert_eq!(without(crates_with("rule-examples.tsv"), "krm"), functions(), "examples of rules");
    assert_eq!(without(crates_with("schema.json"), "report"), functions(), "schemas");
    assert_eq!(crates_with("metadata.yaml"), functions(), "metadata");
    let described = crates_with("README.md");
    assert!(described.is_superset(&functions()), "{described:?}");
}

/// A function is released as an image if the scripts of the release know it.
#[test]
fn every_function_is_released() {
    let script = r#". "$1/common.sh" && programs"#;
    let mut command = Command::new("bash");
    let release = Path::new(env!("CARGO_MANIFEST_DIR")).join("release");
    let output = command.args(["-euo", "pipefail", "-c", script, "bash"]).arg(release).output().expect("bash starts");
    assert!(output.status.success(), "{output:?}");
    let released = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    assert_eq!(without(released, "replatform"), functions());
}

/// The kinds of the configs in the examples, wherever they are.
fn configured(directory: &Path, kinds: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("examples can be listed") {
        let path = entry.expect("examples can be listed").path();
        if path.is_dir() {
            configured(&path, kinds);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path).expect("an example can be read");
            let documents = text.split("\n---").filter(|document| document.contains("apiVersion: replatform.dev/"));
            kinds.extend(
                documents.flat_map(str::lines).filter_map(|line| Some(line.strip_prefix("kind: ")?.to_owned())),
            );
        }
    }
}

/// Configs of most are in `transformers`; some functions run elsewhere in a repository.
#[test]
fn every_function_has_an_example_config() {
    let mut kinds = BTreeSet::new();
    configured(&root().join("examples"), &mut kinds);
    let missing: Vec<_> =
        FUNCTIONS.iter().map(|program| program.kind()).filter(|kind| !kinds.contains(*kind)).collect();
    assert!(missing.is_empty(), "no example configures {missing:?}");

    let (names, wired) = (functions(), read("examples/transformers/kustomization.yaml"));
    let listed = wired.lines().filter_map(|line| line.strip_prefix("- ")?.strip_suffix(".yaml"));
    let unknown: Vec<_> = listed.filter(|name| !names.contains(*name)).collect();
    assert!(unknown.is_empty(), "examples/transformers lists {unknown:?}, which are no functions");
}

#[test]
fn every_function_is_in_a_pipeline() {
    let schema = pipeline().spec_schema().to_string();
    for program in FUNCTIONS {
        assert!(schema.contains(&format!("\"{}\"", program.kind())), "{}: {schema}", program.kind());
    }
}
