//! A Pipeline does what its functions do one call each, in every way of being called.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use krm::host::{Call, Outcome, run_of};
use krm::program::Program;
use krm::yaml::Tree;
use replatform::{FUNCTIONS, pipeline};
use serde_json::{Value, json};

fn call(arguments: &[&str], is_plugin: bool, stdin: &str) -> Outcome {
    let pipeline = pipeline();
    let mut programs: Vec<&dyn Program> = vec![&pipeline];
    programs.extend(FUNCTIONS.iter().copied());
    let arguments = std::iter::once("replatform").chain(arguments.iter().copied()).map(OsString::from).collect();
    run_of(&programs, Call { arguments, is_plugin, stdin: Some(stdin.as_bytes().to_vec()) })
}

/// The configs of an overlay, in the order in which they run.
fn configs() -> Vec<Value> {
    let config = |kind: &str, spec: Value| json!({"apiVersion": "replatform.dev/v1alpha1", "kind": kind, "metadata": {"name": kind.to_lowercase()}, "spec": spec});
    vec![
        config("RouteToIngress", json!({"domain": "k3s.example.com", "clusterIssuer": "letsencrypt-prod"})),
        config("StorageClassRewrite", json!({"mapping": {"standard-rwo": "hcloud-volumes"}})),
        config("SealedSecretCheck", json!({})),
    ]
}

fn pipeline_config() -> Value {
    let functions: Vec<_> =
        configs().iter().map(|config| json!({"kind": config["kind"], "spec": config["spec"]})).collect();
    json!({"apiVersion": "replatform.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "all"}, "spec": {"functions": functions}})
}

const MANIFESTS: &str = "\
# the public address
apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: web
  namespace: apps
spec:
  to:
    kind: Service
    name: web
  tls:
    termination: edge
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: apps
spec:
  ports:
  - port: 80 # stays
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  namespace: apps
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: standard-rwo
  resources:
    requests:
      storage: 20Gi
";

fn list_of(manifests: &str) -> Value {
    let tree = Tree::parse(manifests.to_owned()).expect("manifests are YAML");
    let items: Vec<_> = tree.documents().iter().map(|document| tree.value(document.root)).collect();
    json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": items})
}

fn read(text: &str) -> Value {
    let tree = Tree::parse(text.to_owned()).expect("the output is YAML");
    tree.value(tree.documents()[0].root)
}

fn temporary(name: &str, value: &Value) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, value.to_string()).expect("the directory for temporary files can be written");
    path
}

#[test]
fn a_list_comes_out_as_from_one_call_each() {
    let mut list = list_of(MANIFESTS);
    let mut results = Vec::new();
    let mut stderr = Vec::new();
    for config in configs() {
        let mut input = list.clone();
        input["functionConfig"] = config.clone();
        let name = FUNCTIONS.iter().find(|program| config["kind"] == program.kind()).expect("the kind is known").name();
        let outcome = call(&[name], false, &input.to_string());
        assert!(outcome.succeeded, "{}", outcome.stderr);
        let output = read(&outcome.stdout);
        results.extend(output["results"].as_array().cloned().unwrap_or_default());
        stderr.extend(outcome.stderr.lines().map(str::to_owned));
        list["items"] = output["items"].clone();
    }
    let mut input = list_of(MANIFESTS);
    input["functionConfig"] = pipeline_config();
    let outcome = call(&[], false, &input.to_string());
    assert!(outcome.succeeded, "{}", outcome.stderr);
    let output = read(&outcome.stdout);
    assert_eq!(output["items"], list["items"]);
    let sorted = |mut results: Vec<Value>| {
        results.sort_by_key(Value::to_string);
        results
    };
    assert_eq!(sorted(output["results"].as_array().cloned().unwrap_or_default()), sorted(results));
    let mut lines: Vec<_> = outcome.stderr.lines().map(str::to_owned).collect();
    lines.sort();
    stderr.sort();
    assert_eq!(lines, stderr);
}

#[test]
fn files_and_plugins_come_out_byte_for_byte_as_from_one_call_each() {
    let mut text = MANIFESTS.to_owned();
    for config in configs() {
        let kind = config["kind"].as_str().expect("a config has a kind").to_owned();
        let path = temporary(&format!("{kind}.json"), &config);
        let name = FUNCTIONS.iter().find(|program| program.kind() == kind).expect("the kind is known").name();
        text = call(&[name, "--config", &path.display().to_string(), "-"], false, &text).stdout;
    }
    assert!(text.contains("port: 80 # stays") && text.contains("storageClassName: hcloud-volumes"));
    let path = temporary("Pipeline.json", &pipeline_config()).display().to_string();
    assert_eq!(call(&["--config", &path, "-"], false, MANIFESTS).stdout, text);
    assert_eq!(call(&[&path], true, MANIFESTS).stdout, text);
}

