//! What a Route is read against.

use krm::field::FieldPath;
use krm::finding::{Finding, Message};
use krm::resource_list::Item;

use crate::annotations::{CertificateAnnotation, Topic, certificate_annotations};
use crate::build::Build;
use crate::config::Spec;
use crate::origin::Origin;
use crate::route::RouteSpec;
use crate::rule::Rule;
use crate::sources::Source;

/// A Route with the build and the options, and what was noted while it was read.
pub(crate) struct Reader<'r, 's> {
    pub(crate) build: &'s Build<'r>,
    /// The options by which the Route is served.
    pub(crate) spec: &'r Spec,
    /// The Route, or the Ingress that OpenShift makes it of.
    pub(crate) item: &'r Item,
    pub(crate) route: &'s RouteSpec,
    /// Where the fields of the Route are written.
    pub(crate) origin: Origin,
    /// The name of what the Route becomes.
    pub(crate) name: &'s str,
    /// Findings about the Route that stop nothing.
    pub(crate) notes: Vec<Finding>,
    /// The annotations that say something about the certificate, in the order of their table, and what they say.
    certificate: Vec<(&'static CertificateAnnotation, &'r str)>,
}

impl<'r, 's> Reader<'r, 's> {
    /// The reader of a Route.
    pub(crate) fn new(build: &'s Build<'r>, spec: &'r Spec, source: &'s Source<'r>, route: &'s RouteSpec) -> Self {
        let &Source { item, origin, ref name, .. } = source;
        let annotations = item.user_annotations();
        let rows = certificate_annotations().iter();
        let rows = rows.filter(|row| annotations.iter().any(|(key, _)| *key == row.name));
        let certificate = rows.filter_map(|row| Some((row, text_of(item, row.name)?))).collect();
        Self { build, spec, item, route, origin, name, notes: Vec::new(), certificate }
    }

    /// The namespace of the Route: its own, or the configured one.
    pub(crate) fn namespace(&self) -> Option<&'r str> {
        self.item.namespace().or(self.spec.namespace.as_deref())
    }

    /// An annotation with a text in it.
    pub(crate) fn annotation(&self, key: &str) -> Option<&'r str> {
        text_of(self.item, key)
    }

    /// The first annotation that says something of this sort about the certificate, and what it says.
    pub(crate) fn certificate_annotation(&self, topic: Topic) -> Option<(&'static str, &'r str)> {
        self.certificate_annotations(topic).next().map(|(row, text)| (row.name, text))
    }

    /// The annotations that say something of this sort about the certificate, and what they say.
    pub(crate) fn certificate_annotations(
        &self,
        topic: Topic,
    ) -> impl Iterator<Item = (&'static CertificateAnnotation, &'r str)> {
        self.certificate.iter().filter(move |(row, _)| row.topic == topic).copied()
    }

    /// Whether an annotation names who issues the certificate.
    pub(crate) fn names_issuer(&self) -> bool {
        [Topic::Issuer, Topic::ClusterIssuer].into_iter().any(|topic| self.certificate_annotation(topic).is_some())
    }

    /// A finding about a field of the Route.
    pub(crate) fn finding(&self, rule: Rule, field: impl Into<FieldPath>, message: impl Into<Message>) -> Finding {
        self.origin.relocated(Finding::new(rule, message).on(self.item).at(field))
    }

    /// Notes a finding about a field of the Route, beside which the Route can be understood.
    pub(crate) fn note(&mut self, rule: Rule, field: impl Into<FieldPath>, message: impl Into<Message>) {
        self.notes.push(self.finding(rule, field, message));
    }
}

/// An annotation with a text in it.
fn text_of<'r>(item: &'r Item, key: &str) -> Option<&'r str> {
    item.annotation(key).filter(|value| !value.is_empty())
}
