//! Argo CD: its plugin image as the repo server calls it, and the ways into an installation.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;

use kustomize_tests::{Host, Manifests, Need, PIPELINE, Repository, Scratch, root, shell, shell_blocks, tool};
use serde_json::Value;

const IMAGE: &str = "replatform/argo-cd-plugin:dev";
const APPLICATION: &str = "overlay/development/hetzner-k3s-dev/web-app";

/// As Argo CD starts a plugin: another user, nothing to write but `/tmp` and the copy of the repository.
const SANDBOX: [&str; 12] = [
    "run",
    "--rm",
    "--user=999",
    "--read-only",
    "--network=none",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--tmpfs=/tmp",
    "--env=ARGOCD_APP_NAME=web-app",
    "--env=ARGOCD_APP_NAMESPACE=applications",
    "--env=KUBE_VERSION=1.33",
    "--pull=never",
];

fn has_docker() -> bool {
    Need::Docker.is_met()
}

fn examples(path: &str) -> PathBuf {
    root().join("examples/argo-cd").join(path)
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).expect("it is YAML")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A repository as Argo CD unpacks it for one request: no file can be executed.
fn unpack(repository: &Repository) {
    fn strip(directory: &Path) {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).expect("the directory is ours");
        for entry in fs::read_dir(directory).expect("it can be listed") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                strip(&path);
            } else {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("the file is ours");
            }
        }
    }
    strip(&repository.path(""));
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("docker starts");
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

/// What a file of the image holds.
fn in_image(path: &str) -> Vec<u8> {
    let scratch = Scratch::new();
    let copy = scratch.path().join("copy");
    let container = docker(&["create", "--pull=never", IMAGE, "replatform"]);
    docker(&["cp", &format!("{}:{path}", container.trim()), &copy.display().to_string()]);
    docker(&["rm", container.trim()]);
    fs::read(copy).expect("it was just copied")
}

/// Fails unless the image holds the functions of this build.
fn require_image() {
    static CHECKED: Once = Once::new();
    CHECKED.call_once(|| {
        let program = fs::read(PIPELINE.program()).expect("a program can be read");
        assert!(in_image("/opt/replatform/replatform") == program, "{IMAGE} is old: run `make argo-cd-plugin`");
    });
}

/// Runs the command of `plugin.yaml` as Argo CD does: in the directory of the application.
fn generate(repository: &Repository, application: &str) -> Output {
    require_image();
    unpack(repository);
    let plugin = yaml(&text(&examples("plugin.yaml")));
    let words = plugin["spec"]["generate"]["command"].as_array().expect("a plugin has a command");
    let mut command = Command::new("docker");
    command.args(SANDBOX).arg(format!("--volume={}:/repository:ro", repository.path("").display()));
    command.arg(format!("--workdir=/repository/{application}")).arg(IMAGE);
    command.args(words.iter().filter_map(Value::as_str)).output().expect("docker starts")
}

/// The reason why the plugin fails, which prints nothing then.
fn refusal(repository: &Repository, application: &str) -> String {
    let output = generate(repository, application);
    assert!(!output.status.success(), "{}", stdout(&output));
    assert_eq!(stdout(&output), "");
    stderr(&output)
}

#[test]
fn the_plugin_prints_what_a_local_build_prints() {
    if !has_docker() {
        return;
    }
    let repository = Repository::examples();
    let local = Host::pinned().build(&repository, APPLICATION);
    let output = generate(&repository, APPLICATION);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), local.expect_success());
    // A second request for the same copy prints the same.
    assert_eq!(stdout(&generate(&repository, APPLICATION)), local.expect_success());
}

/// What Argo CD's log has of a build that succeeds; kustomize itself drops it.
#[test]
fn the_plugin_shows_the_warnings_of_the_examples() {
    if !has_docker() {
        return;
    }
    let repository = Repository::examples();
    let application = "overlay/development/hetzner-k3s-dev/amq-streams-kafka";
    let local = Host::pinned().build(&repository, application);
    let output = generate(&repository, application);
    assert_eq!(stdout(&output), local.expect_success(), "{}", stderr(&output));
    let warnings: Vec<_> = local.findings.iter().filter(|finding| finding["severity"] == "warning").collect();
    assert!(!warnings.is_empty());
    for warning in warnings {
        let message = warning["message"].as_str().expect("a finding has a message");
        assert!(stderr(&output).contains(message), "{message}: {}", stderr(&output));
    }
}

