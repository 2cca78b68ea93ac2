//! Every row of the tables, tried.

use std::collections::BTreeSet;

use krm::field::FieldPath;
use krm::host::Outcome;
use krm::rule::Severity;
use krm::trial::{merge, run_on};
use manifests::fields::Pattern;
use minimal_base_check::{Aspect, KnownField, MinimalBaseCheck, Need, known_fields};
use serde_json::{Value, json};

/// A value that states something about an aspect, where a field of this name is.
fn example(field: &KnownField) -> Value {
    match field.aspect {
        Aspect::Replicas => json!(3),
        Aspect::StorageClass => json!("fast"),
        Aspect::StorageSize if field.path.ends_with("resources") => json!({"requests": {"storage": "1Gi"}}),
        Aspect::StorageSize => json!("1Gi"),
        Aspect::Resources => json!({"limits": {"memory": "1Gi"}}),
        Aspect::Scheduling => json!({"pool": "web"}),
        Aspect::Configured => unreachable!("no table has it"),
    }
}

/// An object of the kind that has this at the path of the field, and what its conditions ask for beside it.
fn object(field: &KnownField, value: Value) -> Value {
    let mut object = Pattern::known(&field.path).example(value);
    let conditions = field.only.split(',').filter_map(|condition| condition.split_once('='));
    for (key, text) in conditions {
        let beside = field.path.rsplit_once('.').map_or("", |(parent, _)| parent);
        set(&mut object, &Pattern::known(beside), key, text);
    }
    let version = if field.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", field.group) };
    merge(&mut object, &json!({"apiVersion": version, "kind": field.kind, "metadata": {"name": "a"}}));
    object
}

fn set(object: &mut Value, mapping: &Pattern, key: &str, text: &str) {
    let pointers: Vec<_> = mapping.matches(object).into_iter().map(|found| found.pointer).collect();
    for pointer in pointers {
        if let Some(Value::Object(map)) = object.pointer_mut(pointer.as_str()) {
            map.insert(key.to_owned(), text.into());
        }
    }
}

fn told(outcome: &Outcome) -> Vec<(&'static str, String, Severity)> {
    let findings = outcome.findings.iter().map(|(_, finding)| finding);
    findings
        .map(|finding| (finding.rule().id, finding.field_path().unwrap_or_default().to_owned(), finding.severity()))
        .collect()
}

/// The path of the one field that a pattern means in its own example.
fn path_of(field: &KnownField, object: &Value) -> String {
    let [found] = &Pattern::known(&field.path).matches(object)[..] else { panic!("{field:?} {object}") };
    FieldPath::from(&found.pointer).to_string()
}

#[test]
fn a_base_that_states_a_field_of_the_table_is_told() {
    for field in known_fields() {
        let object = object(&field, example(&field));
        let outcome = run_on::<MinimalBaseCheck>(std::slice::from_ref(&object), &json!({"layer": "Base"}));
        let path = path_of(&field, &object);
        // The field itself, or one around it.
        let is_told = told(&outcome)
            .iter()
            .any(|(_, at, severity)| path.starts_with(at.as_str()) && *severity == Severity::Error);
        assert!(is_told && !outcome.succeeded, "{field:?} {}", outcome.stderr);
    }
}

#[test]
fn an_overlay_that_does_not_state_a_needed_field_is_told_until_it_does() {
    let mut needed = known_fields();
    needed.retain(|field| field.need != Need::Optional);
    for field in &needed {
        let stated = object(field, example(field));
        let path = path_of(field, &stated);
        let severity = if field.need == Need::Required { Severity::Error } else { Severity::Warning };
        let is_told = |object: &Value| {
            let outcome = run_on::<MinimalBaseCheck>(std::slice::from_ref(object), &json!({}));
            told(&outcome).iter().any(|(_, at, of)| *at == path && *of == severity)
        };
        assert!(!is_told(&stated), "{field:?}");
        assert!(is_told(&object(field, Value::Null)), "{field:?}");
        assert!(is_told(&object(field, json!({}))), "{field:?}");
    }
    assert!(needed.len() > 100, "{} fields", needed.len());
}

#[test]
fn no_field_is_in_the_tables_twice() {
    let fields = minimal_rows();
    let distinct: BTreeSet<_> = fields.iter().map(|[group, kind, _, path, ..]| (group, kind, path)).collect();
    assert_eq!(distinct.len(), fields.len());
    let of_class: BTreeSet<_> = manifests::claims::class_fields()
        .filter(|field| field.holds == "class")
        .map(|field| (field.group, field.kind, field.path))
        .collect();
    for [group, kind, _, path, need, _] in &fields {
        assert!(*need != "-" || !of_class.contains(&(*group, *kind, *path)), "{group} {kind} {path}");
    }
}

fn minimal_rows() -> Vec<[&'static str; 6]> {
    krm::table::rows(include_str!("../data/fields.tsv")).collect()
}

#[test]
fn look_alikes_are_not_told() {
    for [group, kind, path, _] in krm::table::rows(include_str!("../data/look-alikes.tsv")) {
        let mut object = Pattern::known(path).example(json!([{"resources": {"limits": {"cpu": "1"}}, "replicas": 1}]));
        merge(&mut object, &json!({"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": "a"}}));
        let told =
            |object: &Value| run_on::<MinimalBaseCheck>(std::slice::from_ref(object), &json!({"layer": "Base"})).stderr;
        assert_eq!(told(&object), "", "{group} {kind} {path}");
        object["kind"] = "Other".into();
        assert!(told(&object).contains("resources-in-base"), "{group} {kind} {path}");
    }
}
