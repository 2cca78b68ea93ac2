//! What the config says to check.

use krm::config::ConfigError;
use serde_json::Value;

use crate::config::Spec;
use crate::document::Document;
use crate::exceptions::{Allowed, Exceptions};
use crate::field_table::FieldTable;
use crate::missing::missing;
use crate::statement::statements;

/// The fields to check, and what is allowed.
pub(crate) struct Check<'c> {
    pub(crate) fields: FieldTable<'c>,
    pub(crate) exceptions: Exceptions<'c>,
}

impl<'c> Check<'c> {
    /// Reads the config.
    ///
    /// # Errors
    /// Options that make no sense.
    pub(crate) fn new(spec: &'c Spec) -> Result<Self, ConfigError> {
        Ok(Self { fields: FieldTable::new(spec)?, exceptions: Exceptions::new(spec)? })
    }

    /// The exceptions for an object. One that allows something in either layer is needed: both may have one config.
    pub(crate) fn allowed(&self, document: &Document<'_>) -> Allowed<'_, 'c> {
        let allowed = self.exceptions.of(document);
        if !allowed.is_empty() {
            for statement in statements(document, &self.fields) {
                allowed.reason(&statement.pointer, &statement.value);
            }
            for missing in missing(document, &self.fields) {
                allowed.reason(&missing.pointer, &Value::Null);
            }
        }
        allowed
    }
}
