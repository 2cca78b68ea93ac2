//! Every row of the tables of operators is one that a build can reach.

use krm::host::Outcome;
use krm::table;
use krm::trial::run_on;
use networkpolicy_default::NetworkPolicyDefault;
use serde_json::{Value, json};

/// An object of a kind, which lists who may reach its pods, beside a workload that has its namespace denied.
fn run(group: &str, kind: &str) -> Outcome {
    let labels = json!({"app": "web"});
    let api_version = if group == "-" { "v1".to_owned() } else { format!("{group}/v1") };
    let listed = json!({"replatform.dev/allow-from": "[{podLabels: {role: client}}]"});
    let web = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": []}}},
    });
    let object = json!({
        "apiVersion": api_version, "kind": kind, "metadata": {"name": "main", "namespace": "shop", "annotations": listed},
        "spec": {"podMetadata": {"labels": {"tier": "back"}}, "workflowSpec": {"podMetadata": {"labels": {"tier": "back"}}}},
    });
    run_on::<NetworkPolicyDefault>(&[web, object], &json!({}))
}

#[test]
fn every_row_of_pods_that_operators_make_is_reached() {
    let rows = table::rows(include_str!("../data/operators.tsv"));
    for [group, kind, pods, _, _, _, _, _, source] in rows {
        let outcome = run(group, kind);
        let added = format!("NetworkPolicy shop/{}-allow-from-listed: added", pods.replace("{}", "main"));
        assert!(outcome.succeeded && outcome.stderr.contains(&added), "{group} {kind}: {}", outcome.stderr);
        assert!(source.contains('/'), "{kind} has no source");
    }
}

#[test]
fn every_row_of_secrets_that_operators_make_is_reached() {
    let rows: Vec<[&str; 5]> = table::rows(include_str!("../data/operator-secrets.tsv")).collect();
    assert!(rows.is_sorted_by(|one, next| one < next), "the rows are not sorted, or one is there twice");
    for [group, kind, secret, texts, _] in rows {
        let secret = secret.replace("{}", "main").replace('*', "web");
        for (key, _) in
            texts.split(' ').filter_map(|text| text.split_once('=')).filter(|(key, _)| !key.ends_with("port"))
        {
            let taken = json!({"name": "TARGET", "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}});
            let labels = json!({"app": "web"});
            let containers = json!([{"name": "c", "image": "i:1", "env": [taken]}]);
            let web = json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
                "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}}},
            });
            let object = json!({"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": "main", "namespace": "shop"}, "spec": {}});
            let outcome = run_on::<NetworkPolicyDefault>(&[web, object], &json!({}));
            let is_reached = outcome.stderr.contains("-allow-from-clients: added");
            assert!(is_reached && !outcome.stderr.contains("warning"), "{kind} {secret} {key}: {}", outcome.stderr);
        }
    }
}

#[test]
fn every_row_of_unseen_pods_is_reached() {
    let rows: Vec<[&str; 4]> = table::rows(include_str!("../data/unseen-pods.tsv")).collect();
    assert!(rows.is_sorted_by(|one, next| one < next), "the rows are not sorted, or one is there twice");
    for [groups, kinds, _, source] in rows {
        assert!(source.contains('/'), "{kinds} have no source");
        for (group, kind) in groups.split(' ').flat_map(|group| kinds.split(' ').map(move |kind| (group, kind))) {
            let outcome = run(group, kind);
            let start = format!("warning: {kind} shop/main: makes pods in ");
            assert!(outcome.stderr.lines().any(|line| line.contains(&start)), "{group} {kind}: {}", outcome.stderr);
        }
    }
}

#[test]
fn a_field_decides_in_which_namespace_unseen_pods_come_up() {
    let rows: Vec<[&str; 4]> = table::rows(include_str!("../data/unseen-pods.tsv")).collect();
    let fields: Vec<Value> = rows.iter().map(|row| json!(row[2])).filter(|field| *field != "-").collect();
    assert_eq!(fields, ["/spec/destination/namespace", "/spec/targetNamespace", "/spec/targetNamespace"]);
}
