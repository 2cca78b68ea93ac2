//! Workloads that name hosts outside the cluster, or public hosts that lead back into it.

use std::collections::{BTreeMap, BTreeSet};

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use super::classes::class_of;
use super::clients::{Host, resolve};
use super::texts::texts_of;
use crate::facts::workload::WorkloadId;
use crate::plan::Plan;
use crate::policy::{Peer, Ports};
use crate::reason::Reason;

/// Addresses that no public host has: private networks, and the metadata service of the provider.
const NOT_PUBLIC: [Ipv4Net; 4] = [
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// Lets workloads reach the hosts that they name, by port: policies know no names.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    if !cluster.settings.spec.egress {
        return;
    }
    let public = public_hosts(plan);
    for id in cluster.workload_ids() {
        let Some(item) = cluster.item_of(id) else { continue };
        for text in texts_of(cluster, id) {
            for mention in &text.mentions {
                let host = match resolve(cluster, item.id(), mention) {
                    Host::External => Some(mention.host.as_str()),
                    Host::Service(service) => cluster.service(service).external_name(),
                    Host::Unknown { .. } | Host::Unclear => None,
                };
                let Some(host) = host else { continue };
                let ports = mention.dialled_port().map_or(Ports::All, |port| Ports::tcp(&[port]));
                plan.allow(
                    id,
                    &[peer_of(host)],
                    &ports,
                    &Reason::ToExternal.because(format!("{host} in {}", text.place)),
                );
                if let Some(classes) = public.get(host) {
                    open_controllers(plan, id, host, classes);
                }
            }
        }
    }
}

/// An address by itself; a name may have any public one.
fn peer_of(host: &str) -> Peer {
    match host.parse::<Ipv4Addr>() {
        Ok(address) => Peer::from(IpNet::from(Ipv4Net::from(address))),
        Err(_) => Peer::Addresses { cidr: Ipv4Net::default().into(), except: NOT_PUBLIC.to_vec() },
    }
}

/// A connection to the address of the load balancer is one to the pods of the ingress controller.
fn open_controllers(plan: &mut Plan<'_, '_>, id: WorkloadId, host: &str, classes: &BTreeSet<String>) {
    let settings = plan.cluster.settings;
    for controller in classes.iter().filter_map(|class| settings.controllers.get(class)) {
        let ports = if controller.ports.is_empty() { Ports::All } else { Ports::tcp(&controller.ports) };
        let cause = Reason::ToIngressController.because(format!("{host} is a host of an Ingress of this build"));
        plan.allow(id, &settings.controller_peers(controller), &ports, &cause);
    }
}

/// The hosts of all Ingresses, with the classes that serve them.
fn public_hosts(plan: &Plan<'_, '_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut hosts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in plan.cluster.items("networking.k8s.io", "Ingress") {
        let (_, class) = class_of(plan.cluster.settings, item);
        for rule in item.value()["spec"]["rules"].as_array().into_iter().flatten() {
            if let Some(host) = rule["host"].as_str() {
                hosts.entry(host.to_lowercase()).or_default().insert(class.clone());
            }
        }
    }
    hosts
}
