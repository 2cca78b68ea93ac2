//! What people see on a terminal, and what shells complete: by a real terminal and real shells.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use kustomize_tests::{Need, PIPELINE, Scratch, programs_directory, tool};

/// What begins a sequence that commands a terminal.
const ESCAPE: char = '\u{1b}';
/// What a bar of progress says behind the number of builds.
const PROGRESS: &str = " built, ";

/// An application with a warning for the table.
fn repository() -> Scratch {
    let directory = Scratch::new();
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: PlatformLeftoverCheck\nmetadata:\n  name: check\n";
    directory.write("check.yaml", config);
    let left =
        "apiVersion: cloud.google.com/v1\nkind: BackendConfig\nmetadata:\n  name: web\n  namespace: apps\nspec: {}\n";
    directory.write("web.yaml", left);
    let lists = "resources:\n- web.yaml\ntransformers:\n- check.yaml\n";
    let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    directory.write("kustomization.yaml", format!("{head}{lists}"));
    directory
}

/// A command in a directory, with the pinned kustomize and nothing of the terminal that the tests have.
fn command(directory: &Path, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let kustomize = tool("kustomize");
    let path = format!("{}:/usr/bin:/bin", kustomize.parent().expect("a tool is in a directory").display());
    let mut command = Command::new(program);
    command.current_dir(directory).env("PATH", path).env("KUSTOMIZE_PLUGIN_HOME", programs_directory());
    command.env("TERM", "xterm-256color").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}

/// What a call shows on a terminal.
fn on_terminal(directory: &Path, arguments: &str, no_color: bool) -> String {
    let call = format!("stty cols 80; {} {arguments}", PIPELINE.program().display());
    let mut script = command(directory, "script");
    script.args(["-q", "-e", "-c", &call, "/dev/null"]);
    if no_color {
        script.env("NO_COLOR", "1");
    }
    let Output { stdout, .. } = script.output().expect("script starts");
    String::from_utf8_lossy(&stdout).into_owned()
}

