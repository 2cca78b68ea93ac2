//! Workloads that name Services.

use std::net::Ipv4Addr;

use krm::finding::Finding;
use krm::resource_list::{Item, ItemId};
use krm::rule::Severity;
use manifests::addresses::Mention;
use manifests::selectors::Selector;
use manifests::services::{Access, PortReference, ServicePort};

use super::backend::report_names;
use super::texts::texts_of;
use crate::facts::cluster::{Cluster, ServiceId, ServiceReferent, in_namespace};
use crate::facts::workload::{Workload, WorkloadId};
use crate::plan::Plan;
use crate::policy::Ports;
use crate::reason::Reason;
use crate::rule::Rule;

/// What a host is to an object that names it.
pub(super) enum Host {
    /// A Service of the build.
    Service(ServiceId),
    /// A Service that is not in the build.
    Unknown {
        /// The namespace that it must be in.
        namespace: String,
    },
    /// A host outside the cluster.
    External,
    /// Perhaps no host at all.
    Unclear,
}

/// Lets workloads reach the Services that they name.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for client in cluster.workload_ids() {
        let Some(item) = cluster.item_of(client) else { continue };
        for text in texts_of(cluster, client) {
            for mention in &text.mentions {
                Naming { client, item, mention, place: &text.place }.connect(plan);
            }
        }
    }
}

/// What a host is to the object that names it.
pub(super) fn resolve(cluster: &Cluster<'_>, referrer: ItemId, mention: &Mention) -> Host {
    let found = |name: &str, namespace: Option<&str>| match cluster.service_named(referrer, namespace, name) {
        ServiceReferent::Found(id) => Some(Host::Service(id)),
        ServiceReferent::Missing | ServiceReferent::Ambiguous => None,
    };
    let domain = format!(".svc.{}", cluster.settings.spec.cluster_domain);
    let in_cluster = mention.host.strip_suffix(&domain).or_else(|| mention.host.strip_suffix(".svc"));
    let labels: Vec<_> = in_cluster.unwrap_or(&mention.host).split('.').collect();
    let named = match (labels.as_slice(), in_cluster.is_some()) {
        ([name], false) => found(name, None),
        ([name, namespace], true) | ([_, name, namespace], _) => found(name, Some(namespace)),
        // A Service of another namespace, else a pod of a headless Service of the same one.
        ([first, second], false) => found(first, Some(second)).or_else(|| found(second, None)),
        _ => None,
    };
    named.unwrap_or_else(|| match (labels.as_slice(), in_cluster.is_some()) {
        ([_, .., namespace], true) => Host::Unknown { namespace: (*namespace).to_owned() },
        ([name], _) if mention.scheme.is_some() && *name != "localhost" => {
            Host::Unknown { namespace: cluster.resources.get(referrer).namespace_name().to_owned() }
        }
        ([_, .., top], false) if is_external(top, mention) => Host::External,
        _ => Host::Unclear,
    })
}

/// A dotted name is a host for sure where a scheme or port says so.
fn is_external(top: &str, mention: &Mention) -> bool {
    mention.dialled_port().is_some()
        && (top.bytes().all(|byte| byte.is_ascii_alphabetic()) || mention.host.parse::<Ipv4Addr>().is_ok())
}

/// A workload that names a host.
pub(super) struct Naming<'n> {
    /// The workload.
    pub(super) client: WorkloadId,
    /// Its object.
    pub(super) item: &'n Item,
    /// The host.
    pub(super) mention: &'n Mention,
    /// Where the text is, as policies and findings tell it.
    pub(super) place: &'n str,
}

