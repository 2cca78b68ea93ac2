//! A reference to a Secret.

use krm::field::{Pointer, PointerBuf};

/// A reference to a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The field with the name.
    pub(super) pointer: PointerBuf,
    /// The field with the key, if it is another one.
    pub(super) key_pointer: Option<PointerBuf>,
    /// The name of the Secret.
    pub(super) name: String,
    /// The key in it that is used; without one, whatever it holds.
    pub(super) key: Option<String>,
    /// The namespace of the Secret.
    pub(super) namespace: Namespace,
    /// Whether the object does without the Secret.
    pub(super) is_optional: bool,
}

/// The namespace of a Secret that an object refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Namespace {
    /// That of the object.
    Own,
    /// One that the reference names.
    Named(String),
    /// One that the build does not tell, as that of an operator.
    Unknown,
}

impl Reference {
    /// A reference in this field to a Secret in the namespace of the object.
    pub(super) fn new(pointer: PointerBuf, name: &str) -> Self {
        let name = name.to_owned();
        Self { pointer, key_pointer: None, name, key: None, namespace: Namespace::Own, is_optional: false }
    }

    /// The same reference, in an object that has the one it was found in at `parent`.
    pub(super) fn below(self, parent: &Pointer) -> Self {
        let below = |pointer: &PointerBuf| parent.concat(pointer);
        Self { pointer: below(&self.pointer), key_pointer: self.key_pointer.as_ref().map(below), ..self }
    }

    /// The fields with the name and the key.
    pub(super) fn pointers(&self) -> impl Iterator<Item = &PointerBuf> {
        std::iter::once(&self.pointer).chain(&self.key_pointer)
    }
}
