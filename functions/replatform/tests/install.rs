//! `install` writes what it says and nothing else, whatever is in the directory.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_replatform");

/// A new directory of its own.
fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory can be made");
    directory
}

fn install(directory: &Path) -> Output {
    Command::new(PROGRAM).arg("install").arg(directory).output().expect("the program starts")
}

#[test]
fn an_installation_is_made_twice_the_same() {
    let home = directory("install-twice");
    let (first, second) = (install(&home), install(&home));
    assert!(first.status.success() && second.status.success(), "{first:?}\n{second:?}");
    assert_eq!(first.stdout, second.stdout);
    assert!(!home.join(".replatform.new").exists());
    let plugin = home.join("replatform.dev/v1alpha1/routetoingress/RouteToIngress");
    assert_eq!(plugin.canonicalize().ok(), home.join("replatform").canonicalize().ok());
}

#[test]
fn a_link_in_the_way_is_not_followed() {
    let home = directory("install-link");
    let victim = directory("install-victim").join("file");
    fs::write(&victim, "of another program").expect("a file can be written");
    for name in [".replatform.new", "replatform", "route-to-ingress"] {
        symlink(&victim, home.join(name)).expect("a link can be made");
    }
    assert!(install(&home).status.success());
    assert_eq!(fs::read_to_string(&victim).ok().as_deref(), Some("of another program"));
    assert!(home.join("replatform").symlink_metadata().is_ok_and(|file| file.is_file()));
}

#[test]
fn a_directory_in_the_way_is_told() {
    let home = directory("install-directory");
    fs::create_dir(home.join("replatform")).expect("a directory can be made");
    let output = install(&home);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot be installed into"), "{said}");
    assert!(!home.join(".replatform.new").exists());
}

#[test]
fn a_folder_that_leads_elsewhere_is_told() {
    let home = directory("install-folder");
    let elsewhere = directory("install-elsewhere");
    symlink(&elsewhere, home.join("replatform.dev")).expect("a link can be made");
    let output = install(&home);
    assert!(!output.status.success(), "the plugin would have no program: {output:?}");
}

#[test]
fn the_help_names_every_command() {
    let output = Command::new(PROGRAM).arg("--help").output().expect("the program starts");
    let help = String::from_utf8_lossy(&output.stdout);
    for command in ["build", "schema", "explain", "install"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {help}");
    }
}
