//! What holds for every build: nothing that the function says holds a value of a Secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use krm::resource_list::Resources;
use krm::trial::run_on;
use networkpolicy_default::NetworkPolicyDefault;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A part of every value of a Secret, which nothing else has.
const MARK: &str = "zq7mark";

/// A value of a Secret.
fn value() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "M",
        "M.example.com",
        "M:4711",
        "M.example.com:4711",
        "http://M",
        "https://u:M@pay.example.com",
        "postgres://u:M@db:4711/M",
        "postgres://u:p@db.M.svc/x",
        "redis://M.shop.svc:6379",
        "host=db port=4711 password=M",
        "Host=M;Port=4711",
        "jdbc:postgresql://db:4711/M",
        "db\nM",
        "url: http://M.example.com:4711\npassword: M",
        "{\"host\": \"M.example.com\", \"port\": 4711}",
    ])
    .prop_map(|text| text.replace('M', MARK))
}

/// How a workload takes a value.
fn taken(how: usize) -> Value {
    let reference = json!({"name": "URL", "valueFrom": {"secretKeyRef": {"name": "s", "key": "url"}}});
    let named = json!({"name": "TARGET", "value": "http://$(URL)"});
    match how {
        0 => json!({"containers": [{"name": "c", "image": "i:1", "env": [reference]}]}),
        1 => json!({"containers": [{"name": "c", "image": "i:1", "envFrom": [{"secretRef": {"name": "s"}}]}]}),
        2 => json!({"containers": [{"name": "c", "image": "i:1", "env": [reference, named]}]}),
        3 => {
            json!({"containers": [{"name": "c", "image": "i:1", "env": [reference], "args": ["--server=$(URL)", "$(URL)"]}]})
        }
        4 => json!({"containers": [], "volumes": [{"name": "v", "secret": {"secretName": "s"}}]}),
        _ => {
            json!({"containers": [], "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "s"}}]}}]})
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_finding_and_no_reason_holds_a_value_of_a_secret(
        value in value(),
        key in prop::sample::select(vec!["url", "PASSWORD", "DB_HOST", "config.yaml", "token"]),
        how in 0_usize..6,
        is_plain in any::<bool>(),
        egress in any::<bool>(),
    ) {
        let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}});
        let keys = [key, "url"].map(str::to_owned);
        let data = |text: &str| -> Value { keys.iter().map(|key| (key.clone(), json!(text))).collect::<serde_json::Map<_, _>>().into() };
        if is_plain {
            secret["stringData"] = data(&value);
        } else {
            secret["data"] = data(&STANDARD.encode(&value));
        }
        let workload = |name: &str, spec: Value| json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec}},
        });
        let service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"},
            "spec": {"selector": {"app": "db"}, "ports": [{"port": 5432}]},
        });
        let build = [workload("web", taken(how)), workload("db", json!({"containers": []})), service, secret];
        let outcome = run_on::<NetworkPolicyDefault>(&build, &json!({"egress": egress}));
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        for mark in [MARK, "4711"] {
            prop_assert!(!outcome.stderr.contains(mark), "{value}: {}", outcome.stderr);
        }
        let after = Resources::from_list(outcome.stdout).expect("the outcome is a list");
        for policy in after.iter().filter(|item| item.kind() == "NetworkPolicy") {
            let reasons = policy.value()["metadata"].to_string();
            prop_assert!(!reasons.contains(MARK) && !reasons.contains("4711"), "{value}: {reasons}");
        }
    }
}