#[test]
fn a_function_that_fails_fails_the_application() {
    if !has_docker() {
        return;
    }
    let repository = Repository::examples();
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: RouteToIngress\nmetadata:\n  name: route-to-ingress\nspec:\n  clusterIsuer: x\n";
    repository.write("transformers/route-to-ingress.yaml", config);
    let reason = refusal(&repository, APPLICATION);
    assert!(reason.contains("route-to-ingress: error: functionConfig: spec.clusterIsuer"), "{reason}");
}

#[test]
fn a_build_of_nothing_fails_the_application() {
    if !has_docker() {
        return;
    }
    let repository = Repository::examples();
    let wired = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\ntransformers:\n- ../transformers\n";
    for kustomization in [wired, "# nothing yet\nkind: Kustomization\n"] {
        repository.write(format!("{APPLICATION}/kustomization.yaml"), kustomization);
        let reason = refusal(&repository, APPLICATION);
        assert!(!reason.is_empty(), "{kustomization}");
    }
}

#[test]
fn a_repository_cannot_start_a_program() {
    if !has_docker() {
        return;
    }
    // kustomize takes the type of a config for a path; both ways lead out of the plugin home.
    let own = "apiVersion: x/../../../repository/overlay\nkind: Start\nmetadata:\n  name: start\n";
    let server = "apiVersion: ../../var/run/argocd/x\nkind: ../argocd-cmp-server\nmetadata:\n  name: start\n";
    let outside = "start.yaml: apiVersion: `";
    let container = "apiVersion: v1\nkind: Start\nmetadata:\n  name: start\n  annotations:\n    config.kubernetes.io/function: 'container: {image: start}'\n";
    for (config, reason) in [(own, outside), (server, outside), (container, "docker")] {
        let repository = Repository::examples();
        repository.write("overlay/start/Start", "#!/bin/sh\ncat\n");
        repository.write(format!("{APPLICATION}/start.yaml"), config);
        let kustomization = text(&repository.path(format!("{APPLICATION}/kustomization.yaml")));
        let kustomization = kustomization.replace("transformers:\n", "transformers:\n- start.yaml\n");
        repository.write(format!("{APPLICATION}/kustomization.yaml"), kustomization);
        let told = refusal(&repository, APPLICATION);
        assert!(told.contains(reason), "{config}{told}");
    }
}

/// Why the functions alone are for trusted repositories only. Should this fail with a newer kustomize, then the README
/// can say so.
#[test]
fn kustomize_itself_leaves_the_plugin_home_for_a_program_of_the_repository() {
    for version in ["kustomize-5.0.1", "kustomize-5.8.1"] {
        let scratch = Scratch::new();
        scratch.write("kustomization.yaml", "resources: [object.yaml]\ntransformers: [start.yaml]\n");
        scratch.write("object.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: object\n");
        scratch.write("start.yaml", "apiVersion: x/../..\nkind: Start\nmetadata:\n  name: start\n");
        scratch.write("start/Start", "#!/bin/sh\nsed s/object/started/\n");
        let program = scratch.path().join("start/Start");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("the file is ours");
        scratch.write("home/empty", "");
        let mut build = Command::new(tool(version));
        build.args(["build", "--enable-alpha-plugins"]).arg(scratch.path());
        let output = build.env("KUSTOMIZE_PLUGIN_HOME", scratch.path().join("home")).output();
        assert!(stdout(&output.expect("kustomize starts")).contains("name: started"), "{version}");
    }
}

#[test]
fn the_image_holds_this_plugin_and_little_else() {
    if !has_docker() {
        return;
    }
    assert_eq!(docker(&["image", "inspect", "--format", "{{.Config.User}}", IMAGE]).trim(), "999");
    let size: u64 = docker(&["image", "inspect", "--format", "{{.Size}}", IMAGE]).trim().parse().expect("a number");
    assert!(size < 40 * 1024 * 1024, "{size} bytes");
    assert_eq!(in_image("/home/argocd/cmp-server/config/plugin.yaml"), text(&examples("plugin.yaml")).into_bytes());
}

/// As much of an Argo CD as the components touch.
const INSTALLATION: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: argocd-repo-server
  namespace: argocd
spec:
  selector:
    matchLabels:
      app: argocd-repo-server
  template:
    metadata:
      labels:
        app: argocd-repo-server
    spec:
      initContainers:
      - name: copyutil
        image: argocd
        volumeMounts:
        - name: var-files
          mountPath: /var/run/argocd
      containers:
      - name: argocd-repo-server
        image: argocd
        env:
        - name: ARGOCD_EXEC_TIMEOUT
          value: 90s
        volumeMounts:
        - name: plugins
          mountPath: /home/argocd/cmp-server/plugins
      volumes:
      - name: var-files
        emptyDir: {}
      - name: plugins
        emptyDir: {}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
data:
  timeout.reconciliation: 180s
";

