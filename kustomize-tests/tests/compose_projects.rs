//! Compose projects in the hosts: merge keys, extensions and variables of compose pass through kustomize as they are written.

use std::fs;
use std::process::Command;

use kustomize_tests::{Function, Scratch, programs_directory, root, tool};

/// The hosts with the words by which they build.
const HOSTS: [(&str, &str); 3] =
    [("kustomize-5.8.1", "build"), ("kustomize-5.0.1", "build"), ("kubectl-1.27", "kustomize")];

/// The text of a project as the config of the generator.
fn config(project: &str) -> String {
    let file = root().join("functions/apps-generator/compose-projects").join(project).join("compose.yaml");
    let compose = fs::read_to_string(file).expect("the project is there");
    let lines: String = compose.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "apiVersion: replatform.dev/v1alpha1\nkind: Apps\nmetadata:\n  name: {project}\nspec:\n  compose:\n    {project}:\n{lines}"
    )
}

fn build(project: &str, host: (&str, &str)) -> String {
    drop(Function::of_kind("Apps").program());
    let scratch = Scratch::new();
    fs::write(scratch.path().join("apps.yaml"), config(project)).expect("it can be written");
    let kustomization = "generators: [apps.yaml]\nnamePrefix: test-\n";
    fs::write(scratch.path().join("kustomization.yaml"), kustomization).expect("it can be written");
    let mut command = Command::new(tool(host.0));
    command.args([host.1, "--enable-alpha-plugins"]).arg(scratch.path());
    let output = command.env("KUSTOMIZE_PLUGIN_HOME", programs_directory()).output().expect("the host starts");
    assert!(output.status.success(), "{project}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("hosts print UTF-8")
}

#[test]
fn hosts_pass_projects_on_as_they_are() {
    for (project, parts) in [
        // Anchors, merge keys and defaults of variables.
        ("airflow", ["name: test-airflow-init", "image: apache/airflow:3.0.3", "argocd.argoproj.io/hook: Sync"]),
        // `$$` and `$(`, and octal numbers below.
        ("variables", ["- exec web --port ${PORT:-8000}", "value: $$(hostname)-$HOME", "value: 5$"]),
        ("cms-with-secret-files", ["mode: 288", "secretName: hash-salt", "path: database"]),
    ] {
        let expected = build(project, HOSTS[0]);
        for part in parts {
            assert!(expected.contains(part), "{project}: no `{part}`\n{expected}");
        }
        for host in &HOSTS[1..] {
            assert_eq!(build(project, *host), expected, "{project} under {}", host.0);
        }
    }
}

#[test]
fn claims_that_services_share_keep_their_names_under_a_prefix() {
    let built = build("nextcloud", HOSTS[0]);
    assert_eq!(built.matches("claimName: test-app-html").count(), 2, "{built}");
}
