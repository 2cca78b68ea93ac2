//! `replatform build`, which the plugin of Argo CD calls: a build by kustomize that shows its findings and
//! starts nothing but the functions.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Output;

use kustomize_tests::{
    Host, Need, PIPELINE, Repository, Scratch, programs_directory, read_findings, root, shell, shell_blocks, tool,
};

const APPLICATION: &str = "overlay/development/hetzner-k3s-dev/web-app";
/// An application with warnings, and one with a chart.
const WARNED_OF: &str = "overlay/development/hetzner-k3s-dev/amq-streams-kafka";
const WITH_CHART: &str = "overlay/development/hetzner-k3s-dev/status-page";

/// What a script comes to in a repository, where `replatform` and kustomize are on PATH.
fn run(repository: &Repository, script: &str) -> Output {
    PIPELINE.program();
    let mut command = shell(script, &repository.path(""));
    command.env("APPLICATION", APPLICATION).env("WARNED_OF", WARNED_OF).env("WITH_CHART", WITH_CHART);
    command.env("TOOLS", tool("kustomize").with_file_name("")).env_remove("REPLATFORM_FINDINGS");
    command.output().expect("bash starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a script says that must fail and print nothing.
fn refusal(repository: &Repository, script: &str) -> String {
    let output = run(repository, script);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""), "{script}: {}", stderr(&output));
    stderr(&output)
}

fn expect_success(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    stdout(output)
}

/// Adds a config to the application, before its functions.
fn add_transformer(repository: &Repository, config: &str) {
    repository.write(format!("{APPLICATION}/added.yaml"), config);
    let path = format!("{APPLICATION}/kustomization.yaml");
    let kustomization = fs::read_to_string(repository.path(&path)).expect("it is there");
    repository.write(path, kustomization.replace("transformers:\n", "transformers:\n- added.yaml\n"));
}

