//! What a Route is read against.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Resources};
use manifests::services::Pods;

use crate::config::Spec;
use crate::route::RouteSpec;

/// A Route with the build and the options, and what was noted while it was read.
pub(crate) struct Reader<'r> {
    pub(crate) resources: &'r Resources,
    /// The pods of the build, once a Service names a port of its pods.
    pub(crate) pods: &'r OnceCell<Pods<'r>>,
    pub(crate) spec: &'r Spec,
    pub(crate) item: &'r Item,
    pub(crate) route: &'r RouteSpec,
    /// Findings about the Route that stop nothing.
    pub(crate) notes: Vec<Finding>,
    /// What is malformed in the Services that the Route leads to.
    pub(crate) malformed: BTreeMap<ItemId, Vec<Finding>>,
}

impl<'r> Reader<'r> {
    /// The namespace of the Route: its own, or the configured one.
    pub(crate) fn namespace(&self) -> Option<&'r str> {
        self.item.namespace().or(self.spec.namespace.as_deref())
    }

    /// The pods of the build.
    pub(crate) fn pods(&self) -> &'r Pods<'r> {
        self.pods.get_or_init(|| Pods::of(self.resources))
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
