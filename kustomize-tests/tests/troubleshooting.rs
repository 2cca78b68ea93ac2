//! The rows of TROUBLESHOOTING.md: each wrong wiring is tried, and the host must say what the row says.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kustomize_tests::{Need, PIPELINE, Scratch, programs_directory, root, tool};

/// A kustomization with one object and one function, and how it is built.
struct Wiring<'c> {
    /// What the host says, as the document has it.
    says: &'static str,
    config: &'c str,
    list: &'static str,
    flags: &'static [&'static str],
    /// The plugin home; empty if it is not set.
    home: Home,
    /// Whether programs on the usual `PATH` are found.
    has_path: bool,
}

enum Home {
    Unset,
    Missing,
    Relative,
    Right,
    Unexecutable,
}

const CONFIG: &str = "apiVersion: replatform.dev/v1alpha1\nkind: SealedSecretCheck\nmetadata:\n  name: check\n";
const MISSPELT: &str = "apiVersion: replatform.dev/v1alpha1\nkind: SealedSecretChek\nmetadata:\n  name: check\n";
const OTHER_VERSION: &str = "apiVersion: replatform.dev/v1alpha2\nkind: SealedSecretCheck\nmetadata:\n  name: check\n";
const AS_VALIDATOR: &str = "apiVersion: replatform.dev/v1alpha1\nkind: SealedSecretCheck\nmetadata:\n  name: check\nspec:\n  \
                            wiredAs: Validators\n";
const EXEC: &str = "apiVersion: replatform.dev/v1alpha1\nkind: SealedSecretCheck\nmetadata:\n  name: check\n  annotations:\n    \
                    config.kubernetes.io/function: 'exec: {path: sealed-secret-check}'\n";
const CONTAINER: &str = "apiVersion: replatform.dev/v1alpha1\nkind: SealedSecretCheck\nmetadata:\n  name: check\n  annotations:\n    \
                         config.kubernetes.io/function: 'container: {image: replatform/sealed-secret-check:dev}'\n";

const ALPHA: &[&str] = &["--enable-alpha-plugins"];
const EXEC_FLAGS: &[&str] = &["--enable-alpha-plugins", "--enable-exec"];

impl Wiring<'static> {
    const RIGHT: Self =
        Self { says: "", config: CONFIG, list: "transformers", flags: ALPHA, home: Home::Right, has_path: true };
}

fn wirings() -> Vec<Wiring<'static>> {
    vec![
        Wiring { says: "external plugins disabled; unable to load external plugin", flags: &[], ..Wiring::RIGHT },
        Wiring { says: "unable to find plugin root - tried:", home: Home::Unset, ..Wiring::RIGHT },
        Wiring { says: "unable to find plugin root - tried:", home: Home::Missing, ..Wiring::RIGHT },
        Wiring { says: "fork/exec target/bin/replatform.dev/v1alpha1/", home: Home::Relative, ..Wiring::RIGHT },
        Wiring { says: "expected file with Go object code at:", config: MISSPELT, ..Wiring::RIGHT },
        Wiring { says: "expected file with Go object code at:", config: OTHER_VERSION, ..Wiring::RIGHT },
        Wiring { says: "unexecutable plugin at:", home: Home::Unexecutable, ..Wiring::RIGHT },
        Wiring { says: "validator shouldn't modify the resource map", list: "validators", ..Wiring::RIGHT },
        Wiring { says: "executable file not found in $PATH", config: CONTAINER, has_path: false, ..Wiring::RIGHT },
    ]
}

/// What only kustomize can be told, and kubectl cannot.
fn wirings_with_exec() -> Vec<Wiring<'static>> {
    vec![Wiring { says: "executable file not found in $PATH", config: EXEC, flags: EXEC_FLAGS, ..Wiring::RIGHT }]
}

const KUSTOMIZE: [(&str, &str); 3] =
    [("kustomize-5.0.1", "build"), ("kustomize-5.4.3", "build"), ("kustomize-5.8.1", "build")];
const KUBECTL: [(&str, &str); 2] = [("kubectl-1.27", "kustomize"), ("kubectl-1.37", "kustomize")];

