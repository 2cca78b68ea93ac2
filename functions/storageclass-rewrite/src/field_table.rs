//! The fields that name storage classes: one table for the code, its tests and the README.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::table;
use manifests::fields::{Field, Pattern, group_and_kind};
use manifests::helm::{self, Form};
use manifests::pods;
use serde_json::Value;

use crate::config::{Holds, Spec};

/// The annotation that names the class of a claim or volume, and wins over the field.
///
/// Source: `component-helpers/storage/volume/helpers.go`, `GetPersistentVolumeClaimClass`.
pub const BETA_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// Mappings under these names are about object storage, whose tiers are called storage classes too.
pub const OBJECT_STORES: [&str; 9] =
    ["s3", "gcs", "azure", "azblob", "swift", "oss", "objectstore", "objectstorage", "bucket"];

/// A field that names storage classes.
#[derive(Debug)]
pub struct KnownField {
    /// The API group of the object; empty for the core group.
    pub group: &'static str,
    /// The kind of the object.
    pub kind: &'static str,
    /// Which of these objects.
    pub selection: Selection,
    /// What the field holds.
    pub content: Content,
    /// The path of the field, as a pattern.
    pub path: Cow<'static, str>,
}

/// Which objects of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All.
    All,
    /// Those of this name.
    Named(&'static str),
    /// Those with this label.
    Labelled(&'static str),
}

impl Selection {
    /// Whether it means an object that also goes by `names`.
    fn has(self, object: &Value, names: &[String]) -> bool {
        match self {
            Self::All => true,
            Self::Named(wanted) => object["metadata"]["name"] == wanted || names.iter().any(|name| name == wanted),
            Self::Labelled(label) => object["metadata"]["labels"].get(label).is_some(),
        }
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The name of a class, or a list of names.
    Class,
    /// A mapping whose keys are names of classes.
    Keys,
    /// A mapping with keys of ResourceQuotas, as `NAME.storageclass.storage.k8s.io/requests.storage`.
    QuotaKeys,
    /// A mapping whose values are names of classes.
    ClassMap,
    /// A list of rules of a Role, whose `resourceNames` may be names of classes.
    Rules,
    /// Values of a Helm chart.
    Helm(Form),
    /// YAML text that holds claims.
    Yaml,
}

impl Content {
    /// The content of that name in the tables.
    fn of_name(name: &str) -> Self {
        match name {
            "class" => Self::Class,
            "keys" => Self::Keys,
            "quota keys" => Self::QuotaKeys,
            "class map" => Self::ClassMap,
            "rules" => Self::Rules,
            "YAML" => Self::Yaml,
            other => unreachable!("no field holds `{other}`"),
        }
    }
}

impl From<Holds> for Content {
    fn from(holds: Holds) -> Self {
        match holds {
            Holds::Class => Self::Class,
            Holds::Keys => Self::Keys,
            Holds::Values => Self::Helm(Form::Mapping),
            Holds::ValuesText => Self::Helm(Form::Text),
            Holds::Yaml => Self::Yaml,
        }
    }
}

/// How sure it is that a field names a storage class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// The field can mean nothing else.
    Sure,
    /// The field is called like one in the values of some chart.
    ByName,
}

/// The fields that name storage classes.
pub fn known_fields() -> impl Iterator<Item = KnownField> {
    class_fields().chain(fields_of_pods()).chain(fields_of_charts()).chain(fields_of_config_maps())
}

fn class_fields() -> impl Iterator<Item = KnownField> {
    let rows = table::rows(include_str!("../data/class-fields.tsv"));
    rows.map(|[group, kind, content, path]| KnownField {
        group,
        kind,
        selection: Selection::All,
        content: Content::of_name(content),
        path: path.into(),
    })
}

/// The ephemeral volumes of all kinds that make pods.
fn fields_of_pods() -> impl Iterator<Item = KnownField> {
    pods::kinds().iter().flat_map(|pod| {
        let template = "spec.volumes[].ephemeral.volumeClaimTemplate";
        let annotation = format!("{template}.metadata.annotations[{BETA_ANNOTATION}]");
        let paths = [format!("{template}.spec.storageClassName"), annotation];
        paths.map(|path| KnownField {
            group: pod.group,
            kind: pod.kind,
            selection: Selection::All,
            content: Content::Class,
            path: format!("{}{path}", FieldPath::of_pointer(pod.template)).into(),
        })
    })
}

fn fields_of_charts() -> impl Iterator<Item = KnownField> {
    helm::fields().iter().map(|field| KnownField {
        group: field.group,
        kind: field.kind,
        selection: Selection::All,
        content: Content::Helm(field.form),
        path: field.path.into(),
    })
}

fn fields_of_config_maps() -> impl Iterator<Item = KnownField> {
    let rows = table::rows(include_str!("../data/config-map-fields.tsv"));
    rows.map(|[which, content, path]| KnownField {
        group: "",
        kind: "ConfigMap",
        selection: match which.split_once('=') {
            Some(("name", name)) => Selection::Named(name),
            Some(("label", label)) => Selection::Labelled(label),
            _ => unreachable!("`{which}` selects no ConfigMaps"),
        },
        content: Content::of_name(content),
        path: path.into(),
    })
}

/// A field that looks as if it named a storage class and does not.
#[derive(Debug)]
pub struct LookAlike {
    /// The API group of the object.
    pub group: &'static str,
    /// The kind of the object.
    pub kind: &'static str,
    /// The path of the field, as a pattern.
    pub path: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// Fields of known kinds that must stay.
pub fn look_alikes() -> impl Iterator<Item = LookAlike> {
    let rows = table::rows(include_str!("../data/look-alikes.tsv"));
    rows.map(|[group, kind, path, meaning]| LookAlike { group, kind, path, meaning })
}

/// The fields of one build: the tables with what the config adds.
#[derive(Debug)]
pub(crate) struct FieldTable<'c> {
    by_kind: HashMap<&'c str, Vec<Row<'c>>>,
}

#[derive(Debug)]
struct Row<'c> {
    /// `None` is every group.
    group: Option<&'c str>,
    selection: Selection,
    /// `None` is a field that names no storage class.
    content: Option<Content>,
    path: Cow<'c, str>,
    /// The path as a pattern, once the build has an object of the kind.
    pattern: OnceCell<Pattern>,
}

