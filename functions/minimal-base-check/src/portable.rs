//! Scheduling that says what pods are, and not in which environment they run.

use krm::{glob, table};
use serde_json::{Map, Value};

const PORTABLE: &str = include_str!("../data/portable.tsv");

/// Whether scheduling in a field of this name is the same in every environment: nodes of an operating system, taints that
/// Kubernetes itself sets, PriorityClasses that every cluster has.
pub(crate) fn is_portable(key: &str, value: &Value) -> bool {
    match key {
        "nodeSelector" => value.as_object().is_some_and(|labels| labels.keys().all(|label| has("label", label))),
        "tolerations" => value.as_array().is_some_and(|tolerations| tolerations.iter().all(is_portable_toleration)),
        "priorityClassName" => value.as_str().is_some_and(|class| has("class", class)),
        "affinity" => value.as_object().is_some_and(is_portable_affinity),
        _ => false,
    }
}

/// Whether a toleration is of every taint, or of one that Kubernetes itself sets.
fn is_portable_toleration(toleration: &Value) -> bool {
    match toleration["key"].as_str() {
        None | Some("") => toleration["operator"] == "Exists",
        Some(key) => has("taint", key),
    }
}

/// Whether an affinity asks for nothing but nodes with such labels.
fn is_portable_affinity(affinity: &Map<String, Value>) -> bool {
    affinity.keys().all(|key| key == "nodeAffinity") && affinity.values().all(asks_for_portable_labels)
}

fn asks_for_portable_labels(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().all(|(key, value)| match key.as_str() {
            "key" => value.as_str().is_some_and(|label| has("label", label)),
            "matchFields" => false,
            _ => asks_for_portable_labels(value),
        }),
        Value::Array(items) => items.iter().all(asks_for_portable_labels),
        _ => true,
    }
}

fn has(what: &str, name: &str) -> bool {
    table::rows(PORTABLE).any(|[of, pattern]| of == what && glob::matches(pattern, name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_row_makes_a_value_portable() {
        for [what, name] in table::rows(PORTABLE) {
            let name = name.replace('*', "any");
            let (key, value) = match what {
                "label" => ("nodeSelector", json!({name.as_str(): "x"})),
                "taint" => ("tolerations", json!([{"key": name, "operator": "Exists"}])),
                "class" => ("priorityClassName", json!(name)),
                other => panic!("{other}"),
            };
            assert!(is_portable(key, &value), "{what} {name}");
        }
    }

    #[test]
    fn what_depends_on_the_cluster_is_not_portable() {
        let term = |label: &str| json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": label, "operator": "In", "values": ["linux"]}]}]}}});
        for (key, value, expected) in [
            ("nodeSelector", json!({"kubernetes.io/os": "linux", "pool": "web"}), false),
            ("tolerations", json!([{"operator": "Exists"}]), true),
            ("tolerations", json!([{"operator": "Exists"}, {"key": "dedicated", "value": "web"}]), false),
            ("priorityClassName", json!("high"), false),
            ("affinity", term("kubernetes.io/os"), true),
            ("affinity", term("topology.kubernetes.io/zone"), false),
            ("affinity", json!({"podAntiAffinity": {}}), false),
            ("topologySpreadConstraints", json!([]), false),
        ] {
            assert_eq!(is_portable(key, &value), expected, "{key} {value}");
        }
    }
}
