//! The languages in which controllers are told what to serve.
//!
//! Each is a module with one type that implements [`Dialect`]; [`of`] is the only place that knows them all.

mod gateway;
mod haproxy;
mod ingress;
mod traefik;

use krm::config::ConfigError;
use krm::finding::Finding;
use serde_json::Value;

use crate::config::{Controller, Spec, Target, Unsupported};
use crate::exposure::Exposure;

/// A language for what a Route asks for.
pub(crate) trait Dialect {
    /// Writes objects that serve the Route, the one that takes its place first. Every setting of the Route is written,
    /// or told to `output` as unsupported.
    fn write(&self, exposure: &Exposure<'_>, output: &mut Output);
}

/// The dialect that the options ask for.
///
/// # Errors
/// Options that name no dialect.
pub(crate) fn of(spec: &Spec) -> Result<Box<dyn Dialect + '_>, ConfigError> {
    Ok(match (spec.target, spec.controller()?) {
        (Target::Gateway, _) => Box::new(gateway::Gateway { spec }),
        (_, Controller::Traefik) => Box::new(traefik::Traefik { spec }),
        (_, Controller::HAProxyIngress) => Box::new(haproxy::HaProxy { spec }),
    })
}

/// Why settings of OpenShift's router need no counterpart.
const PROBES: &str = "readiness probes tell which pods can serve";
const NO_TIMEOUT: &str = "Traefik waits as long as the backend takes";
const NO_COOKIES: &str = "clients do not stay with a pod unless asked to";
const REPLACES: &str = "Traefik replaces these headers anyway";

/// What became of a Route.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) objects: Vec<Value>,
    pub(crate) findings: Vec<Finding>,
    unsupported: Unsupported,
}

impl Output {
    pub(crate) fn new(unsupported: Unsupported) -> Self {
        Self { objects: Vec::new(), findings: Vec::new(), unsupported }
    }

    /// Says that a field has no counterpart.
    fn unsupported(&mut self, exposure: &Exposure<'_>, field: &str, reason: &str) {
        let finding = match self.unsupported {
            Unsupported::Refuse => Finding::error(format!(
                "{reason}; take it out, or set spec.unsupported of the function to `Warn` to go without"
            )),
            Unsupported::Warn => Finding::warning(format!("is left out: {reason}")),
        };
        self.findings.push(exposure.about(finding, field));
    }

    /// Says that a Route cannot be served at all.
    fn impossible(&mut self, exposure: &Exposure<'_>, field: &str, reason: &str) {
        self.findings.push(exposure.about(Finding::error(reason), field));
    }

    /// Says that a field needs no counterpart.
    fn needless(&mut self, exposure: &Exposure<'_>, field: &str, reason: &str) {
        self.findings.push(exposure.about(Finding::info(format!("needs no counterpart: {reason}")), field));
    }

    /// Says how the counterpart of a field differs.
    fn close(&mut self, exposure: &Exposure<'_>, field: &str, difference: &str) {
        self.findings.push(exposure.about(Finding::warning(difference), field));
    }
}
