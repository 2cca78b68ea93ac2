//! The fields that refer to Secrets, from the tables `secret-references.tsv` and `pod-secret-references.tsv`.

use std::sync::{LazyLock, OnceLock};

use krm::resource_list::Item;
use krm::table;
use manifests::fields::{Match, Pattern};
use serde_json::Value;

use super::kind_table::KindTable;
use super::reference::{Namespace, Reference};

/// A field that refers to a Secret.
pub(super) struct SecretField {
    path: &'static str,
    /// The pattern at `path`, read when the first object of the kind comes.
    pattern: OnceLock<Pattern>,
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
    fn new(path: &'static str, name: &'static str, key: &'static str) -> Self {
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
        Self { path, pattern: OnceLock::new(), name, key, namespace: Namespace::Own }
    }

    /// The references in such fields of an object.
    pub(super) fn references(&self, object: &Value) -> Vec<Reference> {
        let pattern = self.pattern.get_or_init(|| Pattern::known(self.path));
        let found = pattern.matches(object).into_iter().filter(|found| is_of_secret(found.value));
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

    use krm::field::PointerBuf;
    use serde_json::json;

    use super::super::sample;
    use super::*;

    fn rows() -> impl Iterator<Item = [&'static str; 6]> {
        table::rows(include_str!("../../data/secret-references.tsv"))
    }

    /// The field of a row with this name and the key `k`.
    fn field(name: &str, key: &str) -> Value {
        let mut field = match name {
            "." => return json!("db"),
            "namespace/name" => return json!("web/db"),
            entry => json!({ entry: "db" }),
        };
        match key {
            "-" => {}
            "items" => field["items"] = json!([{"path": "a"}, {"key": "k"}]),
            entry => field[entry] = json!("k"),
        }
        field
    }

    fn assert_is_read(reference: &Reference, object: &Value, key: &str) {
        let text = |pointer: &PointerBuf| object.pointer(pointer.as_str()).and_then(Value::as_str);
        assert!(text(&reference.pointer).is_some_and(|name| name.ends_with("db")), "{reference:?} in {object}");
        assert_eq!(reference.name, "db", "{object}");
        let expected = (key != "-").then_some("k");
        assert_eq!(reference.key.as_deref(), expected, "{object}");
        assert_eq!(reference.key_pointer.as_ref().and_then(text), expected, "{object}");
    }

    #[test]
    fn every_field_of_the_table_is_read() {
        for [group, kind, path, name, key, namespace] in rows() {
            let object = sample::with(path, &field(name, key));
            let resources = sample::build(group, kind, object);
            let item = resources.iter().next().expect("it is an object");
            let references: Vec<_> = of(item).flat_map(|field| field.references(item.value())).collect();
            let [reference] = references.as_slice() else { panic!("{group} {kind} {path}: {references:?}") };
            assert_is_read(reference, item.value(), key);
            let expected = match (name, namespace) {
                ("namespace/name", _) => Namespace::Named("web".to_owned()),
                (_, "own") => Namespace::Own,
                (_, "operator") => Namespace::Unknown,
                (_, other) => panic!("`{other}` is no namespace"),
            };
            assert_eq!(reference.namespace, expected, "{group} {kind} {path}");
        }
    }

    #[test]
    fn every_field_of_pods_is_read() {
        for [path, name, key] in table::rows(include_str!("../../data/pod-secret-references.tsv")) {
            let spec = sample::with(path, &field(name, key));
            let references: Vec<_> = of_pods().iter().flat_map(|field| field.references(&spec)).collect();
            let [reference] = references.as_slice() else { panic!("{path}: {references:?}") };
            assert_is_read(reference, &spec, key);
        }
    }

    #[test]
    fn the_table_names_each_field_once() {
        let mut seen = HashSet::new();
        assert!(rows().all(|[group, kind, path, ..]| seen.insert((group, kind, path))));
        assert!(seen.len() > 90, "the table has shrunk to {}", seen.len());
    }
}
