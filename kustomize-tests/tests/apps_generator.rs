//! apps-generator in the hosts: the complete example, in every environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use kustomize_tests::{Function, Manifests, Need, PIPELINE, Scratch, programs_directory, root, tool};

const ENVIRONMENTS: [&str; 3] = ["local", "dev", "public"];

/// The hosts with the words by which they build. All of them run plugins.
const HOSTS: [(&str, &str); 5] = [
    ("kustomize-5.8.1", "build"),
    ("kustomize-5.0.1", "build"),
    ("kustomize-5.4.3", "build"),
    ("kubectl-1.27", "kustomize"),
    ("kubectl-1.37", "kustomize"),
];

fn build(host: (&str, &str), directory: &Path) -> Output {
    let mut command = Command::new(tool(host.0));
    command.args([host.1, "--enable-alpha-plugins"]).arg(directory);
    command.env("KUSTOMIZE_PLUGIN_HOME", programs_directory()).output().expect("the host starts")
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("hosts print UTF-8")
}

fn function() -> PathBuf {
    Function::of_kind("Apps").program()
}

/// A copy of the example, which tests may change.
fn example() -> Scratch {
    Scratch::copy_of(&root().join("examples/apps"))
}

/// The text of a program that reads manifests from standard input.
fn piped(program: &Path, arguments: &[&Path], input: &str) -> String {
    use std::io::Write;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("it has an input").write_all(input.as_bytes()).expect("it reads");
    text(child.wait_with_output().expect("the program ends"))
}

#[test]
fn every_host_prints_the_same_objects_of_every_environment() {
    drop(function());
    for environment in ENVIRONMENTS {
        let directory = root().join("examples/apps").join(environment);
        let expected = text(build(HOSTS[0], &directory));
        insta::assert_snapshot!(format!("apps-{environment}"), expected);
        for host in &HOSTS[1..] {
            assert_eq!(text(build(*host, &directory)), expected, "{}", host.0);
        }
    }
}

/// With an `exec:` annotation kustomize sends a list that holds the config alone.
#[test]
fn an_exec_function_gives_the_same_and_kubectl_leaves_it_out_in_silence() {
    drop(function());
    let scratch = example();
    let expected = text(build(HOSTS[0], &scratch.path().join("dev")));
    let config = scratch.path().join("base/apps.yaml");
    let wired = fs::read_to_string(&config).expect("it is there").replace(
        "  name: apps\nspec:",
        "  name: apps\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: apps-generator}\nspec:",
    );
    fs::write(&config, wired).expect("it can be written");
    let path = format!("{}:{}", programs_directory().display(), std::env::var("PATH").unwrap_or_default());
    let run = |host: &str, arguments: &[&str]| {
        let mut command = Command::new(tool(host));
        text(command.args(arguments).arg(scratch.path().join("dev")).env("PATH", &path).output().expect("it starts"))
    };
    assert_eq!(run("kustomize-5.8.1", &["build", "--enable-alpha-plugins", "--enable-exec"]), expected);
    // Why the README tells to use a plugin.
    assert_eq!(run("kubectl-1.37", &["kustomize", "--enable-alpha-plugins"]), "");
}

#[test]
fn a_pipe_gives_what_a_host_gives_and_a_second_run_changes_nothing() {
    let program = function();
    let scratch = Scratch::new();
    scratch.write(
        "apps.yaml",
        fs::read_to_string(root().join("examples/apps/base/apps.yaml"))
            .expect("it is there")
            .replace("spec:\n", "spec:\n  environment: dev\n"),
    );
    let config = scratch.path().join("apps.yaml");
    let printed =
        text(Command::new(&program).arg("--config").arg(&config).stdin(Stdio::null()).output().expect("it starts"));
    let of_host = text(build(HOSTS[0], &root().join("examples/apps/dev")));
    let (before, after) = (Manifests::parse(&of_host), Manifests::parse(&printed));
    let difference = before.difference(&after);
    assert!(difference.is_empty(), "{difference}");
    assert_eq!(piped(&program, &[Path::new("--config"), &config, Path::new("-")], &printed), printed);
}

