//! What a Route is read against.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Resources};
use manifests::services::Pods;

use crate::config::Spec;
use crate::route::RouteSpec;
use crate::rule::Rule;

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

    /// A finding about a field of the Route.
    pub(crate) fn finding(&self, rule: Rule, field: impl Into<FieldPath>, message: impl Into<String>) -> Finding {
        Finding::new(rule, message).on(self.item).at(field)
    }

    /// Notes a finding about a field of the Route, beside which the Route can be understood.
    pub(crate) fn note(&mut self, rule: Rule, field: impl Into<FieldPath>, message: impl Into<String>) {
        self.notes.push(self.finding(rule, field, message));
    }
}
