//! The rows of TROUBLESHOOTING.md: each wrong wiring is tried, and the host must say what the row says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kustomize_tests::{Scratch, programs_directory, root, tool};

/// A kustomization with one object and one function, and how it is built.
struct Wiring {
    /// What the host says, as the document has it.
    says: &'static str,
    config: &'static str,
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

impl Wiring {
    const RIGHT: Self =
        Self { says: "", config: CONFIG, list: "transformers", flags: ALPHA, home: Home::Right, has_path: true };
}

fn wirings() -> Vec<Wiring> {
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
fn wirings_with_exec() -> Vec<Wiring> {
    vec![Wiring { says: "executable file not found in $PATH", config: EXEC, flags: EXEC_FLAGS, ..Wiring::RIGHT }]
}

const KUSTOMIZE: [(&str, &str); 3] =
    [("kustomize-5.0.1", "build"), ("kustomize-5.4.3", "build"), ("kustomize-5.8.1", "build")];
const KUBECTL: [(&str, &str); 2] = [("kubectl-1.27", "kustomize"), ("kubectl-1.37", "kustomize")];

/// Builds, and gives the exit code with what was printed.
fn build((program, verb): (&str, &str), wiring: &Wiring) -> (bool, String, String) {
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
    /// Needs a Docker daemon that has no such image; kustomize adds nothing to what Docker says.
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
fn what_hosts_do_without_a_word() {
    let host = KUSTOMIZE[2];
    let (succeeded, stdout, stderr) = build(host, &Wiring { config: EXEC, ..Wiring::RIGHT });
    assert!(succeeded && stdout.contains("kind: ConfigMap") && stderr.is_empty(), "skipped functions: {stderr}");
    let (succeeded, stdout, _) = build(host, &Wiring { list: "resources", ..Wiring::RIGHT });
    assert!(succeeded && stdout.contains("replatform.dev/v1alpha1"), "configs as objects: {stdout}");
    let (succeeded, stdout, _) = build(host, &Wiring { config: AS_VALIDATOR, ..Wiring::RIGHT });
    assert!(succeeded && stdout.is_empty(), "an emptied build: {stdout}");
}