/// What a call prints into pipes.
fn in_pipes(directory: &Path, arguments: &str) -> (String, String) {
    let mut call = command(directory, PIPELINE.program());
    let output = call.args(arguments.split(' ')).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Whether a text sets colours: `ESC [ ... m` with more than a reset.
fn is_coloured(text: &str) -> bool {
    let sequences = text.split(ESCAPE).skip(1).filter_map(|rest| rest.strip_prefix('['));
    sequences.into_iter().any(|sequence| {
        let end = sequence.find(|letter: char| letter.is_ascii_alphabetic());
        end.is_some_and(|end| sequence[end..].starts_with('m') && !["", "0"].contains(&&sequence[..end]))
    })
}

#[test]
fn a_terminal_shows_progress_and_colours_and_a_pipe_does_not() {
    if !Need::Script.is_met() {
        return;
    }
    let directory = repository();
    for (arguments, has_colours) in [("report --fail-on never", true), ("hydrate -o out", false)] {
        let shown = on_terminal(directory.path(), arguments, false);
        assert!(shown.contains(PROGRESS), "{arguments}: {shown:?}");
        assert_eq!(is_coloured(&shown), has_colours, "{arguments}: {shown:?}");
        let plain = on_terminal(directory.path(), arguments, true);
        assert!(plain.contains(PROGRESS) && !is_coloured(&plain), "{arguments}: {plain:?}");
        let (stdout, stderr) = in_pipes(directory.path(), arguments);
        let printed = stdout + &stderr;
        assert!(!printed.contains(ESCAPE) && !printed.contains(PROGRESS), "{arguments}: {printed:?}");
    }
    let always = in_pipes(directory.path(), "report --fail-on never --color always").0;
    assert!(is_coloured(&always), "{always:?}");
    let never = on_terminal(directory.path(), "report --fail-on never --color never", false);
    assert!(!is_coloured(&never), "{never:?}");
}

#[test]
fn a_diff_is_coloured_on_a_terminal() {
    if !Need::Script.is_met() {
        return;
    }
    let directory = Scratch::new();
    directory.write(
        "web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - image: a.example/b:1\n",
    );
    directory.write("config.yaml", "apiVersion: replatform.dev/v1alpha1\nkind: ImageRegistryRewrite\nmetadata:\n  name: c\nspec:\n  registries: {a.example: b.example}\n");
    let arguments = "image-registry-rewrite --diff --config config.yaml web.yaml";
    assert!(is_coloured(&on_terminal(directory.path(), arguments, false)));
    assert!(!is_coloured(&on_terminal(directory.path(), arguments, true)));
    let (stdout, _) = in_pipes(directory.path(), arguments);
    assert!(stdout.contains("+  - image: b.example/b:1") && !stdout.contains(ESCAPE), "{stdout:?}");
}

/// The completion script for a shell, in a file.
fn completion(directory: &Scratch, shell: &str) -> String {
    let (script, stderr) = in_pipes(directory.path(), &format!("completion {shell}"));
    assert_eq!(stderr, "");
    directory.write("script", script);
    directory.path().join("script").display().to_string()
}

fn answer(directory: &Path, shell: &str, text: &str) -> String {
    let output =
        command(directory, shell).args(["-c", text]).env("HOME", directory).output().expect("the shell starts");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.is_empty(), "{shell}: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn fish_completes_commands_functions_and_options() {
    if !Need::Fish.is_met() {
        return;
    }
    let directory = Scratch::new();
    let script = completion(&directory, "fish");
    for (line, word) in [
        ("replatform hyd", "hydrate"),
        ("replatform route", "route-to-ingress"),
        ("replatform report --fail", "--fail-on"),
        ("replatform report --fail-on ", "leftover"),
    ] {
        let said = answer(directory.path(), "fish", &format!("source {script}; complete -C '{line}'"));
        assert!(said.lines().any(|one| one.split('\t').next() == Some(word)), "{line}: {said}");
    }
}

#[test]
fn zsh_loads_the_completion() {
    if !Need::Zsh.is_met() {
        return;
    }
    let directory = Scratch::new();
    let script = completion(&directory, "zsh");
    let load = format!("autoload -Uz compinit; compinit -u -D; source {script}");
    assert_eq!(
        answer(directory.path(), "zsh", &format!("{load}; print -r -- $_comps[replatform]")).trim(),
        "_replatform"
    );
    // What shows the words wants a line editor, and the fourth of its arguments is the name of their list.
    let said = answer(
        directory.path(),
        "zsh",
        &format!("{load}; _describe() {{ print -rl -- ${{(P)4}} }}; _replatform_commands"),
    );
    for word in ["hydrate:", "report:", "route-to-ingress:", "completion:"] {
        assert!(said.lines().any(|line| line.starts_with(word)), "{word}: {said}");
    }
}

/// Whether a process runs. A zombie does not.
fn runs(id: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Asks until something holds.
fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_signal_ends_builds_with_their_plugins() {
    let directory = Scratch::new();
    let id = directory.path().join("id");
    let plugin = "home/example.dev/v1/slow/Slow";
    directory.write(plugin, format!("#!/bin/sh\necho $$ > {}\nexec sleep 600\n", id.display()));
    std::fs::set_permissions(directory.path().join(plugin), Permissions::from_mode(0o755)).expect("it is ours");
    directory.write("app/slow.yaml", "apiVersion: example.dev/v1\nkind: Slow\nmetadata:\n  name: slow\n");
    directory.write("app/kustomization.yaml", "generators:\n- slow.yaml\n");
    for signal in ["HUP", "INT", "TERM"] {
        let mut call = command(directory.path(), PIPELINE.program());
        call.env("KUSTOMIZE_PLUGIN_HOME", directory.path().join("home")).args(["report", "--unconfined", "app"]);
        let mut report = call.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        let plugin = || std::fs::read_to_string(&id).unwrap_or_default().trim().to_owned();
        wait_for("the plugin does not start", || !plugin().is_empty());
        let kill = Command::new("kill").args([&format!("-{signal}"), &report.id().to_string()]).status();
        assert!(kill.is_ok_and(|status| status.success()), "{signal}");
        assert!(!report.wait().expect("it ends").success(), "{signal}");
        wait_for(signal, || !runs(&plugin()));
        std::fs::remove_file(&id).expect("it is ours");
    }
}
