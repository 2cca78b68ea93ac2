//! What holds whatever the config says.

use apps_generator::Apps;
use krm::trial::{list_of, run_on};
use serde_json::{Value, json};

/// The objects that a config gives.
fn objects(spec: &Value) -> Vec<Value> {
    let outcome = run_on::<Apps>(&[], spec);
    assert!(outcome.succeeded, "{spec}\n{}", outcome.stderr);
    list_of(&outcome)["items"].as_array().cloned().unwrap_or_default()
}

/// A value with a key at a place of the table, as `apps.*.scaling`.
fn nested(place: &str, key: &str) -> Value {
    let steps: Vec<_> = place.split('.').map(|step| if step == "*" { "prod" } else { step }).chain([key]).collect();
    steps.into_iter().rev().fold(json!("given"), |inner, step| json!({step: inner}))
}

#[test]
fn every_key_of_the_table_is_refused_with_its_reason() {
    let rows: Vec<[&str; 3]> = krm::table::rows(include_str!("../data/unsupported-keys.tsv")).collect();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for [place, key, reason] in rows {
        let mut specs = vec![nested(place, key)];
        // What holds for apps and charts holds for their environments and for functions too.
        if let Some(rest) = place.strip_prefix("apps.*") {
            specs.push(nested(&format!("apps.*.environments.*{rest}"), key));
            specs.push(nested(&format!("serverless.*{rest}"), key));
            specs.push(nested(&format!("serverless.*.functions.*{rest}"), key));
        }
        for spec in specs {
            let spec = named_otherwise(&spec);
            let outcome = run_on::<Apps>(&[], &spec);
            assert!(!outcome.succeeded && outcome.stderr.contains(reason), "{spec}\n{}", outcome.stderr);
        }
    }
}

/// An app that is named like an environment is no block of one.
fn named_otherwise(spec: &Value) -> Value {
    serde_json::from_str(&spec.to_string().replace("\"prod\"", "\"web\"")).expect("it is JSON")
}

#[test]
fn lists_and_mappings_mean_the_same() {
    let port = json!({"container_port": 8080});
    let volume = json!({"type": "emptyDir", "mount_path": "/cache"});
    let mappings = json!({"apps": {"web": {
        "image": "registry.example.com/web:1",
        "container": {"ports": {"http": port}},
        "volumes": {"cache": volume},
    }}});
    let lists = json!({"apps": [{
        "name": "web",
        "image": "registry.example.com/web:1",
        "container": {"ports": [{"name": "http", "container_port": 8080}]},
        "volumes": [{"name": "cache", "type": "emptyDir", "mount_path": "/cache"}],
    }]});
    assert_eq!(objects(&mappings), objects(&lists));
}

/// The API server refuses another selector of a workload that is there.
#[test]
fn no_field_changes_the_labels_by_which_pods_are_found() {
    let fixed = json!({"app.kubernetes.io/instance": "web", "app.kubernetes.io/name": "web"});
    let changes = [
        json!({}),
        json!({"labels": {"app.kubernetes.io/name": "other", "team": "shop"}}),
        json!({"pod_labels": {"app.kubernetes.io/instance": "other", "tier": "front"}}),
        json!({"replicas": 3}),
        json!({"kind": "StatefulSet"}),
        json!({"kind": "DaemonSet"}),
        json!({"scaling": {"type": "keda-queue", "trigger": {"type": "redis", "metadata": {}}}}),
    ];
    for change in changes {
        let mut app =
            json!({"image": "registry.example.com/web:1", "container": {"ports": {"http": {"container_port": 80}}}});
        krm::trial::merge(&mut app, &change);
        for object in objects(&json!({"apps": {"web": app}})) {
            let selector = match object["kind"].as_str() {
                Some("Service") => &object["spec"]["selector"],
                Some("Deployment" | "StatefulSet" | "DaemonSet") => {
                    let labels = &object["spec"]["template"]["metadata"]["labels"];
                    for key in ["app.kubernetes.io/instance", "app.kubernetes.io/name"] {
                        assert_eq!(labels[key], fixed[key], "{object}");
                    }
                    &object["spec"]["selector"]["matchLabels"]
                }
                _ => continue,
            };
            assert_eq!(*selector, fixed, "{object}");
        }
    }
}

/// An environment that says nothing gives what holds everywhere.
#[test]
fn an_environment_changes_only_what_it_says() {
    let app = json!({"image": "registry.example.com/web:1", "environment": {"MODE": "fast"}, "environments": {
        "prod": {"environment": {"MODE": "safe"}},
    }});
    let of = |environment: &str| {
        objects(&json!({"environment": environment, "environments": {"dev": {}, "prod": {}}, "apps": {"web": app}}))
    };
    let plain =
        objects(&json!({"apps": {"web": {"image": "registry.example.com/web:1", "environment": {"MODE": "fast"}}}}));
    assert_eq!(of("dev"), plain);
    let value = |objects: &[Value]| objects[0]["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"].clone();
    assert_eq!((value(&of("dev")), value(&of("prod"))), (json!("fast"), json!("safe")));
}