/// Builds, and gives the exit code with what was printed.
fn build((program, verb): (&str, &str), wiring: &Wiring<'_>) -> (bool, String, String) {
    let scratch = Scratch::new();
    let overlay = scratch.path().join("overlay");
    fs::create_dir_all(&overlay).expect("target/tmp can be written");
    let write = |name: &str, text: &str| fs::write(overlay.join(name), text).expect("target/tmp can be written");
    write("config.yaml", wiring.config);
    write("object.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n");
    write(
        "kustomization.yaml",
        &match wiring.list {
            "resources" => "resources: [object.yaml, config.yaml]\n".to_owned(),
            list => format!("resources: [object.yaml]\n{list}: [config.yaml]\n"),
        },
    );
    let mut command = Command::new(tool(program));
    command.arg(verb).arg(&overlay).args(wiring.flags).current_dir(root()).env_remove("KUSTOMIZE_PLUGIN_HOME");
    if let Some(home) = home(&wiring.home, scratch.path()) {
        command.env("KUSTOMIZE_PLUGIN_HOME", home);
    }
    if !wiring.has_path {
        command.env("PATH", scratch.path());
    }
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

fn home(home: &Home, scratch: &Path) -> Option<PathBuf> {
    match home {
        Home::Unset => None,
        Home::Missing => Some(scratch.join("missing")),
        Home::Relative => Some(PathBuf::from("target/bin")),
        Home::Right => Some(programs_directory()),
        Home::Unexecutable => {
            let home = scratch.join("home");
            let installed = Command::new(programs_directory().join("replatform")).arg("install").arg(&home).output();
            assert!(installed.is_ok_and(|output| output.status.success()), "the programs can be installed");
            fs::set_permissions(home.join("replatform"), fs::Permissions::from_mode(0o644)).expect("it is ours");
            Some(home)
        }
    }
}

/// The messages in the first column of the table between the marks.
fn documented() -> Vec<String> {
    let text = fs::read_to_string(root().join("TROUBLESHOOTING.md")).expect("the document is there");
    let rows = text.split("<!-- rows -->").nth(1).and_then(|rest| rest.split("<!-- end -->").next());
    let rows = rows.expect("the table is between its marks").lines().filter(|line| line.starts_with("| `"));
    rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect()
}

#[test]
fn hosts_say_what_the_document_says() {
    let hosts = KUSTOMIZE.into_iter().chain(KUBECTL);
    for host in hosts {
        let with_exec = if KUBECTL.contains(&host) { Vec::new() } else { wirings_with_exec() };
        for wiring in wirings().into_iter().chain(with_exec) {
            let (succeeded, _, stderr) = build(host, &wiring);
            assert!(!succeeded && stderr.contains(wiring.says), "{}: not `{}`, but\n{stderr}", host.0, wiring.says);
        }
    }
    for host in KUBECTL {
        let (_, _, stderr) = build(host, &Wiring { flags: EXEC_FLAGS, ..Wiring::RIGHT });
        assert!(stderr.contains("unknown flag: --enable-exec"), "{}: {stderr}", host.0);
    }
}

#[test]
fn every_row_is_tried() {
    /// Tried apart: they need Docker, and kubectl.
    const NOT_TRIED: [&str; 2] = ["couldn't execute function: exit status 125", "unknown flag: --enable-exec"];
    let tried: Vec<_> = wirings().iter().chain(&wirings_with_exec()).map(|wiring| wiring.says).collect();
    let documented = documented();
    for row in &documented {
        assert!(tried.contains(&row.as_str()) || NOT_TRIED.contains(&row.as_str()), "`{row}` is not tried");
    }
    for says in tried {
        assert!(documented.iter().any(|row| row == says), "`{says}` is not in the document");
    }
}

#[test]
fn docker_without_the_image_is_said() {
    if !Need::Docker.is_met() {
        return;
    }
    // Nothing listens there.
    let config = CONTAINER.replace("replatform/sealed-secret-check:dev", "localhost:9/none:dev");
    for host in KUSTOMIZE.into_iter().chain(KUBECTL) {
        let (succeeded, _, stderr) = build(host, &Wiring { config: &config, ..Wiring::RIGHT });
        assert!(!succeeded && stderr.contains("couldn't execute function: exit status 125"), "{}: {stderr}", host.0);
    }
}

#[test]
fn what_hosts_do_without_a_word() {
    for host in KUSTOMIZE.into_iter().chain(KUBECTL) {
        for list in ["transformers", "generators"] {
            let (succeeded, stdout, stderr) = build(host, &Wiring { config: EXEC, list, ..Wiring::RIGHT });
            let is_skipped = succeeded && stdout.contains("kind: ConfigMap") && stderr.is_empty();
            assert!(is_skipped, "{}: a skipped function under {list}: {stdout}{stderr}", host.0);
        }
        let (succeeded, stdout, _) = build(host, &Wiring { list: "resources", ..Wiring::RIGHT });
        assert!(succeeded && stdout.contains("replatform.dev/v1alpha1"), "{}: configs as objects: {stdout}", host.0);
        let (succeeded, stdout, _) = build(host, &Wiring { config: AS_VALIDATOR, ..Wiring::RIGHT });
        assert!(succeeded && stdout.is_empty(), "{}: an emptied build: {stdout}", host.0);
    }
}

/// A program of others that makes these objects, as a plugin of the kind `Made`, listed in this field. What a host prints.
fn made(host: (&str, &str), list: &str, objects: &str, flags: &[&str]) -> (bool, String, String) {
    let scratch = Scratch::new();
    scratch.write("objects.yaml", objects);
    let objects = scratch.path().join("objects.yaml");
    let plugin = "home/example.dev/v1/made/Made";
    scratch.write(plugin, format!("#!/bin/sh\ncat {}\n", objects.display()));
    let plugin = scratch.path().join(plugin);
    fs::set_permissions(plugin, fs::Permissions::from_mode(0o755)).expect("it is ours");
    scratch.write("overlay/config.yaml", "apiVersion: example.dev/v1\nkind: Made\nmetadata:\n  name: made\n");
    scratch.write("overlay/object.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n");
    scratch.write("overlay/kustomization.yaml", format!("resources: [object.yaml]\n{list}: [config.yaml]\n"));
    let mut command = Command::new(tool(host.0));
    command.arg(host.1).arg(scratch.path().join("overlay")).args(flags).stdin(Stdio::null());
    command.env("KUSTOMIZE_PLUGIN_HOME", scratch.path().join("home"));
    let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", host.0));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_hosts_do_with_generators() {
    let merged = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  annotations:\n    \
                  kustomize.config.k8s.io/behavior: merge\ndata:\n  a: b\n";
    let hashed = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n  annotations:\n    \
                  kustomize.config.k8s.io/needs-hash: \"true\"\ndata:\n  a: b\n";
    let objects = format!("{merged}---\n{hashed}");
    for host in KUSTOMIZE.into_iter().chain(KUBECTL) {
        let (succeeded, stdout, stderr) = made(host, "generators", "", ALPHA);
        let is_silent = succeeded && stdout.contains("name: settings") && stderr.is_empty();
        assert!(is_silent, "{}: a generator without output: {stdout}{stderr}", host.0);
        let (succeeded, stdout, _) = made(host, "generators", &objects, ALPHA);
        let is_read = !stdout.contains("kustomize.config.k8s.io/") && stdout.contains("name: more-");
        assert!(
            succeeded && is_read && stdout.contains("  a: b\nkind: ConfigMap\nmetadata:\n  name: settings"),
            "{stdout}"
        );
        let (succeeded, stdout, _) = made(host, "transformers", &objects, ALPHA);
        let is_left = stdout.contains("kustomize.config.k8s.io/needs-hash") && stdout.contains("name: more\n");
        assert!(succeeded && is_left && stdout.contains("kustomize.config.k8s.io/behavior"), "{}: {stdout}", host.0);
        let (succeeded, _, stderr) = made(host, "generators", &objects, &[]);
        assert!(!succeeded && stderr.contains("external plugins disabled"), "{}: {stderr}", host.0);
        let (succeeded, _, stderr) = build(host, &Wiring { config: MISSPELT, list: "generators", ..Wiring::RIGHT });
        assert!(!succeeded && stderr.contains("expected file with Go object code at:"), "{}: {stderr}", host.0);
    }
}

const ROUTE: &str = "apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: web
  namespace: shop
spec:
  host: web.example.com
  tls: {termination: edge, insecureEdgeTerminationPolicy: Redirect}
  to: {kind: Service, name: web}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector: {app: web}
  ports: [{name: http, port: 80}]
";

/// An overlay that lists route-to-ingress, and one around it with these lines.
fn overlays(lines: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.write("inner/route.yaml", ROUTE);
    scratch.write(
        "inner/config.yaml",
        "apiVersion: replatform.dev/v1alpha1\nkind: RouteToIngress\nmetadata:\n  name: routes\n",
    );
    scratch.write("inner/kustomization.yaml", "resources: [route.yaml]\ntransformers: [config.yaml]\n");
    scratch.write("outer/kustomization.yaml", format!("resources: [../inner]\n{lines}"));
    scratch
}

#[test]
fn what_overlays_further_out_do_without_a_word() {
    let patch = "patches:\n- target: {kind: Route}\n  patch: |\n    - {op: replace, path: /spec/host, value: other.example.com}\n";
    let scratch = overlays(&format!("namePrefix: prod-\n{patch}"));
    for host in KUSTOMIZE.into_iter().chain(KUBECTL) {
        let mut command = Command::new(tool(host.0));
        command.arg(host.1).arg(scratch.path().join("outer")).args(ALPHA).stdin(Stdio::null());
        command.env("KUSTOMIZE_PLUGIN_HOME", programs_directory());
        let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", host.0));
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && !stdout.contains("other.example.com"), "{}: {stdout}{stderr}", host.0);
        let is_renamed = stdout.contains("kind: Middleware\nmetadata:\n  name: prod-web-https");
        assert!(is_renamed && stdout.contains("middlewares: shop-web-https@kubernetescrd"), "{}: {stdout}", host.0);
        // The two that have kustomize 5.0.1 hand on what plugins say.
        let says = stderr.contains("replaced by Ingress shop/web");
        assert_eq!(says, ["kustomize-5.0.1", "kubectl-1.27"].contains(&host.0), "{}: {stderr}", host.0);
    }
}

