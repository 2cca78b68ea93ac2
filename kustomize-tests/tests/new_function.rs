//! `make new-function` gives a function that compiles, passes its tests and is known everywhere, without another file edited
//! by hand.

use std::process::Command;

use kustomize_tests::{Scratch, root};

/// What a checkout has.
const PARTS: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "rustfmt.toml",
    "clippy.toml",
    "functions",
    "fuzz",
    "examples",
    "kustomize-tests",
];

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}:\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_new_function_compiles_and_passes_its_tests() {
    let copy = Scratch::new();
    run(Command::new("cp").arg("-r").args(PARTS.map(|part| root().join(part))).arg(copy.path()));
    let in_copy = |program: &str| {
        let mut command = Command::new(program);
        // Not the directory of this build: cargo takes a crate of the copy for the crate of the same name here.
        command
            .current_dir(copy.path())
            .env("CARGO_TARGET_DIR", root().join("target/new-function"))
            .env("CARGO_NET_OFFLINE", "true");
        command
    };
    let made = run(in_copy("functions/new").args(["image-map", "Maps the images of all pods."]));
    assert!(made.contains("functions/image-map is there"), "{made}");
    run(in_copy("cargo").args(["fmt", "--all", "--check"]));
    run(in_copy("cargo").args(["test", "--quiet", "--package", "image-map"]));
    let tests = ["--test", "documents", "--test", "architecture", "--test", "options"];
    run(in_copy("cargo").args(["test", "--quiet", "--package", "replatform"]).args(tests));
    let readme = std::fs::read_to_string(copy.path().join("README.md")).expect("the copy has a README");
    assert!(readme.contains("| [`image-map`](functions/image-map) | `ImageMap` | Maps the images of all pods. |"));
}