impl Row<'_> {
    fn pattern(&self) -> &Pattern {
        self.pattern.get_or_init(|| Pattern::known(&self.path))
    }
}

/// A field of the table in an object.
pub(crate) struct TableMatch {
    /// The field; it need not be there.
    pub(crate) field: Field,
    /// `None` is a field that names no storage class.
    pub(crate) content: Option<Content>,
}

impl<'c> FieldTable<'c> {
    /// Reads the tables and the config.
    ///
    /// # Errors
    /// Paths of the config that are malformed.
    pub(crate) fn new(spec: &'c Spec) -> Result<Self, ConfigError> {
        let mut table = Self { by_kind: HashMap::new() };
        for KnownField { group, kind, selection, content, path } in known_fields() {
            let pattern = OnceCell::new();
            table.add(kind, Row { group: Some(group), selection, content: Some(content), path, pattern });
        }
        for LookAlike { group, kind, path, .. } in look_alikes() {
            table.add(kind, Row::configured(Some(group), None, path, OnceCell::new()));
        }
        for (index, field) in spec.fields.iter().enumerate() {
            let pattern = pattern(&field.path, || FieldPath::from("spec.fields").index(index))?;
            let content = Some(field.holds.into());
            table.add(&field.kind, Row::configured(field.group.as_deref(), content, &field.path, pattern.into()));
        }
        for (index, field) in spec.ignored_fields.iter().enumerate() {
            let pattern = pattern(&field.path, || FieldPath::from("spec.ignoredFields").index(index))?;
            table.add(&field.kind, Row::configured(field.group.as_deref(), None, &field.path, pattern.into()));
        }
        Ok(table)
    }

    fn add(&mut self, kind: &'c str, row: Row<'c>) {
        self.by_kind.entry(kind).or_default().push(row);
    }

    /// The known fields of an object that also goes by `names`.
    pub(crate) fn matches(&self, object: &Value, names: &[String]) -> Vec<TableMatch> {
        let (group, kind) = group_and_kind(object);
        let rows = self.by_kind.get(kind).into_iter().flatten();
        rows.filter(|row| row.group.is_none_or(|known| known == group) && row.selection.has(object, names))
            .flat_map(|row| {
                let fields = row.pattern().fields(object).into_iter();
                fields.map(|field| TableMatch { field, content: row.content })
            })
            .collect()
    }
}

impl<'c> Row<'c> {
    /// A row for all objects of a kind.
    fn configured(group: Option<&'c str>, content: Option<Content>, path: &'c str, pattern: OnceCell<Pattern>) -> Self {
        Self { group, selection: Selection::All, content, path: path.into(), pattern }
    }
}

/// The pattern that an option holds.
fn pattern(path: &str, option: impl FnOnce() -> FieldPath) -> Result<Pattern, ConfigError> {
    let pattern = Pattern::parse(path).and_then(|pattern| {
        if pattern.names_an_entry() { Ok(pattern) } else { Err("must end in the name of a field") }
    });
    pattern.map_err(|reason| ConfigError::new(option().key("path"), format!("`{path}` {reason}")))
}
