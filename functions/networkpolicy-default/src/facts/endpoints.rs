//! Where Services without a selector lead: the addresses of their Endpoints and EndpointSlices.

use std::net::IpAddr;

use manifests::services::{Protocol, Service};
use serde_json::Value;

use super::cluster::Cluster;
use crate::policy::{Port, Ports};

/// Addresses, and their ports.
pub(crate) struct Addresses {
    /// The addresses.
    pub(crate) addresses: Vec<IpAddr>,
    /// The ports; all if none is given.
    pub(crate) ports: Ports,
}

/// The addresses behind a Service, as the build writes them.
///
/// Source: kubernetes/api core/v1 and discovery/v1 types.go.
pub(crate) fn addresses_of(cluster: &Cluster<'_>, service: &Service) -> Vec<Addresses> {
    let Some(item) = service.item.map(|item| cluster.resources.get(item)) else { return Vec::new() };
    cluster.endpoints_of(item).iter().flat_map(|endpoints| subsets(endpoints.value())).collect()
}

/// The addresses of Endpoints, subset by subset, or of an EndpointSlice.
fn subsets(object: &Value) -> Vec<Addresses> {
    if object["endpoints"].is_array() {
        let addresses = list(&object["endpoints"]).flat_map(|endpoint| list(&endpoint["addresses"]));
        return vec![Addresses {
            addresses: addresses.filter_map(address_of).collect(),
            ports: ports_of(&object["ports"]),
        }];
    }
    let subset = |subset: &Value| Addresses {
        addresses: list(&subset["addresses"]).filter_map(|address| address_of(&address["ip"])).collect(),
        ports: ports_of(&subset["ports"]),
    };
    list(&object["subsets"]).map(subset).collect()
}

fn address_of(value: &Value) -> Option<IpAddr> {
    value.as_str()?.parse().ok()
}

fn ports_of(value: &Value) -> Ports {
    let port = |port: &Value| {
        let number = port["port"].as_u64().and_then(|number| u16::try_from(number).ok())?;
        let protocol = port["protocol"].as_str().and_then(Protocol::of).unwrap_or_default();
        Some(Port { number, protocol })
    };
    let ports: Ports = list(value).filter_map(port).collect();
    if ports.is_empty() { Ports::All } else { ports }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
