//! What holds for every build: a Service with ports is reached by a rule, or a finding names it.

use krm::host::Outcome;
use krm::resource_list::Resources;
use krm::trial::run_on;
use networkpolicy_default::NetworkPolicyDefault;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The applications of a random build.
const NAMES: [&str; 5] = ["api", "cache", "db", "queue", "web"];

/// A workload, its Service, and what it says about another one.
#[derive(Debug, Clone)]
struct App {
    kind: &'static str,
    access: Value,
    ports: Vec<u16>,
    names: String,
    is_exposed: bool,
    annotations: Value,
}

fn app() -> impl Strategy<Value = App> {
    let kind = prop::sample::select(vec!["Deployment", "StatefulSet", "DaemonSet"]);
    let access = prop::sample::select(vec![
        json!({}),
        json!({"clusterIP": "None"}),
        json!({"type": "NodePort"}),
        json!({"externalIPs": ["203.0.113.7"]}),
    ]);
    let ports = prop::sample::subsequence(vec![80, 5432, 8080, 9090], 1..3);
    let other = prop::sample::select(&NAMES[..]);
    let form = prop::sample::select(vec![
        "http://X",
        "X:8080",
        "X",
        "postgres://u:$(P)@X/x",
        "Host=X;Port=5432",
        "no X",
        "X:81",
    ]);
    let annotations = prop::sample::select(vec![
        json!({}),
        json!({"prometheus.io/scrape": "true"}),
        json!({"prometheus.io/scrape": "true", "prometheus.io/port": "9090"}),
        json!({"prometheus.io/scrape": "true", "prometheus.io/port": "metrics"}),
    ]);
    (kind, access, ports, other, form, any::<bool>(), annotations).prop_map(
        |(kind, access, ports, other, form, is_exposed, annotations)| App {
            kind,
            access,
            ports,
            names: form.replace('X', other),
            is_exposed,
            annotations,
        },
    )
}

fn objects(name: &str, app: &App) -> Vec<Value> {
    let labels = json!({"app": name});
    let container = json!({"name": "c", "image": "i:1", "env": [{"name": "TARGET_URL", "value": app.names}]});
    let mut service = app.access.clone();
    service["selector"] = labels.clone();
    let port = |number: &u16| json!({"name": format!("p{number}"), "port": number});
    service["ports"] = app.ports.iter().map(port).collect();
    let mut objects = vec![
        json!({
            "apiVersion": "apps/v1", "kind": app.kind, "metadata": {"name": name, "namespace": "shop"},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
        }),
        json!({
            "apiVersion": "v1", "kind": "Service", "spec": service,
            "metadata": {"name": name, "namespace": "shop", "annotations": app.annotations},
        }),
    ];
    if app.is_exposed {
        let backend = json!({"service": {"name": name, "port": {"number": app.ports[0]}}});
        objects.push(json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]},
        }));
    }
    objects
}

/// Whether a policy of the outcome lets something but replicas into the pods of an application by a port. Replicas count
/// where the Service is how they find one another.
fn is_reached(outcome: &Outcome, name: &str, app: &App, port: u16) -> bool {
    let build = Resources::from_list(outcome.stdout.clone()).expect("the outcome is a list");
    let is_headless = app.access["clusterIP"] == "None";
    let policies = build.iter().filter(|item| item.kind() == "NetworkPolicy");
    let policies = policies.filter(|policy| is_headless || !policy.name().ends_with("-allow-from-replicas"));
    let policies = policies.filter(|policy| policy.value()["spec"]["podSelector"]["matchLabels"]["app"] == name);
    let mut rules = policies.flat_map(|policy| policy.value()["spec"]["ingress"].as_array().into_iter().flatten());
    rules.any(|rule| rule["ports"].as_array().is_none_or(|ports| ports.iter().any(|it| it["port"] == port)))
}

/// Whether a finding names a Service.
fn is_named(outcome: &Outcome, name: &str) -> bool {
    let mut findings = outcome.findings.iter().map(|(_, finding)| finding);
    findings.any(|finding| finding.object().is_some_and(|object| &*object.kind == "Service" && &*object.name == name))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_port_of_a_service_is_reached_or_named(apps in prop::collection::vec(app(), NAMES.len())) {
        let build: Vec<_> = NAMES.iter().zip(&apps).flat_map(|(name, app)| objects(name, app)).collect();
        let outcome = run_on::<NetworkPolicyDefault>(&build, &json!({}));
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        for (name, app) in NAMES.iter().zip(&apps) {
            for port in &app.ports {
                let is_told = is_reached(&outcome, name, app, *port) || is_named(&outcome, name);
                prop_assert!(is_told, "port {port} of {name}: {}\n{}", outcome.stderr, outcome.stdout);
            }
        }
    }
}