impl Naming<'_> {
    /// Lets the workload reach the host, if it is a Service.
    pub(super) fn connect(&self, plan: &mut Plan<'_, '_>) {
        match resolve(plan.cluster, self.item.id(), self.mention) {
            Host::Service(service) => self.connect_to(plan, service),
            Host::Unknown { namespace } => self.allow_unknown(plan, &namespace),
            Host::External | Host::Unclear => {}
        }
    }

    fn workload<'p>(&self, plan: &Plan<'p, '_>) -> &'p Workload {
        plan.cluster.workload(self.client)
    }

    fn connect_to(&self, plan: &mut Plan<'_, '_>, id: ServiceId) {
        let cluster = plan.cluster;
        let (service, workload) = (cluster.service(id), self.workload(plan));
        let evidence =
            format!("{} {} names Service {} in {}", workload.reference.kind, workload.name, service.name(), self.place);
        if cluster.lacks_pods(id) {
            let (name, place) = (service.name(), self.place);
            let message = format!(
                "names Service `{name}` in {place}, which selects no pods of this build; correct its selector, or declare \
                 the pods under `spec.workloads` if something else makes them"
            );
            self.warn(plan, Rule::ServiceWithoutPods, message);
        }
        let dialled = self.mention.dialled_port();
        let is_sure = |dialled: &u16| self.mention.scheme.is_some() || knows(plan, id, *dialled);
        if let (Access::Headless, Some(dialled)) = (&service.access, dialled.filter(is_sure)) {
            self.warn_of_untranslated_port(plan, id, dialled);
            for server in cluster.pods_behind(id) {
                plan.connect(self.client, server, &Ports::tcp(&[dialled]), &evidence);
            }
            return;
        }
        for port in self.ports_meant(plan, id) {
            let endpoints = cluster.endpoints(id, port);
            report_names(plan, id, port, &endpoints);
            for endpoint in endpoints {
                plan.connect(self.client, endpoint.workload, &Ports::from(endpoint.port), &evidence);
            }
        }
    }

    /// The ports of a Service that are meant: the one that is dialled, else all.
    fn ports_meant<'p>(&self, plan: &mut Plan<'p, '_>, id: ServiceId) -> Vec<&'p ServicePort> {
        let service = plan.cluster.service(id);
        let Some(dialled) = self.mention.dialled_port() else { return service.ports.iter().collect() };
        let meant: Vec<_> = service.ports.iter().filter(|port| port.number == dialled).collect();
        if meant.is_empty() && self.mention.port.is_none() {
            return service.ports.iter().collect();
        }
        if meant.is_empty() && self.mention.scheme.is_some() && service.external_name().is_none() {
            let (name, place) = (service.name(), self.place);
            let message = format!(
                "names port {dialled} of Service `{name}` in {place}, which has no such port; correct one of them"
            );
            self.warn(plan, Rule::NamedPortMissing, message);
        }
        meant
    }

    /// Clients of a headless Service connect to the very port that they name.
    fn warn_of_untranslated_port(&self, plan: &mut Plan<'_, '_>, id: ServiceId, dialled: u16) {
        let service = plan.cluster.service(id);
        let Some(port) = service.ports.iter().find(|port| port.number == dialled) else { return };
        let mut endpoints = plan.cluster.endpoints(id, port).into_iter();
        if endpoints.any(|endpoint| endpoint.port.port != PortReference::Number(dialled)) {
            let message = format!(
                "names port {dialled} of the headless Service `{}` in {}; such a Service does not translate ports, so \
                 name the port of the pods",
                service.name(),
                self.place
            );
            self.warn(plan, Rule::HeadlessPortUntranslated, message);
        }
    }

    fn allow_unknown(&self, plan: &mut Plan<'_, '_>, namespace: &str) {
        let settings = plan.cluster.settings;
        if !settings.protects(self.item.namespace()) {
            return;
        }
        let (host, place) = (&self.mention.host, self.place);
        let what = format!("names `{host}` in {place}, but no such Service is part of this build");
        if !settings.spec.egress {
            // The server is not in this build, so that no policy of this build is in the way.
            if settings.protects(Some(namespace)) && plan.cluster.has_workloads(Some(namespace)) {
                self.warn(plan, Rule::NamedServiceMissing, format!("{what}; correct the name"));
            }
            return;
        }
        let message = format!(
            "{what}, so it may connect to every pod and port of namespace `{namespace}`; add the Service to the build, or \
             correct the name"
        );
        self.warn(plan, Rule::NamedServiceMissing, message);
        let workload = self.workload(plan);
        let peer = in_namespace(Some(namespace), self.item.namespace(), Selector::default());
        let evidence = format!("{} {} names {host} in {place}", workload.reference.kind, workload.name);
        plan.allow(self.client, &[peer], &Ports::All, &Reason::ToServices.because(evidence));
    }

    fn warn(&self, plan: &mut Plan<'_, '_>, rule: Rule, message: String) {
        let reference = self.workload(plan).reference.clone();
        plan.report_once(Finding::new(rule, message).with_severity(Severity::Warning).on(reference));
    }
}

/// Whether a headless Service or its pods know a port.
fn knows(plan: &Plan<'_, '_>, id: ServiceId, number: u16) -> bool {
    let cluster = plan.cluster;
    cluster.service(id).ports.iter().any(|port| port.number == number)
        || cluster
            .pods_behind(id)
            .into_iter()
            .any(|pod| cluster.workload(pod).ports.iter().any(|port| port.number == number))
}
