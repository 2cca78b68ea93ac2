//! `kafka-listener-nodeport` before Strimzi's own model and CRDs, and in the real kustomize.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use kustomize_tests::{HOSTS, Host, Manifests, Need, Repository, Runtime, Scratch, root};
use serde::Deserialize;
use serde_json::Value;

/// Cases whose objects no Strimzi takes, with a part of the reason. That is their point, and it was so before.
const REFUSED: [(&str, &str); 6] = [
    ("fields-that-the-target-lacks-warned", "perBrokerLabelsTemplate: unknown field"),
    ("ids-without-controllers-in-the-build", "no KafkaNodePool with the role controller"),
    ("kafka-that-no-release-runs-warned", "does not run Kafka 3.9.0"),
    ("kafka-version-unknown-told", "does not run Kafka 9.9.0"),
    ("object-form-without-route-stays", "Cannot deserialize"),
    ("with-accepted-kafka-api", "does not run Kafka 4.2.0"),
];

/// Kinds that have neither a model nor a schema.
const GONE_KINDS: [&str; 2] = ["KafkaConnectS2I", "KafkaMirrorMaker"];

/// The objects of a golden output, and the Strimzi release that fits them.
struct Case {
    name: String,
    objects: Vec<Value>,
    release: &'static str,
}

/// What the judge says of an object.
#[derive(Debug, Deserialize)]
struct Verdict {
    file: String,
    kind: String,
    name: String,
    valid: bool,
    errors: Vec<String>,
    #[serde(default)]
    brokers: BTreeSet<u64>,
}

fn cases_directory() -> PathBuf {
    root().join("functions/kafka-listener-nodeport/cases")
}

fn documents(text: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).expect("goldens are YAML"));
    let items = documents.flat_map(|document| match document["items"].as_array() {
        Some(items) => items.clone(),
        None => vec![document],
    });
    items.filter(|item| !item.is_null()).collect()
}

/// The outputs of all golden cases with objects of Strimzi or Traefik. Those of `v1beta1`, which no release at hand
/// serves, are judged as `v1beta2`, whose list of listeners is the same.
fn cases() -> Vec<Case> {
    let entries = fs::read_dir(cases_directory()).expect("the function has cases");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("a directory can be listed").file_name()).collect();
    names.sort();
    let outputs = names.into_iter().filter_map(|name| {
        let name = name.into_string().expect("cases have plain names");
        let text = fs::read_to_string(cases_directory().join(&name).join("expected.yaml")).ok()?;
        Some((name, text.replace("kafka.strimzi.io/v1beta1", "kafka.strimzi.io/v1beta2")))
    });
    let judged = |object: &Value| {
        let group = object["apiVersion"].as_str().and_then(|version| version.split('/').next()).unwrap_or_default();
        let kind = object["kind"].as_str().unwrap_or_default();
        ["kafka.strimzi.io", "traefik.io"].contains(&group) && !GONE_KINDS.contains(&kind)
    };
    let cases = outputs.map(|(name, text)| {
        let objects: Vec<_> = documents(&text).into_iter().filter(judged).collect();
        let kafka = objects.iter().find(|object| object["kind"] == "Kafka").cloned().unwrap_or_default();
        let release = match kafka["apiVersion"].as_str() {
            Some("kafka.strimzi.io/v1beta2") if kafka["spec"]["zookeeper"].is_object() => "0.45.0",
            Some("kafka.strimzi.io/v1beta2") => "0.47.0",
            _ => "1.2.0",
        };
        Case { name, objects, release }
    });
    cases.filter(|case| case.objects.iter().any(|object| object["kind"] == "Kafka")).collect()
}

fn write(scratch: &Scratch, case: &Case) -> PathBuf {
    let file = format!("{}.yaml", case.name);
    let documents: Vec<_> = case.objects.iter().map(Value::to_string).collect();
    scratch.write(&file, documents.join("\n---\n"));
    scratch.path().join(file)
}

/// The verdicts of a Strimzi release on files, by the name of the file; none where the judge cannot be built.
fn judge(release: &str, files: &[PathBuf]) -> Option<BTreeMap<String, Vec<Verdict>>> {
    if !Need::StrimziJudge.is_met() {
        return None;
    }
    let built =
        Command::new(root().join("kustomize-tests/judges/strimzi/build")).output().expect("the judge's build is there");
    assert!(built.status.success(), "the Strimzi judge cannot be built:\n{}", String::from_utf8_lossy(&built.stderr));
    let tools = std::env::var_os("REPLATFORM_TOOLS").map_or_else(|| root().join("target/tools"), PathBuf::from);
    let output = Command::new(tools.join("strimzi/judge")).args(["--strimzi", release]).args(files).output();
    let output = output.expect("the Strimzi judge can be run");
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
    let mut verdicts: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let verdict: Verdict = serde_json::from_str(line).expect("verdicts are JSON");
        let file = PathBuf::from(&verdict.file);
        let stem = file.file_stem().unwrap_or_default().display().to_string();
        verdicts.entry(stem).or_default().push(verdict);
    }
    Some(verdicts)
}

