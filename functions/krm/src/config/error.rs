//! What is wrong with a config.

use std::fmt;

use crate::field::FieldPath;

/// What is wrong with a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The option, as `spec.domains`, or an argument of the command line, as `--key`; empty for the config as a whole.
    pub option: FieldPath,
    /// What is wrong with it and what is allowed.
    pub message: String,
}

impl ConfigError {
    /// The error with its option inside another, as in `spec.functions[0]`.
    #[must_use]
    pub(crate) fn inside(self, option: FieldPath) -> Self {
        let message =
            if self.option.as_str().is_empty() { self.message } else { format!("{}: {}", self.option, self.message) };
        Self { option, message }
    }

    /// An error of one option.
    pub fn new(option: impl Into<FieldPath>, message: impl Into<String>) -> Self {
        Self { option: option.into(), message: message.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.option.as_str().starts_with("--") {
            formatter.write_str("functionConfig: ")?;
        }
        if !self.option.as_str().is_empty() {
            write!(formatter, "{}: ", self.option)?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}
