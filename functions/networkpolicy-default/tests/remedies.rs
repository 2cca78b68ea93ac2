//! What messages propose helps: the finding goes away, and no other comes.

use std::path::Path;

use json_patch::merge;
use krm::trial::run_on;
use kustomize_tests::Manifests;
use networkpolicy_default::NetworkPolicyDefault;
use serde_json::{Value, json};

/// The objects of a case, with some of them changed by merge patches, as `Kind namespace/name`.
fn mended(case: &str, patches: &[(&str, Value)]) -> Vec<Value> {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(case).join("input.yaml");
    let manifests = Manifests::parse(&std::fs::read_to_string(input).expect("the case is there"));
    let mut objects: Vec<_> = manifests.iter().map(|(_, object)| object.clone()).collect();
    for (name, patch) in patches {
        let is_meant = |object: &&mut Value| {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            format!("{} {}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name")) == *name
        };
        merge(objects.iter_mut().find(is_meant).expect("the case has the object"), patch);
    }
    objects
}

/// The ids of the rules of the warnings and errors about some objects, each once.
fn rules(objects: &[Value]) -> Vec<&'static str> {
    let outcome = run_on::<NetworkPolicyDefault>(objects, &json!({}));
    let findings = outcome.findings.iter().map(|(_, finding)| finding);
    let mut rules: Vec<_> =
        findings.filter(|it| !it.to_string().starts_with("info: ")).map(|it| it.rule().id).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// Patches the objects of a case; of its rules just the one must then be gone.
fn try_remedy(case: &str, rule: &str, patches: &[(&str, Value)]) {
    let (mut before, after) = (rules(&mended(case, &[])), rules(&mended(case, patches)));
    assert!(before.contains(&rule), "{case} has no {rule}: {before:?}");
    before.retain(|known| *known != rule);
    assert!(!after.contains(&rule) && after.iter().all(|one| before.contains(one)), "{case}: {after:?}");
}

#[test]
fn a_target_port_that_is_declared_or_a_number_leads_to_the_pods() {
    let (case, rule) = ("named-target-port-not-declared", "target-port-undeclared");
    let number = json!({"spec": {"ports": [{"port": 80, "targetPort": 8080}]}});
    try_remedy(case, rule, &[("Service shop/web", number)]);
    let container = json!({"name": "web", "image": "web:1", "ports": [{"containerPort": 8080, "name": "https"}]});
    let declared = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    try_remedy(case, rule, &[("Deployment shop/web", declared)]);
    let number = json!({"spec": {"ports": [{"port": 80, "targetPort": 8080}]}});
    try_remedy("named-target-port-declared-by-some", rule, &[("Service shop/web", number)]);
}

#[test]
fn a_policy_that_names_numbers_or_declared_ports_is_as_it_says() {
    let peer = json!({"podSelector": {"matchLabels": {"app": "client"}}});
    let number = json!({"spec": {"ingress": [{"from": [peer], "ports": [{"port": 8443}]}]}});
    let web = json!({"podSelector": {"matchLabels": {"app": "web"}}});
    let name = json!({"spec": {"egress": [{"to": [web], "ports": [{"port": "http"}]}]}});
    let patches = [("NetworkPolicy shop/undeclared", number), ("NetworkPolicy shop/client-to-undeclared", name)];
    try_remedy("hand-written-policies-with-undeclared-port-names", "policy-port-undeclared", &patches);
}

#[test]
fn a_service_that_traefik_leads_to_has_no_source_ranges() {
    let inside =
        json!({"spec": {"type": "ClusterIP", "loadBalancerSourceRanges": null}, "metadata": {"annotations": null}});
    let patches = ["Service shop/limited", "Service shop/limited-by-annotation"].map(|name| (name, inside.clone()));
    try_remedy("load-balancer-source-ranges", "source-ranges-open", &patches);
}

#[test]
fn a_short_label_can_be_selected() {
    let labels = json!({"app": "api"});
    let spec = json!({"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}});
    let patches =
        [("Deployment shop/api", json!({"spec": spec})), ("Service shop/api", json!({"spec": {"selector": labels}}))];
    try_remedy("labels-that-the-api-server-refuses", "label-refused", &patches);
}

#[test]
fn a_client_that_is_listed_or_names_its_host_needs_no_secret() {
    let (case, rule) = ("client-secret-missing", "sealed-address");
    let listed = json!({"metadata": {"annotations": {"replatform.dev/allow-from": "[{podLabels: {app: web}}]"}}});
    try_remedy(case, rule, &[("Deployment shop/db", listed)]);
    let password = json!({"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "web", "key": "password"}}});
    let host = json!({"name": "DATABASE_URL", "value": "postgres://web:$(PASSWORD)@db/shop"});
    let container = json!({"name": "web", "image": "web:1", "env": [password, host]});
    let plain = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    try_remedy(case, rule, &[("Deployment shop/web", plain)]);
}
