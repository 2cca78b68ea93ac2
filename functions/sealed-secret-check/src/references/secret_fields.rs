//! The fields that refer to Secrets, from the tables `secret-references.tsv` and `pod-secret-references.tsv`.

use std::sync::LazyLock;

use krm::resource_list::Item;
use krm::table;
use manifests::fields::{Match, Pattern};
use serde_json::Value;

use super::kind_table::KindTable;
use super::reference::{Namespace, Reference};

/// A field that refers to a Secret.
pub(super) struct SecretField {
    pattern: Pattern,
    name: NameColumn,
    key: KeyColumn,
    /// The namespace of the Secret if the reference names none.
    namespace: Namespace,
}

/// Where the name of the Secret is.
#[derive(Clone, Copy)]
enum NameColumn {
    /// The field is the name.
    Field,
    /// The field is the name, or `namespace/name`.
    FieldWithNamespace,
    /// It is an entry of the field.
    Entry(&'static str),
}

/// Where the key of the Secret is.
#[derive(Clone, Copy)]
enum KeyColumn {
    /// Every key is used.
    Every,
    /// It is an entry of the field.
    Entry(&'static str),
    /// Each entry of the list `items` has one.
    Items,
}

/// The fields of an object that refer to Secrets, but for those of its pods.
pub(super) fn of(item: &Item) -> impl Iterator<Item = &'static SecretField> {
    static TABLE: LazyLock<KindTable<SecretField>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/secret-references.tsv"));
        rows.map(|[group, kind, path, name, key, namespace]| {
            let namespace = if namespace == "operator" { Namespace::Unknown } else { Namespace::Own };
            (group, kind, SecretField { namespace, ..SecretField::new(path, name, key) })
        })
        .collect()
    });
    TABLE.of(item)
}

/// The fields of the `spec` of a pod that refer to Secrets.
pub(super) fn of_pods() -> &'static [SecretField] {
    static TABLE: LazyLock<Vec<SecretField>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/pod-secret-references.tsv"));
        rows.map(|[path, name, key]| SecretField::new(path, name, key)).collect()
    });
    &TABLE
}

impl SecretField {
    fn new(path: &str, name: &'static str, key: &'static str) -> Self {
        let name = match name {
            "." => NameColumn::Field,
            "namespace/name" => NameColumn::FieldWithNamespace,
            entry => NameColumn::Entry(entry),
        };
        let key = match key {
            "-" => KeyColumn::Every,
            "items" => KeyColumn::Items,
            entry => KeyColumn::Entry(entry),
        };
        Self { pattern: Pattern::known(path), name, key, namespace: Namespace::Own }
    }

    /// The references in such fields of an object.
    pub(super) fn references(&self, object: &Value) -> Vec<Reference> {
        let found = self.pattern.matches(object).into_iter().filter(|found| is_of_secret(found.value));
        found.flat_map(|found| self.read(&found)).collect()
    }

    fn read(&self, found: &Match<'_>) -> Vec<Reference> {
        let Some(reference) = self.reference(found) else { return Vec::new() };
        match (self.key, found.value["items"].as_array()) {
            (KeyColumn::Entry(entry), _) => {
                vec![with_key(&reference, found, &[entry], &found.value[entry]).unwrap_or(reference)]
            }
            (KeyColumn::Items, Some(items)) => {
                let keys = items.iter().enumerate().filter_map(|(index, item)| {
                    with_key(&reference, found, &["items", &index.to_string(), "key"], &item["key"])
                });
                keys.collect()
            }
            (KeyColumn::Items | KeyColumn::Every, _) => vec![reference],
        }
    }

    /// The reference without a key, if the field names a Secret. What another tool fills in is no name.
    fn reference(&self, found: &Match<'_>) -> Option<Reference> {
        let (pointer, name) = match self.name {
            NameColumn::Field | NameColumn::FieldWithNamespace => (found.pointer.clone(), found.value),
            NameColumn::Entry(entry) => (found.pointer.with_trailing_token(entry), &found.value[entry]),
        };
        let text = name.as_str().filter(|name| !name.is_empty() && !name.contains(['$', '{', '<']))?;
        let (namespace, name) = match (self.name, text.split_once('/')) {
            (NameColumn::FieldWithNamespace, Some((namespace, name))) => (Some(namespace), name),
            _ => (found.value["namespace"].as_str(), text),
        };
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        Some(Reference {
            namespace: namespace.map_or_else(|| self.namespace.clone(), |name| Namespace::Named(name.to_owned())),
            is_optional: found.value["optional"] == true,
            ..Reference::new(pointer, name)
        })
    }
}

/// References to a ConfigMap or a CA bundle look the same but for their kind.
fn is_of_secret(field: &Value) -> bool {
    field["kind"].as_str().is_none_or(|kind| kind == "Secret")
}

/// The reference with the key that is at `path` in the field, if it is a text.
fn with_key(reference: &Reference, found: &Match<'_>, path: &[&str], key: &Value) -> Option<Reference> {
    let key = key.as_str()?.to_owned();
    let pointer = path.iter().fold(found.pointer.clone(), |pointer, token| pointer.with_trailing_token(*token));
    Some(Reference { key: Some(key), key_pointer: Some(pointer), ..reference.clone() })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_tables_name_each_field_once_in_known_words() {
        let fields = table::rows(include_str!("../../data/secret-references.tsv"));
        let pods = table::rows(include_str!("../../data/pod-secret-references.tsv"));
        let pods = pods.map(|[path, name, key]| ["pods", "*", path, name, key, "own"]);
        let mut seen = HashSet::new();
        for [group, kind, path, name, key, namespace] in fields.chain(pods) {
            assert!(seen.insert((group, kind, path)), "{group} {kind} {path}");
            assert!(["own", "operator"].contains(&namespace), "{group} {kind} {path}: {namespace}");
            assert!(Pattern::parse(path).is_ok() && !name.is_empty() && !key.is_empty(), "{group} {kind} {path}");
        }
        assert!(seen.len() > 100, "the tables have shrunk to {}", seen.len());
    }
}
