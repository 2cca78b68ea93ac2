//! The rendering of every application, and what a change does to it, as CI jobs show it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use kustomize_tests::{Host, Manifests, Need, PIPELINE, Repository, Scratch, read_findings, root, shell, shell_blocks};
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
        PIPELINE.program();
        let project = Self(Scratch::new());
        let script = "
            cp -R --parents base/{infra,postgres,web-app} transformers overlay/*/*/transformers overlay/*/*/{infra,postgres,web-app} \"$PROJECT\"
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
        git_identity(&mut shell(script, self.0.path())).output().expect("bash starts")
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

/// Where the rendering of the application is, in a directory or on a branch.
fn rendered() -> String {
    format!("overlay/{APPLICATION}.yaml")
}

#[test]
fn every_application_is_rendered_as_the_host_does() {
    let Some(project) = Project::new() else { return };
    assert_eq!(project.says("replatform hydrate --exit-code", 0), "", "nothing has changed");
    let built = Host::pinned().build(&Repository::examples(), &format!("overlay/{APPLICATION}"));
    assert_eq!(project.read(&format!("hydrated/{}", rendered())), built.expect_success());
    let rendered = project.says("cd hydrated && ls -d */*/*/*", 0);
    let overlays = project.says("ls -d overlay/*/*/* | grep -v /transformers$ | sed 's/$/.yaml/'", 0);
    assert_eq!(rendered, overlays);
}

#[test]
fn the_same_repository_gives_the_same_bytes() {
    let Some(project) = Project::new() else { return };
    project.says("replatform hydrate --jobs 1 --output one", 0);
    project.says("replatform hydrate --jobs 4 --output other", 0);
    assert_eq!(project.says("diff -r one other", 0), "");
    project.says("replatform hydrate --output one && diff -r one other", 0);
}

#[test]
fn a_change_in_a_base_shows_in_every_cluster_as_it_arrives_there() {
    let Some(project) = Project::new() else { return };
    project.replace(SERVICE, "port: 80", "port: 8000");
    let difference = project.says("replatform hydrate", 0);
    // The Service, and the Ingresses that a function makes of the Route to it.
    for line in ["-    port: 80", "+    port: 8000", "-              number: 80", "+              number: 8000"] {
        assert!(changes(&difference).contains(&line), "{line}\n{difference}");
    }
    let clusters = project.says("ls -d overlay/*/*/web-app", 0);
    for cluster in clusters.lines() {
        assert!(difference.contains(&format!("+++ after/{cluster}.yaml")), "{cluster}\n{difference}");
    }
    assert!(!difference.contains("infra.yaml"), "{difference}");
    assert!(Manifests::parse(&project.read(&format!("hydrated/{}", rendered()))).len() > 3);
    assert_eq!(project.says("replatform hydrate --exit-code", 1), difference);
    // Once committed it is no difference, but for who asks for an older commit.
    let committed = "git commit --quiet --all --message Change; replatform hydrate --exit-code";
    assert_eq!(project.says(committed, 0), "");
    assert_eq!(project.says("replatform hydrate --exit-code --against HEAD^", 1), difference);
}

#[test]
fn new_and_gone_applications_show_whole_and_nothing_of_an_earlier_run_stays() {
    let Some(project) = Project::new() else { return };
    project.says("replatform hydrate", 0);
    let script = format!("mv overlay/{APPLICATION} overlay/{APPLICATION}-2; replatform hydrate");
    let output = project.run(&script);
    let (difference, said) = (text(&output.stdout), text(&output.stderr));
    assert!(difference.contains("--- /dev/null") && difference.contains("web-app-2.yaml"), "{difference}");
    let file = rendered();
    let removed =
        format!("overlay/{APPLICATION} has no kustomization any more: {file} is removed from the directory hydrated");
    assert!(said.contains(&removed), "{said}");
    assert!(!project.0.path().join(format!("hydrated/{file}")).exists());
}

