//! `minimal-base-check` on builds of the real kustomize: the patches that its messages name, applied.

use std::process::{Command, Output, Stdio};

use krm::field::holds;
use kustomize_tests::{Function, Manifests, Scratch, tool};
use serde_json::json;

/// What differs between environments is in none of these.
const BASE: &str = "\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: postgres
spec:
  serviceName: postgres
  template:
    spec:
      containers:
      - image: postgres:18
        name: postgres
  volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes:
      - ReadWriteOnce
  - metadata:
      name: log
    spec:
      accessModes:
      - ReadWriteOnce
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata:
  name: dual
spec:
  roles:
  - broker
  storage:
    type: jbod
    volumes:
    - id: 0
      kraftMetadata: shared
      type: persistent-claim
    - id: 1
      type: persistent-claim
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - image: web:1
        name: web
      - image: log:1
        name: log
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers:
      - image: api:1
        name: api
";

const VERSIONS: [&str; 3] = ["5.0.1", "5.4.3", "5.8.1"];

fn kustomization(rest: &str) -> String {
    format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{rest}")
}

/// An overlay with these patches and the like, above the base.
fn overlay(rest: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.write("base/objects.yaml", BASE);
    scratch.write("base/kustomization.yaml", kustomization("resources:\n- objects.yaml\n"));
    scratch.write("overlay/kustomization.yaml", kustomization(&format!("resources:\n- ../base\n{rest}")));
    scratch
}

fn build(version: &str, scratch: &Scratch, directory: &str) -> String {
    let mut command = Command::new(tool(&format!("kustomize-{version}")));
    let output = command.arg("build").arg(scratch.path().join(directory)).output().expect("kustomize starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("manifests are UTF-8")
}

fn checked(manifests: &str, config: &str) -> Output {
    let scratch = Scratch::new();
    scratch.write("manifests.yaml", manifests);
    scratch.write(
        "config.yaml",
        format!(
            "apiVersion: replatform.dev/v1alpha1\nkind: MinimalBaseCheck\nmetadata:\n  name: check\nspec: {config}\n"
        ),
    );
    let mut command = Command::new(Function::of_kind("MinimalBaseCheck").program());
    let files = ["config.yaml", "manifests.yaml"].map(|file| scratch.path().join(file));
    command.arg("--config").args(files).stdin(Stdio::null()).output().expect("the function starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The kind and the name of the object of a finding, and the JSON patch that it names.
fn json_patch(line: &str) -> Option<(&str, &str, &str)> {
    let (_, finding) = line.split_once(": ")?;
    let (_, finding) = finding.split_once(": ")?;
    let (object, rest) = finding.split_once(": ")?;
    let (kind, name) = object.split_once(' ')?;
    let (_, patch) = rest.split_once("as `- ")?;
    let (patch, _) = patch.split_once("`, since")?;
    Some((kind, name, patch))
}

/// The patches that the findings name, as an overlay lists them.
fn patches(findings: &str) -> String {
    let found = findings.lines().filter_map(json_patch);
    let list = found
        .map(|(kind, name, patch)| format!("- target: {{kind: {kind}, name: {name}}}\n  patch: |-\n    - {patch}\n"));
    format!("patches:\n{}", list.collect::<String>())
}

#[test]
fn the_patches_of_messages_state_the_fields_and_lose_nothing() {
    for version in VERSIONS {
        let before = build(version, &overlay(""), "overlay");
        let findings = stderr(&checked(&before, "{}"));
        let patches = patches(&findings);
        assert!(patches.matches("op: add").count() >= 8, "{patches}");
        let after = build(version, &overlay(&patches), "overlay");
        let findings = stderr(&checked(&after, "{}"));
        assert_eq!(findings.lines().filter_map(json_patch).count(), 0, "kustomize {version}\n{findings}");
        let (before, after) = (Manifests::parse(&before), Manifests::parse(&after));
        for (id, object) in before.iter() {
            let patched = after.get(&id.kind, &id.namespace, &id.name).expect("no object is lost");
            assert!(holds(patched, object), "kustomize {version}: {object}\nis not in\n{patched}");
        }
    }
}

/// Why messages name JSON patches for these lists.
#[test]
fn strategic_merge_patches_replace_the_lists_that_messages_say_they_replace() {
    let patches = [
        (
            "StatefulSet",
            "apps/v1",
            "volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}]",
        ),
        ("KafkaNodePool", "kafka.strimzi.io/v1beta2", "storage: {volumes: [{id: 0, size: 1Gi}]}"),
        (
            "Rollout",
            "argoproj.io/v1alpha1",
            "template: {spec: {containers: [{name: web, resources: {limits: {memory: 1Gi}}}]}}",
        ),
    ];
    for version in VERSIONS {
        for (kind, api_version, spec) in patches {
            let patch = format!(
                "patches:\n- target: {{kind: {kind}}}\n  patch: |-\n    {{apiVersion: {api_version}, kind: {kind}, metadata: {{name: any}}, spec: {{{spec}}}}}\n"
            );
            let before = Manifests::parse(&build(version, &overlay(""), "overlay"));
            let after = Manifests::parse(&build(version, &overlay(&patch), "overlay"));
            let (id, object) = before.iter().find(|(id, _)| id.kind == kind).expect("the object is there");
            let patched = after.get(&id.kind, &id.namespace, &id.name).expect("no object is lost");
            assert!(!holds(patched, object), "kustomize {version}: a patch of {kind} loses nothing");
        }
    }
}

/// The lists that messages leave to any patch.
#[test]
fn containers_of_pods_are_merged_by_name_and_replicas_come_from_the_kustomization() {
    let rest = "\
replicas:
- {name: api, count: 3}
- {name: postgres, count: 2}
patches:
- patch: |-
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: api}, spec: {template: {spec: {containers: [{name: api, resources: {limits: {memory: 1Gi}}}]}}}}
";
    for version in VERSIONS {
        let manifests = build(version, &overlay(rest), "overlay");
        let built = Manifests::parse(&manifests);
        let api = built.get("Deployment", "", "api").expect("the object is there");
        assert_eq!(api["spec"]["replicas"], 3, "kustomize {version}");
        let container = json!({"name": "api", "image": "api:1", "resources": {"limits": {"memory": "1Gi"}}});
        assert_eq!(api["spec"]["template"]["spec"]["containers"], json!([container]), "kustomize {version}");
        let findings = stderr(&checked(&manifests, "{}"));
        assert!(!findings.contains("Deployment api") && !findings.contains("postgres: spec.replicas"), "{findings}");
    }
}

#[test]
fn a_base_passes_alone_and_fails_once_it_states_what_differs() {
    let scratch = overlay("");
    let base = build("5.8.1", &scratch, "base");
    let output = checked(&base, "{layer: Base}");
    assert!(output.status.success() && output.stdout == base.as_bytes(), "{}", stderr(&output));
    scratch.write(
        "base/kustomization.yaml",
        kustomization("resources:\n- objects.yaml\nreplicas:\n- {name: api, count: 3}\n"),
    );
    let output = checked(&build("5.8.1", &scratch, "base"), "{layer: Base}");
    assert!(!output.status.success());
    assert!(stderr(&output).contains("Deployment api: spec.replicas: the base states the number of replicas"));
}
