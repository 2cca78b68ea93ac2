//! What the config says to check.

use krm::config::ConfigError;

use crate::config::Spec;
use crate::exceptions::Exceptions;
use crate::field_table::FieldTable;

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
}
