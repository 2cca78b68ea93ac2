//! Shows what the functions do to the development cluster of the examples.

#![allow(clippy::print_stdout, reason = "it talks to a person")]

use std::process::Command;

use kustomize_tests::{Host, Id, Manifests, Repository, root};

const OVERLAY: &str = "overlay/development/hetzner-k3s-dev";

fn main() {
    let host = Host::on_path().unwrap_or_else(install);
    let repository = Repository::examples();
    let before = host.build_without_functions(&repository, OVERLAY);
    let after = host.build(&repository, OVERLAY);
    let (before, after) = (Manifests::parse(before.expect_success()), Manifests::parse(after.expect_success()));
    let difference = before.difference(&after);

    println!("examples/{OVERLAY}, built by {host}\n");
    println!("without functions:");
    show(&before, &difference.gone);
    println!("with functions:");
    show(&after, &difference.new);
    let unchanged = before.len() - difference.gone.len() - difference.changed.len();
    println!("{difference}= {unchanged} objects as they were");
}

fn install() -> Host {
    let installer = root().join("kustomize-tests/tools/install");
    let status = Command::new(installer).arg("kustomize").status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "kustomize could not be installed: put kustomize or kubectl on PATH"
    );
    Host::pinned()
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
