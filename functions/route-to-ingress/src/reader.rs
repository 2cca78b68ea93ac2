//! What a Route is read against.

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, Resources};

use crate::config::Spec;
use crate::route::RouteSpec;
use crate::workloads::Workloads;

/// A Route with the build and the options, and what was noted while it was read.
pub(crate) struct Reader<'r> {
    pub(crate) resources: &'r Resources,
    pub(crate) workloads: &'r Workloads<'r>,
    pub(crate) spec: &'r Spec,
    pub(crate) item: &'r Item,
    pub(crate) route: &'r RouteSpec,
    /// Findings that stop nothing.
    pub(crate) notes: Vec<Finding>,
}

impl<'r> Reader<'r> {
    /// The namespace of the Route: its own, or the configured one.
    pub(crate) fn namespace(&self) -> Option<&'r str> {
        self.item.namespace().or(self.spec.namespace.as_deref())
    }

    /// An error in a field of the Route.
    pub(crate) fn error(&self, field: impl Into<FieldPath>, message: impl Into<String>) -> Finding {
        Finding::error(message).on(self.item).at(field)
    }

    /// Notes a warning about a field of the Route.
    pub(crate) fn warn(&mut self, field: impl Into<FieldPath>, message: impl Into<String>) {
        self.notes.push(Finding::warning(message).on(self.item).at(field));
    }

    /// Notes a fact about a field of the Route.
    pub(crate) fn inform(&mut self, field: impl Into<FieldPath>, message: impl Into<String>) {
        self.notes.push(Finding::info(message).on(self.item).at(field));
    }
}