#[test]
fn kpt_replaces_what_an_earlier_run_made() {
    if !Need::Kpt.is_met() {
        return;
    }
    let program = function();
    let scratch = Scratch::new();
    let config = |replicas: u32| {
        format!(
            "apiVersion: replatform.dev/v1alpha1\nkind: Apps\nmetadata:\n  name: apps\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\nspec:\n  apps:\n    web:\n      image: registry.example.com/web:1.4\n      replicas: {replicas}\n"
        )
    };
    scratch.write("Kptfile", format!("apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: package\npipeline:\n  mutators:\n  - exec: {}\n    configPath: apps.yaml\n", program.display()));
    let render = |replicas| {
        scratch.write("apps.yaml", config(replicas));
        text(
            Command::new(tool("kpt"))
                .args(["fn", "render", "--allow-exec"])
                .arg(scratch.path())
                .output()
                .expect("kpt starts"),
        );
        let files = fs::read_dir(scratch.path())
            .expect("it can be listed")
            .map(|entry| entry.expect("it can be listed").path());
        let mut texts: Vec<_> = files
            .filter(|file| file.extension().is_some_and(|it| it == "yaml"))
            .map(|file| fs::read_to_string(file).expect("it is text"))
            .collect();
        texts.sort();
        texts.join("---\n")
    };
    let first = render(1);
    assert!(first.contains("replicas: 1") && first.matches("kind: Deployment").count() == 1, "{first}");
    assert_eq!(render(1), first);
    let changed = render(3);
    assert!(changed.contains("replicas: 3") && changed.matches("kind: Deployment").count() == 1, "{changed}");
}

/// An outer prefix reaches all names, with the references that the example ships for what kustomize does not know.
#[test]
fn names_hold_together_under_a_prefix() {
    drop(function());
    let scratch = example();
    scratch.write(
        "preview/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamePrefix: preview-\nconfigurations:\n- name-references.yaml\nresources:\n- ../dev\n",
    );
    fs::copy(scratch.path().join("name-references.yaml"), scratch.path().join("preview/name-references.yaml"))
        .expect("it is copied");
    let printed = text(build(HOSTS[0], &scratch.path().join("preview")));
    let objects = Manifests::parse(&printed);
    let mut seen = 0;
    for (_, object) in objects.iter() {
        let reference = match object["kind"].as_str() {
            Some("ScaledObject") => &object["spec"]["scaleTargetRef"]["name"],
            Some("InterceptorRoute") => &object["spec"]["target"]["service"],
            _ => continue,
        };
        assert!(reference.as_str().is_some_and(|name| name.starts_with("preview-")), "{object}");
        seen += 1;
    }
    assert!(seen >= 4, "{printed}");
    assert!(
        printed.contains("interceptorRoute: preview-fastapi") && printed.contains("claimName: preview-reports-data")
    );
}

/// No function writes what another one owns: a second run of all changes nothing.
#[test]
fn the_whole_chain_behind_it_settles() {
    let pipeline = PIPELINE.program();
    let scratch = Scratch::new();
    scratch.write(
        "pipeline.yaml",
        "apiVersion: replatform.dev/v1alpha1\nkind: Pipeline\nmetadata:\n  name: chain\nspec:\n  functions:\n  - kind: StorageClassRewrite\n  - kind: NetworkPolicyDefault\n  - kind: PlatformLeftoverCheck\n",
    );
    let config = scratch.path().join("pipeline.yaml");
    for environment in ENVIRONMENTS {
        let generated = text(build(HOSTS[0], &root().join("examples/apps").join(environment)));
        let run = |input: &str| piped(&pipeline, &[Path::new("--config"), &config, Path::new("-")], input);
        let once = run(&generated);
        assert!(once.contains("kind: NetworkPolicy") && !once.contains("storageClassName: standard"), "{once}");
        assert_eq!(run(&once), once, "{environment}");
    }
}

/// The custom resources of all golden cases, in the schemas of their CRDs.
#[test]
fn the_schemas_take_the_custom_resources_of_every_case() {
    let cases = fs::read_dir(root().join("functions/apps-generator/cases")).expect("there are cases");
    let files = cases.map(|case| case.expect("it can be listed").path().join("expected.yaml"));
    // A ResourceList is no object, and no registry has a module with the definition of a HelmChart.
    let is_judged = |file: &PathBuf| {
        fs::read_to_string(file)
            .is_ok_and(|text| !text.contains("kind: ResourceList") && !text.contains("kind: HelmChart"))
    };
    let outcomes: Vec<_> = files.filter(is_judged).collect();
    assert!(outcomes.len() >= 50, "{} outcomes", outcomes.len());
    text(
        Command::new(root().join("kustomize-tests/judges/schemas/validate"))
            .args(outcomes)
            .output()
            .expect("the judge starts"),
    );
}
