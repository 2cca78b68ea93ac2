//! What comes of the wish for another value.

use std::fmt;

use json_patch::Patch;
use serde_json::Value;

use crate::yaml::splice::Splice;

/// What must be done to the text, and the same as an RFC 6902 patch of the value.
#[derive(Debug, Default)]
pub struct Edit {
    /// Changes of the text, in no particular order; they do not overlap.
    pub splices: Vec<Splice>,
    /// Changes of the value, to be applied in this order.
    pub patch: Patch,
    /// The value before.
    pub before: Value,
}

/// Why a value cannot be changed in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditError {
    /// The value, as a JSON pointer.
    pub pointer: String,
    /// The reason.
    pub reason: &'static str,
}

impl EditError {
    /// The error of a whole value that is in other places too.
    pub(crate) fn shared() -> Self {
        Self { pointer: String::new(), reason: SHARED }
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.pointer, self.reason)
    }
}

impl std::error::Error for EditError {}

pub(super) const SHARED: &str = "it is shared by a YAML anchor or merge key; write the value out where it is used";
