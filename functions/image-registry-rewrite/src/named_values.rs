//! Values of Helm charts under dotted names, as the tree that the chart gets.

use std::collections::HashMap;

use krm::field::{Pointer, PointerBuf};
use manifests::helm;
use serde_json::{Map, Value};

use crate::place::{Meaning, Place};

/// Values with dotted names.
pub(crate) struct NamedValues {
    /// The values as a tree. A list is a mapping with indices.
    pub(crate) tree: Value,
    /// Where each text of the tree is in the object.
    fields: HashMap<PointerBuf, PointerBuf>,
}

impl NamedValues {
    /// The values of a list of `name` and `value`, or of a mapping with dotted names, at a place of an object.
    pub(crate) fn of(field: &Value, at: &PointerBuf) -> Self {
        let mut named = Self { tree: Map::new().into(), fields: HashMap::new() };
        for (index, parameter) in field.as_array().into_iter().flatten().enumerate() {
            if let (Some(name), Some(text)) = (parameter["name"].as_str(), parameter["value"].as_str()) {
                named.insert(name, text, at.with_trailing_token(index).with_trailing_token("value"));
            }
        }
        for (name, value) in field.as_object().into_iter().flatten() {
            if let Some(text) = value.as_str() {
                named.insert(name, text, at.with_trailing_token(name.as_str()));
            }
        }
        named
    }

    /// Adds a text, unless the name leads into another one.
    fn insert(&mut self, name: &str, text: &str, field: PointerBuf) {
        let mut place = &mut self.tree;
        let mut pointer = PointerBuf::new();
        for key in helm::keys_of(name) {
            let Some(map) = place.as_object_mut() else { return };
            pointer.push_back(key.as_str());
            place = map.entry(key).or_insert_with(|| Map::new().into());
        }
        *place = text.into();
        self.fields.insert(pointer, field);
    }

    /// A place of the tree as one of the object.
    pub(crate) fn translate(&self, place: Place) -> Option<Place> {
        let field = |pointer: &Pointer| self.fields.get(pointer).cloned();
        let meaning = match place.meaning {
            Meaning::Split { repository: Some(repository) } => Meaning::Split { repository: Some(field(&repository)?) },
            meaning => meaning,
        };
        Some(Place { pointer: field(&place.pointer)?, meaning })
    }
}
