//! Node ports that more than one object of the build wants.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use krm::yaml::Tree;
use serde_json::Value;

use crate::cluster::GROUP;
use crate::config::Spec;
use crate::places::free_slot;
use crate::ports::{PortRange, listed};
use crate::walk;

/// A node port and the field that asks for it.
#[derive(Debug)]
struct Claim {
    item: ItemId,
    path: String,
}

/// A node port that a Kafka and another object ask for.
struct Shared<'c> {
    port: u32,
    of_kafka: &'c Claim,
    of_other: &'c Claim,
}

/// All node ports that the objects ask for, by port.
pub(crate) fn used_ports(resources: &Resources) -> BTreeSet<u32> {
    claims(resources).into_keys().collect()
}

/// Refuses node ports that a Kafka shares with anything, once for each pair of objects. Of two Kafkas the one whose
/// listeners are replaced is named.
pub(crate) fn report(
    replaced: &[ItemId],
    spec: &Spec,
    range: PortRange,
    resources: &Resources,
    findings: &mut Findings,
) {
    let claims = claims(resources);
    let mut pairs: BTreeMap<(ItemId, ItemId), Vec<Shared<'_>>> = BTreeMap::new();
    for (port, claims) in &claims {
        let is_replaced = |claim: &&Claim| replaced.contains(&claim.item);
        let is_kafka = |claim: &&Claim| resources.get(claim.item).is(GROUP, "Kafka");
        let of_kafka = claims.iter().rev().find(is_replaced).or_else(|| claims.iter().rev().find(is_kafka));
        let Some(of_kafka) = of_kafka else { continue };
        for other in claims.iter().filter(|claim| !std::ptr::eq(*claim, of_kafka)) {
            pairs.entry((of_kafka.item, other.item)).or_default().push(Shared {
                port: *port,
                of_kafka,
                of_other: other,
            });
        }
    }
    let mut used = claims.keys().copied().collect();
    for ((kafka, other), shared) in pairs {
        let Shared { of_kafka, of_other, .. } = shared[0];
        let free = free_slot(spec, range, &mut used).map(|slot| format!(", as `slot: {slot}`")).unwrap_or_default();
        let message = format!(
            "{} at `{}` takes node port {} too, and every node port of a cluster is for one Service; give another `basePort` or \
             `slot` under `clusters`{free}",
            resources.get(other).reference(),
            of_other.path,
            listed(shared.iter().map(|shared| shared.port)),
        );
        findings.push(Finding::error(message).on(resources.get(kafka).reference()).at(of_kafka.path.clone()));
    }
}

fn claims(resources: &Resources) -> BTreeMap<u32, Vec<Claim>> {
    let mut claims: BTreeMap<u32, Vec<Claim>> = BTreeMap::new();
    let holds_port = |text: &str| text.contains("odePort");
    for item in resources.iter().filter(|item| walk::is_worth_reading(item, holds_port)) {
        for (port, path) in claims_of(item) {
            let of_port = claims.entry(port).or_default();
            // A Service may use a port for TCP and for UDP.
            let is_same_service = of_port.iter().any(|claim| claim.item == item.id()) && item.is("", "Service");
            if !is_same_service {
                of_port.push(Claim { item: item.id(), path });
            }
        }
    }
    claims
}

/// The node ports in an object: of Services, of listeners, and of charts that K3s installs.
fn claims_of(item: &Item) -> Vec<(u32, String)> {
    let mut found = ports_in(item.value());
    if item.group() == "helm.cattle.io" {
        let values = item.value()["spec"]["valuesContent"].as_str().and_then(|text| Tree::parse(text.to_owned()).ok());
        for document in values.iter().flat_map(Tree::documents) {
            let of_chart = values.iter().flat_map(|tree| ports_in(&tree.value(document.root)));
            found.extend(of_chart.map(|(port, path)| (port, format!("spec.valuesContent: {path}"))));
        }
    }
    found
}

fn ports_in(value: &Value) -> Vec<(u32, String)> {
    const KEYS: [&str; 3] = ["nodePort", "healthCheckNodePort", "nodePorts"];
    let mut found = Vec::new();
    walk::scalars(value, "", &mut |place, value| {
        let is_port = KEYS.contains(&place.key) || place.pointer.contains("/nodePorts/");
        let port = value.as_u64().and_then(|port| u32::try_from(port).ok());
        if let (true, Some(port)) = (is_port, port.filter(|port| *port > 0)) {
            found.push((port, place.path()));
        }
    });
    found
}
