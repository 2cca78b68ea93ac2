//! Node ports that more than one object of the build wants.

use std::collections::{BTreeMap, BTreeSet};

use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Prefilter, Resources};
use manifests::helm;
use serde_json::Value;

use crate::cluster::GROUP;
use crate::config::Options;
use crate::ports::listed;
use crate::rule::Rule;
use crate::scalars;

/// A node port and the field that asks for it.
#[derive(Debug)]
struct Claim {
    item: ItemId,
    path: FieldPath,
}

/// A node port that a Kafka and another object ask for.
struct Shared<'c> {
    port: u32,
    of_kafka: &'c Claim,
    of_other: &'c Claim,
}

/// All node ports that the objects ask for.
pub(crate) fn used_ports(resources: &Resources) -> BTreeSet<u32> {
    claims(resources).into_keys().collect()
}

/// Refuses node ports that a Kafka shares with anything, once for each pair of objects. Of two Kafkas the one whose
/// listeners are replaced is named.
pub(crate) fn report(replaced: &[ItemId], options: &Options<'_>, resources: &Resources, findings: &mut Findings) {
    let claims = claims(resources);
    let mut used = claims.keys().copied().collect();
    for ((kafka, other), shared) in pairs(&claims, replaced, resources) {
        let Shared { of_kafka, of_other, .. } = shared[0];
        let free = options.slots().take_free(&mut used).map(|slot| format!(", as `slot: {slot}`"));
        let message = format!(
            "{} at `{}` takes node port {} too, and every node port of a cluster is for one Service; give another `basePort` or \
             `slot` under `clusters`{}",
            resources.get(other).reference(),
            of_other.path,
            listed(shared.iter().map(|shared| shared.port)),
            free.unwrap_or_default()
        );
        let finding = Finding::new(Rule::NodePortInUse, message);
        findings.push(finding.on(resources.get(kafka)).at(of_kafka.path.clone()));
    }
}

/// The ports that a Kafka shares with another object, by both.
fn pairs<'c>(
    claims: &'c BTreeMap<u32, Vec<Claim>>,
    replaced: &[ItemId],
    resources: &Resources,
) -> BTreeMap<(ItemId, ItemId), Vec<Shared<'c>>> {
    let is_replaced = |claim: &&Claim| replaced.contains(&claim.item);
    let is_kafka = |claim: &&Claim| resources.get(claim.item).is(GROUP, "Kafka");
    let mut pairs: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (port, claims) in claims {
        let of_kafka = claims.iter().rev().find(is_replaced).or_else(|| claims.iter().rev().find(is_kafka));
        let Some(of_kafka) = of_kafka else { continue };
        for of_other in claims.iter().filter(|claim| !std::ptr::eq(*claim, of_kafka)) {
            let shared = Shared { port: *port, of_kafka, of_other };
            pairs.entry((of_kafka.item, of_other.item)).or_default().push(shared);
        }
    }
    pairs
}

fn claims(resources: &Resources) -> BTreeMap<u32, Vec<Claim>> {
    let prefilter = Prefilter::new(["nodePort"]);
    let mut claims: BTreeMap<u32, Vec<Claim>> = BTreeMap::new();
    for item in resources.iter().filter(|item| prefilter.may_match(item)) {
        for (port, path) in claims_of(item) {
            let of_port = claims.entry(port).or_default();
            // A Service may use a port for TCP and for UDP; values of a chart that are a mapping are found twice.
            let is_same = |claim: &Claim| claim.item == item.id() && (item.is("", "Service") || claim.path == path);
            if !of_port.iter().any(is_same) {
                of_port.push(Claim { item: item.id(), path });
            }
        }
    }
    claims
}

/// The node ports in an object: of Services, of listeners, and of Helm charts.
fn claims_of(item: &Item) -> Vec<(u32, FieldPath)> {
    let own = ports_in(item.value()).into_iter().map(|(port, pointer)| (port, FieldPath::from(&pointer)));
    let values = helm::values_of(item.value());
    let parts = values.iter().flat_map(|values| values.read().unwrap_or_default());
    let of_charts = parts.flat_map(|part| {
        ports_in(&part.value).into_iter().map(move |(port, pointer)| (port, part.path_of(&pointer))).collect::<Vec<_>>()
    });
    own.chain(of_charts).collect()
}

fn ports_in(value: &Value) -> Vec<(u32, PointerBuf)> {
    const KEYS: [&str; 3] = ["nodePort", "healthCheckNodePort", "nodePorts"];
    let mut found = Vec::new();
    scalars::visit(value, "", |scalar| {
        let is_port = KEYS.contains(&scalar.key) || scalar.pointer.as_str().contains("/nodePorts/");
        let port = scalar.value.as_u64().and_then(|port| u32::try_from(port).ok());
        if let (true, Some(port)) = (is_port, port.filter(|port| *port > 0)) {
            found.push((port, scalar.pointer.clone()));
        }
    });
    found
}