#[test]
fn what_cannot_be_rendered_leaves_directory_and_branch_as_they_were() {
    let Some(project) = Project::new() else { return };
    project.says("replatform hydrate; replatform hydrate --commit out; cp -R hydrated kept", 0);
    let tip = project.says("git rev-parse out", 0);
    project.replace(SERVICE, "port: 80", "port: 8000");
    let kustomization = format!("overlay/{APPLICATION}/kustomization.yaml");
    let route = project.read("base/web-app/route.yaml");
    let failing = [
        (
            "base/web-app/route.yaml",
            route.replace("termination: edge", "termination: unheard-of"),
            "cannot be rendered",
        ),
        (kustomization.as_str(), "kind: Kustomization\nresources: []\n# nothing yet\n".to_owned(), "has no object"),
        (kustomization.as_str(), "kind: [\n".to_owned(), "cannot be rendered"),
    ];
    for (file, content, reason) in failing {
        let before = project.read(file);
        project.0.write(file, content);
        for call in ["replatform hydrate", "replatform hydrate --commit out"] {
            let output = project.run(call);
            let stderr = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{stderr}");
            let name = format!("hydrate: overlay/{APPLICATION} cannot be rendered: ");
            assert!(stderr.contains(&name) && stderr.contains(reason), "{stderr}");
            assert!(stderr.contains("nothing was written"), "{stderr}");
        }
        assert_eq!(project.says("diff -r hydrated kept; git rev-parse out", 0), tip);
        project.0.write(file, before);
    }
    // What repairs a commit that cannot be rendered is new, and passes.
    let output = project.run(
        "echo 'kind: [' >base/web-app/route.yaml; git commit --quiet --all --message Break
         git checkout --quiet HEAD^ -- base/web-app/route.yaml; replatform hydrate",
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("not all of HEAD can be rendered"), "{}", text(&output.stderr));
}

