//! `make new-function` gives a function that compiles, passes its tests and is known everywhere, without another file edited
//! by hand.

use std::path::PathBuf;
use std::process::Command;

use kustomize_tests::{Scratch, root};

/// What a checkout has.
const PARTS: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "rustfmt.toml",
    "clippy.toml",
    "docs",
    "functions",
    "fuzz",
    "examples",
    "kustomize-tests",
];

/// The directory of what is compiled in the copy. Not that of this build: cargo takes a crate of the copy for the crate of the
/// same name here.
fn compiled() -> PathBuf {
    root().join("target/new-function")
}

/// Copies what is compiled here, with its times, so that only what is new is compiled in the copy.
fn copy_compiled() {
    let script = "rm -rf \"$2\" && mkdir -p \"$2/debug/deps\" && cd \"$1\" && cp -a .fingerprint build \"$2/debug\" \
                  && find deps -type f -name '*.*' -print0 | xargs -0 cp -a --target-directory \"$2/debug/deps\"";
    let mut command = Command::new("sh");
    run(command.args(["-c", script, "sh"]).arg(root().join("target/debug")).arg(compiled()));
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}:\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_new_function_compiles_and_passes_its_tests() {
    let copy = Scratch::new();
    copy_compiled();
    run(Command::new("cp").arg("-a").args(PARTS.map(|part| root().join(part))).arg(copy.path()));
    let in_copy = |program: &str| {
        let mut command = Command::new(program);
        command.current_dir(copy.path()).env("CARGO_TARGET_DIR", compiled());
        command.envs([("CARGO_NET_OFFLINE", "true"), ("CARGO_INCREMENTAL", "0")]);
        command
    };
    let made = run(in_copy("functions/new").args(["image-map", "Maps the images of all pods."]));
    assert!(made.contains("functions/image-map is there"), "{made}");
    run(in_copy("cargo").args(["fmt", "--all", "--check"]));
    let tests = ["golden", "documents", "architecture", "options", "names"].map(|test| ["--test", test]);
    let packages = ["krm", "replatform", "image-map"].map(|package| ["--package", package]);
    run(in_copy("cargo").args(["test", "--quiet"]).args(packages.concat()).args(tests.concat()));
    let readme = std::fs::read_to_string(copy.path().join("README.md")).expect("the copy has a README");
    let summary = std::fs::read_to_string(copy.path().join("docs/pages/SUMMARY.md")).expect("the copy has the site");
    assert!(summary.contains("  - [image-map](../../functions/image-map/README.md)\n"), "{summary}");
    assert!(readme.contains("| [`image-map`](functions/image-map) | `ImageMap` | Maps the images of all pods. |"));
    // As large as the build itself, and of no use to the next run.
    std::fs::remove_dir_all(compiled()).expect("what was compiled is removed");
}