/// What a build cannot fetch, it says how to have. The remedies work.
#[test]
fn a_base_or_a_chart_of_another_machine_is_told_with_its_remedy() {
    if !Need::Git.is_met() {
        return;
    }
    let repository = Repository::examples();
    let remote = Scratch::new();
    remote.write("base/kustomization.yaml", "resources: [map.yaml]\n");
    remote.write("base/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n");
    let commit = "git init --quiet --initial-branch main && git add . && git -c user.name=a -c user.email=a@b commit --quiet --message x";
    expect_success(&shell(commit, remote.path()).output().expect("bash starts"));
    let base = format!("resources:\n- file://{}//base?ref=main\n", remote.path().display());
    repository.write("with-base/kustomization.yaml", base);
    let refused = refusal(&repository, "replatform build with-base");
    assert!(refused.contains("base on another machine") && refused.contains("add `--unconfined`"), "{refused}");
    expect_success(&run(&repository, "replatform build --unconfined with-base"));

    let chart = "helmCharts:\n- {name: web, repo: 'http://127.0.0.1:9/charts', version: 1.0.0}\n";
    repository.write("with-chart/kustomization.yaml", chart);
    let refused = refusal(&repository, "replatform build --allow helm with-chart");
    assert!(refused.contains("A chart cannot be inflated") && refused.contains("directory `charts`"), "{refused}");
    let place = "with-chart/charts/web-1.0.0/web";
    repository.write(format!("{place}/Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    repository.write(format!("{place}/values.yaml"), "");
    repository.write(format!("{place}/templates/a.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    expect_success(&run(&repository, "replatform build --allow helm with-chart"));
    repository.write("with-url/kustomization.yaml", "resources:\n- http://127.0.0.1:9/map.yaml\n");
    let refused = refusal(&repository, "replatform build --unconfined with-url");
    assert!(refused.contains("A base on another machine cannot be fetched"), "{refused}");
}

#[test]
fn it_prints_what_kustomize_prints() {
    let repository = Repository::examples();
    let expected = Host::pinned().build(&repository, APPLICATION);
    for script in [
        r#"replatform build "$APPLICATION""#,
        r#"cd "$APPLICATION" && replatform build"#,
        r#"replatform build "$APPLICATION" -- --load-restrictor LoadRestrictionsNone"#,
        r#"replatform build --unconfined "$APPLICATION""#,
    ] {
        assert_eq!(expect_success(&run(&repository, script)), expected.expect_success(), "{script}");
    }
}

#[test]
fn kubectl_builds_where_there_is_no_kustomize() {
    let repository = Repository::examples();
    let expected = Host::pinned().build(&repository, APPLICATION);
    let scratch = Scratch::new();
    symlink(tool("kubectl-1.37"), scratch.path().join("kubectl")).expect("target/tmp can be written");
    let path = format!("PATH={}", scratch.path().display());
    let program = programs_directory().join("replatform");
    let output = run(&repository, &format!(r#"{path} {} build "$APPLICATION""#, program.display()));
    assert_eq!(expect_success(&output), expected.expect_success());
    let reason = refusal(&repository, &format!(r#"PATH=/nowhere {} build "$APPLICATION""#, program.display()));
    assert!(reason.contains("neither kustomize nor kubectl is on PATH; install one of them"), "{reason}");
}

#[test]
fn findings_are_told_once_and_handed_on() {
    let repository = Repository::examples();
    for kustomize in ["kustomize-5.0.1", "kustomize-5.4.3", "kustomize-5.8.1"] {
        let script = format!(
            r#"mkdir bin && ln -s "$TOOLS/{kustomize}" bin/kustomize && rm -f findings.jsonl
               PATH=$PWD/bin:$PATH REPLATFORM_FINDINGS=findings.jsonl replatform build "$WARNED_OF"; rm -r bin"#
        );
        let output = run(&repository, &script);
        expect_success(&output);
        let findings = read_findings(&repository.path("findings.jsonl"));
        assert_eq!(stderr(&output).lines().count(), findings.len(), "{kustomize}: {}", stderr(&output));
        let is_told = |message: &str| stderr(&output).matches(message).count() >= 1;
        let messages: Vec<_> = findings.iter().filter_map(|finding| finding["message"].as_str()).collect();
        assert!(!messages.is_empty() && messages.iter().all(|message| is_told(message)), "{}", stderr(&output));
    }
}

#[test]
fn a_failure_is_told_once_and_prints_nothing() {
    let repository = Repository::examples();
    let route = repository.path("base/web-app/route.yaml");
    let broken =
        fs::read_to_string(&route).expect("it is there").replace("termination: edge", "termination: unheard-of");
    fs::write(route, broken).expect("the copy can be written");
    let reason = refusal(&repository, r#"replatform build "$APPLICATION""#);
    assert_eq!(reason.matches("unheard-of").count(), 1, "{reason}");
    let lines: Vec<&str> = reason.lines().collect();
    let [.., error, last] = lines[..] else { panic!("{reason}") };
    assert!(error.starts_with("route-to-ingress: error: ") && error.ends_with("(base/web-app/route.yaml)"), "{reason}");
    assert_eq!(last, "replatform: error: a function found an error, which fails the build");
    // So it is where the application is built by its cluster, which kustomize tells at length.
    let reason = refusal(&repository, r#"replatform build "$(dirname "$APPLICATION")""#);
    assert_eq!(reason.matches("unheard-of").count(), 1, "{reason}");
    assert!(!reason.contains("accumulating") && reason.ends_with(&format!("{last}\n")), "{reason}");
    let reason = refusal(&repository, r#"replatform build no-such-directory"#);
    assert!(reason.starts_with("replatform: error: ") && reason.contains("no-such-directory"), "{reason}");
}

#[test]
fn a_build_without_functions_is_told() {
    let repository = Repository::examples();
    let warned = |script: &str| {
        let output = run(&repository, script);
        expect_success(&output);
        stderr(&output).lines().last().unwrap_or_default().to_owned()
    };
    assert!(!warned(r#"replatform build "$APPLICATION""#).contains("replatform: warning: "));
    let bare = warned("replatform build base/web-app");
    assert!(bare.starts_with("replatform: warning: no function ran: ") && bare.contains("`transformers:`"), "{bare}");
    let repository = repository.copy_for("exec");
    let warned = |script: &str| stderr(&run(&repository, script)).lines().last().unwrap_or_default().to_owned();
    let skipped = warned(r#"replatform build "$APPLICATION""#);
    assert!(skipped.contains("transformers/runtime/exec/kustomization.yaml wires as programs"), "{skipped}");
    assert!(skipped.contains("add `-- --enable-exec`"), "{skipped}");
    let ran = warned(r#"replatform build "$APPLICATION" -- --enable-exec"#);
    assert!(!ran.contains("replatform: warning: "), "{ran}");
}

#[test]
fn a_build_of_nothing_is_refused() {
    let repository = Repository::examples();
    let reason = refusal(&repository, r#"replatform build "$APPLICATION" -- --output elsewhere.yaml"#);
    assert!(reason.contains("the build has no object") && reason.contains("leave out --output"), "{reason}");
}

#[test]
fn a_program_starts_only_if_it_is_allowed() {
    let repository = Repository::examples();
    let refused = refusal(&repository, r#"replatform build "$WITH_CHART""#);
    assert!(refused.contains("has a chart and tried to start") && refused.contains("add `--allow helm`"), "{refused}");
    expect_success(&run(&repository, r#"replatform build --allow helm "$WITH_CHART""#));
    let commands = shell_blocks(&root().join("examples/README.md"));
    let command = commands.iter().find(|block| block.contains("--allow helm")).expect("the examples tell it");
    expect_success(&run(&repository, command));

    let repository = Repository::examples();
    let function = "apiVersion: v1\nkind: Start\nmetadata:\n  name: start\n  annotations:\n    config.kubernetes.io/function: 'exec: {path: cat}'\n";
    add_transformer(&repository, function);
    let reason = refusal(&repository, r#"replatform build "$APPLICATION" -- --enable-exec"#);
    assert!(reason.contains("the build tried to start /") && reason.contains("/cat, which is no function"), "{reason}");
    expect_success(&run(&repository, r#"replatform build --unconfined "$APPLICATION" -- --enable-exec"#));
}

#[test]
fn a_plugin_that_needs_another_program_is_named() {
    let repository = Repository::examples();
    repository.write("home/example.com/v1/start/Start", "#!/bin/sh\ncat\n");
    add_transformer(&repository, "apiVersion: example.com/v1\nkind: Start\nmetadata:\n  name: start\n");
    let script = r#"cp -R "$(dirname "$(command -v replatform)")/." home
        chmod +x home/example.com/v1/start/Start
        KUSTOMIZE_PLUGIN_HOME=$PWD/home replatform build "$APPLICATION""#;
    let reason = refusal(&repository, script);
    assert!(reason.contains("start/Start is a script or linked dynamically"), "{reason}");
}

#[test]
fn what_is_missing_is_told_with_a_remedy() {
    let repository = Repository::examples();
    for (script, remedy) in [
        (r#"cp "$(command -v replatform)" alone && ./alone build"#, "run `replatform install DIR`"),
        (r#"REPLATFORM_FINDINGS=missing/f replatform build "$APPLICATION""#, "name a file in a directory that can be"),
        (r#"replatform build --allow no-such-program"#, "which --allow names, is not on PATH"),
        (r#"replatform build "$APPLICATION" >/dev/full"#, "standard output cannot be written"),
    ] {
        let reason = refusal(&repository, script);
        assert!(reason.contains("replatform: error: ") && reason.contains(remedy), "{script}: {reason}");
    }
}

#[test]
fn help_and_mistakes() {
    let repository = Repository::examples();
    let help = expect_success(&run(&repository, "replatform build --help"));
    for word in ["REPLATFORM_FINDINGS", "KUSTOMIZE_PLUGIN_HOME", "--allow", "Landlock"] {
        assert!(help.contains(word), "{word}");
    }
    let mistake = run(&repository, "replatform build --alow helm");
    assert_eq!((mistake.status.code(), stdout(&mistake).as_str()), (Some(2), ""));
    assert!(stderr(&mistake).contains("'--alow'"), "{}", stderr(&mistake));
}
