//! The rendering of every application, and what a change does to it, as CI jobs show it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use kustomize_tests::{
    FUNCTIONS, Host, Manifests, Need, PIPELINE, Repository, Scratch, programs_directory, read_findings, root, shell,
    shell_blocks,
};
use serde_json::Value;

const APPLICATION: &str = "development/hetzner-k3s-dev/web-app";
const SERVICE: &str = "base/web-app/service.yaml";

/// A part of the examples as a git repository whose only commit is on the branch `main`.
struct Project(Scratch);

impl Project {
    /// None where there is no git.
    fn new() -> Option<Self> {
        if !Need::Git.is_met() {
            return None;
        }
        for function in FUNCTIONS.iter().copied() {
            function.program();
        }
        let project = Self(Scratch::new());
        let script = "
            cp -R --parents base/{infra,postgres,web-app} transformers overlay/*/*/transformers overlay/*/*/{infra,postgres,web-app} \"$PROJECT\"
            mkdir \"$PROJECT\"/ci
            cp ci/hydrate \"$PROJECT\"/ci
            cd \"$PROJECT\"
            git init --quiet --initial-branch main
            git add .
            git commit --quiet --message 'As it was'";
        let mut copy = shell(script, &root().join("examples"));
        let output = git_identity(copy.env("PROJECT", project.0.path())).output().expect("bash starts");
        assert!(output.status.success(), "{}", text(&output.stderr));
        Some(project)
    }

    fn run(&self, script: &str) -> Output {
        let mut command = shell(script, self.0.path());
        command.env("KUSTOMIZE_PLUGIN_HOME", programs_directory());
        git_identity(&mut command).output().expect("bash starts")
    }

