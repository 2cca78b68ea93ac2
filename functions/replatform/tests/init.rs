//! `replatform init` writes what it says and nothing else, and never over what is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_replatform");

/// A repository with two applications in one overlay, as a team has it that never heard of the functions.
fn repository(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    for (file, text) in [
        (
            "base/web/route.yaml",
            "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: web}\nspec:\n  host: web.apps.ocp.example.com\n  to: {kind: Service, name: web}\n---\n\
             apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: hostless}\nspec:\n  to: {kind: Service, name: web}\n",
        ),
        (
            "base/web/claim.yaml",
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: fast-in-house}\n",
        ),
        ("base/web/kustomization.yaml", "resources: [route.yaml, claim.yaml]\n"),
        (
            "base/db/dc.yaml",
            "apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata: {name: db}\nspec:\n  template:\n    spec:\n      containers: [{name: db, image: gcr.io/shop/db:1}]\n",
        ),
        ("base/db/kustomization.yaml", "resources: [dc.yaml]\n"),
        (
            "overlay/prod/web/kustomization.yaml",
            "# of ours\nnamespace: shop\nresources:\n- ../../../base/web # stays\n",
        ),
        ("overlay/prod/db/kustomization.yaml", "resources: [../../../base/db]\ntransformers: # ours\n- labels.yaml\n"),
        (
            "overlay/prod/db/labels.yaml",
            "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\nlabels: {a: b}\n",
        ),
        ("overlay/test/web/kustomization.yaml", "resources: [../../../base/web]\n"),
    ] {
        let path = directory.join(file);
        fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }
    directory
}

fn init(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .arg("init")
        .args(arguments)
        .current_dir(directory)
        .env("PATH", "")
        .output()
        .expect("it starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Every file of a directory with its bytes.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).expect("it can be read"));
        }
    }
    found
}

#[test]
fn it_says_what_it_found_where_and_what_to_decide() {
    let directory = repository("init-says");
    let output = init(&directory, &["--overlay", "overlay/prod"]);
    assert!(output.status.success(), "{output:?}");
    insta::assert_snapshot!("init-says", said(&output));
    let written = [
        "transformers/storageclass-rewrite.yaml",
        "transformers/image-registry-rewrite.yaml",
        "overlay/prod/transformers/kustomization.yaml",
    ];
    let texts =
        written.map(|file| format!("==> {file}\n{}", fs::read_to_string(directory.join(file)).unwrap_or_default()));
    insta::assert_snapshot!("init-writes", texts.join("\n"));
}

#[test]
fn a_second_run_changes_nothing() {
    let directory = repository("init-twice");
    assert!(init(&directory, &["--overlay", "overlay/prod", "--wire"]).status.success());
    let once = files(&directory);
    let second = init(&directory, &["--overlay", "overlay/prod", "--wire"]);
    assert!(second.status.success() && said(&second).contains("Every file is there already."), "{second:?}");
    assert!(!said(&second).contains("Wired:"), "{}", said(&second));
    assert_eq!(files(&directory), once);
    // The overlay of the next cluster needs the same files.
    assert!(init(&directory, &["--overlay", "overlay/test", "--wire"]).status.success());
}

#[test]
fn what_is_there_is_never_overwritten() {
    let directory = repository("init-there");
    let mine = directory.join("transformers/route-to-ingress.yaml");
    fs::create_dir_all(directory.join("transformers")).expect("it can be made");
    fs::write(&mine, "mine\n").expect("it can be written");
    let before = files(&directory);
    for arguments in [&["--overlay", "overlay/prod", "--wire"][..], &["--dry-run"]] {
        let output = init(&directory, arguments);
        assert_eq!((output.status.code(), said(&output)), (Some(2), String::new()), "{arguments:?}");
        let reason = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(reason.contains("transformers/route-to-ingress.yaml is there already with another text"), "{reason}");
        assert_eq!(files(&directory), before, "{arguments:?}");
    }
    // The remedy of the message.
    fs::rename(&mine, directory.join("mine.yaml")).expect("it can be moved");
    assert!(init(&directory, &["--overlay", "overlay/prod"]).status.success());
    assert_eq!(fs::read(directory.join("mine.yaml")).ok().as_deref(), Some(&b"mine\n"[..]));
}

#[test]
fn a_dry_run_shows_the_files_and_writes_none() {
    let directory = repository("init-dry");
    let before = files(&directory);
    let output = init(&directory, &["--overlay", "overlay/prod", "--dry-run"]);
    assert!(
        output.status.success() && said(&output).contains("==> transformers/kustomization.yaml <==\n"),
        "{output:?}"
    );
    assert_eq!(files(&directory), before);
    let dry = said(&output);
    assert!(init(&directory, &["--overlay", "overlay/prod"]).status.success());
    for (path, bytes) in files(&directory).into_iter().filter(|(path, _)| !before.contains_key(path)) {
        assert!(dry.contains(&String::from_utf8_lossy(&bytes).into_owned()), "{}", path.display());
    }
}

#[test]
fn wiring_adds_one_entry_and_changes_no_other_byte() {
    let directory = repository("init-wire");
    let before = files(&directory);
    assert!(init(&directory, &["--overlay", "overlay/prod"]).status.success());
    let unwired = files(&directory);
    assert!(before.iter().all(|(path, bytes)| unwired.get(path) == Some(bytes)), "without --wire");
    assert!(init(&directory, &["--overlay", "overlay/prod", "--wire"]).status.success());
    let read = |file: &str| fs::read_to_string(directory.join(file)).expect("it can be read");
    assert_eq!(
        read("overlay/prod/web/kustomization.yaml"),
        "# of ours\nnamespace: shop\nresources:\n- ../../../base/web # stays\ntransformers:\n- ../transformers\n"
    );
    assert_eq!(
        read("overlay/prod/db/kustomization.yaml"),
        "resources: [../../../base/db]\ntransformers: # ours\n- labels.yaml\n- ../transformers\n"
    );
    let changed = files(&directory).into_iter().filter(|(path, bytes)| unwired.get(path) != Some(bytes)).count();
    assert_eq!(changed, 2, "only the kustomizations of the overlay");
}

#[test]
fn a_directory_without_a_kustomization_is_told() {
    let directory = repository("init-none");
    for (arguments, reason) in [
        (&["base/web/route.yaml"][..], "route.yaml"),
        (&["nowhere"], "nowhere cannot be read"),
        (&["--overlay", "overlay/prd"], "below overlay/prd there is no kustomization that is built by itself"),
        (&["--wire"], "--overlay"),
    ] {
        let output = init(&directory, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(reason), "{arguments:?}: {output:?}");
    }
}
