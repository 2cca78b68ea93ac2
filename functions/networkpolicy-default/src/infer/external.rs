//! Workloads that name hosts outside the cluster, or public hosts that lead back into it.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use manifests::services::Service;

use super::classes::serving;
use super::naming::Naming;
use crate::facts::endpoints::addresses_of;
use crate::plan::Plan;
use crate::policy::{Peer, Ports};
use crate::reason::Reason;
use crate::rule::Rule;

/// Addresses that no public host has: private networks, and the metadata service of the provider.
const NOT_PUBLIC: [Ipv4Net; 4] = [
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// Domains of private networks, whose hosts have private addresses.
///
/// Source: RFC 6762 appendix G, RFC 8375, and ICANN's resolution 2024.07.29.06 on `.internal`.
const PRIVATE_DOMAINS: [&str; 9] =
    ["corp", "home", "home.arpa", "internal", "intranet", "lan", "local", "localdomain", "private"];

/// Lets a workload reach a host outside the cluster, by port: policies know no names.
pub(super) fn allow(plan: &mut Plan<'_, '_>, naming: &Naming<'_>, host: &str) {
    let settings = plan.cluster.settings;
    if !settings.spec.egress || !plan.cluster.is_protected(naming.client) {
        return;
    }
    let address = host.parse::<Ipv4Addr>().ok();
    let ports = match (naming.mention.dialled_port(), address) {
        (Some(port), _) => Ports::tcp(&[port]),
        (None, Some(_)) => Ports::All,
        (None, None) => {
            let place = naming.place;
            let message = format!(
                "names {} in {place} without a port, so nothing is opened for it; write the port too",
                naming.quoted(host)
            );
            return naming.warn(plan, Rule::EgressTargetUnclear, message);
        }
    };
    let cause = Reason::ToExternal.because(format!("{} in {}", naming.told(host), naming.place));
    plan.allow(naming.client, &[peer_of(host)], &ports, &cause);
    // A connection to the address of the load balancer is one to the pods of the ingress controller.
    for controller in naming.public.classes_of(host).flat_map(|class| serving(plan.cluster, class)) {
        let ports = if controller.ports.is_empty() { Ports::All } else { Ports::tcp(&controller.ports) };
        let cause = Reason::ToIngressController.because(format!("{} is a host of this build", naming.told(host)));
        plan.allow(naming.client, &settings.controller_peers(controller), &ports, &cause);
    }
}

/// An address by itself; a name may have any public one, or any at all in a private domain.
fn peer_of(host: &str) -> Peer {
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Peer::from(IpNet::from(Ipv4Net::from(address)));
    }
    let is_in = |domain: &&str| host.strip_suffix(*domain).is_some_and(|host| host.ends_with('.'));
    let is_private = PRIVATE_DOMAINS.iter().any(is_in);
    let except = if is_private { Vec::new() } else { NOT_PUBLIC.to_vec() };
    Peer::Addresses { cidr: Ipv4Net::default().into(), except }
}

/// Lets a workload reach what is behind a Service without a selector.
pub(super) fn allow_endpoints(plan: &mut Plan<'_, '_>, naming: &Naming<'_>, service: &Service) {
    if !plan.cluster.settings.spec.egress || !plan.cluster.is_protected(naming.client) {
        return;
    }
    let behind = addresses_of(plan.cluster, service);
    if behind.iter().all(|behind| behind.addresses.is_empty()) {
        let message = format!(
            "names Service `{}` in {}, whose pods and addresses this build does not show, so nothing is opened for it; add \
             its Endpoints, or give `podLabels` under `spec.services`",
            service.name(),
            naming.place
        );
        return naming.warn(plan, Rule::EgressTargetUnclear, message);
    }
    let cause = Reason::ToExternal.because(format!("Service {} in {}", service.name(), naming.place));
    for behind in behind {
        let peers: Vec<_> =
            behind.addresses.into_iter().map(|address: IpAddr| Peer::from(IpNet::from(address))).collect();
        plan.allow(naming.client, &peers, &behind.ports, &cause);
    }
}
