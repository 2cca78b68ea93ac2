//! The fields that name storage classes: one table for the code, its tests and the README.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::table;
use manifests::claims::{self, ClassField};
use manifests::fields::{Field, Pattern, group_and_kind};
use manifests::helm::{self, Form};
use manifests::pods::{self, PodKind};
use serde_json::Value;

use crate::beside::Beside;
use crate::config::{Holds, Spec};

/// The annotation that names the class of a claim or volume, and wins over the field.
///
/// Source: `component-helpers/storage/volume/helpers.go`, `GetPersistentVolumeClaimClass`.
pub const BETA_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

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
    /// Where the rest of the claim is.
    pub beside: Beside,
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
    /// The class of a PersistentVolume, which is no claim.
    Volume,
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
    /// YAML text that is a part of an Application of Argo CD.
    Application,
}

impl Content {
    /// The content of that name in the tables.
    fn of_name(name: &str) -> Self {
        match name {
            "class" => Self::Class,
            "volume" => Self::Volume,
            "keys" => Self::Keys,
            "quota keys" => Self::QuotaKeys,
            "class map" => Self::ClassMap,
            "rules" => Self::Rules,
            "YAML" => Self::Yaml,
            "Application" => Self::Application,
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
    let of_kinds = claims::class_fields().map(class_field);
    let of_pods = pods::kinds().iter().flat_map(fields_of_pods);
    of_kinds.chain(of_pods).chain(helm::fields().iter().map(field_of_chart)).chain(fields_of_config_maps())
}

/// The fields that a kind of objects has.
fn fields_of(group: &str, kind: &str) -> Vec<KnownField> {
    let of_kind: Vec<_> = claims::class_fields_of(group, kind).into_iter().map(class_field).collect();
    let pods = pods::kinds().iter().filter(|pod| pod.group == group && pod.kind == kind);
    let charts = helm::fields().iter().filter(|field| field.group == group && field.kind == kind);
    let config_maps = fields_of_config_maps().filter(|_| group.is_empty() && kind == "ConfigMap");
    of_kind
        .into_iter()
        .chain(pods.flat_map(fields_of_pods))
        .chain(charts.map(field_of_chart))
        .chain(config_maps)
        .collect()
}

fn class_field(field: ClassField) -> KnownField {
    let ClassField { group, kind, holds, path, size, modes, switches } = field;
    KnownField {
        group,
        kind,
        selection: Selection::All,
        content: Content::of_name(holds),
        path: path.into(),
        beside: Beside { size, modes, switches },
    }
}

/// The ephemeral volumes of a kind that makes pods.
fn fields_of_pods(pod: &PodKind) -> [KnownField; 2] {
    let template = "spec.volumes[].ephemeral.volumeClaimTemplate";
    let annotation = format!("{template}.metadata.annotations[{BETA_ANNOTATION}]");
    [format!("{template}.spec.storageClassName"), annotation].map(|path| KnownField {
        group: pod.group,
        kind: pod.kind,
        selection: Selection::All,
        content: Content::Class,
        path: below(pod.template, &path).into(),
        beside: Beside::default(),
    })
}

/// The pattern of a path below a JSON pointer.
fn below(pointer: &str, path: &str) -> String {
    if pointer.is_empty() { path.to_owned() } else { format!("{}.{path}", FieldPath::of_pointer(pointer)) }
}

fn field_of_chart(field: &helm::ValuesField) -> KnownField {
    KnownField {
        group: field.group,
        kind: field.kind,
        selection: Selection::All,
        content: Content::Helm(field.form),
        path: field.path.into(),
        beside: Beside::default(),
    }
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
        beside: Beside::default(),
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
    /// What the config adds, with the kind of each.
    configured: Vec<(&'c str, Row<'c>)>,
    /// The rows of the kinds that the build has, by group and kind with a tab between them.
    by_kind: RefCell<HashMap<String, Rc<[Row<'c>]>>>,
}

#[derive(Debug, Clone)]
struct Row<'c> {
    /// `None` is every group.
    group: Option<&'c str>,
    selection: Selection,
    /// `None` is a field that names no storage class.
    content: Option<Content>,
    pattern: Pattern,
    beside: Beside,
}

/// A field of the table in an object.
pub(crate) struct TableMatch {
    /// The field; it need not be there.
    pub(crate) field: Field,
    /// `None` is a field that names no storage class.
    pub(crate) content: Option<Content>,
    /// Where the rest of the claim is.
    pub(crate) beside: Beside,
}

impl<'c> FieldTable<'c> {
    /// Reads the config. The rows of a kind are read once the build has an object of it.
    ///
    /// # Errors
    /// Paths of the config that are malformed.
    pub(crate) fn new(spec: &'c Spec) -> Result<Self, ConfigError> {
        let mut configured = Vec::new();
        for (index, field) in spec.fields.iter().enumerate() {
            let pattern = pattern(&field.path, || FieldPath::from("spec.fields").index(index))?;
            let content = Some(field.holds.into());
            configured.push((field.kind.as_str(), Row::configured(field.group.as_deref(), content, pattern)));
        }
        for (index, field) in spec.ignored_fields.iter().enumerate() {
            let pattern = pattern(&field.path, || FieldPath::from("spec.ignoredFields").index(index))?;
            configured.push((field.kind.as_str(), Row::configured(field.group.as_deref(), None, pattern)));
        }
        Ok(Self { configured, by_kind: RefCell::default() })
    }

    /// The known fields of an object that also goes by `names`.
    pub(crate) fn matches(&self, object: &Value, names: &[String]) -> Vec<TableMatch> {
        let (group, kind) = group_and_kind(object);
        let rows = self.rows(group, kind);
        let chosen = rows.iter().filter(|row| row.selection.has(object, names));
        chosen.flat_map(|row| row.matches(object)).collect()
    }

    /// The known fields of a part of an object of that kind.
    pub(crate) fn matches_of(&self, [group, kind]: [&str; 2], part: &Value) -> Vec<TableMatch> {
        self.rows(group, kind).iter().flat_map(|row| row.matches(part)).collect()
    }

    fn rows(&self, group: &str, kind: &str) -> Rc<[Row<'c>]> {
        let key = format!("{group}\t{kind}");
        let known = self.by_kind.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let rows = self.read_rows(group, kind);
            self.by_kind.borrow_mut().insert(key, Rc::clone(&rows));
            rows
        })
    }