#[test]
fn strimzi_takes_every_output_and_gives_the_brokers_the_ids_of_their_entries() {
    let scratch = Scratch::new();
    let cases = cases();
    let mut verdicts = BTreeMap::new();
    for release in ["0.45.0", "0.47.0", "1.2.0"] {
        let files: Vec<_> =
            cases.iter().filter(|case| case.release == release).map(|case| write(&scratch, case)).collect();
        assert!(!files.is_empty(), "no case is for Strimzi {release}");
        let Some(judged) = judge(release, &files) else { return };
        verdicts.extend(judged);
    }
    let mut refused = BTreeSet::new();
    for case in &cases {
        for verdict in &verdicts[&case.name] {
            if !verdict.valid {
                let expected = REFUSED.iter().find(|(name, _)| *name == case.name).map(|(_, reason)| *reason);
                let is_expected =
                    expected.is_some_and(|reason| verdict.errors.iter().any(|error| error.contains(reason)));
                assert!(
                    is_expected,
                    "Strimzi {} refuses {} {} of {}: {:?}",
                    case.release, verdict.kind, verdict.name, case.name, verdict.errors
                );
                refused.insert(case.name.as_str());
            }
            if verdict.kind == "Kafka" {
                check_entries(case, verdict);
            }
        }
    }
    assert_eq!(refused, REFUSED.map(|(name, _)| name).into());
    assert!(cases.len() > 60, "{} cases", cases.len());
}

/// Every broker that Strimzi starts has a port, unless the config states the IDs of a running cluster.
fn check_entries(case: &Case, verdict: &Verdict) {
    let directory = cases_directory().join(&case.name);
    let config = fs::read_to_string(directory.join("config.yaml")).unwrap_or_default();
    let input = fs::read_to_string(directory.join("input.yaml")).unwrap_or_default();
    if config.to_lowercase().contains("brokerids") || !input.contains("type: route") {
        return;
    }
    let kafka =
        case.objects.iter().find(|object| object["kind"] == "Kafka" && object["metadata"]["name"] == *verdict.name);
    let listeners = kafka.and_then(|kafka| kafka["spec"]["kafka"]["listeners"].as_array());
    for listener in listeners.into_iter().flatten().filter(|listener| listener["type"] == "nodeport") {
        let entries = listener["configuration"]["brokers"].as_array();
        let with_port = entries.into_iter().flatten().filter(|entry| entry["nodePort"].is_u64());
        let with_port: BTreeSet<_> = with_port.filter_map(|entry| entry["broker"].as_u64()).collect();
        let missing: Vec<_> = verdict.brokers.difference(&with_port).collect();
        assert!(missing.is_empty(), "{}: brokers {missing:?} of {} have no port", case.name, verdict.name);
    }
}

#[test]
fn every_output_fits_the_schemas_of_the_crds() {
    let scratch = Scratch::new();
    let is_refused = |case: &Case| REFUSED.iter().any(|(name, _)| *name == case.name);
    // That no controller is in the build is nothing a schema can see; all the others are refused here too.
    let cases = cases();
    let files: Vec<_> = cases.iter().filter(|case| !is_refused(case)).map(|case| write(&scratch, case)).collect();
    let validate = root().join("kustomize-tests/judges/schemas/validate");
    let output = Command::new(validate).args(&files).output().expect("the validator can be run");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let summary = format!("found in {} files", files.len());
    assert!(said.contains(&summary), "{said}");
}

const KAFKA: &str = "\
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata:
  name: orders
  annotations:
    strimzi.io/node-pools: enabled
    strimzi.io/kraft: enabled
spec:
  kafka:
    version: 3.9.0
    listeners:
    - name: plain
      port: 9092
      type: internal
      tls: false
    - name: external # for clients outside
      port: 9094
      type: route
      tls: true
";

const POOLS: &str = "\
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata:
  name: broker
  labels:
    strimzi.io/cluster: orders
