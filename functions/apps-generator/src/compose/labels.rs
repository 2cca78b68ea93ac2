//! Labels of services: annotations, but for those that other programs read from a container engine.

use krm::table;
use manifests::names::is_label_key;
use serde_json::{Map, Value};

use super::node::Node;
use crate::rule::Rule;

/// The table of labels.
const TABLE: &str = include_str!("../../data/compose-labels.tsv");

/// The annotations that the labels or annotations of a key become.
pub(super) fn annotations(node: &Node<'_>, key: &str) -> Map<String, Value> {
    let pairs = node.get(key).map(|labels| labels.pairs()).unwrap_or_default();
    pairs.iter().filter_map(|pair| annotation(&pair.name, pair.value(), &pair.node)).collect()
}

fn annotation(name: &str, value: Option<String>, node: &Node<'_>) -> Option<(String, Value)> {
    let rows = table::rows::<4>(TABLE).filter(|row| name.starts_with(row[0]));
    match rows.max_by_key(|row| row[0].len()) {
        Some([prefix, "Lost", reason, remedy]) => {
            node.tell_because(Rule::ComposeKeyLost, format!("is dropped: {reason}; {remedy}"), prefix);
        }
        Some([prefix, _, reason, _]) => {
            node.tell_because(Rule::ComposeKeyIgnored, format!("is dropped: {reason}"), prefix);
        }
        None if !is_label_key(name) => {
            node.tell(Rule::ComposeKeyIgnored, format!("is dropped: `{name}` is no key that an annotation can have"));
        }
        None => return Some((name.to_owned(), value.unwrap_or_default().into())),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_a_treatment_and_what_is_lost_has_a_remedy() {
        for [prefix, treatment, reason, remedy] in table::rows::<4>(TABLE) {
            assert!(["Lost", "Ignored"].contains(&treatment), "{prefix}");
            assert!(!reason.is_empty() && (treatment == "Lost") != remedy.is_empty(), "{prefix}");
        }
    }
}