#[test]
fn a_branch_gets_one_commit_and_nothing_else_is_touched() {
    let Some(project) = Project::new() else { return };
    project.says("echo x >staged; git add staged; echo '# y' >>base/web-app/service.yaml", 0);
    let look = "git status --porcelain; git rev-parse HEAD; git ls-files --stage | sha256sum";
    let before = project.says(look, 0);
    let commit = "replatform hydrate --commit out/all --author 'C I <ci@example.com>' --message 'Render it'";
    project.says(commit, 0);
    assert_eq!(project.says(look, 0), before);
    assert_eq!(project.says("git log --format='%an %ae %s' out/all", 0), "C I ci@example.com Render it\n");
    assert_eq!(project.says("git log --format=%P out/all", 0), "\n");
    let expected = project.says("replatform hydrate >/dev/null; cd hydrated; find . -type f | sort | sed 's,^./,,'", 0);
    let held = project.says("git ls-tree -r --name-only out/all | sort", 0);
    assert_eq!(held.lines().count(), expected.lines().count());
    let file = rendered();
    assert_eq!(project.says(&format!("git cat-file blob out/all:{file} | diff - hydrated/{file}"), 0), "");

    // Nothing has changed.
    let tip = project.says("git rev-parse out/all", 0);
    let output = project.run(commit);
    assert!(
        text(&output.stderr).contains("nothing has changed: out/all has no new commit"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(project.says("git rev-parse out/all", 0), tip);

    // A change is shown against the branch, and is one commit on top.
    project.replace(SERVICE, "port: 80", "port: 8000");
    project.says(&format!("rm -r overlay/{}", APPLICATION.replace("web-app", "infra")), 0);
    let difference = project.says(&format!("{commit} --exit-code"), 1);
    assert!(changes(&difference).contains(&"+    port: 8000"), "{difference}");
    assert_eq!(project.says("git rev-parse out/all^", 0), tip);
    assert!(!project.says("git ls-tree -r --name-only out/all", 0).contains("hetzner-k3s-dev/infra.yaml"));
    let gone = "Render it\n\nRemove what has no kustomization any more:\n\n- overlay/development/hetzner-k3s-dev/infra";
    assert_eq!(project.says("git log -1 --format=%B out/all", 0).trim_end(), gone);
}

#[test]
fn files_of_a_branch_that_no_rendering_wrote_stay() {
    let Some(project) = Project::new() else { return };
    project.says("replatform hydrate --commit out", 0);
    let add = |file: &str| {
        let script = format!(
            "git worktree add --quiet w out; cd w; mkdir -p \"$(dirname {file})\"; echo mine >{file}; git add .
             git commit --quiet --message Mine; cd ..; git worktree remove --force w"
        );
        project.says(&script, 0);
    };
    add("README.md");
    project.replace(SERVICE, "port: 80", "port: 8000");
    project.says("replatform hydrate --commit out", 0);
    assert_eq!(project.says("git cat-file blob out:README.md", 0), "mine\n");
    // A new application must not take the place of such a file.
    add("overlay/new.yaml");
    let tip = project.says("git rev-parse out", 0);
    project.says(
        &format!("cp -R overlay/{APPLICATION} overlay/new; sed -i s,../../../../base,../../base, overlay/new/*.yaml"),
        0,
    );
    project.says(
        "sed -i s,../transformers,../development/hetzner-k3s-dev/transformers, overlay/new/kustomization.yaml",
        0,
    );
    let output = project.run("replatform hydrate --commit out");
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("the branch out holds overlay/new.yaml, which no rendering wrote"), "{stderr}");
    assert_eq!(project.says("git rev-parse out", 0), tip);
}

/// Applications without functions, which are quick to render.
fn small(names: &[&str]) -> Option<Project> {
    if !Need::Git.is_met() {
        return None;
    }
    PIPELINE.program();
    let project = Project(Scratch::new());
    for name in names {
        project.0.write(format!("{name}/kustomization.yaml"), "resources: [map.yaml]\n");
        let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\n", name.replace('/', "-"));
        project.0.write(format!("{name}/map.yaml"), map);
    }
    project.says("git init --quiet --initial-branch main; git add .; git commit --quiet --message 'As it was'", 0);
    Some(project)
}

#[test]
fn renderings_of_parts_give_what_one_of_all_gives() {
    let Some(project) = small(&["apps/a", "apps/b", "c"]) else { return };
    let hydrate = "replatform hydrate --unadapted . --output dir --commit branch";
    project.says(&format!("{hydrate}; mv dir whole; git branch --move branch whole"), 0);
    let whole = project.says("git rev-parse whole^{tree}", 0);
    for parts in [["c", "apps", "apps/a"], ["apps/b", "apps/a", "c"], ["apps/a apps/b", "c apps/b", "c"]] {
        for part in parts {
            project.says(&format!("{hydrate} {part}"), 0);
        }
        assert_eq!(project.says("diff -r dir whole; rm -r dir", 0), "", "{parts:?}");
        assert_eq!(project.says("git rev-parse branch^{tree}; git branch --quiet -D branch", 0), whole, "{parts:?}");
    }
}

#[test]
fn what_stays_and_what_goes_is_told_and_a_dry_run_tells_the_same() {
    let Some(project) = small(&["a", "b", "c"]) else { return };
    let hydrate = "replatform hydrate --unadapted . --commit out";
    project.says(&format!("{hydrate}; rm -r c; sed -i 's/name: /name: x-/' a/map.yaml"), 0);
    let tip = project.says("git rev-parse out", 0);
    for (paths, expected) in [
        (
            "a",
            "hydrate: c has no kustomization any more, but c.yaml stays in the branch out; name no PATH to remove it\n\
             hydrate: b.yaml, which is of another application, stays in the branch out as it is\n",
        ),
        ("", "hydrate: c has no kustomization any more: c.yaml is removed from the branch out\n"),
    ] {
        let (dry, wet) = (project.run(&format!("{hydrate} --dry-run {paths}")), format!("{hydrate} {paths}"));
        let dry_said = text(&dry.stderr);
        assert_eq!(project.says("git rev-parse out", 0), tip, "{dry_said}");
        assert!(dry_said.contains(expected), "{dry_said}");
        assert!(dry_said.ends_with("hydrate: nothing was written, since this is a dry run\n"), "{dry_said}");
        let wet = project.run(&wet);
        assert!(text(&wet.stderr).contains(expected), "{}", text(&wet.stderr));
        assert_eq!(text(&wet.stdout), text(&dry.stdout));
        assert!(!text(&wet.stdout).contains("after/b.yaml"), "{}", text(&wet.stdout));
        project.says("git update-ref refs/heads/out out^", 0);
    }
}

#[test]
fn what_is_left_out_stays_as_it_was_rendered() {
    let Some(project) = small(&["a", "old/b"]) else { return };
    let hydrate = "replatform hydrate --unadapted . --commit out";
    project.says(&format!("{hydrate}; sed -i 's/name: /name: x-/' a/map.yaml old/b/map.yaml"), 0);
    let output = project.run(&format!("{hydrate} --exclude old"));
    let (shown, said) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && said.contains("hydrate: old/b is left out by --exclude\n"), "{said}");
    assert!(said.contains("old/b.yaml, which is of another application, stays in the branch out as it is"), "{said}");
    assert!(shown.contains("after/a.yaml") && !shown.contains("old/b"), "{shown}");
    let names = "git cat-file blob out:a.yaml | grep name:; git cat-file blob out:old/b.yaml | grep name:";
    assert_eq!(project.says(names, 0), "  name: x-a\n  name: old-b\n");
    // In a comparison with a commit it is no application that is gone.
    let shown = project.says("replatform hydrate --unadapted . --against HEAD --exclude 'old/*'", 0);
    assert!(shown.contains("after/a.yaml") && !shown.contains("old/b"), "{shown}");
    // Once it is gone, it goes.
    let said = text(&project.run(&format!("rm -r old; {hydrate} --exclude old")).stderr);
    assert!(said.contains("old/b has no kustomization any more: old/b.yaml is removed"), "{said}");
    let nothing = project.run(&format!("{hydrate} --exclude '**'"));
    assert_eq!(nothing.status.code(), Some(2));
    assert!(text(&nothing.stderr).contains("there is no kustomization to render that --exclude leaves"));
}