spec:
  replicas: 1
  roles: [broker]
  storage:
    type: ephemeral
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata:
  name: controller
  labels:
    strimzi.io/cluster: orders
spec:
  replicas: 3
  roles: [controller]
  storage:
    type: ephemeral
";

const BRIDGE: &str = "\
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaBridge
metadata:
  name: bridge
spec:
  replicas: 1
  bootstrapServers: orders-kafka-bootstrap-streams.apps.ocp.example.com:443
  http:
    port: 8080
";

/// The overlay asks for more brokers than the base, and for other names.
const OVERLAY: &str = "\
namespace: streams
namePrefix: dev-
resources:
- ../../base/kafka
patches:
- target: {kind: KafkaNodePool, name: broker}
  patch: |
    - {op: replace, path: /spec/replicas, value: 4}
transformers:
- transformers
configurations:
- names.yaml
";

/// kustomize renames labels only when told so.
const NAMES: &str = "\
nameReference:
- kind: Kafka
  group: kafka.strimzi.io
  fieldSpecs:
  - path: metadata/labels/strimzi.io\\/cluster
    kind: KafkaNodePool
";

const CONFIG: &str = "\
apiVersion: replatform.dev/v1alpha1
kind: KafkaListenerNodePort
metadata:
  name: kafka-listener-nodeport
spec:
  basePort: 30000
  host: kafka.example.com
  pinNodeIDs: true
  strimziVersion: \"0.47\"
";

fn kustomization(rest: &str) -> String {
    format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{rest}")
}

fn repository() -> Repository {
    let repository = Repository::examples();
    repository.write("base/kafka/kafka.yaml", KAFKA);
    repository.write("base/kafka/pools.yaml", POOLS);
    repository.write("base/kafka/bridge.yaml", BRIDGE);
    repository.write(
        "base/kafka/kustomization.yaml",
        kustomization("resources:\n- kafka.yaml\n- pools.yaml\n- bridge.yaml\n"),
    );
    repository.write("overlay/kafka/kustomization.yaml", kustomization(OVERLAY));
    repository.write("overlay/kafka/names.yaml", NAMES);
    repository.write("overlay/kafka/transformers/kafka-listener-nodeport.yaml", CONFIG);
    repository.write(
        "overlay/kafka/transformers/kustomization.yaml",
        kustomization(
            "resources:\n- kafka-listener-nodeport.yaml\ncomponents:\n- ../../../transformers/runtime/plugin\n",
        ),
    );
    repository
}

/// The hosts that need no container: every version of kustomize, by program on `PATH` and by plugin.
fn kustomizes() -> impl Iterator<Item = Host> {
    HOSTS.into_iter().filter(|host| host.is_kustomize() && host.runtime() != Runtime::Container)
}

#[test]
fn an_overlay_that_patches_replicas_and_names_gets_ports_for_its_brokers() {
    let repository = repository();
    let mut builds = 0;
    for host in kustomizes() {
        let plain = host.build_without_functions(&repository, "overlay/kafka");
        let plain = Manifests::parse(plain.expect_success());
        let build = host.build(&repository, "overlay/kafka");
        let changed = Manifests::parse(build.expect_success());
        insta::allow_duplicates! { insta::assert_snapshot!(plain.difference(&changed)) };
        let scratch = Scratch::new();
        scratch.write("build.yaml", build.expect_success());
        let judged = judge("0.47.0", &[scratch.path().join("build.yaml")]).unwrap_or_default();
        for verdict in judged.into_values().flatten() {
            assert!(verdict.valid, "{host}: {verdict:?}");
            assert!(verdict.kind != "Kafka" || verdict.brokers == BTreeSet::from([0, 1, 2, 3]), "{host}: {verdict:?}");
        }
        builds += 1;
    }
    assert!(builds >= 4, "{builds} hosts");
}

#[test]
fn a_second_cluster_without_a_place_stops_the_build() {
    let repository = repository();
    repository.write("base/kafka/kafka.yaml", format!("{KAFKA}---\n{}", KAFKA.replace("orders", "audit")));
    repository.write(
        "base/kafka/pools.yaml",
        format!("{POOLS}---\n{}", POOLS.replace("orders", "audit").replace("name: ", "name: audit-")),
    );
    for host in kustomizes() {
        let build = host.build(&repository, "overlay/kafka");
        let stderr = build.expect_failure();
        let error = "kafka-listener-nodeport: error: Kafka streams/dev-orders: spec.kafka.listeners[1]: has no ports of its own";
        assert!(stderr.contains(error), "{host}:\n{stderr}");
    }
}