    fn read_rows(&self, group: &str, kind: &str) -> Rc<[Row<'c>]> {
        let known = fields_of(group, kind).into_iter().map(Row::from);
        let look_alikes = look_alikes().filter(|field| field.group == group && field.kind == kind);
        let look_alikes = look_alikes.map(|field| Row::configured(Some(field.group), None, Pattern::known(field.path)));
        let configured = self.configured.iter().filter(|(of_kind, _)| *of_kind == kind).map(|(_, row)| row.clone());
        let configured = configured.filter(|row| row.group.is_none_or(|of_group| of_group == group));
        known.chain(look_alikes).chain(configured).collect()
    }
}

impl From<KnownField> for Row<'_> {
    fn from(field: KnownField) -> Self {
        Self {
            group: Some(field.group),
            selection: field.selection,
            content: Some(field.content),
            pattern: Pattern::known(&field.path),
            beside: field.beside,
        }
    }
}

impl<'c> Row<'c> {
    /// A row for all objects of a kind.
    fn configured(group: Option<&'c str>, content: Option<Content>, pattern: Pattern) -> Self {
        Self { group, selection: Selection::All, content, pattern, beside: Beside::default() }
    }

    fn matches(&self, object: &Value) -> impl Iterator<Item = TableMatch> {
        let fields = self.pattern.fields(object).into_iter();
        fields.map(|field| TableMatch { field, content: self.content, beside: self.beside })
    }
}

/// The pattern that an option holds.
fn pattern(path: &str, option: impl FnOnce() -> FieldPath) -> Result<Pattern, ConfigError> {
    let pattern = Pattern::parse(path).and_then(|pattern| {
        if pattern.names_an_entry() { Ok(pattern) } else { Err("must end in the name of a field") }
    });
    pattern.map_err(|reason| ConfigError::new(option().key("path"), format!("`{path}` {reason}")))
}
