//! DeploymentConfigs against what OpenShift and Kubernetes take absent fields for, row by row.

use deploymentconfig_to_deployment::DeploymentConfigToDeployment;
use krm::table;
use krm::trial::{objects_of, run_on};
use krm::yaml::Tree;
use serde_json::{Map, Value, json};

fn yaml(text: &str) -> Value {
    let tree = Tree::parse(text.to_owned()).unwrap_or_else(|error| panic!("{text}: {error}"));
    tree.documents().first().map(|document| tree.value(document.root)).unwrap_or_default()
}

/// A DeploymentConfig with these fields; null takes one out of the spec around them.
fn deployment_config(fields: &Value) -> Value {
    let mut spec = json!({
        "replicas": 1,
        "selector": {"app": "web"},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1"}]},
        },
    });
    let known = spec.as_object_mut().expect("it is a mapping");
    known.extend(fields.as_object().expect("the row holds a mapping").clone());
    json!({"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig", "metadata": {"name": "web"}, "spec": spec})
}

/// A field, or what Kubernetes takes for it where it is absent.
///
/// Source: kubernetes pkg/apis/apps/v1/defaults.go.
fn meaning(value: &Value, default: &str) -> String {
    match value {
        Value::Null => default.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn meanings(spec: &Value) -> Vec<String> {
    let strategy = &spec["strategy"];
    let kind = meaning(&strategy["type"], "RollingUpdate");
    let amount = |key: &str| {
        let of_rolling = meaning(&strategy["rollingUpdate"][key], "25%");
        if kind == "RollingUpdate" { of_rolling } else { meaning(&strategy["rollingUpdate"][key], "-") }
    };
    vec![
        meaning(&spec["replicas"], "1"),
        kind.clone(),
        amount("maxUnavailable"),
        amount("maxSurge"),
        meaning(&spec["progressDeadlineSeconds"], "600"),
        meaning(&spec["paused"], "false"),
        meaning(&spec["minReadySeconds"], "0"),
        meaning(&spec["revisionHistoryLimit"], "10"),
    ]
}

#[test]
fn every_row_means_the_same_on_both_sides() {
    let mut count = 0;
    for row in table::rows::<10>(include_str!("defaults.tsv")) {
        let outcome = run_on::<DeploymentConfigToDeployment>(&[deployment_config(&yaml(row[0]))], &Value::Null);
        let reported = outcome.findings.iter().filter(|(_, finding)| finding.severity() != krm::rule::Severity::Info);
        let mut rules: Vec<_> = reported.map(|(_, finding)| finding.rule().id).collect();
        rules.dedup();
        let expected_rules: Vec<_> = row[9].split(',').filter(|rule| *rule != "-").collect();
        assert_eq!(rules, expected_rules, "{}\n{}", row[0], outcome.stderr);
        let found = match objects_of(&outcome).first() {
            Some(deployment) if outcome.succeeded => meanings(&deployment["spec"]),
            _ => vec!["-".to_owned(); 8],
        };
        assert_eq!(found, row[1..9], "{}", row[0]);
        count += 1;
    }
    assert!(count >= 40, "there are only {count} rows");
}

#[test]
fn nothing_of_a_deployment_config_is_left_in_the_spec_of_a_deployment() {
    for row in table::rows::<10>(include_str!("defaults.tsv")) {
        let outcome = run_on::<DeploymentConfigToDeployment>(&[deployment_config(&yaml(row[0]))], &Value::Null);
        if outcome.succeeded {
            let objects = objects_of(&outcome);
            let spec: &Map<String, Value> = objects[0]["spec"].as_object().expect("a Deployment has a spec");
            let left: Vec<_> = spec.keys().filter(|key| ["test", "triggers"].contains(&key.as_str())).collect();
            assert!(left.is_empty(), "{}: {left:?}", row[0]);
            assert_eq!(spec["selector"], json!({"matchLabels": {"app": "web"}}), "{}", row[0]);
        }
    }
}
