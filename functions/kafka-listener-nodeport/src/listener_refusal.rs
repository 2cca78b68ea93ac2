//! Why a listener cannot be replaced.

use krm::field::FieldPath;
use krm::finding::{Finding, Subject};

use crate::rule::Rule;

/// What in a listener cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    rule: Rule,
    /// The field, below the listener.
    field: FieldPath,
    /// What is wrong with it.
    message: String,
}

impl Refusal {
    pub(crate) fn new(rule: Rule, field: impl Into<FieldPath>, message: impl Into<String>) -> Self {
        Self { rule, field: field.into(), message: message.into() }
    }

    /// What is wrong with the listener as a whole.
    pub(crate) fn of_listener(rule: Rule, message: String) -> Self {
        Self::new(rule, FieldPath::root(), message)
    }

    /// The finding about the listener at this path of a Kafka.
    pub(crate) fn on(self, kafka: impl Into<Subject>, listener: FieldPath) -> Finding {
        Finding::new(self.rule, self.message).on(kafka).at(listener.join(self.field))
    }
}
