//! Where custom resources name the storage class and the size of the claims that they make.

use krm::table;

/// The fields of each kind, sorted.
const CLASS_FIELDS: &str = include_str!("../data/class-fields.tsv");

/// Mappings under these names are about object storage, whose tiers are called storage classes too.
pub const OBJECT_STORES: [&str; 10] =
    ["s3", "s3compatible", "gcs", "azure", "azblob", "swift", "oss", "objectstore", "objectstorage", "bucket"];

/// A field that names storage classes, and where the rest of the claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassField {
    /// The API group of the object; empty for the core group.
    pub group: &'static str,
    /// The kind of the object.
    pub kind: &'static str,
    /// What the field holds, as the column of the table has it: `class` for the class of a claim.
    pub holds: &'static str,
    /// The path of the field, as a pattern of [`crate::fields`].
    pub path: &'static str,
    /// Where the size is, as a path from the mapping that holds the class; `..` is the mapping around, `|` is between the sizes
    /// of several claims. Empty if the table does not say.
    pub size: &'static str,
    /// Where the access modes are, likewise.
    pub modes: &'static str,
    /// Fields and the values with which no claim is made, likewise, as `persistent=false`.
    pub switches: &'static str,
}

impl ClassField {
    /// The fields for the sizes of the claim, as patterns of [`crate::fields`].
    pub fn size_paths(&self) -> impl Iterator<Item = String> {
        let mapping = parent(self.path);
        self.size.split('|').filter(|size| !size.is_empty()).map(move |size| below(mapping, size))
    }
}

/// The fields of all kinds, ordered by group and kind.
pub fn class_fields() -> impl Iterator<Item = ClassField> {
    table::rows(CLASS_FIELDS).map(row)
}

/// The fields of a kind.
pub fn class_fields_of(group: &str, kind: &str) -> Vec<ClassField> {
    table::rows_of(CLASS_FIELDS, &format!("{group}\t{kind}\t")).map(row).collect()
}

fn row([group, kind, holds, path, size, modes, switches]: [&'static str; 7]) -> ClassField {
    ClassField { group, kind, holds, path, size, modes, switches }
}

/// The pattern of the mapping, or the item of a list, that holds a field.
fn parent(pattern: &str) -> &str {
    let end = if pattern.ends_with(']') { pattern.rfind('[') } else { pattern.rfind('.') };
    &pattern[..end.unwrap_or_default()]
}

/// The pattern of a path from a mapping, in which `..` is the mapping around it.
fn below(mut mapping: &str, mut path: &str) -> String {
    while let Some(rest) = path.strip_prefix("../") {
        path = rest;
        // An item of a list is in the mapping that holds the list.
        while let Some(list) = mapping.strip_suffix("[]") {
            mapping = list;
        }
        mapping = parent(mapping);
    }
    let path = path.replace('/', ".");
    if mapping.is_empty() { path } else { format!("{mapping}.{path}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fields::Pattern;

    #[test]
    fn every_row_is_found_by_its_kind() {
        assert!(table::is_sorted(CLASS_FIELDS));
        for field in class_fields() {
            assert!(class_fields_of(field.group, field.kind).contains(&field), "{field:?}");
        }
        assert_eq!(class_fields_of("apps", "Unknown"), []);
    }

    #[test]
    fn sizes_are_paths_from_the_mapping_of_the_class() {
        for (path, size, expected) in [
            ("spec.storage.class", "size", &["spec.storage.size"][..]),
            ("spec.storage.volumes[].class", "size", &["spec.storage.volumes[].size"]),
            ("spec.claim.storageClassName", "resources/requests/storage", &["spec.claim.resources.requests.storage"]),
            ("spec.pools[].claim.class", "../size", &["spec.pools[].size"]),
            ("spec.pools[].class", "../size|../../other", &["spec.size", "other"]),
            ("spec.volume.class", "", &[]),
        ] {
            let field = ClassField { group: "", kind: "", holds: "class", path, size, modes: "", switches: "" };
            assert_eq!(field.size_paths().collect::<Vec<_>>(), expected, "{path}");
        }
    }

    #[test]
    fn every_size_of_the_table_is_a_pattern() {
        for path in class_fields().flat_map(|field| field.size_paths().collect::<Vec<_>>()) {
            let pattern = Pattern::known(&path);
            assert!(pattern.names_an_entry(), "{path}");
            assert_eq!(pattern.matches(&pattern.example(json!("1Gi"))).len(), 1, "{path}");
        }
    }
}
