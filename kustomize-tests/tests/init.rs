//! What `replatform init` writes builds with the real kustomize at once.

use std::path::Path;
use std::process::{Command, Output};

use kustomize_tests::{PIPELINE, Repository, Scratch, programs_directory, tool};

/// Calls the program in a directory, with the pinned kustomize.
fn replatform(directory: &Path, arguments: &[&str]) -> Output {
    let kustomize = tool("kustomize");
    let mut command = Command::new(PIPELINE.program());
    command.args(arguments).current_dir(directory).env("PATH", kustomize.parent().expect("a tool is in a directory"));
    command.env("KUSTOMIZE_PLUGIN_HOME", programs_directory()).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn init(directory: &Path, overlay: &str) {
    let output = replatform(directory, &["init", "--overlay", overlay, "--wire"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(!said.contains("Not wired"), "{said}");
}

/// What a build of a root prints.
fn built(directory: &Path, root: &str) -> String {
    let output = replatform(directory, &["build", root]);
    assert!(output.status.success(), "{root}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What stops a build. It is a finding of a function, about the repository and not about what `init` wrote.
fn stopped(directory: &Path, root: &str) -> String {
    let output = replatform(directory, &["build", root]);
    assert!(!output.status.success(), "{root}");
    let said = text(&output.stderr);
    assert!(!said.contains("[invalid-config]") && said.contains(": error: "), "{root}: {said}");
    said
}

#[test]
fn the_examples_without_their_wiring_get_one_that_builds() {
    let repository = Repository::examples();
    let cluster = "overlay/development/hetzner-k3s-dev";
    let directory = repository.path("");
    for gone in ["transformers", "overlay/development/hetzner-k3s-dev/transformers"] {
        std::fs::remove_dir_all(repository.path(gone)).expect("it is there");
    }
    let applications = ["color-server", "event-downloader", "infra", "inventory", "web-app", "amq-streams-kafka"];
    let roots = std::fs::read_dir(repository.path(cluster)).expect("it is there");
    for root in roots.map(|entry| entry.expect("it can be read").path()) {
        let Ok(text) = std::fs::read_to_string(root.join("kustomization.yaml")) else { continue };
        let unwired = text.replace("transformers:\n- ../transformers\n", "");
        std::fs::write(root.join("kustomization.yaml"), unwired).expect("it can be written");
    }
    init(&directory, cluster);
    for application in applications {
        let manifests = built(&directory, &format!("{cluster}/{application}"));
        assert!(
            !manifests.contains("kind: Route\n") && !manifests.contains("\napiVersion: replatform.dev/"),
            "{application}"
        );
    }
    // The cluster as a whole has no functions of its own, or each would run twice.
    let whole = std::fs::read_to_string(repository.path(cluster).join("kustomization.yaml")).expect("it is there");
    assert!(!whole.contains("transformers"), "{whole}");
    let app_of_apps = repository.path(cluster).join("app-of-apps/kustomization.yaml");
    assert!(!std::fs::read_to_string(app_of_apps).expect("it is there").contains("../transformers"));
}

const ROUTE: &str = "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  host: web.apps.ocp.example.com\n  to:\n    kind: Service\n    name: web\n  port:\n    targetPort: 8080\n";
const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  selector: {app: web}\n  ports:\n  - port: 8080\n";
const CLAIM: &str = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\n  namespace: shop\nspec:\n  accessModes: [ReadWriteOnce]\n  storageClassName: in-house\n  resources:\n    requests:\n      storage: 20Gi\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/example/web:1.4\n        ports:\n        - containerPort: 8080\n";
const BUILD_CONFIG: &str = "apiVersion: build.openshift.io/v1\nkind: BuildConfig\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  source: {type: Git}\n";

fn write_application(directory: &Scratch, base: &str) {
    for (file, text) in [
        ("route.yaml", ROUTE),
        ("service.yaml", SERVICE),
        ("claim.yaml", CLAIM),
        ("deployment.yaml", DEPLOYMENT),
        ("kustomization.yaml", "resources:\n- route.yaml\n- service.yaml\n- claim.yaml\n- deployment.yaml\n"),
    ] {
        directory.write(Path::new(base).join(file), text);
    }
}

fn assert_adapted(manifests: &str) {
    assert!(
        manifests.contains("kind: Ingress\n") && manifests.contains("host: web.apps.ocp.example.com"),
        "{manifests}"
    );
    // What a person is to decide is not guessed.
    assert!(manifests.contains("storageClassName: in-house"), "{manifests}");
}

/// An overlay an environment, beside one base: the layout of kustomize's own documentation.
#[test]
fn a_base_with_an_overlay_each_environment() {
    let directory = Scratch::new();
    write_application(&directory, "base");
    for environment in ["dev", "prod"] {
        directory.write(format!("overlays/{environment}/kustomization.yaml"), "resources: [../../base]\n");
        init(directory.path(), &format!("overlays/{environment}"));
        assert_adapted(&built(directory.path(), &format!("overlays/{environment}")));
    }
}

/// A directory an application with its overlays inside: the layout of many application repositories.
#[test]
fn applications_with_overlays_of_their_own() {
    let directory = Scratch::new();
    for application in ["shop", "stock"] {
        write_application(&directory, &format!("apps/{application}/base"));
        directory.write(format!("apps/{application}/overlays/prod/kustomization.yml"), "resources:\n  - ../../base\n");
    }
    init(directory.path(), "apps");
    for application in ["shop", "stock"] {
        assert_adapted(&built(directory.path(), &format!("apps/{application}/overlays/prod")));
    }
}

/// One kustomization at the top, and nothing else.
#[test]
fn a_repository_that_is_one_kustomization() {
    let directory = Scratch::new();
    write_application(&directory, ".");
    init(directory.path(), ".");
    assert_adapted(&built(directory.path(), "."));
}

#[test]
fn what_no_function_can_adapt_is_a_finding_and_no_fault_of_the_wiring() {
    let directory = Scratch::new();
    write_application(&directory, "base");
    directory.write("base/build.yaml", BUILD_CONFIG);
    directory.write("base/kustomization.yaml", "resources: [route.yaml, service.yaml, deployment.yaml, build.yaml]\n");
    directory.write("overlays/prod/kustomization.yaml", "resources: [../../base]\n");
    init(directory.path(), "overlays/prod");
    assert!(stopped(directory.path(), "overlays/prod").contains("BuildConfig shop/web"));
}