/// What a call of a program says on standard error, with this on standard input.
fn says(directory: &Path, program: &str, arguments: &[&str], stdin: &str) -> String {
    let mut command = Command::new(programs_directory().join(program));
    command.args(arguments).current_dir(directory);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().map(|mut pipe| pipe.write_all(stdin.as_bytes()));
    let output = child.wait_with_output().unwrap_or_else(|error| panic!("{program}: {error}"));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn functions_and_the_command_line_say_what_the_document_says() {
    assert!(PIPELINE.program().is_file());
    let scratch = Scratch::new();
    let directory = scratch.path();
    scratch.write("route.yaml", ROUTE.replace("  namespace: shop\n", ""));
    scratch.write("other.yaml", CONFIG);
    scratch.write("empty/readme.txt", "");
    let objects = "resources: [object.yaml]\n";
    scratch.write("repository/app/object.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n");
    scratch.write("repository/app/kustomization.yaml", format!("{objects}transformers: null\n"));
    let unwired = says(directory, "replatform", &["init", "repository", "--overlay", "app", "--wire"], "");
    scratch.write("repository/transformers/kustomization.yaml", "resources: []\n");
    for (program, arguments, stdin, said) in [
        ("route-to-ingress", &["route.yaml"][..], "", "metadata.namespace: is not given"),
        ("route-to-ingress", &["--config", "other.yaml", "route.yaml"], "", "not for this function"),
        ("route-to-ingress", &[], "a: b\n", "standard input must hold a ResourceList"),
        ("route-to-ingress", &["empty"], "", "holds no manifest"),
        ("replatform", &["hydrat"], "", "did you mean"),
        ("replatform", &["init", "repository"], "", "is there already with another text and is not overwritten"),
    ] {
        let found = says(directory, program, arguments, stdin);
        assert!(found.contains(said), "{program} {arguments:?}: not `{said}`, but {found}");
    }
    assert!(unwired.contains("Not wired: "), "{unwired}");
}
