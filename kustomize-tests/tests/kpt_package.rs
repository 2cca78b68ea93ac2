//! The kpt package of the examples, rendered by kpt by the commands of its README.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kustomize_tests::{FUNCTIONS, Manifests, Need, Scratch, root, shell, shell_blocks};

fn example() -> PathBuf {
    root().join("examples/kpt")
}

/// A copy of the package, or none where there is no kpt.
fn package() -> Option<Scratch> {
    if !Need::Kpt.is_met() {
        return None;
    }
    let scratch = Scratch::new();
    let copied = Command::new("cp").arg("-R").arg(example()).arg(scratch.path()).status();
    assert!(copied.is_ok_and(|status| status.success()));
    Some(scratch)
}

/// Runs one of the README's blocks of commands in the package: exec, image, one function.
fn run(block: usize, package: &Scratch) -> Output {
    let blocks = shell_blocks(&example().join("README.md"));
    assert_eq!(blocks.len(), 3);
    for function in FUNCTIONS.iter().copied() {
        function.program();
        if blocks[block].contains("image") {
            function.image();
        }
    }
    shell(&blocks[block], &package.path().join("kpt")).output().expect("bash starts")
}

fn run_well(block: usize, package: &Scratch) -> String {
    let output = run(block, package);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    stderr
}

/// What every file below the directory says, but for the Kptfile, in which the two ways to run functions differ.
fn contents(directory: &Path) -> BTreeMap<PathBuf, String> {
    let mut contents = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            contents.extend(
                self::contents(&path)
                    .into_iter()
                    .map(|(below, text)| (Path::new(path.file_name().unwrap_or_default()).join(below), text)),
            );
        } else if !path.ends_with("Kptfile") {
            let name = path.file_name().unwrap_or_default().into();
            contents.insert(name, fs::read_to_string(&path).expect("a package holds text"));
        }
    }
    contents
}

fn rendered(package: &Scratch) -> BTreeMap<PathBuf, String> {
    contents(&package.path().join("kpt"))
}

#[test]
fn the_package_is_adapted_and_the_rest_of_it_stays() {
    let Some(package) = package() else { return };
    let before = rendered(&package);
    run_well(0, &package);
    let after = rendered(&package);

    for file in ["README.md", "namespace.yaml", "functions/route-to-ingress.yaml"] {
        assert_eq!(after[Path::new(file)], before[Path::new(file)], "{file}");
    }
    let claim = &after[Path::new("pictures.yaml")];
    assert_eq!(*claim, before[Path::new("pictures.yaml")].replace("standard-rwo", "hcloud-volumes"));
    let web = &after[Path::new("web.yaml")];
    let (workload, _) = before[Path::new("web.yaml")].rsplit_once("---\n").expect("the Route is last");
    assert!(web.starts_with(workload), "{web}");

    let new: Vec<_> = after.iter().filter(|(file, _)| !before.contains_key(*file)).collect();
    assert!(new.iter().all(|(file, _)| file.starts_with("web-shop")), "{new:?}");
    let texts: Vec<_> = new.into_iter().map(|(_, text)| text.as_str()).chain([web.as_str()]).collect();
    let manifests = Manifests::parse(&texts.join("---\n"));
    for (kind, name) in [
        ("Ingress", "web"),
        ("Ingress", "web-http"),
        ("Middleware", "web-https"),
        ("NetworkPolicy", "default-deny-ingress"),
        ("NetworkPolicy", "web-allow-from-ingress-controller"),
    ] {
        assert!(manifests.get(kind, "web-shop", name).is_some(), "{kind} {name}");
    }
    assert!(manifests.iter().all(|(id, _)| id.kind != "Route"));
}

#[test]
fn rendering_once_more_changes_nothing() {
    let Some(package) = package() else { return };
    run_well(0, &package);
    let (once, kptfile) = (rendered(&package), fs::read(package.path().join("kpt/Kptfile")).expect("it is there"));
    run_well(0, &package);
    assert_eq!(rendered(&package), once);
    assert_eq!(fs::read(package.path().join("kpt/Kptfile")).expect("it is there"), kptfile);
}

#[test]
fn containers_render_what_programs_render() {
    if !Need::Docker.is_met() {
        return;
    }
    let (Some(programs), Some(containers)) = (package(), package()) else { return };
    run_well(0, &programs);
    run_well(1, &containers);
    assert_eq!(rendered(&containers), rendered(&programs));
    let kptfile = fs::read_to_string(containers.path().join("kpt/Kptfile")).expect("it is there");
    let image = replatform::released_image("sealed-secret-check");
    assert!(!kptfile.contains("exec:") && kptfile.contains(&format!("image: {image}")), "{kptfile}");
    run_well(1, &containers);
    assert_eq!(rendered(&containers), rendered(&programs));
}

#[test]
fn one_function_is_run_without_a_file_for_its_config() {
    let Some(package) = package() else { return };
    let mut expected = rendered(&package);
    let claim = expected.get_mut(Path::new("pictures.yaml")).expect("it is there");
    *claim = claim.replace("standard-rwo", "hcloud-volumes");
    run_well(2, &package);
    assert_eq!(rendered(&package), expected);
}

#[test]
fn a_validator_stops_the_render_and_nothing_is_written() {
    let Some(package) = package() else { return };
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: database\n  namespace: web-shop\nstringData:\n  password: kept-to-ourselves\n";
    package.write("kpt/secret.yaml", secret);
    let before = rendered(&package);
    let output = run(0, &package);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        stderr.contains("[FAIL] \"sealed-secret-check\"") && stderr.contains("Secret web-shop/database"),
        "{stderr}"
    );
    assert!(!stderr.contains("kept-to-ourselves"), "{stderr}");
    assert_eq!(rendered(&package), before);
}
