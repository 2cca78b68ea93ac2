//! Workloads that name hosts outside the cluster, or public hosts that lead back into it.

use std::collections::{BTreeMap, BTreeSet};

use super::clients::{Host, resolve, settings};
use super::ingress;
use super::texts::Mention;
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, Port, Ports};
use crate::workload::WorkloadId;

/// Addresses that no public host has: private networks, and the metadata service of the provider.
const NOT_PUBLIC: [&str; 4] = ["10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

/// Lets workloads reach the hosts that they name, by port: policies know no names.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    if !cluster.settings.spec.egress {
        return;
    }
    let public = public_hosts(plan);
    for id in cluster.workload_ids() {
        let Some(item) = cluster.workload(id).item else { continue };
        for setting in settings(cluster, id) {
            for mention in &setting.mentions {
                let host = match resolve(cluster, item, mention) {
                    Host::External => mention.host.as_str(),
                    Host::Service(service) => match cluster.external_name(service) {
                        Some(host) => host,
                        None => continue,
                    },
                    _ => continue,
                };
                open(plan, id, host, mention, &setting.place);
                if let Some(classes) = public.get(host) {
                    open_controllers(plan, id, host, classes);
                }
            }
        }
    }
}

fn open(plan: &mut Plan<'_, '_>, id: WorkloadId, host: &str, mention: &Mention, place: &str) {
    let peer = match host.parse::<std::net::Ipv4Addr>() {
        Ok(address) => Peer::Addresses { cidr: format!("{address}/32"), except: Vec::new() },
        Err(_) => Peer::Addresses { cidr: "0.0.0.0/0".to_owned(), except: NOT_PUBLIC.map(str::to_owned).to_vec() },
    };
    let ports = mention.dialled_port().map_or(Ports::All, |port| [Port::tcp(port)].into_iter().collect());
    plan.allow(id, Reason::ToExternal, vec![peer], &ports, &format!("{host} in {place}"));
}

/// A connection to the address of the load balancer is one to the pods of the ingress controller.
fn open_controllers(plan: &mut Plan<'_, '_>, id: WorkloadId, host: &str, classes: &BTreeSet<String>) {
    let settings = plan.cluster.settings;
    for controller in classes.iter().filter_map(|class| settings.controllers.get(class)) {
        let ports = controller.ports.iter().map(|port| Port::tcp(*port));
        let ports = if controller.ports.is_empty() { Ports::All } else { ports.collect() };
        let evidence = format!("{host} is a host of an Ingress of this build");
        plan.allow(id, Reason::ToIngressController, settings.controller_peers(controller), &ports, &evidence);
    }
}

/// The hosts of all Ingresses, with the classes that serve them.
fn public_hosts(plan: &Plan<'_, '_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut hosts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in plan.cluster.items("networking.k8s.io", "Ingress") {
        let (_, class) = ingress::class(plan, item);
        for rule in item.value()["spec"]["rules"].as_array().into_iter().flatten() {
            if let Some(host) = rule["host"].as_str() {
                hosts.entry(host.to_lowercase()).or_default().insert(class.clone());
            }
        }
    }
    hosts
}
