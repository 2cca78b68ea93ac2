//! Fields that a base may state, or an overlay leave out.

use std::cell::{Cell, OnceCell};

use krm::config::ConfigError;
use krm::field::{FieldPath, Pointer, PointerBuf};
use krm::finding::{Finding, ObjectReference};
use krm::glob;
use krm::resource_list::Item;
use manifests::fields::Pattern;
use serde_json::Value;

use crate::config::{Exception, Spec};
use crate::document::Document;
use crate::rule::Rule;
use crate::statement::leaves;

/// The exceptions of a config.
pub(crate) struct Exceptions<'c>(Vec<Entry<'c>>);

struct Entry<'c> {
    exception: &'c Exception,
    /// The field; none for every field.
    field: Option<Pattern>,
    /// Whether the build has an object that it names without wildcards.
    names_object: Cell<bool>,
    is_needed: Cell<bool>,
}

impl<'c> Exceptions<'c> {
    /// Reads the config.
    ///
    /// # Errors
    /// A missing reason, an object that can never be met, a malformed path.
    pub(crate) fn new(spec: &'c Spec) -> Result<Self, ConfigError> {
        spec.exceptions.iter().enumerate().map(Entry::read).collect::<Result<_, _>>().map(Self)
    }

    /// The exceptions for an object.
    pub(crate) fn of<'e>(&'e self, item: &Item) -> Allowed<'e, 'c> {
        if self.0.is_empty() {
            return Allowed(Vec::new());
        }
        let name = ObjectReference::from(item).to_string();
        let meant = self.0.iter().filter(|entry| glob::matches(&entry.exception.object, &name));
        let entries = meant.map(|entry| {
            entry.names_object.set(entry.names_object.get() || entry.has_full_name());
            (entry, OnceCell::new())
        });
        Allowed(entries.collect())
    }

    /// Warnings about exceptions that name an object of the build and are for no field that is checked.
    pub(crate) fn unneeded(&self) -> impl Iterator<Item = Finding> {
        let entries = self.0.iter().enumerate();
        entries.filter(|(_, entry)| entry.names_object.get() && !entry.is_needed.get()).map(|(index, entry)| {
            let message = format!(
                "is for no field of {} that is checked; correct its field, or take it out",
                entry.exception.object
            );
            Finding::new(Rule::UnneededException, message).at(option(index))
        })
    }
}

fn option(index: usize) -> FieldPath {
    FieldPath::from("spec.exceptions").index(index)
}

impl<'c> Entry<'c> {
    /// Whether it names its object without wildcards.
    fn has_full_name(&self) -> bool {
        !self.exception.object.contains('*')
    }

    /// The places of its field; none if it is for every field.
    fn places(&self, document: &Document<'_>) -> Option<Vec<PointerBuf>> {
        let places = self.field.as_ref()?.places(&document.value).into_iter();
        Some(places.map(|place| place.pointer).collect())
    }

    fn read((index, exception): (usize, &'c Exception)) -> Result<Self, ConfigError> {
        let error = |key, message: String| Err(ConfigError::new(option(index).key(key), message));
        if exception.reason.trim().is_empty() {
            return error("reason", "must say why this is right here".to_owned());
        }
        if !exception.object.contains([' ', '*']) {
            let message = "must be `Kind namespace/name` or `Kind name`, as the finding prints it";
            return error("object", format!("`{}` {message}", exception.object));
        }
        let field = match exception.field.as_deref().map(Pattern::parse).transpose() {
            Ok(field) => field,
            Err(reason) => {
                return error("field", format!("`{}` {reason}", exception.field.as_deref().unwrap_or_default()));
            }
        };
        Ok(Self { exception, field, names_object: Cell::new(false), is_needed: Cell::new(false) })
    }
}

/// The exceptions for an object, each with the fields that it allows once these are asked for.
pub(crate) struct Allowed<'e, 'c>(Vec<(&'e Entry<'c>, OnceCell<Option<Vec<PointerBuf>>>)>);

impl<'c> Allowed<'_, 'c> {
    /// Whether one of them would be reported as long as nothing needs it.
    pub(crate) fn may_be_unneeded(&self) -> bool {
        self.0.iter().any(|(entry, _)| entry.has_full_name() && !entry.is_needed.get())
    }

    /// The reason why a field of the object is allowed, all that is in it included.
    pub(crate) fn reason(&self, document: &Document<'_>, field: &Pointer, value: &Value) -> Option<&'c str> {
        if self.0.is_empty() {
            return None;
        }
        let mut first = None;
        for (leaf, _) in leaves(field, value) {
            let covers = |(entry, places): &&(&Entry<'_>, OnceCell<_>)| {
                covers(places.get_or_init(|| entry.places(document)).as_deref(), &leaf)
            };
            let (entry, _) = self.0.iter().find(covers)?;
            entry.is_needed.set(true);
            first.get_or_insert(entry.exception.reason.trim());
        }
        first
    }
}

fn covers(places: Option<&[PointerBuf]>, leaf: &Pointer) -> bool {
    places.is_none_or(|places| places.iter().any(|place| leaf.starts_with(place)))
}

/// The info that a field is allowed.
pub(crate) fn info(document: &Document<'_>, field: &Pointer, reason: &str) -> Finding {
    let message = format!("an exception allows it: {reason}");
    Finding::new(Rule::Excepted, message).on(document.item).at(FieldPath::from(field))
}
