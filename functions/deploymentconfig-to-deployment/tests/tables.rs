//! Every row of the tables is in order, once, and does what it says.

use std::collections::BTreeSet;

use deploymentconfig_to_deployment::{
    DeploymentConfigToDeployment, Fate, Form, known_fields, reference_fields, samples,
};
use krm::host::Outcome;
use krm::table;
use krm::trial::{objects_of, run_on};
use serde_json::{Value, json};

fn run(objects: &[Value]) -> Outcome {
    run_on::<DeploymentConfigToDeployment>(objects, &Value::Null)
}

fn deployment_config() -> Value {
    json!({
        "apiVersion": "apps.openshift.io/v1",
        "kind": "DeploymentConfig",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "replicas": 1,
            "selector": {"app": "web"},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1"}]},
            },
        },
    })
}

/// The object with a value at a JSON pointer; mappings on the way are made.
fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let mut at = &mut object;
    for key in pointer.split('/').skip(1) {
        at = &mut at[key];
    }
    *at = value;
    object
}

#[test]
fn the_tables_are_sorted_and_name_each_row_once() {
    for text in [
        include_str!("../data/fields.tsv"),
        include_str!("../data/reference-fields.tsv"),
        include_str!("../data/samples.tsv"),
    ] {
        assert!(table::is_sorted(text), "{}", text.lines().next().unwrap_or_default());
    }
    let names: Vec<_> = known_fields().iter().map(|field| field.path).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    let streams: Vec<_> = samples().iter().map(|(stream, _)| stream).collect();
    assert_eq!(streams.iter().collect::<BTreeSet<_>>().len(), streams.len());
}

#[test]
fn every_dropped_field_goes_and_is_told() {
    for field in known_fields().iter().filter(|field| field.fate == Fate::Dropped) {
        if field.path == "status" {
            let outcome = run(&[with(deployment_config(), &field.pointer(), json!({"replicas": 1}))]);
            assert!(objects_of(&outcome)[0].get("status").is_none(), "{}", outcome.stderr);
            continue;
        }
        let value = if ["labels", "annotations"].iter().any(|key| field.path.ends_with(key)) {
            json!({"a": "b"})
        } else {
            json!(7)
        };
        let outcome = run(&[with(deployment_config(), &field.pointer(), value)]);
        assert!(outcome.succeeded, "{}: {}", field.path, outcome.stderr);
        let is_told = outcome
            .findings
            .iter()
            .any(|(_, finding)| finding.field_path() == Some(field.path) && finding.rule().id == "setting-dropped");
        assert!(is_told, "{}: {}", field.path, outcome.stderr);
        let key = field.path.rsplit('.').next().unwrap_or_default();
        assert!(objects_of(&outcome)[0]["spec"]["strategy"].get(key).is_none(), "{}", outcome.stdout);
    }
}

#[test]
fn a_field_that_holds_its_default_says_nothing() {
    let with_defaults = known_fields().iter().filter(|field| field.fate == Fate::Dropped);
    for field in with_defaults {
        let Some(default) = field.default else { continue };
        let default: Value = serde_json::from_str(default).expect("a default is a number or a truth value");
        let outcome = run(&[with(deployment_config(), &field.pointer(), default)]);
        let is_told = outcome.findings.iter().any(|(_, finding)| finding.rule().id == "setting-dropped");
        assert!(outcome.succeeded && !is_told, "{}: {}", field.path, outcome.stderr);
    }
}

#[test]
fn every_refused_field_is_an_error() {
    for field in known_fields().iter().filter(|field| field.fate == Fate::Refused) {
        let value = if field.default == Some("false") { json!(true) } else { json!({"a": "b"}) };
        assert!(!run(&[with(deployment_config(), &field.pointer(), value)]).succeeded, "{}", field.path);
    }
}

#[test]
fn every_kept_field_keeps_its_place() {
    for field in known_fields().iter().filter(|field| field.fate == Fate::Kept && field.path != "spec.template") {
        let value = if field.default == Some("false") { json!(true) } else { json!(7) };
        let outcome = run(&[with(deployment_config(), &field.pointer(), value.clone())]);
        assert_eq!(objects_of(&outcome)[0].pointer(&field.pointer()), Some(&value), "{}", outcome.stderr);
    }
}

#[test]
fn no_known_field_is_told_to_be_unknown() {
    for field in known_fields() {
        let outcome = run(&[with(deployment_config(), &field.pointer(), json!({}))]);
        let is_unknown = outcome.findings.iter().any(|(_, finding)| finding.rule().id == "unknown-config-field");
        assert!(!is_unknown, "{}: {}", field.path, outcome.stderr);
    }
}

/// A mapping of a form, with the type of a DeploymentConfig or of what takes its place.
fn reference(form: Form, is_new: bool) -> Value {
    let (group, kind, resource) = if is_new {
        ("apps", "Deployment", "deployments")
    } else {
        ("apps.openshift.io", "DeploymentConfig", "deploymentconfigs")
    };
    match form {
        Form::Reference | Form::Owner => json!({"apiVersion": format!("{group}/v1"), "kind": kind, "name": "web"}),
        Form::Resource => json!({"group": group, "version": "v1", "resource": resource, "name": "web"}),
        Form::Group | Form::Difference | Form::Allowed | Form::Denied => json!({"group": group, "kind": kind}),
    }
}

#[test]
fn every_reference_follows_or_is_told() {
    for field in reference_fields() {
        let (group, kind) = if field.kind == "*" { ("example.com", "Thing") } else { (field.group, field.kind) };
        let object = |is_new: bool| {
            let mut object = field.pattern.example(reference(field.form, is_new));
            object["apiVersion"] = format!("{group}/v1").into();
            object["kind"] = kind.into();
            object["metadata"]["name"] = "a".into();
            object
        };
        let outcome = run(&[object(false)]);
        let is_told = outcome.findings.iter().any(|(_, finding)| {
            ["owned-by-deploymentconfig", "mention-of-deploymentconfig"].contains(&finding.rule().id)
        });
        let stays = matches!(field.form, Form::Owner | Form::Denied);
        assert_eq!(is_told, stays, "{field:?}: {}", outcome.stderr);
        let after = objects_of(&outcome).into_iter().next().unwrap_or_default();
        assert_eq!(after, object(!stays), "{field:?}");
    }
}

#[test]
fn every_sample_is_proposed() {
    for (stream, image) in samples() {
        let mut object = deployment_config();
        object["spec"]["triggers"] = json!([{"type": "ConfigChange"}, {"type": "ImageChange", "imageChangeParams": {
            "automatic": true, "containerNames": ["web"],
            "from": {"kind": "ImageStreamTag", "name": format!("{stream}:1"), "namespace": "openshift"}}}]);
        let outcome = run(&[object]);
        let proposed = format!("`images: {{openshift/{stream}:1: {image}}}`");
        assert!(!outcome.succeeded && outcome.stderr.contains(&proposed), "{proposed}: {}", outcome.stderr);
    }
}
