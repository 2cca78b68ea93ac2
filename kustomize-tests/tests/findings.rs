//! Where people see what functions report.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::{fs, thread};

use kustomize_tests::{Build, Host, Repository, Runtime, Scratch, hosts, programs_directory, read_findings};
use serde_json::Value;

/// An application of which four functions warn. A whole cluster takes containers and kpt minutes.
const OVERLAY: &str = "overlay/development/hetzner-k3s-dev/bookings";

/// The warnings of the examples, as the file of findings has them.
fn warnings(build: &Build) -> BTreeSet<(String, String)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let warnings = build.findings.iter().filter(|finding| finding["severity"] == "warning");
    warnings.map(|finding| (text(finding, "rule"), text(finding, "message"))).collect()
}

/// The file of findings holds them for every function that is a process of the host. A container does not see it, but
/// hosts show what containers write to standard error.
#[test]
fn every_host_has_a_way_to_see_the_warnings_of_the_examples() {
    let repository = Repository::examples();
    let expected = warnings(&Host::pinned().build(&repository, OVERLAY));
    assert!(expected.len() >= 2, "the examples warn of more than {expected:?}");
    for host in hosts() {
        let build = host.build(&repository, OVERLAY);
        build.expect_success();
        if host.runtime() == Runtime::Container {
            assert!(build.findings.is_empty(), "{host} hands the file to containers");
        } else {
            // The package that kpt gets holds the configs of the functions too, which is reported.
            assert!(expected.is_subset(&warnings(&build)), "{host}: {:?}", warnings(&build));
            continue;
        }
        for (rule, message) in &expected {
            // kpt folds long lines.
            let said = build.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
            let start: String = message.chars().take(40).collect();
            assert!(said.contains(&start), "{host} does not show {rule}: {message}\n{}", build.stderr);
        }
    }
}

/// What the README says of standard error: kustomize from 5.4 on, and kubectl with it, drop it for plugins that succeed.
#[test]
fn standard_error_of_plugins_is_dropped_by_the_hosts_that_the_readme_names() {
    let repository = Repository::examples();
    for host in hosts().iter().filter(|host| host.is_kustomize()) {
        let build = host.build(&repository, OVERLAY);
        build.expect_success();
        let is_shown = build.stderr.contains(": warning: ");
        let is_dropped = host.runtime() == Runtime::Plugin && host.to_string() != "kubectl 1.27, plugin";
        assert_eq!(is_shown, !is_dropped, "{host}: {}", build.stderr);
    }
}

/// Each finding names the file that its object comes from, since the examples ask for origins.
#[test]
fn findings_about_objects_name_their_files() {
    let repository = Repository::examples();
    let build = Host::pinned().build(&repository, "overlay/development/hetzner-k3s-dev");
    let of_kafka: Vec<_> = build.findings.iter().filter(|finding| finding["object"]["kind"] == "Kafka").collect();
    assert!(!of_kafka.is_empty(), "{:?}", build.findings);
    for finding in of_kafka {
        assert_eq!(finding["file"], "../../../base/amq-streams-kafka/kafka.yaml", "{finding}");
    }
}

#[test]
fn builds_at_once_append_whole_lines() {
    const BUILDS: usize = 8;
    const SERVICES: usize = 400;
    let scratch = Scratch::new();
    let file = scratch.path().join("findings.jsonl");
    let manifests = scratch.path().join("manifests.yaml");
    let service = |index| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s{index}\nspec:\n  selector: 5\n  ports: [{{port: 80}}]\n"
        )
    };
    fs::write(&manifests, (0..SERVICES).map(service).collect::<String>()).expect("target/tmp can be written");
    thread::scope(|scope| {
        for _ in 0..BUILDS {
            scope.spawn(|| {
                let mut command = Command::new(programs_directory().join("networkpolicy-default"));
                let command = command.arg(&manifests).env("REPLATFORM_FINDINGS", &file);
                let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
                assert!(status.is_ok_and(|status| status.success()));
            });
        }
    });
    let findings = read_findings(&file);
    let malformed = findings.iter().filter(|finding| finding["rule"] == "malformed-field").count();
    assert_eq!(malformed, BUILDS * SERVICES);
}

#[test]
fn the_file_shows_that_a_function_ran_which_found_nothing() {
    let scratch = Scratch::new();
    let (manifests, file) = (scratch.path().join("manifests.yaml"), scratch.path().join("findings.jsonl"));
    fs::write(&manifests, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n").expect("target/tmp can be written");
    for (argument, is_there) in [("--help".as_ref(), false), (manifests.as_os_str(), true)] {
        let mut command = Command::new(programs_directory().join("platform-leftover-check"));
        let status = command.arg(argument).env("REPLATFORM_FINDINGS", &file).stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()));
        assert_eq!(file.exists(), is_there, "{argument:?}");
    }
    assert!(read_findings(&file).is_empty());
}

#[test]
fn a_file_that_cannot_be_written_fails_the_build() {
    let scratch = Scratch::new();
    let manifests = scratch.path().join("manifests.yaml");
    fs::write(&manifests, "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: 5}\n")
        .expect("target/tmp can be written");
    let missing = scratch.path().join("missing/findings.jsonl");
    let mut command = Command::new(programs_directory().join("networkpolicy-default"));
    let output = command.arg(&manifests).env("REPLATFORM_FINDINGS", &missing).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{stderr}");
    assert!(stderr.contains("which REPLATFORM_FINDINGS names: No such file or directory"), "{stderr}");
    assert!(stderr.contains("[unwritable-output]"), "{stderr}");
}
