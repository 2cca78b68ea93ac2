//! What holds in every namespace that is guarded: nothing gets in, and with egress nothing but DNS gets out.

use std::collections::BTreeMap;

use krm::finding::{Finding, ObjectReference};
use manifests::selectors::Selector;
use manifests::services::Protocol;

use crate::config::NamespacePolicies;
use crate::facts::cluster::Cluster;
use crate::facts::workload::unselectable;
use crate::others::namespaces_denied_by_others;
use crate::plan::{DEFAULT_DENY, Plan};
use crate::policy::{Direction, Peer, Port, Ports};
use crate::rule::Rule;

const DNS_PORT: u16 = 53;

/// The namespaces that have workloads in the build and are not excluded: by name, as the workloads write it.
pub(crate) fn protected_namespaces(cluster: &Cluster<'_>) -> BTreeMap<String, Option<String>> {
    let mut namespaces = BTreeMap::new();
    for id in cluster.workload_ids() {
        let workload = cluster.workload(id);
        if cluster.settings.protects(workload.namespace()) {
            let written: &mut Option<String> = namespaces.entry(workload.namespace_name().to_owned()).or_default();
            *written = written.take().or_else(|| workload.namespace().map(str::to_owned));
        }
    }
    namespaces
}

/// The namespaces that this build gives the policies of a whole namespace, as they are written.
fn denied_namespaces<'n>(
    cluster: &Cluster<'n>,
    with_workloads: &'n BTreeMap<String, Option<String>>,
) -> Vec<Option<&'n str>> {
    match cluster.settings.spec.namespace_policies {
        NamespacePolicies::Workloads => with_workloads.values().map(Option::as_deref).collect(),
        NamespacePolicies::Declared => {
            let declared = cluster.items("", "Namespace").map(|namespace| Some(namespace.name()));
            declared.filter(|namespace| cluster.settings.protects(*namespace)).collect()
        }
    }
}

/// Denies by default, and says what policies cannot guard.
pub(crate) fn deny(plan: &mut Plan<'_, '_>, namespaces: &BTreeMap<String, Option<String>>) {
    let spec = &plan.cluster.settings.spec;
    for namespace in denied_namespaces(plan.cluster, namespaces) {
        let everything = Selector::default();
        let evidence = "what is not allowed is denied".to_owned();
        let deny = plan.draft(namespace, DEFAULT_DENY, &everything, Direction::Ingress);
        deny.tell(&evidence);
        if spec.egress {
            let deny = plan.draft(namespace, "default-deny-egress", &everything, Direction::Egress);
            deny.tell(&evidence);
            let dns = plan.draft(namespace, "allow-to-dns", &everything, Direction::Egress);
            let port = |protocol| Port { number: DNS_PORT, protocol };
            let ports = Ports::from_iter([Protocol::Udp, Protocol::Tcp].map(port));
            dns.allow(Peer::from(&spec.dns).into(), &ports.into(), "every pod resolves names");
        }
    }
    report_not_denied(plan, namespaces);
    report_unreachable(plan);
    report_ipv6(plan, namespaces);
}

/// Reports namespaces with pods that nothing of the build denies by default. No build can see whether another one does, so
/// people say so.
fn report_not_denied(plan: &mut Plan<'_, '_>, namespaces: &BTreeMap<String, Option<String>>) {
    let cluster = plan.cluster;
    let spec = &cluster.settings.spec;
    let by_hand = namespaces_denied_by_others(cluster);
    for namespace in namespaces.keys() {
        let is_denied = plan.denies(Some(namespace)) || by_hand.contains(namespace.as_str());
        if is_denied || spec.namespaces_declared_elsewhere.contains(namespace) {
            continue;
        }
        let message = format!(
            "has pods in this build, which does not hold the Namespace; with `namespacePolicies: Declared` nothing here denies \
             by default what reaches them; where another build holds the Namespace, say \
             `namespacesDeclaredElsewhere: [{namespace}]`; where none does, say `namespacePolicies: Workloads`"
        );
        let object = ObjectReference {
            api_version: "v1".into(),
            kind: "Namespace".into(),
            name: namespace.as_str().into(),
            ..ObjectReference::default()
        };
        plan.findings.push(Finding::new(Rule::NamespaceNotDenied, message).on(object));
    }
}

/// Reports workloads that policies cannot guard, or whose callers no manifest shows.
fn report_unreachable(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids() {
        let workload = cluster.workload(id);
        if let Some(refused) = workload.refused().filter(|_| cluster.is_protected(id)) {
            plan.report_once(unselectable(workload, refused));
        }
        let (rule, message) = if workload.is_in_host_network {
            let message = "runs in the host network, where no policy guards it; take `hostNetwork` out, or guard its ports with the \
             firewall of the nodes";
            (Rule::WorkloadInHostNetwork, message)
        } else if workload.is_of_knative() && workload.allow_from.is_empty() {
            let message = "Knative's activator, autoscaler and gateway reach its pods, and no manifest says where they run; list their \
             namespaces under `allow-from`";
            (Rule::KnativeCallersUnlisted, message)
        } else {
            continue;
        };
        if cluster.settings.protects(workload.namespace()) {
            plan.findings.push(Finding::new(rule, message).on(workload.reference.clone()));
        }
    }
}

/// K3s before 1.33.7 sets up wrong address sets for IPv6.
fn report_ipv6(plan: &mut Plan<'_, '_>, namespaces: &BTreeMap<String, Option<String>>) {
    let cluster = plan.cluster;
    for service in cluster.items("", "Service").filter(|service| namespaces.contains_key(service.namespace_name())) {
        let is_dual = service.field(&["spec", "ipFamilyPolicy"]).as_str().is_some_and(|policy| policy != "SingleStack");
        let families = service.field(&["spec", "ipFamilies"]);
        if is_dual || families.as_array().is_some_and(|families| families.iter().any(|family| family == "IPv6")) {
            let message = "asks for IPv6, where network policies of K3s 1.33.6 and some before do not hold; run K3s 1.33.7 \
                           or later";
            let finding = Finding::new(Rule::Ipv6Unguarded, message);
            plan.findings.push(finding.on(service.reference()).at("spec.ipFamilyPolicy"));
        }
    }
}
