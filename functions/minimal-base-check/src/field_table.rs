//! The known fields of a kind: those of the tables, and what the config adds.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use krm::config::ConfigError;
use krm::field::{FieldPath, Pointer};
use krm::table;
use manifests::claims::{self, ClassField};
use manifests::fields::Pattern;
use manifests::pods::{self, PodKind};
use serde_json::Value;

use crate::aspect::Aspect;
use crate::config::{FieldOfKind, Spec};

/// The fields of each kind, sorted.
const FIELDS: &str = include_str!("../data/fields.tsv");
/// The fields of pods.
const POD_FIELDS: &str = include_str!("../data/pod-fields.tsv");

/// A field that differs between environments.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownField {
    /// The API group of the object; empty for the core group.
    pub group: &'static str,
    /// The kind of the object.
    pub kind: &'static str,
    /// What it is about.
    pub aspect: Aspect,
    /// Its path, as a pattern.
    pub path: String,
    /// Whether an overlay must state it.
    pub need: Need,
    /// When it must: conditions on the fields beside it.
    pub only: &'static str,
}

/// Whether an overlay must state a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The API refuses the object without it.
    Required,
    /// Else a default decides.
    Expected,
    /// It need not.
    Optional,
}

impl Need {
    fn of_name(name: &str) -> Self {
        match name {
            "required" => Self::Required,
            "expected" => Self::Expected,
            "-" => Self::Optional,
            other => unreachable!("`{other}` is no need"),
        }
    }
}

/// The known fields of all kinds.
pub fn known_fields() -> Vec<KnownField> {
    let of_pods = pods::kinds().iter().flat_map(fields_of_pods);
    table::rows(FIELDS).map(field).chain(of_pods).chain(claims::class_fields().flat_map(fields_of_claim)).collect()
}

/// The known fields of a kind.
fn fields_of(group: &str, kind: &str) -> Vec<KnownField> {
    let columns = format!("{group}\t{kind}\t");
    let own = table::rows_of(FIELDS, &columns).map(field);
    let of_pods = pods::kind(group, kind).into_iter().flat_map(fields_of_pods);
    let claims = claims::class_fields_of(group, kind).into_iter().flat_map(fields_of_claim);
    own.chain(of_pods).chain(claims).collect()
}

fn field([group, kind, aspect, path, need, only]: [&'static str; 6]) -> KnownField {
    let (aspect, need) = (Aspect::of_name(aspect), Need::of_name(need));
    KnownField { group, kind, aspect, path: path.to_owned(), need, only }
}

fn fields_of_pods(pod: &'static PodKind) -> impl Iterator<Item = KnownField> {
    let template = FieldPath::of_pointer(pod.template);
    table::rows(POD_FIELDS).map(move |[aspect, path, need, only]| KnownField {
        group: pod.group,
        kind: pod.kind,
        aspect: Aspect::of_name(aspect),
        path: if pod.template.is_empty() { path.to_owned() } else { format!("{template}.{path}") },
        need: Need::of_name(need),
        only,
    })
}

/// The class and the size of a claim.
fn fields_of_claim(field: ClassField) -> impl Iterator<Item = KnownField> {
    let of_claim = field.holds == "class";
    let sizes = field.size_paths().map(|path| (Aspect::StorageSize, path)).collect::<Vec<_>>();
    let both = std::iter::once((Aspect::StorageClass, field.path.to_owned())).chain(sizes).filter(move |_| of_claim);
    both.map(move |(aspect, path)| KnownField {
        group: field.group,
        kind: field.kind,
        aspect,
        path,
        need: Need::Optional,
        only: "",
    })
}

/// A field of the table, ready to be looked for.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) aspect: Aspect,
    pub(crate) pattern: Pattern,
    pub(crate) need: Need,
    only: &'static str,
}

impl Row {
    /// Whether what is around a field says that it must be stated.
    pub(crate) fn applies(&self, root: &Value, field: &Pointer) -> bool {
        let at = |pointer: &Pointer| root.pointer(pointer.as_str()).filter(|value| !value.is_null());
        let beside = |key: &str| field.parent().and_then(at).and_then(|beside| beside.get(key));
        let stated = |key: &str| beside(key).filter(|value| !value.is_null());
        let is_in = |key: &str| {
            let mut around = std::iter::successors(field.parent(), |pointer| pointer.parent());
            around.any(|pointer| pointer.back().is_some_and(|token| token.decoded() == key) && at(pointer).is_some())
        };
        self.only.split(',').filter(|condition| !condition.is_empty()).all(|condition| {
            match (condition.strip_prefix('!'), condition.strip_prefix("in "), condition.split_once('=')) {
                (Some(key), ..) => stated(key).is_none(),
                (_, Some(key), _) => is_in(key),
                (_, _, Some((key, value))) => stated(key).is_some_and(|stated| stated == value),
                _ => unreachable!("`{condition}` is no condition"),
            }
        })
    }
}