/// The golden cases of all functions: the kind and options of the function, and the manifests.
fn cases() -> Vec<(PathBuf, Value, String)> {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut cases = Vec::new();
    for program in FUNCTIONS {
        let directory = functions.join(program.name()).join("cases");
        for entry in std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
            let case = entry.unwrap_or_else(|error| panic!("{}: {error}", directory.display())).path();
            let input = std::fs::read_to_string(case.join("input.yaml")).expect("every case has an input");
            let config = std::fs::read_to_string(case.join("config.yaml")).map(|text| read(&text)).unwrap_or_default();
            let is_kind = config.is_null() || config["kind"] == program.kind();
            if is_kind && !input.contains("kind: ResourceList") {
                cases.push((
                    case,
                    json!({"kind": program.kind(), "spec": config.get("spec").cloned().unwrap_or(json!({}))}),
                    input,
                ));
            }
        }
    }
    assert!(cases.len() > 600, "{} cases were found", cases.len());
    cases.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    cases
}

/// Runs one function on its own, or several as a Pipeline.
fn run(kind: &str, spec: &Value, manifests: &str) -> Outcome {
    let config =
        json!({"apiVersion": "replatform.dev/v1alpha1", "kind": kind, "metadata": {"name": "x"}, "spec": spec});
    // Tests run side by side, each in a thread that has its name.
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let path = temporary(&format!("{test}-{kind}.json"), &config).display().to_string();
    let program = FUNCTIONS.iter().find(|program| program.kind() == kind).map_or("Pipeline", |program| program.name());
    call(&[program, "--config", &path, "-"], false, manifests)
}

/// The objects of a text, whatever their formatting.
fn objects(text: &str) -> Vec<Value> {
    let tree = Tree::parse(text.to_owned()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    tree.documents().iter().map(|document| tree.value(document.root)).collect()
}

#[test]
fn two_functions_in_a_pipeline_do_what_they_do_in_two_calls() {
    let mut compared = 0;
    for (index, (case, first, input)) in cases().into_iter().enumerate() {
        let alone = run(first["kind"].as_str().expect("a kind is text"), &first["spec"], &input);
        // A config that cannot be used, a check that returns nothing, or a generator that makes nothing.
        if objects(&alone.stdout).iter().all(Value::is_null) {
            continue;
        }
        // Each case with one other function; over all cases, every pair is tried many times.
        let program = FUNCTIONS[index % FUNCTIONS.len()];
        let second = program.kind();
        // Without a domain of its own, it refuses most Routes.
        let mut spec = if second == "RouteToIngress" { json!({"domain": "k3s.example.com"}) } else { json!({}) };
        if let (Some(platform), true) =
            (first["spec"].get("platform"), program.spec_schema()["properties"].get("platform").is_some())
        {
            spec["platform"] = platform.clone();
        }
        let pipeline = run("Pipeline", &json!({"functions": [first, {"kind": second, "spec": spec}]}), &input);
        let name = format!("{} then {second}", case.display());
        if pipeline.stderr.contains("must come before") || pipeline.stderr.contains("runs once in a Pipeline") {
            continue;
        }
        if !alone.succeeded {
            // The other function reports too, and nothing is changed.
            assert!(!pipeline.succeeded && said(&alone.stderr).is_subset(&said(&pipeline.stderr)), "{name}");
            assert_eq!(objects(&pipeline.stdout), objects(&input), "{name}");
            continue;
        }
        let expected = run(second, &spec, &alone.stdout);
        assert_eq!(pipeline.succeeded, expected.succeeded, "{name}: {}{}", pipeline.stderr, expected.stderr);
        assert_eq!(said(&pipeline.stderr), said(&(alone.stderr.clone() + &expected.stderr)), "{name}");
        let expected = if expected.succeeded { expected.stdout } else { input.clone() };
        assert_eq!(objects(&pipeline.stdout), objects(&expected), "{name}");
        compared += 1;
    }
    assert!(compared > 300, "only {compared} pairs were compared");
}

/// The findings of a run. What the library reports for several functions is one finding of a Pipeline, and so is a rule
/// that no function has.
fn said(stderr: &str) -> BTreeSet<&str> {
    let lines = stderr.lines().filter(|line| !line.contains("[unknown-rule]"));
    lines.map(|line| line.split_once(": ").map_or(line, |(_, finding)| finding)).collect()
}

/// An Ingress of a shop, and a policy of it that lets the router of OpenShift in.
const BEHIND_A_ROUTER: &str = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: traefik
  rules:
  - host: web.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: from-router, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: openshift-ingress}}}]