#[test]
fn a_commit_says_whether_the_work_tree_was_changed() {
    let Some(project) = small(&["apps/a"]) else { return };
    let head = project.says("git rev-parse HEAD", 0).trim().to_owned();
    let message = |change: &str| {
        let hydrate = "replatform hydrate --unadapted . --commit out";
        project.says(&format!("{change}; {hydrate}; git log -1 --format=%B out; git branch -qD out"), 0)
    };
    for (change, is_told) in [
        ("true", false),
        // What a job writes beside the applications.
        ("touch findings.jsonl; mkdir -p tools; touch tools/kustomize", false),
        ("mkdir b; cp apps/a/* b", true),
        ("rm -r b; echo '# x' >>apps/a/map.yaml", true),
        ("git checkout --quiet apps; cd apps", false),
        ("cd apps; mkdir b; cp a/* b", true),
    ] {
        let told = if is_told { ", with uncommitted changes" } else { "" };
        let shown = message(change);
        let last = shown.trim_end().lines().last().unwrap_or_default();
        assert_eq!(last, format!("Render {head}{told}"), "{change}");
    }
}

/// The settings of a cluster stay behind when its last application goes.
#[test]
fn the_last_application_of_a_cluster_can_go() {
    let Some(project) = small(&["cluster/web", "other/web"]) else { return };
    let check = "apiVersion: replatform.dev/v1alpha1\nkind: PlatformLeftoverCheck\nmetadata: {name: check}\n";
    project.0.write("transformers/check.yaml", check);
    project.0.write("transformers/kustomization.yaml", "resources: [check.yaml]\n");
    project.0.write("cluster/transformers/kustomization.yaml", "resources: [../../transformers]\n");
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec:\n  \
                       source: {path: cluster, targetRevision: out, directory: {include: web.yaml}}\n";
    project.0.write("argo/web.yaml", application);
    project.says("echo 'transformers: [../transformers]' >>cluster/web/kustomization.yaml; git add .; git commit --quiet --message x", 0);
    let hydrate = "replatform hydrate --unadapted other --commit out";
    project.says(hydrate, 0);
    let output = project.run(&format!("rm -r cluster/web argo; {hydrate}"));
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("cluster/web has no kustomization any more: cluster/web.yaml is removed"), "{said}");
    assert_eq!(project.says("git ls-tree -r --name-only out", 0), ".hydrated\nother/web.yaml\n");
}

