//! What a Route is read against.

use std::collections::BTreeMap;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, ItemId};

use crate::annotations::{Topic, certificate_annotations};
use crate::build::Build;
use crate::config::Spec;
use crate::origin::Origin;
use crate::route::RouteSpec;
use crate::rule::Rule;

/// A Route with the build and the options, and what was noted while it was read.
pub(crate) struct Reader<'r> {
    pub(crate) build: &'r Build<'r>,
    /// The options by which the Route is served.
    pub(crate) spec: &'r Spec,
    /// The Route, or the Ingress that OpenShift makes it of.
    pub(crate) item: &'r Item,
    pub(crate) route: &'r RouteSpec,
    /// Where the fields of the Route are written.
    pub(crate) origin: &'r Origin,
    /// The name of what the Route becomes.
    pub(crate) name: &'r str,
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

    /// An annotation with a text in it.
    pub(crate) fn annotation(&self, key: &str) -> Option<&'r str> {
        self.item.annotation(key).filter(|value| !value.is_empty())
    }

    /// The first annotation that says something of this sort about the certificate, and what it says.
    pub(crate) fn certificate_annotation(&self, topic: Topic) -> Option<(&'static str, &'r str)> {
        let mut rows = certificate_annotations().iter().filter(|row| row.topic == topic);
        rows.find_map(|row| Some((row.name, self.annotation(row.name)?)))
    }

    /// Whether an annotation names who issues the certificate.
    pub(crate) fn names_issuer(&self) -> bool {
        [Topic::Issuer, Topic::ClusterIssuer].into_iter().any(|topic| self.certificate_annotation(topic).is_some())
    }

    /// A finding about a field of the Route.
    pub(crate) fn finding(&self, rule: Rule, field: impl Into<FieldPath>, message: impl Into<String>) -> Finding {
        self.origin.relocated(Finding::new(rule, message).on(self.item).at(field))
    }

    /// Notes a finding about a field of the Route, beside which the Route can be understood.
    pub(crate) fn note(&mut self, rule: Rule, field: impl Into<FieldPath>, message: impl Into<String>) {
        self.notes.push(self.finding(rule, field, message));
    }
}
