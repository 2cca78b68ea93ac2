//! Shows what the functions do to the development cluster of the examples.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to a person")]

use std::process::{Command, ExitCode};

use kustomize_tests::{Host, Id, Manifests, Repository, root};

const OVERLAY: &str = "overlay/development/hetzner-k3s-dev";

fn main() -> ExitCode {
    let Some(host) = Host::on_path().or_else(install) else {
        eprintln!(
            "demo: error: kustomize could not be installed: put kustomize 5 or kubectl 1.27, or newer ones, on PATH"
        );
        return ExitCode::FAILURE;
    };
    let repository = Repository::examples();
    let before = host.build_without_functions(&repository, OVERLAY);
    let after = host.build(&repository, OVERLAY);
    if !after.succeeded {
        eprintln!("demo: error: {host} failed: {}", after.stderr);
        return ExitCode::FAILURE;
    }
    let (before, after) = (Manifests::parse(before.expect_success()), Manifests::parse(after.expect_success()));
    let difference = before.difference(&after);

    println!("examples/{OVERLAY}, built by {host}\n");
    println!("Without functions, for OpenShift:");
    show(&before, &difference.gone);
    println!("With functions, for K3s:");
    show(&after, &difference.new);
    let unchanged = before.len() - difference.gone.len() - difference.changed.len();
    println!("{difference}= {unchanged} more objects, as they were\n");
    println!(
        "All of it:\nKUSTOMIZE_PLUGIN_HOME=$PWD/target/bin {} --enable-alpha-plugins examples/{OVERLAY}",
        host.command_line()
    );
    ExitCode::SUCCESS
}

/// The pinned kustomize, where neither kustomize nor kubectl is at hand.
fn install() -> Option<Host> {
    let installer = root().join("kustomize-tests/tools/install");
    let status = Command::new(installer).arg("kustomize").status();
    status.is_ok_and(|status| status.success()).then(Host::pinned)
}

fn show(manifests: &Manifests, ids: &[&Id]) {
    for id in ids {
        if let Some(object) = manifests.get(&id.kind, &id.namespace, &id.name) {
            let text = serde_yaml::to_string(object).unwrap_or_else(|error| error.to_string());
            println!("  ---");
            for line in text.lines() {
                println!("  {line}");
            }
        }
    }
    println!();
}