/// An Application that reads the branch names no directory with a kustomization, so that only the branch tells of it.
#[test]
fn an_application_that_another_kustomization_lists_stays_as_long_as_it_is_there() {
    let Some(project) = small(&["a", "b"]) else { return };
    let hydrate = "replatform hydrate --unadapted . --output dir --commit out";
    project.says(hydrate, 0);
    project.0.write("kustomization.yaml", "resources: [a, b]\n");
    project.says("sed -i 's/name: /name: x-/' a/map.yaml", 0);
    let said = text(&project.run(hydrate).stderr);
    assert!(!said.contains("removed"), "{said}");
    let files = project.says("git ls-tree -r --name-only out", 0);
    assert_eq!(files.lines().collect::<Vec<_>>(), [".hydrated", "a.yaml", "b.yaml", "top.yml"]);
    assert!(project.says("git cat-file blob out:a.yaml; cat dir/a.yaml", 0).matches("name: x-a").count() == 2);
    project.says("rm -r b; sed -i 's/, b//' kustomization.yaml", 0);
    let said = text(&project.run(hydrate).stderr);
    assert!(said.contains("b has no kustomization any more: b.yaml is removed from the branch out"), "{said}");
}

#[test]
fn a_comparison_writes_nothing() {
    let Some(project) = small(&["a"]) else { return };
    project.says("replatform hydrate --unadapted . --against HEAD; test ! -e hydrated", 0);
    project.says("replatform hydrate --unadapted . --against HEAD --output hydrated; test -e hydrated/a.yaml", 0);
}

#[test]
fn applications_of_another_directory_are_not_taken_for_gone() {
    let Some(project) = small(&["apps/a", "apps/b"]) else { return };
    project.says("replatform hydrate --unadapted . --commit out", 0);
    let output = project.run("cd apps; replatform hydrate --unadapted . --commit out");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("comes from the directory `.` of the repository, not from `apps`"), "{said}");
    project.says("cd apps; replatform hydrate --unadapted . --commit other", 0);
}

#[test]
fn a_file_is_not_dropped_for_a_directory_of_its_name() {
    let Some(project) = small(&["apps/a"]) else { return };
    let branch =
        "blob=$(echo mine | git hash-object -w --stdin); tree=$(printf '100644 blob %s\\tapps\\n' $blob | git mktree)
        git update-ref refs/heads/out $(git commit-tree -m Mine $tree)";
    project.says(branch, 0);
    let output = project.run("replatform hydrate --unadapted . --commit out");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the branch out holds apps, which no rendering wrote"), "{said}");
}

#[test]
fn a_branch_that_moves_meanwhile_is_left_alone() {
    let Some(project) = small(&["a"]) else { return };
    project.says("replatform hydrate --unadapted . --commit out; sed -i 's/name: /name: x-/' a/map.yaml", 0);
    // Another run is faster: it commits before the branch is moved.
    let git = "#!/bin/sh\nfor word; do [ \"$word\" != update-ref ] || \"$GIT\" update-ref refs/heads/out main; done\nexec \"$GIT\" \"$@\"\n";
    project.0.write("bin/git", git);
    let output = project.run(
        "chmod +x bin/git; export GIT=$(command -v git); PATH=$PWD/bin:$PATH replatform hydrate --unadapted . --commit out a",
    );
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the branch out has moved meanwhile, and nothing was committed"), "{said}");
    assert!(said.contains("run it again"), "{said}");
    assert_eq!(project.says("git rev-parse out", 0), project.says("git rev-parse main", 0));
}

