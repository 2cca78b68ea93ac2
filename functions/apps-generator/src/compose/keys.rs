//! The keys of a compose project, and what becomes of each.

use krm::table;

/// The key of what compose cannot say. Compose ignores keys that begin with `x-`.
pub(super) const EXTENSION: &str = "x-replatform";

/// The table of keys.
pub(super) const TABLE: &str = include_str!("../../data/compose-keys.tsv");

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It becomes part of an object.
    Mapped,
    /// Kubernetes has no counterpart, and the service does not work without it.
    Refused,
    /// It is dropped, and the service behaves differently.
    Lost,
    /// It is dropped, and nothing is lost.
    Ignored,
}

/// A key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) treatment: Treatment,
    /// What it becomes, or why it is dropped.
    pub(super) meaning: &'static str,
    /// What to do about it, as a sentence; empty if there is nothing to do.
    pub(super) remedy: &'static str,
}

/// The keys of a mapping, by the name that the table gives it.
pub(super) fn keys_of(scope: &str) -> impl Iterator<Item = Key> {
    let rows = table::rows::<6>(TABLE).filter(move |row| row[0] == scope);
    rows.map(|[_, name, treatment, meaning, remedy, _]| Key {
        name,
        treatment: treatment_of(treatment),
        meaning,
        remedy,
    })
}

fn treatment_of(text: &str) -> Treatment {
    match text {
        "Mapped" => Treatment::Mapped,
        "Refused" => Treatment::Refused,
        "Lost" => Treatment::Lost,
        "Ignored" => Treatment::Ignored,
        other => panic!("`{other}` is no treatment of a key"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_row_says_what_becomes_of_a_key_once() {
        let mut known = BTreeSet::new();
        for [scope, key, treatment, meaning, remedy, source] in table::rows::<6>(TABLE) {
            assert!(known.insert((scope, key)), "{scope} {key} is there twice");
            assert!(!meaning.is_empty() && !source.is_empty(), "{scope} {key}");
            let is_sentence = remedy.ends_with('.') && remedy.starts_with(char::is_uppercase);
            assert!(remedy.is_empty() || is_sentence, "{scope} {key}: {remedy}");
            assert!(treatment_of(treatment) != Treatment::Refused || !remedy.is_empty(), "{scope} {key} has no remedy");
        }
    }

    #[test]
    fn all_keys_of_services_are_known() {
        assert_eq!(keys_of("service").count(), 92);
        assert_eq!(keys_of("project").count(), 9);
    }
}
