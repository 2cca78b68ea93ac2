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

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (file, text) in files {
        let path = directory.join(file);
        fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }
}

/// The kustomizations of the cluster `overlay/prod` that list the functions, from its directory.
fn wired(directory: &Path) -> Vec<String> {
    let cluster = directory.join("overlay/prod");
    let is_wired = |(path, bytes): &(PathBuf, Vec<u8>)| {
        path.ends_with("kustomization.yaml") && String::from_utf8_lossy(bytes).contains("transformers\n")
    };
    let wired = files(&cluster).into_iter().filter(is_wired);
    let name = |path: PathBuf| {
        path.parent().and_then(|place| place.strip_prefix(&cluster).ok()).map(|place| place.display().to_string())
    };
    wired.filter_map(|(path, _)| name(path)).filter(|name| !name.ends_with("transformers")).collect()
}

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";

/// Where no Application names the applications of a cluster, only its kustomization is built by itself.
#[test]
fn the_functions_meet_each_object_of_a_cluster_once() {
    for (name, cluster, arguments, expected, said_so) in [
        (
            "lists",
            "resources: [web, db]\n",
            &[][..],
            &["db", "web"][..],
            "run in each application: overlay/prod/db, overlay/prod/web",
        ),
        (
            "sets",
            "namespace: shop\nresources: [web, db]\n",
            &[],
            &[""],
            "run in overlay/prod, since it has objects or settings of its own",
        ),
        ("brings", "resources: [web, db, namespace.yaml]\n", &[], &[""], "run in overlay/prod, since it has"),
        ("said", "resources: [web, db]\n", &["--in-overlay"], &[""], "run in overlay/prod, as --in-overlay says"),
    ] {
        let directory = repository(&format!("init-once-{name}"));
        write(&directory, &[("overlay/prod/kustomization.yaml", cluster), ("overlay/prod/namespace.yaml", NAMESPACE)]);
        let arguments = [&["--overlay", "overlay/prod", "--wire"], arguments].concat();
        let output = init(&directory, &arguments);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(wired(&directory), expected, "{name}");
        assert!(said(&output).contains(said_so), "{}", said(&output));
        // The other choice would run them twice.
        let others = ["--overlay", "overlay/prod/web", "--wire"];
        let others =
            if expected == [""] { &others[..] } else { &["--overlay", "overlay/prod", "--in-overlay", "--wire"] };
        let before = files(&directory);
        let output = init(&directory, others);
        let reason = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
        assert!(reason.contains("nothing is written") && reason.contains("they would run twice"), "{name}: {reason}");
        assert_eq!(files(&directory), before, "{name}");
    }
}

/// What can be wired is wired, and what cannot be is reported.
#[test]
fn an_application_that_lists_functions_already_costs_only_itself() {
    let directory = repository("init-in-part");
    let inner = "apiVersion: replatform.dev/v1alpha1\nkind: PlatformLeftoverCheck\nmetadata: {name: l}\n";
    write(
        &directory,
        &[
            ("base/web/kustomization.yaml", "resources: [route.yaml]\ntransformers: [l.yaml]\n"),
            ("base/web/l.yaml", inner),
        ],
    );
    let output = init(&directory, &["--overlay", "overlay/prod", "--wire"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(wired(&directory), ["db"]);
    let told = said(&output);
    assert!(
        told.contains("Not wired: overlay/prod/web/kustomization.yaml: base/web lists functions already"),
        "{told}"
    );
}

#[test]
fn an_overlay_without_a_kustomization_lists_no_functions() {
    let directory = repository("init-no-overlay");
    let output = init(&directory, &["--overlay", "overlay/prod", "--in-overlay"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let reason = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(reason.contains("overlay/prod has no kustomization of its own; leave out --in-overlay"), "{reason}");
    // The remedy of the message.
    assert!(init(&directory, &["--overlay", "overlay/prod"]).status.success());
}

/// What patches, values and claims decide, in files that the repository has besides.
#[test]
fn what_is_missing_is_to_be_decided_wherever_it_was_found() {
    let directory = repository("init-decide");
    write(
        &directory,
        &[
            (
                "overlay/prod/web/kustomization.yaml",
                "resources: [../../../base/web, more.yaml]\npatches:\n- path: patch.yaml\n- target: {kind: Route}\n  patch: '[{op: replace, path: /spec/host, value: b.apps.second.example.com}]'\n\
                 helmCharts:\n- name: chart\n  repo: https://charts.example.com\n  valuesFile: values.yaml\n",
            ),
            (
                "overlay/prod/web/patch.yaml",
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: of-a-patch}\n",
            ),
            (
                "overlay/prod/web/values.yaml",
                "persistence: {storageClass: of-values}\nurl: https://c.apps.third.example.com/\n",
            ),
            (
                "overlay/prod/web/more.yaml",
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: shared}\nspec: {accessModes: [ReadWriteMany]}\n---\n\
                 apiVersion: batch/v1\nkind: Job\nmetadata: {name: job}\nspec:\n  template:\n    spec:\n      containers:\n      - name: job\n        image: image-registry.openshift-image-registry.svc:5000/shop/job:1\n",
            ),
        ],
    );
    let output = init(&directory, &["--overlay", "overlay/prod"]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        said(&output).contains("not read: overlay/prod/web/kustomization.yaml: the chart `chart` is not inflated"),
        "{}",
        said(&output)
    );
    let read = |file: &str| fs::read_to_string(directory.join(file)).expect("it is written");
    for (file, texts) in [
        (
            "transformers/storageclass-rewrite.yaml",
            &[
                "of-a-patch: hcloud-volumes",
                "of-values: hcloud-volumes",
                "unknown: Warn",
                "# defaultClass: hcloud-volumes",
                "rwxClass: to-be-decided.invalid",
            ][..],
        ),
        (
            "transformers/image-registry-rewrite.yaml",
            &["    \"image-registry.openshift-image-registry.svc:5000\": registry.to-be-decided.invalid"],
        ),
        (
            "overlay/prod/transformers/kustomization.yaml",
            &[
                "# apps.ocp.example.com: k3s.example.com",
                "apps.second.example.com: k3s.example.com",
                "apps.third.example.com: k3s.example.com",
                "domain: k3s.to-be-decided.invalid",
                "internalRegistry: registry.to-be-decided.invalid",
            ],
        ),
    ] {
        let text = read(file).replace("#   ", "# ");
        texts.iter().for_each(|wanted| assert!(text.contains(wanted), "{wanted}: {text}"));
    }
    assert!(!directory.join("transformers/deploy-control.yaml").exists(), "it has no place in applications");
    // No value is its own: that would say that a person has decided to keep it.
    assert!(!read("overlay/prod/transformers/kustomization.yaml").contains("apps.ocp.example.com: apps."));
}
