//! Labels of pods that selectors name: in mappings of labels, in requirements, and in texts.

use krm::field::PointerBuf;
use manifests::fields::below;
use serde_json::Value;

use crate::pod_marks::{NUMBERED, OWN};

/// A label that something selects by.
#[derive(Debug)]
pub(crate) struct Selected<'v> {
    pub(crate) key: &'static str,
    /// Its value; none where it must be there, or must not, whatever its value, or where the value is not known.
    pub(crate) value: Option<&'v str>,
    pub(crate) pointer: PointerBuf,
}

/// The labels that selectors below a value name: those in mappings of labels, in requirements, and in texts.
pub(crate) fn selected<'v>(value: &'v Value, pointer: &mut PointerBuf, found: &mut Vec<Selected<'v>>) {
    match value {
        Value::Object(map) => {
            if is_requirement(pointer) {
                of_requirement(value, pointer, found);
            }
            for (key, inner) in map {
                below(pointer, key, |pointer| {
                    of_labels(key, inner, pointer, found);
                    selected(inner, pointer, found);
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                below(pointer, &index.to_string(), |pointer| selected(item, pointer, found));
            }
        }
        Value::String(text) if text == OWN && is_list_of_labels(pointer) => {
            found.push(Selected { key: OWN, value: None, pointer: pointer.clone() });
        }
        Value::String(text) => found.extend(in_text(text, pointer)),
        _ => {}
    }
}

/// Whether an item at a pointer is of a list of labels of pods that a monitor copies.
fn is_list_of_labels(pointer: &PointerBuf) -> bool {
    pointer.parent().is_some_and(|list| list.as_str().ends_with("/podTargetLabels"))
}

/// The labels in a text, as in the script `oc get pods -l deploymentconfig=web` or in a query of Prometheus.
fn in_text<'v>(text: &'v str, pointer: &PointerBuf) -> Vec<Selected<'v>> {
    let found = text.match_indices(OWN).flat_map(|(at, _)| values(&text[..at], &text[at + OWN.len()..]));
    found.map(|value| Selected { key: OWN, value, pointer: pointer.clone() }).collect()
}

/// The values that the text around the name of a label asks for; a value that is not known is none.
fn values<'v>(before: &str, behind: &'v str) -> Vec<Option<&'v str>> {
    let known = |value: &'v str| Some(value).filter(|value| !value.is_empty());
    let behind = behind.trim_start();
    let set = ["in", "notin"].into_iter().find_map(|word| behind.strip_prefix(word)?.trim_start().strip_prefix('('));
    if let Some((set, _)) = set.and_then(|set| set.split_once(')')) {
        return set.split(',').map(|value| known(first_name(value.trim()))).collect();
    }
    let value = ["==", "!=", "=~", "="].into_iter().find_map(|sign| behind.strip_prefix(sign));
    match value {
        Some(_) if behind.starts_with("=~") => vec![None],
        Some(value) => vec![known(first_name(value.trim_start_matches(['"', '\''])))],
        // Prometheus calls labels of pods so, and may write them into metrics.
        None if before.ends_with("label_") => vec![None],
        None => Vec::new(),
    }
}

/// The letters of a name at the beginning of a text.
fn first_name(text: &str) -> &str {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    &text[..text.find(|letter| !is_part(letter)).unwrap_or(text.len())]
}

/// Whether the mapping at a pointer holds labels of an object, and not of those that it selects.
fn is_metadata(pointer: &PointerBuf) -> bool {
    pointer.as_str().ends_with("/metadata/labels")
}

/// The labels in a mapping that is called like one of labels.
fn of_labels<'v>(name: &str, labels: &'v Value, pointer: &PointerBuf, found: &mut Vec<Selected<'v>>) {
    // `labels` are often those of an alert or a metric, so that a rollout in them says nothing.
    let keys: &[&'static str] = match name {
        "matchLabels" | "selector" | "podSelector" => &[OWN, NUMBERED],
        "labels" if !is_metadata(pointer) => &[OWN],
        _ => return,
    };
    for key in keys {
        if let Some(value) = labels[*key].as_str() {
            found.push(Selected { key, value: Some(value), pointer: pointer.with_trailing_token(*key) });
        }
    }
}

/// Whether the mapping at a pointer is a requirement on labels of pods, and not on those of nodes.
fn is_requirement(pointer: &PointerBuf) -> bool {
    let is_of_nodes = || ["/nodeSelectorTerms/", "/preference/"].iter().any(|part| pointer.as_str().contains(part));
    pointer.parent().is_some_and(|parent| parent.as_str().ends_with("/matchExpressions")) && !is_of_nodes()
}

fn of_requirement<'v>(requirement: &'v Value, pointer: &PointerBuf, found: &mut Vec<Selected<'v>>) {
    let Some(key) = [OWN, NUMBERED].into_iter().find(|key| requirement["key"] == *key) else { return };
    let values = requirement["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let values: Vec<_> = values.map(Some).collect();
    // `Exists` and `DoesNotExist` have no values.
    for value in if values.is_empty() { vec![None] } else { values } {
        found.push(Selected { key, value, pointer: pointer.with_trailing_token("key") });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_texts_are_found_with_their_values() {
        let web = Some("web");
        let cases: [(&str, &[Option<&str>]); 14] = [
            ("oc get pods -l deploymentconfig=web", &[web]),
            ("oc get pods -l app=a,deploymentconfig==web,b=c", &[web]),
            ("oc get pods -l 'deploymentconfig in (web, api)'", &[web, Some("api")]),
            ("deploymentconfig notin (web)", &[web]),
            ("deploymentconfig!=web", &[web]),
            ("oc get pods -l deploymentconfig=$NAME", &[None]),
            ("oc get pods -l deploymentconfig=\"${NAME}\"", &[None]),
            (r#"kube_pod_labels{label_deploymentconfig="web"}"#, &[web]),
            (r#"up{deploymentconfig=~"web|api"}"#, &[None]),
            ("__meta_kubernetes_pod_label_deploymentconfig", &[None]),
            ("sum by (deploymentconfig)", &[]),
            ("the deploymentconfig in the shop", &[]),
            ("deploymentConfig=web", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = in_text(text, &PointerBuf::new()).into_iter().map(|label| label.value).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