#[test]
fn what_no_function_adapted_is_refused_unless_that_is_meant() {
    let Some(project) = small(&["apps/a", "apps/b"]) else { return };
    let output = project.run("replatform hydrate");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    project.says("test ! -e hydrated", 0);
    assert!(said.contains("hydrate: apps/a cannot be rendered: no function ran: "), "{said}");
    assert!(said.contains("2 of 2 cannot be rendered: nothing was written"), "{said}");
    let output = project.run("replatform hydrate --unadapted apps/a");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("`--unadapted apps/b`") && !said.contains("`--unadapted apps/a`"), "{said}");
    // The remedies.
    project.says("replatform hydrate --unadapted apps/a --unadapted apps/b", 0);
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: all}\nspec:\n  functions:\n  - kind: PlatformLeftoverCheck\n";
    project.0.write("pipeline.yaml", config);
    project.says("replatform hydrate --pipeline pipeline.yaml", 0);
    project.says("printf 'transformers: [../../pipeline.yaml]\\n' | tee -a apps/a/kustomization.yaml >>apps/b/kustomization.yaml", 0);
    project.says("replatform hydrate -- --load-restrictor LoadRestrictionsNone", 0);
}

/// `init` writes names that only a person knows so that the build succeeds, and nothing may deploy them.
#[test]
fn a_name_that_is_to_be_decided_is_refused() {
    let Some(project) = small(&["a", "b"]) else { return };
    project.0.write(
        "a/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {h: x.to-be-decided.invalid}\n",
    );
    let output = project.run("replatform hydrate --unadapted . --output dir");
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("a cannot be rendered: the manifests hold a name that is to be decided"), "{stderr}");
    let report = text(&project.run("replatform report --format json").stdout);
    assert_eq!(report.matches("\"rule\": \"undecided\"").count(), 2, "a finding and its rule: {report}");
    let built = project.run("replatform build a");
    assert!(text(&built.stderr).contains("warning: the manifests hold a name that is to be decided"), "{built:?}");
}

/// What an Argo CD plugin can demand, where every application is to be adapted.
#[test]
fn a_build_can_demand_that_a_function_ran() {
    let Some(project) = small(&["a"]) else { return };
    assert!(text(&project.run("replatform build a").stderr).contains("replatform: warning: no function ran"));
    let refused = project.run("replatform build --adapted a");
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0));
    assert!(text(&refused.stderr).contains("replatform: error: no function ran"), "{}", text(&refused.stderr));
}

#[test]
fn branches_that_cannot_take_a_commit_are_refused_first() {
    let Some(project) = Project::new() else { return };
    for (branch, reason) in [("main", "is checked out in a work tree"), ("a..b", "is no name of a branch")] {
        let output = project.run(&format!("replatform hydrate --commit {branch}"));
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(reason), "{}", text(&output.stderr));
    }
    let output = project.run("replatform hydrate --commit out --author nameless");
    assert!(text(&output.stderr).contains("Name <mail@example.com>"), "{}", text(&output.stderr));
    let output = project.run("replatform hydrate --against nowhere");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("nowhere names no commit of this repository"), "{}", text(&output.stderr));
}

