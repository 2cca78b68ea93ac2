//! What is worked on, and what becomes of it.

use krm::field::{FieldPath, Pointer};
use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::Item;
use manifests::fields::Field;
use serde_json::Value;

/// A YAML document: an object, or a text inside one.
#[derive(Debug)]
pub(crate) struct Document<'d> {
    /// What it holds.
    pub(crate) value: &'d Value,
    /// The object.
    pub(crate) object: ObjectReference,
    /// The field of the object that holds the text.
    pub(crate) field: FieldPath,
}

impl<'d> Document<'d> {
    /// The document of an object.
    pub(crate) fn of(item: &'d Item) -> Self {
        Self { value: item.value(), object: item.into(), field: FieldPath::root() }
    }

    /// A text in a field of this document.
    pub(crate) fn text<'t>(&self, value: &'t Value, pointer: &Pointer) -> Document<'t> {
        Document { value, object: self.object.clone(), field: self.field.clone().join(pointer) }
    }
}

/// A value for a field, new or not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) field: Field,
    pub(crate) value: Value,
}

impl Change {
    /// Writes the value.
    pub(crate) fn apply(self, root: &mut Value) {
        if let Some(Value::Object(parent)) = root.pointer_mut(self.field.parent.as_str()) {
            parent.insert(self.field.key, self.value);
        }
    }
}

/// A document with what is to change in it and what there is to say of it.
pub(crate) struct Review<'r, 'd> {
    pub(crate) document: &'r Document<'d>,
    pub(crate) findings: &'r mut Findings,
    changes: Vec<Change>,
}

impl<'r, 'd> Review<'r, 'd> {
    /// Begins without changes.
    pub(crate) fn new(document: &'r Document<'d>, findings: &'r mut Findings) -> Self {
        Self { document, findings, changes: Vec::new() }
    }

    /// Says something of a field of the document.
    pub(crate) fn report(&mut self, finding: Finding, path: impl Into<FieldPath>) {
        self.findings.push(self.placed(finding, path));
    }

    /// Says something of what a field of the document holds.
    pub(crate) fn report_current(&mut self, finding: Finding, path: impl Into<FieldPath>, current: impl Into<Value>) {
        self.findings.push(self.placed(finding, path).current(current));
    }

    /// Says something of the value of a field of the document.
    pub(crate) fn report_value(&mut self, finding: Finding, field: &Field) {
        let current = field.read(self.document.value).cloned().unwrap_or_default();
        self.report_current(finding, &field.pointer(), current);
    }

    /// Writes a value.
    pub(crate) fn write(&mut self, field: Field, value: impl Into<Value>) {
        self.changes.push(Change { field, value: value.into() });
    }

    /// What is to change.
    pub(crate) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// A finding about a field of the document.
    pub(crate) fn placed(&self, finding: Finding, path: impl Into<FieldPath>) -> Finding {
        finding.on(self.document.object.clone()).at(self.document.field.clone().join(path))
    }
}