/// The rows of the kinds of a group.
type RowsByKind = HashMap<String, Rc<[Row]>>;

/// The fields of one build: those of the tables with what the config adds.
pub(crate) struct FieldTable<'c> {
    forbidden: Vec<(&'c FieldOfKind, Row)>,
    required: Vec<(&'c FieldOfKind, Row)>,
    /// The rows of the kinds that the build has, by group and then by kind.
    by_kind: RefCell<HashMap<String, RowsByKind>>,
}

impl<'c> FieldTable<'c> {
    /// Reads the config. The rows of a kind are read once the build has an object of it.
    ///
    /// # Errors
    /// Paths of the config that are malformed.
    pub(crate) fn new(spec: &'c Spec) -> Result<Self, ConfigError> {
        let forbidden = configured(&spec.forbidden, "spec.forbidden", Need::Optional)?;
        let required = configured(&spec.required, "spec.required", Need::Required)?;
        Ok(Self { forbidden, required, by_kind: RefCell::default() })
    }

    /// The known fields of a kind.
    pub(crate) fn known(&self, group: &str, kind: &str) -> Rc<[Row]> {
        let known = self.by_kind.borrow().get(group).and_then(|kinds| kinds.get(kind)).cloned();
        known.unwrap_or_else(|| {
            let rows: Rc<[Row]> = fields_of(group, kind).into_iter().map(Row::from).collect();
            let mut by_kind = self.by_kind.borrow_mut();
            by_kind.entry(group.to_owned()).or_default().insert(kind.to_owned(), Rc::clone(&rows));
            rows
        })
    }

    /// What the config forbids to a kind.
    pub(crate) fn forbidden(&self, group: &str, kind: &str) -> impl Iterator<Item = &Row> {
        of_kind(&self.forbidden, group, kind)
    }

    /// What the config requires of a kind.
    pub(crate) fn required(&self, group: &str, kind: &str) -> impl Iterator<Item = &Row> {
        of_kind(&self.required, group, kind)
    }
}

impl From<KnownField> for Row {
    fn from(field: KnownField) -> Self {
        let KnownField { aspect, path, need, only, .. } = field;
        Self { aspect, pattern: Pattern::known(&path), need, only }
    }
}

fn of_kind<'r>(rows: &'r [(&FieldOfKind, Row)], group: &str, kind: &str) -> impl Iterator<Item = &'r Row> {
    let is_meant = move |field: &FieldOfKind| {
        field.group.as_deref().is_none_or(|of_group| of_group == group)
            && field.kind.as_deref().is_none_or(|of_kind| of_kind == kind)
    };
    rows.iter().filter(move |(field, _)| is_meant(field)).map(|(_, row)| row)
}

fn configured<'c>(
    fields: &'c [FieldOfKind],
    option: &'static str,
    need: Need,
) -> Result<Vec<(&'c FieldOfKind, Row)>, ConfigError> {
    let row = |(index, field): (usize, &'c FieldOfKind)| {
        let option = || FieldPath::from(option).index(index).key("path");
        let error = |reason| ConfigError::new(option(), format!("`{}` {reason}", field.path));
        let pattern = Pattern::parse(&field.path).map_err(error)?;
        if need == Need::Required && !pattern.names_an_entry() {
            return Err(error("must end in the name of a field"));
        }
        Ok((field, Row { aspect: Aspect::Configured, pattern, need, only: "" }))
    };
    fields.iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_row_is_found_by_its_kind() {
        assert!(table::is_sorted(FIELDS));
        let fields = known_fields();
        for field in &fields {
            assert!(fields_of(field.group, field.kind).contains(field), "{field:?}");
        }
        assert!(fields.len() > 1000, "{} fields", fields.len());
    }

    #[test]
    fn conditions_look_at_the_fields_beside() {
        let row = |only| Row { aspect: Aspect::Replicas, pattern: Pattern::known("a"), need: Need::Expected, only };
        let root = json!({"disk": {"type": "disk", "claim": {}, "none": null}, "other": null});
        let applies = |only, field| row(only).applies(&root, Pointer::parse(field).expect("it is a pointer"));
        for (only, expected) in [
            ("", true),
            ("type=disk", true),
            ("type=other", false),
            ("!claim", false),
            ("!none", true),
            ("type=disk,!claim", false),
            ("missing=disk", false),
            ("in disk", true),
            ("in claim", false),
        ] {
            assert_eq!(applies(only, "/disk/size"), expected, "{only}");
        }
        assert!(applies("!claim", "/other/size") && !applies("in other", "/other/size"));
    }
}
