//! References to ports of Services: what an Ingress, a route, a webhook and KEDA have in common.

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use manifests::services::{Access, PortReference, ServicePort};

use super::hosts::{followed, namespace_behind};
use crate::facts::cluster::{Cluster, Endpoint, ServiceReferent};
use crate::plan::{Plan, Source};
use crate::policy::Peer;
use crate::reason::Reason;
use crate::rule::Rule;

/// A reference to a port of a Service.
pub(super) struct Backend<'r> {
    /// The object that holds it.
    pub(super) item: &'r Item,
    /// The field that holds it.
    pub(super) path: FieldPath,
    /// The namespace of the Service, if the field names one.
    pub(super) namespace: Option<&'r str>,
    /// The name of the Service.
    pub(super) name: &'r str,
    /// The port of the Service.
    pub(super) port: Option<PortReference>,
}

/// What a reference leads to.
#[derive(Default)]
pub(super) struct Reached {
    /// The pods and their ports; none if no workload makes the endpoints.
    pub(super) endpoints: Vec<Endpoint>,
    /// How a policy tells of it.
    pub(super) evidence: String,
}

impl Backend<'_> {
    /// The field, for findings.
    pub(super) fn source(&self) -> Source {
        Source::new(self.item, self.path.clone())
    }

    /// Whether the Service is where policies are.
    pub(super) fn is_guarded(&self, plan: &Plan<'_, '_>) -> bool {
        plan.cluster.settings.protects(self.namespace.or(self.item.namespace()))
    }

    /// The namespace of the pods that it leads to, through Services that are other names of hosts.
    pub(super) fn namespace_behind(&self, cluster: &Cluster<'_>) -> Option<String> {
        match cluster.service_named(self.item.id(), self.namespace, self.name) {
            ServiceReferent::Found(id) => namespace_behind(cluster, id),
            ServiceReferent::Missing => self.namespace.or(self.item.namespace()).map(str::to_owned),
            ServiceReferent::Ambiguous(_) => None,
        }
    }

    /// Remembers that it leads to its Service, and that a finding says why nothing is let in.
    pub(super) fn note_refused(&self, plan: &mut Plan<'_, '_>) {
        if let ServiceReferent::Found(id) = plan.cluster.service_named(self.item.id(), self.namespace, self.name) {
            plan.note_led_to(id);
        }
    }

    /// Lets peers through to the pods. What does not lead to pods of this build is an error.
    pub(super) fn open(&self, plan: &mut Plan<'_, '_>, reason: Reason, peers: &[Peer]) {
        match self.reach(plan) {
            Ok(Reached { endpoints, evidence }) => {
                let (cause, source) = (reason.because(evidence), self.source());
                for endpoint in endpoints {
                    plan.expose(endpoint, peers, &cause, &source);
                }
            }
            Err(problem) => plan.findings.push(problem),
        }
    }

    /// Where it leads.
    ///
    /// # Errors
    /// Why it leads to no pods of this build.
    pub(super) fn reach(&self, plan: &mut Plan<'_, '_>) -> Result<Reached, Finding> {
        let problem = |rule, message: String| self.source().finding(rule, message);
        if !self.is_guarded(plan) {
            return Ok(Reached::default());
        }
        let id = match plan.cluster.service_named(self.item.id(), self.namespace, self.name) {
            ServiceReferent::Found(id) => followed(plan.cluster, id),
            ServiceReferent::Missing => {
                let message = format!(
                    "no Service `{}` is part of this build; add it, correct the name, or declare it under \
                     `spec.services` if something else makes it",
                    self.name
                );
                return Err(problem(Rule::BackendServiceMissing, message));
            }
            ServiceReferent::Ambiguous(services) => {
                services.into_iter().for_each(|service| plan.note_led_to(service));
                let message = format!("several Services were once named `{}`; use the present name of one", self.name);
                return Err(problem(Rule::BackendServiceAmbiguous, message));
            }
        };
        let service = plan.cluster.service(id);
        if service.selector.is_none() || matches!(service.access, Access::External(_)) {
            return Ok(Reached::default());
        }
        let Some(port) = self.port.as_ref().and_then(|port| service.port(port)) else {
            plan.note_led_to(id);
            return Err(problem(Rule::BackendPortMissing, self.no_port(&service.ports)));
        };
        if plan.cluster.pods_behind(id).is_empty() {
            let message = format!(
                "Service `{}` selects no pods of this build; correct its selector, or declare the pods under \
                 `spec.workloads` if something else makes them",
                self.name
            );
            return Err(problem(Rule::ServiceWithoutPods, message));
        }
        let endpoints = plan.cluster.endpoints(id, port);
        let (kind, name) = (self.item.kind(), self.item.name());
        let evidence = format!("{kind} {name} leads to Service {} port {}", service.name(), port.number);
        Ok(Reached { endpoints, evidence })
    }

    fn no_port(&self, known: &[ServicePort]) -> String {
        let known: Vec<_> = known.iter().map(|port| format!("`{}`", port.number)).collect();
        let asked = self.port.as_ref().map_or_else(
            || "must name a port".to_owned(),
            |port| format!("Service `{}` has no port `{port}`", self.name),
        );
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        format!("{asked}; it has {known}")
    }
}
