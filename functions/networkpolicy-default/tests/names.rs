//! What holds for every build: the API server takes the names of policies, and the labels and namespaces of their selectors.

use std::collections::BTreeSet;

use krm::resource_list::Resources;
use krm::trial::run_on;
use manifests::names::{is_dns_label, is_dns_subdomain, is_label_key, is_label_value};
use networkpolicy_default::NetworkPolicyDefault;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Something that makes pods, of a name and with labels of some length.
#[derive(Debug, Clone)]
struct Maker {
    kind: &'static str,
    name: String,
    label: String,
    app: String,
}

/// A text of up to `longest` letters. Many have a long beginning in common.
fn text(longest: usize) -> impl Strategy<Value = String> {
    let length = prop::sample::select(vec![1, 20, 52, 53, 62, 63, 64, 200, 222, 223, 224, 240, 252, 253]);
    (length, "[a-z0-9]{1,2}").prop_map(move |(length, end)| {
        let mut text = "name-1.of.".repeat(26);
        text.truncate(length.min(longest).saturating_sub(end.len()));
        text + &end
    })
}

fn maker() -> impl Strategy<Value = Maker> {
    let kind = prop::sample::select(vec!["Deployment", "StatefulSet", "Job", "CronJob", "RabbitmqCluster", "Workflow"]);
    (kind, text(253), text(70), text(70)).prop_map(|(kind, name, label, app)| Maker { kind, name, label, app })
}

fn object(maker: &Maker) -> Value {
    let container = json!({"name": "c", "image": "i:1", "ports": [{"containerPort": 8080}], "env": [{"name": "URL", "value": "http://web"}]});
    let pods = |labels: &Value| json!({"metadata": {"labels": labels}, "spec": {"containers": [container]}});
    let labels = json!({"app": maker.label, "app.kubernetes.io/instance": maker.app});
    let (api_version, spec) = match maker.kind {
        "Job" => ("batch/v1", json!({"template": pods(&json!({}))})),
        "CronJob" => ("batch/v1", json!({"jobTemplate": {"spec": {"template": pods(&json!({}))}}})),
        "RabbitmqCluster" => ("rabbitmq.com/v1beta1", json!({})),
        "Workflow" => {
            ("argoproj.io/v1alpha1", json!({"arguments": {"parameters": [{"name": "host", "value": "http://web"}]}}))
        }
        _ => ("apps/v1", json!({"selector": {"matchLabels": labels}, "template": pods(&labels)})),
    };
    json!({"apiVersion": api_version, "kind": maker.kind, "metadata": {"name": maker.name, "namespace": "shop"}, "spec": spec})
}

/// A Deployment and its Service, which all others name.
fn web() -> [Value; 2] {
    let labels = json!({"app": "web", "app.kubernetes.io/instance": "shop"});
    let container = json!({"name": "c", "image": "i:1", "ports": [{"containerPort": 80}]});
    [
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
        }),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        }),
    ]
}

/// Every label in a value that is or holds selectors.
fn labels(value: &Value) -> Vec<(String, String)> {
    let pairs = |labels: &Value| -> Vec<_> {
        let labels = labels.as_object().into_iter().flatten();
        labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or("?").to_owned())).collect()
    };
    match value {
        Value::Object(fields) => {
            let key = value["key"].as_str().unwrap_or_default();
            let values = value["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let expressions = values.map(|value| (key.to_owned(), value.to_owned()));
            let inner = fields.values().flat_map(labels);
            expressions.chain(pairs(&value["matchLabels"])).chain(inner).collect()
        }
        Value::Array(items) => items.iter().flat_map(labels).collect(),
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_api_server_takes_the_names_and_labels_of_policies(makers in prop::collection::vec(maker(), 1..5), egress in any::<bool>()) {
        let build: Vec<_> = makers.iter().map(object).chain(web()).collect();
        let mut seen = BTreeSet::new();
        prop_assume!(build.iter().all(|it| seen.insert((it["kind"].to_string(), it["metadata"]["name"].to_string()))));
        let outcome = run_on::<NetworkPolicyDefault>(&build, &json!({"egress": egress}));
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        let after = Resources::from_list(outcome.stdout.clone()).expect("the outcome is a list");
        for item in after.iter().filter(|item| item.kind() == "NetworkPolicy") {
            prop_assert!(is_dns_subdomain(item.name()), "{}", item.name());
            prop_assert!(seen.insert((String::new(), item.name().to_owned())), "{} is there twice", item.name());
            for (key, value) in labels(&item.value()["spec"]) {
                let is_namespace = key != "kubernetes.io/metadata.name" || is_dns_label(&value);
                prop_assert!(is_label_key(&key) && is_label_value(&value) && is_namespace, "{key}: {value}");
            }
        }
        for item in after.iter().filter(|item| item.kind() == "CronJob") {
            let label = &item.value()["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]["replatform.dev/workload"];
            prop_assert!(label.as_str().is_some_and(is_label_value), "{label}");
        }
        // What cannot be selected is reported by its name.
        for maker in makers.iter().filter(|maker| maker.kind == "Deployment" && !is_label_value(&maker.label)) {
            let start = format!("warning: Deployment shop/{}: `", maker.name);
            let mut told = outcome.stderr.lines().filter(|line| line.contains(&start));
            prop_assert!(told.any(|line| line.ends_with("[label-refused]")), "{}", outcome.stderr);
        }
    }
}
