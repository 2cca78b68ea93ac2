//! What is worked on, and what changes in it.

use krm::field::{FieldPath, Pointer, PointerBuf};
use krm::finding::ObjectReference;
use krm::resource_list::Item;
use krm::resource_list::bookkeeping::ACCEPT;
use serde_json::Value;

use crate::place::Shape;

/// A YAML document: an object, or a text inside one.
#[derive(Debug)]
pub(crate) struct Document<'d> {
    /// What it holds.
    pub(crate) value: &'d Value,
    /// What it is.
    pub(crate) shape: Shape,
    /// The object.
    pub(crate) object: ObjectReference,
    /// The field of the object that holds the text.
    field: FieldPath,
    /// How many texts are around it.
    pub(crate) depth: usize,
    /// Whether the object accepts findings about itself, so that none of another object is one with its own.
    pub(crate) accepts: bool,
}

impl<'d> Document<'d> {
    /// The document of an object.
    pub(crate) fn of(item: &'d Item) -> Self {
        Self {
            value: item.value(),
            shape: Shape::Object,
            object: item.into(),
            field: FieldPath::root(),
            depth: 0,
            accepts: item.annotation(ACCEPT).is_some(),
        }
    }

    /// A text in a field of this document.
    pub(crate) fn text<'t>(&self, value: &'t Value, pointer: &Pointer, shape: Shape) -> Document<'t> {
        Document {
            value,
            shape,
            object: self.object.clone(),
            field: self.path(pointer),
            depth: self.depth + 1,
            accepts: self.accepts,
        }
    }

    /// The field path, in the object, of a field of the document.
    pub(crate) fn path(&self, pointer: &Pointer) -> FieldPath {
        self.field.clone().join(pointer)
    }

    /// The text at a field.
    pub(crate) fn text_at(&self, pointer: &Pointer) -> Option<&'d str> {
        self.value.pointer(pointer.as_str())?.as_str()
    }
}

/// A new text for a field, which may be missing.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) pointer: PointerBuf,
    pub(crate) text: String,
}

impl Change {
    /// Writes the text.
    pub(crate) fn apply(self, root: &mut Value) {
        if let Some(field) = root.pointer_mut(self.pointer.as_str()) {
            *field = self.text.into();
        } else if let Some((parent, key)) = self.pointer.split_back()
            && let Some(Value::Object(map)) = root.pointer_mut(parent.as_str())
        {
            map.insert(key.decoded().into_owned(), self.text.into());
        }
    }
}
