//! The programs and images that users get.

use std::fs;
use std::process::{Command, Output};

use kustomize_tests::{FUNCTIONS, Need};

/// The most bytes of a program, and of its image: a program is a few megabytes.
const MOST: u64 = 7 * 1024 * 1024;

fn docker(arguments: &[&str]) -> Output {
    Command::new("docker").args(arguments).output().expect("docker starts")
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn programs_are_static_and_small() {
    for function in FUNCTIONS.iter().copied() {
        let bytes = fs::read(function.program()).expect("a program can be read");
        let loader = b"/ld-linux";
        assert!(!bytes.windows(loader.len()).any(|window| window == loader), "{} needs a loader", function.name);
        assert!(bytes.len() as u64 <= MOST, "{}: {} bytes", function.name, bytes.len());
    }
}

#[test]
fn images_run_as_nobody_and_say_what_they_are() {
    if !Need::Docker.is_met() {
        return;
    }
    for function in FUNCTIONS.iter().copied() {
        let image = function.image();
        let inspect = |format: &str| text(&docker(&["image", "inspect", "--format", format, &image]));
        let label = |name: &str| inspect(&format!("{{{{index .Config.Labels \"org.opencontainers.image.{name}\"}}}}"));
        assert_eq!(inspect("{{.Config.User}}"), "nobody", "{image}");
        assert_eq!(label("title"), function.name);
        assert_eq!(label("licenses"), "Apache-2.0");
        assert!(label("description").ends_with('.'), "{image}");
        let size: u64 = inspect("{{.Size}}").parse().expect("a size is a number");
        assert!(size <= MOST, "{image}: {size} bytes");

        // As kustomize calls it.
        let run = ["run", "--rm", "--network", "none", "--user", "nobody", "--security-opt=no-new-privileges"];
        let version = text(&docker(&[&run[..], &[&image, "--version"]].concat()));
        assert_eq!(version, format!("{} {}", function.name, label("version")));
    }
}
