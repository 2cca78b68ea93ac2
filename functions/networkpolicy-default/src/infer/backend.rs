//! Objects that lead to Services: what an Ingress, a route, a webhook and KEDA have in common.

use krm::finding::{Finding, ObjectReference, Severity};
use krm::resource_list::Item;

use crate::cluster::{Endpoint, ServiceReferent};
use crate::config::IngressController;
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, PortReference};
use crate::service::{Access, ServiceId, ServicePort};

/// A reference to a port of a Service.
pub(crate) struct Backend<'r> {
    /// The object that holds it.
    pub(crate) item: &'r Item,
    /// The field that holds it.
    pub(crate) path: String,
    /// The namespace of the Service, if the field names one.
    pub(crate) namespace: Option<&'r str>,
    /// The name of the Service.
    pub(crate) name: &'r str,
    /// The port of the Service.
    pub(crate) port: Option<PortReference>,
}

/// A reference that leads to no pods of the build.
pub(crate) struct Dangling {
    object: ObjectReference,
    path: String,
    message: String,
}

impl Dangling {
    /// The finding about it.
    pub(crate) fn finding(self, severity: Severity) -> Finding {
        Finding::new(severity, self.message).on(self.object).at(self.path)
    }
}

impl Backend<'_> {
    fn dangling(&self, message: String) -> Dangling {
        Dangling { object: self.item.reference(), path: self.path.clone(), message }
    }

    /// How a policy tells of it.
    fn evidence(&self, service: &str, port: &ServicePort) -> String {
        format!("{} {} leads to Service {service} port {}", self.item.kind(), self.item.name(), port.number)
    }

    /// Lets peers through to the pods. What does not lead to pods of this build is an error.
    pub(crate) fn open(&self, plan: &mut Plan<'_, '_>, reason: Reason, peers: &[Peer]) {
        match self.endpoints(plan) {
            Ok(None) => {}
            Ok(Some((evidence, endpoints))) => {
                for endpoint in endpoints {
                    let by = (evidence.as_str(), &self.item.reference(), self.path.as_str());
                    plan.expose(endpoint.workload, reason, peers.to_vec(), endpoint.port, by);
                }
            }
            Err(problem) => plan.findings.push(problem.finding(Severity::Error)),
        }
    }

    /// The pods and ports that it leads to, and how a policy tells of it; nothing if they are not made by workloads.
    pub(crate) fn endpoints(&self, plan: &mut Plan<'_, '_>) -> Result<Option<(String, Vec<Endpoint>)>, Dangling> {
        let namespace = self.namespace.or(self.item.namespace());
        if !plan.cluster.settings.protects(namespace) {
            return Ok(None);
        }
        let id = match plan.cluster.service_named(self.item.id(), self.namespace, self.name) {
            ServiceReferent::Found(id) => id,
            ServiceReferent::Missing => {
                let message = format!("no Service `{}` is part of this build; add it, or correct the name", self.name);
                return Err(self.dangling(message));
            }
            ServiceReferent::Ambiguous => {
                let message = format!("several Services were once named `{}`; use the present name of one", self.name);
                return Err(self.dangling(message));
            }
        };
        let service = plan.cluster.service(id);
        if service.selector.is_none() || matches!(service.access, Access::External(_)) {
            return Ok(None);
        }
        let Some(port) = self.port.as_ref().and_then(|port| service.port(port)) else {
            let ports: Vec<_> = service.ports.iter().map(|port| format!("`{}`", port.number)).collect();
            let asked = self.port.as_ref().map_or_else(
                || "must name a port".to_owned(),
                |port| format!("Service `{}` has no port `{port}`", self.name),
            );
            return Err(self.dangling(format!("{asked}; it has {}", ports.join(", "))));
        };
        let endpoints = plan.cluster.endpoints(id, port);
        if endpoints.is_empty() {
            let message = format!(
                "Service `{}` selects no pods of this build; correct its selector, or declare the pods under \
                 `spec.workloads` if something else makes them",
                self.name
            );
            return Err(self.dangling(message));
        }
        report_names(plan, id, port, &endpoints);
        Ok(Some((self.evidence(&service.name, port), endpoints)))
    }
}

/// Warns of target ports by names that containers do not declare.
pub(crate) fn report_names(plan: &mut Plan<'_, '_>, id: ServiceId, port: &ServicePort, endpoints: &[Endpoint]) {
    let PortReference::Name(name) = &port.target else { return };
    let service = plan.cluster.service(id);
    for endpoint in endpoints {
        let workload = plan.cluster.workload(endpoint.workload);
        let mut declared = workload.ports.iter().filter(|declared| declared.name.as_ref() == Some(name)).peekable();
        let problem = if declared.peek().is_none() {
            format!(
                "no container of {} declares a port of this name, so the policy has to use the name",
                workload.reference
            )
        } else if declared.all(|declared| declared.is_of_init_container) {
            format!(
                "only an init container of {} declares this port, where kube-router does not look",
                workload.reference
            )
        } else {
            continue;
        };
        let finding = Finding::warning(format!("{problem}; declare it on a container, or use the number"))
            .on(service.reference.clone())
            .at(format!(
                "spec.ports[{}].targetPort",
                service.ports.iter().position(|one| one.number == port.number).unwrap_or(0)
            ))
            .current(name.as_str());
        plan.report_once(finding);
    }
}

/// The pods that serve a class, as peers. An unknown class is an error.
pub(crate) fn controller<'c>(
    plan: &mut Plan<'c, '_>,
    item: &Item,
    path: &str,
    class: &str,
) -> Option<&'c IngressController> {
    let found = plan.cluster.settings.controllers.get(class);
    if found.is_none() {
        let known: Vec<_> = plan.cluster.settings.controllers.keys().map(|class| format!("`{class}`")).collect();
        let message = format!(
            "nobody said which pods serve the class `{class}`; add it to `spec.ingressControllers`, which knows {}",
            known.join(", ")
        );
        plan.report_once(Finding::error(message).on(item.reference()).at(path));
    }
    found
}