    /// What a run says on standard output, if it ends with this code.
    fn says(&self, script: &str, code: i32) -> String {
        let output = self.run(script);
        assert_eq!(output.status.code(), Some(code), "{script}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let before = self.read(file);
        assert!(before.contains(from), "{file} has no {from}");
        self.0.write(file, before.replace(from, to));
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }
}

fn git_identity(command: &mut Command) -> &mut Command {
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Developer").env(format!("GIT_{role}_EMAIL"), "developer@example.com");
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The lines that a difference takes away and adds.
fn changes(difference: &str) -> Vec<&str> {
    let is_change = |line: &&str| {
        (line.starts_with('-') && !line.starts_with("--- ")) || (line.starts_with('+') && !line.starts_with("+++ "))
    };
    difference.lines().filter(is_change).collect()
}

#[test]
fn every_application_is_rendered_as_the_host_does() {
    let Some(project) = Project::new() else { return };
    assert_eq!(project.says("ci/hydrate --exit-code", 0), "", "nothing has changed");
    let built = Host::pinned().build(&Repository::examples(), &format!("overlay/{APPLICATION}"));
    assert_eq!(project.read(&format!("hydrated/{APPLICATION}.yaml")), built.expect_success());
    let rendered = project.says("cd hydrated && ls -d */*/*", 0);
    let overlays = project.says("cd overlay && ls -d */*/* | grep -v /transformers$ | sed 's/$/.yaml/'", 0);
    assert_eq!(rendered, overlays);
}

#[test]
fn a_change_in_a_base_shows_in_every_cluster_as_it_arrives_there() {
    let Some(project) = Project::new() else { return };
    project.replace(SERVICE, "port: 80", "port: 8000");
    let difference = project.says("ci/hydrate", 0);
    // The Service, and the Ingresses that a function makes of the Route to it.
    for line in ["-    port: 80", "+    port: 8000", "-              number: 80", "+              number: 8000"] {
        assert!(changes(&difference).contains(&line), "{line}\n{difference}");
    }
    let clusters = project.says("ls -d overlay/*/*/web-app", 0);
    for cluster in clusters.lines() {
        let file = cluster.trim_start_matches("overlay/");
        assert!(difference.contains(&format!("+++ after/{file}.yaml")), "{file}\n{difference}");
    }
    assert!(!difference.contains("infra.yaml"), "{difference}");
    assert!(Manifests::parse(&project.read(&format!("hydrated/{APPLICATION}.yaml"))).len() > 3);
    assert_eq!(project.says("ci/hydrate --exit-code", 1), difference);
    // Once committed it is no difference, but for who asks for an older commit.
    assert_eq!(project.says("git commit --quiet --all --message Change; ci/hydrate --exit-code", 0), "");
    assert_eq!(project.says("ci/hydrate --exit-code --against HEAD^", 1), difference);
}

#[test]
fn new_and_gone_applications_show_whole_and_nothing_of_an_earlier_run_stays() {
    let Some(project) = Project::new() else { return };
    project.says("ci/hydrate", 0);
    let difference = project.says(&format!("mv overlay/{APPLICATION} overlay/{APPLICATION}-2; ci/hydrate"), 0);
    assert!(difference.contains("web-app-2.yaml"), "{difference}");
    assert!(!project.0.path().join(format!("hydrated/{APPLICATION}.yaml")).exists());
}

#[test]
fn what_cannot_be_rendered_fails_and_the_rest_is_shown() {
    let Some(project) = Project::new() else { return };
    project.replace(SERVICE, "port: 80", "port: 8000");
    let kustomization = format!("overlay/{APPLICATION}/kustomization.yaml");
    let (route, whole) = (project.read("base/web-app/route.yaml"), project.read(&kustomization));

    let failing = [
        (
            "base/web-app/route.yaml",
            route.replace("termination: edge", "termination: unheard-of"),
            "cannot be rendered",
        ),
        (kustomization.as_str(), "kind: Kustomization\nresources: []\n# nothing yet\n".to_owned(), "has no object"),
    ];
    for (file, content, reason) in failing {
        let before = project.read(file);
        project.0.write(file, content);
        let output = project.run("ci/hydrate");
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(&format!("hydrate: ./overlay/{APPLICATION} ")) && stderr.contains(reason), "{stderr}");
        assert!(!project.0.path().join(format!("hydrated/{APPLICATION}.yaml")).exists());
        assert!(project.0.path().join("hydrated/development/hetzner-k3s-dev/infra.yaml").exists());
        project.0.write(file, before);
    }
    assert_eq!(project.read(&kustomization), whole);

    // What repairs a commit that cannot be rendered is new, and passes.
    let output = project.run(
        "echo 'kind: [' >base/web-app/route.yaml; git commit --quiet --all --message Break
         git checkout --quiet HEAD^ -- base/web-app/route.yaml; ci/hydrate",
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("not all of HEAD can be rendered"), "{}", text(&output.stderr));
}

/// What functions warn of, as the file of findings has it.
fn warnings(file: &Path) -> Vec<String> {
    let findings = read_findings(file);
    let warnings = findings.iter().filter(|finding| finding["severity"] == "warning");
    let messages: Vec<_> = warnings.filter_map(|finding| finding["message"].as_str().map(str::to_owned)).collect();
    assert!(!messages.is_empty(), "the examples warn of nothing");
    messages
}

#[test]
fn findings_are_shown_below_their_application_and_kept_in_the_file() {
    let Some(project) = Project::new() else { return };
    let output = project.run("REPLATFORM_FINDINGS=findings.jsonl ci/hydrate");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let file = project.0.path().join("findings.jsonl");
    for warning in warnings(&file) {
        assert!(said.contains(&warning), "{warning}: {said}");
    }
    let (names, lines): (Vec<_>, Vec<_>) = said.lines().partition(|line| line.starts_with("hydrate: "));
    assert!(names.contains(&"hydrate: ./overlay/local/podman-local/postgres:"), "{said}");
    // Those of the commit that it is compared with are in neither.
    assert_eq!(lines.len(), read_findings(&file).len(), "{said}");
}

#[test]
fn another_command_may_render() {
    let Some(project) = Project::new() else { return };
    let script = "KUSTOMIZE_BUILD='kustomize build --enable-alpha-plugins' ci/hydrate --exit-code";
    assert_eq!(project.says(script, 0), "");
    let output = project.run("KUSTOMIZE_PLUGIN_HOME=/nowhere ci/hydrate");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("run \"replatform install DIR\""), "{}", text(&output.stderr));
}

