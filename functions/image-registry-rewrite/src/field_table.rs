//! The fields that hold images: the tables with what the config adds.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use krm::config::ConfigError;
use krm::field::{FieldPath, PointerBuf};
use krm::table;
use manifests::fields::{Pattern, group_and_kind};
use manifests::image_fields::{self, Holds};
use serde_json::Value;

use crate::config::{FieldContent, Spec};
use crate::place::Meaning;

/// The fields of one build.
#[derive(Debug)]
pub(crate) struct FieldTable<'c> {
    /// What the config adds.
    configured: Vec<Configured<'c>>,
    /// The fields of the kinds that the build has, by group and kind with a tab between them.
    by_kind: RefCell<HashMap<String, Rc<[Row]>>>,
}

/// A field of the config.
#[derive(Debug)]
struct Configured<'c> {
    /// `None` is every group.
    group: Option<&'c str>,
    kind: &'c str,
    row: Row,
}

#[derive(Debug, Clone)]
struct Row {
    pattern: Pattern,
    /// What the field holds; `None` if it must stay.
    meaning: Option<Meaning>,
    /// Whether a field beside it must say that it holds an image.
    is_of_kind: bool,
}

impl<'c> FieldTable<'c> {
    /// Reads the config. The tables of a kind are read once the build has an object of it.
    ///
    /// # Errors
    /// Paths of the config that are malformed.
    pub(crate) fn new(spec: &'c Spec) -> Result<Self, ConfigError> {
        let mut configured = Vec::new();
        for (index, field) in spec.ignored_fields.iter().enumerate() {
            let pattern = pattern(&field.path, || FieldPath::from("spec.ignoredFields").index(index))?;
            let row = Row { pattern, meaning: None, is_of_kind: false };
            configured.push(Configured { group: field.group.as_deref(), kind: &field.kind, row });
        }
        for (index, field) in spec.fields.iter().enumerate() {
            let pattern = pattern(&field.path, || FieldPath::from("spec.fields").index(index))?;
            let row = Row { pattern, meaning: Some(field.holds.into()), is_of_kind: false };
            configured.push(Configured { group: field.group.as_deref(), kind: &field.kind, row });
        }
        Ok(Self { configured, by_kind: RefCell::default() })
    }

    /// The known fields of an object, those of the config first. A field that must stay has no meaning.
    pub(crate) fn matches(&self, object: &Value) -> Vec<(PointerBuf, Option<Meaning>)> {
        let (group, kind) = group_and_kind(object);
        self.rows(group, kind).iter().flat_map(|row| row.matches(object)).collect()
    }

    fn rows(&self, group: &str, kind: &str) -> Rc<[Row]> {
        let key = format!("{group}\t{kind}");
        let known = self.by_kind.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let is_meant =
                |field: &&Configured<'_>| field.kind == kind && field.group.is_none_or(|of_group| of_group == group);
            let configured = self.configured.iter().filter(is_meant).map(|field| field.row.clone());
            let known = image_fields::of_kind(group, kind).into_iter().map(|field| Row {
                pattern: field.pattern,
                meaning: Some(field.holds.into()),
                is_of_kind: field.holds == Holds::ImageOfKind,
            });
            let rows: Rc<[Row]> = configured.chain(known).collect();
            self.by_kind.borrow_mut().insert(key, Rc::clone(&rows));
            rows
        })
    }
}

impl Row {
    fn matches(&self, object: &Value) -> impl Iterator<Item = (PointerBuf, Option<Meaning>)> {
        let found = self.pattern.matches(object).into_iter();
        found.map(|found| {
            // Another kind of reference is a name in the cluster. It is no image, unless it begins with a registry.
            let is_name = self.is_of_kind && !is_docker_image(object, &found.pointer);
            (found.pointer, if is_name { Some(Meaning::Prose) } else { self.meaning.clone() })
        })
    }
}

/// Whether a field beside a field says that it holds an image of a registry.
fn is_docker_image(object: &Value, field: &PointerBuf) -> bool {
    let parent = field.parent().and_then(|parent| object.pointer(parent.as_str()));
    parent.is_some_and(|parent| parent["kind"] == "DockerImage" || parent["type"] == "docker")
}

impl From<FieldContent> for Meaning {
    fn from(content: FieldContent) -> Self {
        match content {
            FieldContent::Image => Self::Image { is_sure: true },
            FieldContent::Images => Self::Images { is_sure: true },
            FieldContent::Registry => Self::Registry,
        }
    }
}

impl From<Holds> for Meaning {
    fn from(holds: Holds) -> Self {
        match holds {
            Holds::Image | Holds::ImageOfKind | Holds::Repository => Self::Image { is_sure: true },
            Holds::Url => Self::Url,
            Holds::Override => Self::Override,
            Holds::OverriddenName => Self::OverriddenName,
        }
    }
}

/// The pattern that an option holds.
fn pattern(path: &str, option: impl FnOnce() -> FieldPath) -> Result<Pattern, ConfigError> {
    Pattern::parse(path).map_err(|reason| ConfigError::new(option().key("path"), format!("`{path}` {reason}")))
}

/// Whether objects of a kind match images by patterns, so that they are reported and never changed.
pub(crate) fn is_policy(group: &str, kind: &str) -> bool {
    static ROWS: LazyLock<Vec<[&'static str; 3]>> =
        LazyLock::new(|| table::rows(include_str!("../data/image-policies.tsv")).collect());
    ROWS.iter().any(|[of_group, of_kind, _project]| *of_group == group && (*of_kind == "*" || *of_kind == kind))
}
