//! The functions in a real Argo CD: its plugin server as the sidecar runs it, its repo server, and a client that asks
//! them as Argo CD does.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use kustomize_tests::{Host, Manifests, Need, PIPELINE, Repository, Scratch, programs_directory, root, shell, tool};
use serde_json::{Value, json};

const APPLICATION: &str = "overlay/development/hetzner-k3s-dev/web-app";
const SOCKET: &str = "plugins/replatform.sock";
/// How long a server may take to start.
const START: Duration = Duration::from_secs(30);

/// A program of Argo CD, as `kustomize-tests/judges/argo-cd/build` makes it.
fn argo_cd(program: &str) -> Command {
    let mut command = Command::new(tool(program));
    let mut path = vec![tool("kustomize").with_file_name(""), programs_directory()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    command.env("PATH", std::env::join_paths(path).expect("it was one before"));
    command.env("KUSTOMIZE_PLUGIN_HOME", programs_directory()).env_remove("REPLATFORM_FINDINGS");
    command
}

/// A directory for the files of servers, and those that run in it. Paths of sockets are relative to it: they must be short.
struct ArgoCd {
    scratch: Scratch,
    servers: Vec<Child>,
    container: Option<String>,
}

impl ArgoCd {
    fn new() -> Self {
        let argo_cd = Self { scratch: Scratch::new(), servers: Vec::new(), container: None };
        argo_cd.scratch.write("plugins/.keep", "");
        argo_cd
    }

    /// The plugin server in the image, as the sidecar starts it.
    fn in_image() -> Self {
        let mut argo_cd = Self::new();
        let plugins = argo_cd.path("plugins");
        fs::set_permissions(&plugins, fs::Permissions::from_mode(0o777)).expect("the directory is ours");
        let name = format!("replatform-argo-cd-{}", std::process::id());
        let mut server = Command::new("docker");
        server.args(["run", "--rm", "--name", &name, "--user=999", "--read-only", "--network=none", "--cap-drop=ALL"]);
        server.args(["--security-opt=no-new-privileges", "--tmpfs=/tmp", "--memory=1g", "--pull=never"]);
        let tools = tool("argocd-cmp-server").with_file_name("");
        server.arg(format!("--volume={}:/var/run/argocd:ro", tools.display()));
        server.arg(format!("--volume={}:/home/argocd/cmp-server/plugins", plugins.display()));
        server.args(["replatform/argo-cd-plugin:dev", "/var/run/argocd/argocd-cmp-server"]);
        argo_cd.start(server, "plugin.log");
        argo_cd.container = Some(name);
        argo_cd.wait_for("the socket of the plugin", |argo_cd| argo_cd.path(SOCKET).exists());
        argo_cd
    }

    /// The plugin server with the plugin of the examples.
    fn with_plugin() -> Self {
        PIPELINE.program();
        let mut argo_cd = Self::new();
        let mut server = argo_cd.command("argocd-cmp-server");
        server.arg("--config-dir-path").arg(root().join("examples/argo-cd"));
        argo_cd.start(server, "plugin.log");
        argo_cd.wait_for("the socket of the plugin", |argo_cd| argo_cd.path(SOCKET).exists());
        argo_cd
    }

    /// The repo server beside it, and its address.
    fn start_repo_server(&mut self) -> String {
        let (port, metrics_port) = free_ports();
        let mut server = self.command("argocd-repo-server");
        server.args(["--disable-tls", "--address=127.0.0.1", "--metrics-address=127.0.0.1"]);
        server.arg(format!("--port={port}")).arg(format!("--metrics-port={metrics_port}"));
        self.start(server, "repo-server.log");
        self.wait_for("the repo server", |argo_cd| argo_cd.log("repo-server.log").contains("starting grpc server"));
        format!("127.0.0.1:{port}")
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.scratch.path().join(relative)
    }

    fn log(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_default()
    }

    /// The entries of the plugin server's log with this message.
    fn logged(&self, message: &str) -> Vec<Value> {
        let log = self.log("plugin.log");
        let entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        entries.filter(|entry| entry["msg"].as_str().is_some_and(|text| text.contains(message))).collect()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = argo_cd(program);
        command.current_dir(self.scratch.path()).env("ARGOCD_PLUGINSOCKFILEPATH", "plugins");
        command.env("ARGOCD_CMP_WORKDIR", self.scratch.path()).env("TMPDIR", self.scratch.path());
        command.env("HOME", self.scratch.path()).env("ARGOCD_ASK_PASS_SOCK", "ask-pass.sock");
        command.env("ARGOCD_GPG_ENABLED", "false").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    fn start(&mut self, mut server: Command, log: &str) {
        let log = File::create(self.path(log)).expect("target/tmp can be written");
        let stderr = log.try_clone().expect("a file can be shared");
        self.servers.push(server.stdin(Stdio::null()).stdout(log).stderr(stderr).spawn().expect("a server starts"));
    }

    fn wait_for(&self, what: &str, is_there: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_there(self) {
            assert!(
                start.elapsed() < START,
                "{what} is not there: {}{}",
                self.log("plugin.log"),
                self.log("repo-server.log")
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the plugin answers to a question about an application.
    fn ask(&self, question: &str, repository: &Path, application: &str) -> Output {
        let mut client = self.command("argocd-ask");
        client.args([question, SOCKET]).arg(repository).arg(application).output().expect("the client starts")
    }

    /// The manifests of an application, as documents in one text.
    fn manifests(&self, repository: &Path, application: &str) -> String {
        let output = self.ask("generate", repository, application);
        assert!(output.status.success(), "{}", stderr(&output));
        manifests_in(&output)
    }

    /// Why an application has no manifests.
    fn refusal(&self, repository: &Path, application: &str) -> String {
        let output = self.ask("generate", repository, application);
        assert!(!output.status.success(), "{}", manifests_in(&output));
        assert!(output.stdout.is_empty());
        stderr(&output)
    }
}

/// Two ports that the system has just given and taken back.
fn free_ports() -> (u16, u16) {
    let listeners = [0, 0].map(|port| TcpListener::bind(("127.0.0.1", port)).expect("a port is free"));
    let [first, second] = listeners.map(|listener| listener.local_addr().expect("it listens").port());
    (first, second)
}

impl Drop for ArgoCd {
    fn drop(&mut self) {
        if let Some(name) = &self.container {
            let _ = Command::new("docker").args(["rm", "--force", name]).output();
        }
        for server in &mut self.servers {
            // A server that has ended already is no harm.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn manifests_in(output: &Output) -> String {
    let answer: Value = serde_json::from_slice(&output.stdout).expect("the client prints JSON");
    let manifests = answer["manifests"].as_array().expect("an answer has manifests");
    let texts: Vec<_> = manifests.iter().map(|manifest| manifest.as_str().expect("a manifest is text")).collect();
    texts.join("\n---\n")
}

/// What a function says of the examples and Argo CD must show.
fn warnings(repository: &Repository, application: &str) -> Vec<String> {
    let build = Host::pinned().build(repository, application);
    build.expect_success();
    let warnings = build.findings.iter().filter(|finding| finding["severity"] == "warning");
    let messages: Vec<_> = warnings.filter_map(|finding| finding["message"].as_str().map(str::to_owned)).collect();
    assert!(!messages.is_empty(), "{application} has no warning");
    messages
}

/// The application of the examples that functions warn of.
const WARNED_OF: &str = "overlay/development/hetzner-k3s-dev/amq-streams-kafka";

#[test]
fn the_plugin_makes_what_a_local_build_makes() {
    let argo_cd = ArgoCd::with_plugin();
    let repository = Repository::examples();
    let local = Host::pinned().build(&repository, APPLICATION);
    let local = Manifests::parse(local.expect_success());
    let made = Manifests::parse(&argo_cd.manifests(&repository.path(""), APPLICATION));
    let difference = local.difference(&made);
    assert!(difference.is_empty(), "{difference}");
}

#[test]
fn the_plugin_takes_every_kustomization_and_nothing_else() {
    let argo_cd = ArgoCd::with_plugin();
    let scratch = Scratch::new();
    let takes = |file: &str| {
        scratch.write(format!("{file}.d/{file}"), "resources: []\n");
        let output = argo_cd.ask("match", scratch.path(), &format!("{file}.d"));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        assert_eq!(answer["isDiscoveryEnabled"], true);
        answer["isSupported"] == true
    };
    for file in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
        assert!(takes(file), "{file}");
    }
    for file in ["Chart.yaml", "deployment.yaml", "kustomization.yaml.orig"] {
        assert!(!takes(file), "{file}");
    }
}

#[test]
fn findings_are_in_the_log_of_a_build_that_succeeds() {
    let argo_cd = ArgoCd::with_plugin();
    let repository = Repository::examples();
    argo_cd.manifests(&repository.path(""), WARNED_OF);
    let entries = argo_cd.logged("Plugin command successful");
    let said: Vec<_> = entries.iter().filter_map(|entry| entry["stderr"].as_str()).collect();
    for warning in warnings(&repository, WARNED_OF) {
        assert!(said.iter().any(|stderr| stderr.contains(&warning)), "{warning}: {said:?}");
    }
    assert!(entries.iter().all(|entry| entry["level"] == "info"), "the README names the level");
}

#[test]
fn a_function_that_fails_is_told_to_who_asked() {
    let argo_cd = ArgoCd::with_plugin();
    let repository = Repository::examples();
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: RouteToIngress\nmetadata:\n  name: route-to-ingress\nspec:\n  clusterIsuer: x\n";
    repository.write("transformers/route-to-ingress.yaml", config);
    let reason = argo_cd.refusal(&repository.path(""), APPLICATION);
    let told = "route-to-ingress: error: functionConfig: spec.clusterIsuer";
    assert_eq!(reason.matches(told).count(), 1, "{reason}");
}

#[test]
fn a_build_of_nothing_is_refused() {
    let argo_cd = ArgoCd::with_plugin();
    let scratch = Scratch::new();
    scratch.write("app/kustomization.yaml", "resources: []\n# nothing yet\nnamePrefix: a-\n");
    let reason = argo_cd.refusal(scratch.path(), "app");
    assert!(reason.contains("has no object") || reason.contains("is empty"), "{reason}");
}

#[test]
fn requests_at_once_get_each_its_own() {
    let argo_cd = ArgoCd::with_plugin();
    let repository = Repository::examples();
    let applications = [APPLICATION, WARNED_OF];
    let alone = applications.map(|application| argo_cd.manifests(&repository.path(""), application));
    let (argo_cd, directory) = (&argo_cd, &repository.path(""));
    let at_once = thread::scope(|scope| {
        let ask = |application| scope.spawn(move || argo_cd.manifests(directory, application));
        applications.map(ask).map(|request| request.join().expect("a request is answered"))
    });
    assert_eq!(at_once, alone);
}

/// A repository whose config is a path from the plugin home to the plugin server of Argo CD, which takes its plugin from
/// the repository.
fn attack() -> Scratch {
    let scratch = Scratch::new();
    let kustomization = "resources: [object.yaml]\ntransformers: [start.yaml]\n";
    scratch.write("app/kustomization.yaml", kustomization);
    scratch.write("app/object.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: object}\n");
    scratch.write("app/start.yaml", start(&server_from_plugin_home("..")));
    let plugin = "apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata: {name: evil}\nspec:\n  generate: {command: [kustomize, build]}\n";
    scratch.write("app/evil/plugin.yaml", plugin);
    scratch
}

/// The `apiVersion` that leads from the plugin home to the directory of the server, `up` being the directory above.
fn server_from_plugin_home(up: &str) -> String {
    let server = tool("argocd-cmp-server").canonicalize().expect("it is there");
    let directory = server.parent().expect("a program is in a directory");
    let depth = programs_directory().components().count() - 1;
    format!("{}{}/x", vec![up; depth].join("/"), directory.display())
}

fn start(api_version: &str) -> String {
    format!(
        "apiVersion: {api_version}\nkind: ../argocd-cmp-server\nmetadata: {{name: start}}\nargsOneLiner: --config-dir-path ./evil\n"
    )
}

#[test]
fn a_repository_starts_no_second_plugin_server() {
    let argo_cd = ArgoCd::with_plugin();
    let repository = attack();
    let reason = argo_cd.refusal(repository.path(), "app");
    assert!(
        reason.contains("start.yaml: ") && reason.contains("is a path out of the directory of plugins"),
        "{reason}"
    );
    assert!(!argo_cd.path("plugins/evil.sock").exists());
}

/// Has the build itself make the type: each `up` of the first `depth` parts of the `apiVersion` becomes `..`.
fn hide(repository: &Scratch, api_version: &str, depth: usize) {
    let config = start(api_version).replace("../argocd", "up/argocd");
    repository.write("app/start/start.yaml", config.replace("{name: start}", "{name: start, annotations: {up: ..}}"));
    let target = |field: &str, index: usize| json!({"select": {"name": "start"}, "fieldPaths": [field], "options": {"delimiter": "/", "index": index}});
    let targets: Vec<_> = (0..depth).map(|index| target("apiVersion", index)).chain([target("kind", 0)]).collect();
    let source = json!({"name": "start", "fieldPath": "metadata.annotations.up"});
    let kustomization = json!({"resources": ["start.yaml"], "replacements": [{"source": source, "targets": targets}]});
    repository.write("app/start/kustomization.yaml", kustomization.to_string());
    repository.write("app/kustomization.yaml", "resources: [object.yaml]\ntransformers: [start]\n");
}

/// A type that only the build makes is not seen beforehand: the kernel refuses the program.
#[test]
fn a_type_that_a_replacement_makes_starts_no_second_plugin_server() {
    let argo_cd = ArgoCd::with_plugin();
    let repository = attack();
    let depth = programs_directory().components().count() - 1;
    hide(&repository, &server_from_plugin_home("up"), depth);
    let reason = argo_cd.refusal(repository.path(), "app");
    assert!(
        reason.contains("the build tried to start") && reason.contains("argocd-cmp-server, which is no function"),
        "{reason}"
    );
    assert!(!argo_cd.path("plugins/evil.sock").exists());
}

/// In the image, with the server where every sidecar has it.
#[test]
fn the_image_starts_no_second_plugin_server_and_shows_findings() {
    if !Need::Docker.is_met() {
        return;
    }
    let argo_cd = ArgoCd::in_image();
    let repository = attack();
    repository.write("app/start.yaml", start("../../var/run/argocd/x"));
    let reason = argo_cd.refusal(repository.path(), "app");
    assert!(reason.contains("start.yaml: apiVersion: `../../var/run/argocd/x` is a path"), "{reason}");

    hide(&repository, "up/up/var/run/argocd/x", 2);
    let reason = argo_cd.refusal(repository.path(), "app");
    assert!(reason.contains("the build tried to start /var/run/argocd/argocd-cmp-server"), "{reason}");
    assert!(!argo_cd.path("plugins/evil.sock").exists());

    let examples = Repository::examples();
    argo_cd.manifests(&examples.path(""), WARNED_OF);
    for warning in warnings(&examples, WARNED_OF) {
        let is_said = |entry: &Value| entry["stderr"].as_str().is_some_and(|said| said.contains(&warning));
        // What a container logs comes a moment after its answer.
        let is_logged = |_: u32| {
            let is_there = argo_cd.logged("Plugin command successful").iter().any(is_said);
            if !is_there {
                thread::sleep(Duration::from_millis(100));
            }
            is_there
        };
        assert!((0..100).any(is_logged), "{warning}");
    }
}

/// Without the wrapper the server starts: what the two tests above refuse is a real attack.
#[test]
fn kustomize_alone_starts_a_second_plugin_server() {
    let argo_cd = ArgoCd::with_plugin();
    let repository = attack();
    let mut kustomize = argo_cd.command("kustomize");
    kustomize.args(["build", "--enable-alpha-plugins"]).arg(repository.path().join("app"));
    // Its plugin outlives it, and the socket is relative to the directory of the kustomization.
    kustomize.env("ARGOCD_PLUGINSOCKFILEPATH", argo_cd.path("plugins")).process_group(0);
    let mut build = kustomize.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kustomize starts");
    let start = Instant::now();
    while !argo_cd.path("plugins/evil.sock").exists() && start.elapsed() < START {
        thread::sleep(Duration::from_millis(50));
    }
    let has_started = argo_cd.path("plugins/evil.sock").exists();
    let group = format!("-{}", build.id());
    let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
    assert!(killed.is_ok_and(|status| status.success()) && build.wait().is_ok());
    assert!(has_started, "the README need not warn of this any more");
}

/// Makes the repository one of git, with one commit on `main`.
fn commit(repository: &Repository) {
    let script = "git init --quiet --initial-branch main && git add . \
                  && git -c user.name=d -c user.email=d@example.com commit --quiet --message All";
    let output = shell(script, &repository.path("")).output().expect("bash starts");
    assert!(output.status.success(), "{}", stderr(&output));
}

/// The repo server's answer about an application, whose source has these further fields.
fn rendered(argo_cd: &ArgoCd, address: &str, repository: &Repository, source: &Value) -> Output {
    let url = format!("file://{}", repository.path("").display());
    let mut application = json!({"repoURL": url, "path": APPLICATION});
    application.as_object_mut().expect("it is an object").extend(source.as_object().cloned().unwrap_or_default());
    let request = json!({
        "repo": {"repo": url}, "revision": "main", "noCache": true, "appName": "web-app",
        "namespace": "applications", "applicationSource": application, "kustomizeOptions": {},
    });
    argo_cd.scratch.write("request.json", request.to_string());
    let mut client = argo_cd.command("argocd-ask");
    client.args(["render", address, "request.json"]).output().expect("the client starts")
}

#[test]
fn the_repo_server_asks_the_plugin_unless_the_application_has_kustomize_fields() {
    if !Need::Git.is_met() {
        return;
    }
    let mut argo_cd = ArgoCd::with_plugin();
    let address = argo_cd.start_repo_server();
    let repository = Repository::examples();
    commit(&repository);

    for source in [json!({}), json!({"plugin": {"name": "replatform"}})] {
        let output = rendered(&argo_cd, &address, &repository, &source);
        assert!(output.status.success(), "{}", stderr(&output));
        // Argo CD adds the namespace and its label.
        let made = Manifests::parse(&manifests_in(&output));
        assert!(made.get("Ingress", "applications", "web-app").is_some(), "{}", manifests_in(&output));
    }
    let native = rendered(&argo_cd, &address, &repository, &json!({"kustomize": {"namePrefix": "x-"}}));
    assert!(!native.status.success() && stderr(&native).contains("external plugins disabled"), "{}", stderr(&native));
    let both = json!({"kustomize": {"namePrefix": "x-"}, "plugin": {"name": "replatform"}});
    let both = rendered(&argo_cd, &address, &repository, &both);
    assert!(stderr(&both).contains("multiple application sources defined: Kustomize,Plugin"), "{}", stderr(&both));
}

#[test]
fn the_repo_server_takes_kustomize_fields_from_the_file_of_the_image_updater() {
    if !Need::Git.is_met() {
        return;
    }
    let mut argo_cd = ArgoCd::with_plugin();
    let address = argo_cd.start_repo_server();
    let repository = Repository::examples();
    repository.write(format!("{APPLICATION}/.argocd-source-web-app.yaml"), "kustomize:\n  images: ['web-app:2']\n");
    commit(&repository);
    let output = rendered(&argo_cd, &address, &repository, &json!({}));
    assert!(stderr(&output).contains("external plugins disabled"), "{}", stderr(&output));
}
