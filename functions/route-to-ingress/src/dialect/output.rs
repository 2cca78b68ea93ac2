//! What a dialect has to say about a Route.

use krm::field::FieldPath;
use krm::finding::{Finding, Message};
use krm::resource_list::Item;
use krm::rule::Severity;
use serde_json::Value;

use crate::config::{Spec, Unsupported};
use crate::exposure::Exposure;
use crate::namespace;
use crate::rule::Rule;
use crate::target_keys::{Claim, Hand, ServicePorts};

/// A language for what a Route asks for.
pub(crate) trait Dialect {
    /// Writes objects that serve the Route, the one that takes its place first. Every setting of the Route is written,
    /// or told to `output` as unsupported.
    fn write(&self, exposure: &Exposure<'_>, output: &mut Output<'_>);

    /// Whether objects of this API group and kind hold something under keys of the controller.
    fn concerns(&self, group: &str, kind: &str) -> bool;

    /// What objects give the controller to hold, and under which keys.
    fn claims<'b>(&self, hand: &Hand<'b>, ports: &ServicePorts<'_>) -> Vec<Claim<'b>>;
}

/// Why settings of OpenShift's router need no counterpart.
pub(super) const PROBES: &str = "readiness probes tell which pods can serve";
pub(super) const NO_TIMEOUT: &str = "Traefik waits as long as the backend takes";
pub(super) const NO_COOKIES: &str = "clients do not stay with a pod unless asked to";
/// What a controller does where `spec.insecureBackends` allows it.
pub(super) const ANY_CERTIFICATE: &str = "trusts any certificate of the backend, as spec.insecureBackends allows";
/// What Traefik does with these settings by itself.
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

    /// Says that a field has no counterpart, so that it is left out. That fails the build unless people allow it.
    pub(super) fn unsupported(&mut self, field: impl Into<FieldPath>, reason: &str) {
        let (severity, message) = match self.unsupported {
            Unsupported::Refuse => (
                Severity::Error,
                format!("{reason}; take it out, or set spec.unsupported of the function to `Warn` to go without"),
            ),
            Unsupported::Warn => (Severity::Warning, format!("is left out: {reason}")),
        };
        let finding = Finding::new(Rule::UnsupportedSetting, message).with_severity(severity);
        self.findings.push(finding.on(self.route).at(field));
    }

    /// Says that a Route cannot be served at all.
    pub(super) fn impossible(&mut self, field: impl Into<FieldPath>, reason: impl Into<Message>) {
        self.say(Rule::RouteBeyondTarget, field, reason);
    }

    /// Says that a field needs no counterpart.
    pub(super) fn needless(&mut self, field: impl Into<FieldPath>, reason: &str) {
        self.say(Rule::NeedlessSetting, field, format!("needs no counterpart: {reason}"));
    }

    /// Says something about a field, as how its counterpart differs.
    pub(super) fn say(&mut self, rule: Rule, field: impl Into<FieldPath>, message: impl Into<Message>) {
        self.findings.push(Finding::new(rule, message).on(self.route).at(field));
    }

    /// The host name that the certificate of a backend must hold. It says so where that is not known.
    pub(super) fn server_name(&mut self, spec: &Spec, exposure: &Exposure<'_>, service: &str) -> Option<String> {
        let name = spec.server_name(service, exposure.namespace.as_deref());
        if name.is_none() {
            self.namespace_missing("spec.backendServerName holds it");
        }
        name
    }

    /// Says that the namespace of the Route must be known.
    pub(super) fn namespace_missing(&mut self, reason: &str) {
        self.findings.push(namespace::missing(self.route, reason));
    }
}
