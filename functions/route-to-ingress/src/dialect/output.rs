//! What a dialect has to say about a Route.

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use serde_json::Value;

use crate::config::Unsupported;
use crate::exposure::Exposure;

/// A language for what a Route asks for.
pub(crate) trait Dialect {
    /// Writes objects that serve the Route, the one that takes its place first. Every setting of the Route is written,
    /// or told to `output` as unsupported.
    fn write(&self, exposure: &Exposure<'_>, output: &mut Output<'_>);
}

/// Why settings of OpenShift's router need no counterpart.
pub(super) const PROBES: &str = "readiness probes tell which pods can serve";
pub(super) const NO_TIMEOUT: &str = "Traefik waits as long as the backend takes";
pub(super) const NO_COOKIES: &str = "clients do not stay with a pod unless asked to";
pub(super) const REPLACES: &str = "Traefik replaces these headers anyway";

/// What became of a Route.
#[derive(Debug)]
pub(crate) struct Output<'r> {
    pub(crate) objects: Vec<Value>,
    pub(crate) findings: Vec<Finding>,
    route: &'r Item,
    unsupported: Unsupported,
}

impl<'r> Output<'r> {
    /// Nothing yet of this Route.
    pub(crate) fn new(route: &'r Item, unsupported: Unsupported) -> Self {
        Self { objects: Vec::new(), findings: Vec::new(), route, unsupported }
    }

    /// Says that a field has no counterpart.
    pub(super) fn unsupported(&mut self, field: impl Into<FieldPath>, reason: &str) {
        self.say(
            field,
            match self.unsupported {
                Unsupported::Refuse => Finding::error(format!(
                    "{reason}; take it out, or set spec.unsupported of the function to `Warn` to go without"
                )),
                Unsupported::Warn => Finding::warning(format!("is left out: {reason}")),
            },
        );
    }

    /// Says that a Route cannot be served at all.
    pub(super) fn impossible(&mut self, field: impl Into<FieldPath>, reason: &str) {
        self.say(field, Finding::error(reason));
    }

    /// Says that a field needs no counterpart.
    pub(super) fn needless(&mut self, field: impl Into<FieldPath>, reason: &str) {
        self.inform(field, &format!("needs no counterpart: {reason}"));
    }

    /// Says how the counterpart of a field differs.
    pub(super) fn close(&mut self, field: impl Into<FieldPath>, difference: &str) {
        self.say(field, Finding::warning(difference));
    }

    /// Says something worth knowing about a field.
    pub(super) fn inform(&mut self, field: impl Into<FieldPath>, fact: &str) {
        self.say(field, Finding::info(fact));
    }

    fn say(&mut self, field: impl Into<FieldPath>, finding: Finding) {
        self.findings.push(finding.on(self.route).at(field));
    }
}