";

#[test]
fn traefik_is_in_one_namespace_throughout_a_pipeline() {
    let row = |route: Value, policy: Value| json!([{"kind": "RouteToIngress", "spec": route}, {"kind": "NetworkPolicyDefault", "spec": policy}]);
    let there = json!({"platform": "KubeHetzner"});
    let pipelines = [
        json!({"platform": "KubeHetzner", "functions": row(json!({}), json!({}))}),
        json!({"functions": row(json!({}), there.clone())}),
        json!({"functions": row(there.clone(), json!({}))}),
        json!({"functions": row(there.clone(), json!({"platform": "kube-hetzner"}))}),
    ];
    for pipeline in pipelines {
        let outcome = run("Pipeline", &pipeline, BEHIND_A_ROUTER);
        assert!(outcome.succeeded, "{pipeline}: {}", outcome.stderr);
        let peers = objects(&outcome.stdout).into_iter().filter(|object| object["kind"] == "NetworkPolicy");
        let peers =
            peers.flat_map(|policy| policy["spec"]["ingress"][0]["from"].as_array().cloned().unwrap_or_default());
        let namespaces: Vec<_> =
            peers.map(|peer| peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"].clone()).collect();
        assert_eq!(namespaces, ["traefik", "traefik"], "{pipeline}");
    }
    let outcome = run("Pipeline", &json!({"platform": "K3s", "functions": row(json!({}), there)}), BEHIND_A_ROUTER);
    assert_eq!(
        outcome.stderr,
        "replatform: error: functionConfig: spec.functions[1].spec.platform: \"KubeHetzner\" differs from \"K3s\" in spec.platform, and \
         the functions of a Pipeline must agree; give it once, as spec.platform [invalid-config]\n"
    );
}

#[test]
fn a_failure_leaves_the_objects_as_they_came_and_names_the_function() {
    let unmapped = MANIFESTS.replace("standard-rwo", "exotic");
    let path = temporary("Failing.json", &pipeline_config()).display().to_string();
    let outcome = call(&["--config", &path, "-"], false, &unmapped);
    assert!(!outcome.succeeded);
    assert_eq!(outcome.stdout, unmapped);
    assert!(
        outcome.stderr.starts_with("storageclass-rewrite: error: PersistentVolumeClaim apps/data: "),
        "{}",
        outcome.stderr
    );
}

#[test]
fn wrong_configs_are_named_with_their_place() {
    let cases = [
        (
            json!([{"kind": "RouteToIngres"}]),
            "replatform: error: functionConfig: spec.functions[0].kind: `RouteToIngres` must be one of `",
        ),
        (
            json!([{"kind": "RouteToIngress", "spec": {"domian": "x"}}]),
            "replatform: error: functionConfig: spec.functions[0]: spec.domian: is no option of this function; did you mean `domain`?",
        ),
        (
            json!([{"kind": "SealedSecretCheck", "spec": {"wiredAs": "Validators"}}]),
            "replatform: error: functionConfig: spec.functions[0]: `Validators` cannot be wiredAs",
        ),
        (
            json!([{"name": "x"}]),
            "replatform: error: functionConfig: spec.functions[0].name: is no option of this function",
        ),
    ];
    for (index, (functions, expected)) in cases.into_iter().enumerate() {
        let config = json!({"apiVersion": "replatform.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "x"}, "spec": {"functions": functions}});
        let path = temporary(&format!("wrong-{index}.json"), &config).display().to_string();
        let outcome = call(&["--config", &path, "-"], false, "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n");
        assert!(!outcome.succeeded && outcome.stdout.is_empty());
        assert!(outcome.stderr.starts_with(expected), "{}", outcome.stderr);
    }
}

#[test]
fn each_function_answers_to_its_name_and_its_kind() {
    for program in FUNCTIONS {
        let by_argument = call(&[program.name(), "--version"], false, "").stdout;
        assert_eq!(by_argument, format!("{} {}\n", program.name(), program.version()));
    }
    assert!(call(&["--help"], false, "").stdout.contains("Runs several functions in one call"));
}
