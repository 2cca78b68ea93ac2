//! What deploy-control writes, in Argo CD's own code.

use std::fs;
use std::path::Path;
use std::process::Command;

use kustomize_tests::{Manifests, Scratch, root, tool};
use serde_json::{Value, json};

/// Asks Argo CD about rows, and gives their number.
///
/// # Panics
/// If it says otherwise of one of them.
fn ask(rows: &Path) -> usize {
    let output = Command::new(tool("argocd-windows")).arg(rows).output().expect("the judge starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let count = printed.split(' ').next().and_then(|count| count.parse().ok());
    count.unwrap_or_else(|| panic!("no number of rows: {printed}"))
}

/// The rows are those of `tests/windows.tsv` of the function, with the project and the Application that come out and the times
/// at which that may sync. The judge moves its clock and asks at each.
#[test]
fn argo_cd_lets_applications_sync_when_it_should() {
    let count = ask(&root().join("functions/deploy-control/tests/windows.json"));
    assert!(count >= 60, "{count} rows");
}

/// A project with one faulty window is invalid, and none of its Applications syncs.
#[test]
fn argo_cd_takes_every_project_of_the_golden_cases() {
    const NOW: &str = "2026-01-01T00:00:00Z";
    let cases = root().join("functions/deploy-control/cases");
    let mut rows = Vec::new();
    for case in fs::read_dir(cases).expect("there are cases") {
        let case = case.expect("it is readable").path();
        // A case that fails has no outcome.
        let Ok(text) = fs::read_to_string(case.join("expected.yaml")) else { continue };
        let projects = Manifests::parse(&text).iter().map(|(_, object)| object.clone()).collect::<Vec<Value>>();
        let projects = projects.into_iter().filter(|object| object["kind"] == "AppProject");
        let name = case.file_name().unwrap_or_default().display().to_string();
        rows.extend(
            projects
                .map(|project| json!({"name": name, "project": project, "application": {}, "from": NOW, "until": NOW})),
        );
    }
    let scratch = Scratch::new();
    scratch.write("rows.json", json!(rows).to_string());
    let count = ask(&scratch.path().join("rows.json"));
    assert!(count >= 40, "{count} projects");
}