fn installation_with(component: &str) -> Manifests {
    let scratch = Scratch::new();
    for file in ["kustomization.yaml", "repo-server.yaml", "argocd-cm.yaml"] {
        let path = examples(component).join(file);
        if path.is_file() {
            scratch.write(Path::new(component).join(file), text(&path));
        }
    }
    scratch.write("install.yaml", INSTALLATION);
    scratch.write("kustomization.yaml", format!("resources:\n- install.yaml\ncomponents:\n- {component}\n"));
    let output = Command::new(tool("kustomize")).arg("build").arg(scratch.path()).output().expect("kustomize starts");
    assert!(output.status.success(), "{}", stderr(&output));
    Manifests::parse(&stdout(&output))
}

/// The names of what is in a list of the repo server's pod.
fn names(pod: &Value, list: &str) -> Vec<String> {
    let items = pod[list].as_array().into_iter().flatten();
    let mut names: Vec<_> = items.filter_map(|item| item["name"].as_str()).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn the_sidecar_stands_beside_the_repo_server_and_mounts_what_is_there() {
    let manifests = installation_with("sidecar");
    let pod =
        &manifests.get("Deployment", "argocd", "argocd-repo-server").expect("it is there")["spec"]["template"]["spec"];
    assert_eq!(names(pod, "containers"), ["argocd-repo-server", "replatform"]);
    assert_eq!(names(pod, "volumes"), ["plugins", "replatform-tmp", "var-files"]);
    let containers = pod["containers"].as_array().expect("a pod has containers");
    let sidecar = containers.iter().find(|container| container["name"] == "replatform").expect("it was just seen");
    assert_eq!(sidecar["image"], replatform::released_image("argo-cd-plugin"));
    assert_eq!(sidecar["securityContext"]["runAsUser"], 999);
    for mount in sidecar["volumeMounts"].as_array().expect("it has mounts") {
        let volume = mount["name"].as_str().expect("a mount names a volume").to_owned();
        assert!(names(pod, "volumes").contains(&volume), "{volume}");
    }
}

/// The Helm chart and the operator take the same container from other fields.
#[test]
fn every_variant_has_the_same_sidecar() {
    let deployment = yaml(&text(&examples("sidecar/repo-server.yaml")));
    let pod = &deployment["spec"]["template"]["spec"];
    let (values, argo_cd) =
        (yaml(&text(&examples("helm-chart/values.yaml"))), yaml(&text(&examples("operator/argocd.yaml"))));
    let chart = &values["repoServer"];
    let operator = &argo_cd["spec"]["repo"];
    assert_eq!(chart["extraContainers"], pod["containers"]);
    assert_eq!(operator["sidecarContainers"], pod["containers"]);
    for tokens in
        [&pod["automountServiceAccountToken"], &chart["automountServiceAccountToken"], &operator["mountsatoken"]]
    {
        assert_eq!(tokens, false);
    }
    for volumes in [&chart["volumes"], &operator["volumes"]] {
        assert_eq!(volumes, &pod["volumes"]);
    }
    let container = &pod["containers"][0];
    assert!(container["resources"]["limits"]["memory"].is_string());
    assert_eq!(container["volumeMounts"][0]["readOnly"], true);
}

#[test]
fn the_init_container_delivers_to_the_repo_server() {
    let manifests = installation_with("init-container");
    let pod =
        &manifests.get("Deployment", "argocd", "argocd-repo-server").expect("it is there")["spec"]["template"]["spec"];
    assert_eq!(names(pod, "initContainers"), ["copyutil", "replatform"]);
    assert_eq!(names(pod, "containers"), ["argocd-repo-server"]);
    assert_eq!(names(&pod["containers"][0], "env"), ["ARGOCD_EXEC_TIMEOUT", "KUSTOMIZE_PLUGIN_HOME"]);
    assert_eq!(names(&pod["containers"][0], "volumeMounts"), ["plugins", "replatform"]);
    let settings = &manifests.get("ConfigMap", "argocd", "argocd-cm").expect("it is there")["data"];
    assert_eq!(settings["kustomize.buildOptions"], "--enable-alpha-plugins");
    assert_eq!(settings["timeout.reconciliation"], "180s");
}

#[test]
fn the_commands_of_the_readme_print_what_a_local_build_prints() {
    if !has_docker() {
        return;
    }
    let repository = Repository::examples();
    let local = Host::pinned().build(&repository, APPLICATION);
    let blocks = shell_blocks(&examples("README.md"));
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let output = shell(&block, &repository.path("")).output().expect("bash starts");
        assert!(output.status.success(), "{block}{}", stderr(&output));
        assert!(stdout(&output).ends_with(local.expect_success()), "{block}");
    }
}
