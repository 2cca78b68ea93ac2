//! What an object does not state of that which differs between environments.

use std::collections::HashSet;

use krm::field::PointerBuf;
use krm::resource_list::Item;

use crate::aspect::Aspect;
use crate::document::Document;
use crate::field_table::{FieldTable, Need};
use crate::statement::is_stated;

/// A field that an object does not state, and an overlay should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    /// What it is about.
    pub(crate) aspect: Aspect,
    /// Where it would be in the document.
    pub(crate) pointer: PointerBuf,
    /// How much it is needed.
    pub(crate) need: Need,
}

/// Whether there is a field that an object of this kind should state.
pub(crate) fn may_miss(item: &Item, fields: &FieldTable<'_>) -> bool {
    let known = fields.known(item.group(), item.kind());
    known.iter().any(|row| row.need != Need::Optional) || fields.required(item.group(), item.kind()).next().is_some()
}

/// What an object does not state, each field once.
pub(crate) fn missing(document: &Document<'_>, fields: &FieldTable<'_>) -> Vec<Missing> {
    let item = document.item;
    let known = fields.known(item.group(), item.kind());
    let known = known.iter().filter(|row| row.need != Need::Optional);
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for row in known.chain(fields.required(item.group(), item.kind())) {
        for place in row.pattern.places(&document.value) {
            let is_missing = !place.value.is_some_and(is_stated) && row.applies(&document.value, &place.pointer);
            if is_missing && seen.insert(place.pointer.clone()) {
                found.push(Missing { aspect: row.aspect, pointer: place.pointer, need: row.need });
            }
        }
    }
    found
}