#[test]
fn it_empties_no_directory_but_its_own() {
    let Some(project) = Project::new() else { return };
    for directory in ["base", "."] {
        let output = project.run(&format!("ci/hydrate {directory}"));
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("holds other files"), "{}", text(&output.stderr));
    }
    assert_eq!(project.says("git status --porcelain", 0), "");
}

#[test]
fn the_commands_of_the_readme_work() {
    let Some(project) = Project::new() else { return };
    project.says("git checkout --quiet -b change", 0);
    let blocks = shell_blocks(&root().join("examples/ci/README.md"));
    assert_eq!(blocks.len(), 2);
    for block in &blocks {
        assert_eq!(project.says(block, 0), "");
    }
    project.replace(SERVICE, "port: 80", "port: 8000");
    assert!(!project.says(&blocks[0], 0).is_empty());
    project.says("git commit --quiet --all --message Change", 0);
    assert!(!project.says(&blocks[1], 1).is_empty());
}

/// The commands of a job, in which there is nothing but the program's image, and its file of findings.
fn job(file: &str) -> (String, String) {
    let path = root().join("examples/ci").join(file);
    let job: Value = serde_yaml::from_str(&fs::read_to_string(path).expect("it is there")).expect("it is YAML");
    let (commands, variables) = match file {
        "gitlab-ci.yaml" => {
            let lines = job["hydrate"]["script"].as_array().expect("a job has a script");
            (lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"), &job["hydrate"]["variables"])
        }
        _ => {
            let job = &job["jobs"]["hydrate"];
            let steps = job["steps"].as_array().expect("a job has steps");
            (steps.iter().filter_map(|step| step["run"].as_str()).collect(), &job["env"])
        }
    };
    (commands, variables["REPLATFORM_FINDINGS"].as_str().expect("a job names the file").to_owned())
}

#[test]
fn the_jobs_show_what_a_change_does_and_what_was_found() {
    if !Need::Docker.is_met() {
        return;
    }
    let image = PIPELINE.image();
    for file in ["github-actions.yaml", "gitlab-ci.yaml"] {
        let Some(project) = Project::new() else { return };
        project.replace(SERVICE, "port: 80", "port: 8000");
        project.says("git commit --quiet --all --message Change; git clone --quiet . clone", 0);
        let clone = project.0.path().join("clone");
        let base = project.says("git rev-parse HEAD^", 0);
        let (commands, findings) = job(file);
        let mut command = shell(&commands, &clone);
        command.env("REPLATFORM_IMAGE", &image).env("RUNNER_TEMP", project.0.path());
        command.env("GITHUB_STEP_SUMMARY", project.0.path().join("summary")).env("REPLATFORM_FINDINGS", &findings);
        command.env("CI_PROJECT_DIR", &clone).env("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.trim());
        let output = git_identity(&mut command).output().expect("bash starts");
        let (log, said) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{file}: {said}");
        assert!(changes(&log).contains(&"+              number: 8000"), "{file}: {log}");
        assert!(clone.join("hydrated").join(format!("{APPLICATION}.yaml")).is_file(), "{file}");
        for warning in warnings(&clone.join(findings)) {
            assert!(said.contains(&warning), "{file}: {warning}: {said}");
            if file == "github-actions.yaml" {
                let annotation = format!(": warning: {warning}").replace('%', "%25");
                let is_annotated =
                    log.lines().any(|line| line.starts_with("::warning::") && line.contains(&annotation));
                assert!(is_annotated, "{annotation}: {log}");
                assert!(project.read("summary").contains(&warning), "{warning}");
            }
        }
    }
}