#[test]
fn a_shallow_clone_adds_to_the_branch_of_its_remote() {
    let Some(project) = Project::new() else { return };
    let remote =
        "git clone --quiet --bare . origin.git; replatform hydrate --commit out; git push --quiet origin.git out";
    project.says(remote, 0);
    let clone = "git clone --quiet --depth 1 --no-single-branch file://$PWD/origin.git clone; cd clone; git checkout --quiet --detach";
    project.says(clone, 0);
    // Without an identity of its own the author is the committer too.
    let unset =
        "cd clone; unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL; export HOME=/nowhere";
    let author = "--author 'CI <ci@example.com>'";
    let said = project.run(&format!("{unset}; replatform hydrate --commit out {author}"));
    assert!(text(&said.stderr).contains("nothing has changed"), "{}", text(&said.stderr));
    project.says("cd clone; sed -i 's/port: 80/port: 8000/' base/web-app/service.yaml", 0);
    project.says(&format!("{unset}; replatform hydrate --commit out {author}; git push --quiet origin out"), 0);
    assert_eq!(
        project.says("cd clone; git rev-parse origin/out", 0),
        project.says("git -C origin.git rev-parse out", 0)
    );
    assert_eq!(project.says("git -C origin.git rev-list --count out", 0), "2\n");
    assert_eq!(project.says("git -C origin.git log -1 --format='%an %cn' out", 0), "CI CI\n");
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
    let output = project.run("REPLATFORM_FINDINGS=findings.jsonl replatform hydrate");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let file = project.0.path().join("findings.jsonl");
    for warning in warnings(&file) {
        assert!(said.contains(&warning), "{warning}: {said}");
    }
    let (names, lines): (Vec<_>, Vec<_>) = said.lines().partition(|line| line.starts_with("hydrate: "));
    assert!(names.contains(&"hydrate: overlay/local/podman-local/postgres:"), "{said}");
    // Those of the commit that it is compared with are in neither.
    assert_eq!(lines.len(), read_findings(&file).len(), "{said}");
}

#[test]
fn it_takes_the_place_of_no_directory_but_its_own() {
    let Some(project) = Project::new() else { return };
    for directory in ["base", "."] {
        let output = project.run(&format!("replatform hydrate --output {directory}"));
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("which no rendering wrote"), "{}", text(&output.stderr));
    }
    assert_eq!(project.says("git status --porcelain", 0), "");
}

#[test]
fn a_build_writes_nothing_into_the_repository() {
    let Some(project) = Project::new() else { return };
    let output = project.run("replatform hydrate -- --output leak.yaml");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("permission denied"), "{}", text(&output.stderr));
    assert_eq!(project.says("git status --porcelain", 0), "");
}

#[test]
fn a_build_that_takes_too_long_costs_only_itself() {
    let Some(project) = Project::new() else { return };
    project.says("mkdir bin; printf '#!/bin/sh\\nexec sleep 60\\n' >bin/kustomize; chmod +x bin/kustomize", 0);
    let output = project
        .run("PATH=$PWD/bin:$PATH replatform hydrate --unconfined --time-limit 1 overlay/local/podman-local/infra");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("took longer than 1 seconds"), "{}", text(&output.stderr));
}

#[test]
fn the_commands_of_the_readme_work() {
    let Some(project) = Project::new() else { return };
    project.says("git checkout --quiet -b change", 0);
    let blocks = shell_blocks(&root().join("examples/ci/README.md"));
    assert_eq!(blocks.len(), 3);
    for block in &blocks[..2] {
        assert_eq!(project.says(block, 0), "");
    }
    assert!(!project.says(&blocks[2], 0).is_empty(), "the branch is new");
    project.replace(SERVICE, "port: 80", "port: 8000");
    assert!(!project.says(&blocks[0], 0).is_empty());
    project.says("git commit --quiet --all --message Change", 0);
    assert!(!project.says(&blocks[1], 1).is_empty());
    assert!(!project.says(&blocks[2], 0).is_empty());
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
        assert!(clone.join("hydrated").join(rendered()).is_file(), "{file}");
        for warning in warnings(&clone.join(findings)) {
            assert!(said.contains(&warning), "{file}: {warning}: {said}");
            if file == "github-actions.yaml" {
                let annotation = warning.replace('%', "%25");
                let is_annotated =
                    log.lines().any(|line| line.starts_with("::warning::") && line.contains(&annotation));
                assert!(is_annotated, "{annotation}: {log}");
                assert!(project.read("summary").contains(&warning), "{warning}");
            }
        }
    }
}
