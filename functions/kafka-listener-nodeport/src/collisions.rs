//! Node ports that more than one object of the build wants.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Prefilter, Referent, Resources};
use krm::yaml::Tree;
use manifests::helm;
use serde_json::Value;

use crate::cluster::GROUP;
use crate::listener::LISTENERS;
use crate::nodeport::ports_of;
use crate::ports::listed;
use crate::replacement::Replacement;
use crate::rule::Rule;
use crate::scalars;
use crate::slot_proposals::SlotProposals;

/// A field that asks for a node port.
#[derive(Debug)]
struct Claim {
    item: ItemId,
    path: FieldPath,
    /// The position of the listener that it belongs to, in a Kafka.
    listener: Option<usize>,
}

/// A node port that a Kafka and another object ask for.
struct Shared<'c> {
    port: u32,
    of_kafka: &'c Claim,
    of_other: &'c Claim,
}

/// The listeners that are replaced, by their Kafka and position.
type Replaced<'l, 'r> = HashMap<(ItemId, Option<usize>), &'l Replacement<'r>>;

/// All node ports that the objects ask for.
pub(crate) fn used_ports(resources: &Resources) -> BTreeSet<u32> {
    claims(resources).into_keys().collect()
}

/// Refuses node ports that a Kafka shares with anything, once for each listener and object. Of two Kafkas the one whose
/// listeners are replaced is named.
pub(crate) fn report(listeners: &[Replacement<'_>], resources: &Resources, findings: &mut Findings) {
    let claims = claims(resources);
    let mut proposals = SlotProposals::new(listeners, claims.keys().copied().collect());
    let key = |replaced: &Replacement<'_>| (replaced.cluster.id, Some(replaced.listener.index));
    let replaced: Replaced<'_, '_> = listeners.iter().map(|replaced| (key(replaced), replaced)).collect();
    for shared in pairs(&claims, &replaced, resources).into_values() {
        let Shared { of_kafka, of_other, port } = shared[0];
        let listener = replaced.get(&(of_kafka.item, of_kafka.listener));
        let message = format!(
            "{} at `{}` takes node port {} too, and every node port of a cluster is for one Service; {}",
            resources.get(of_other.item).reference(),
            of_other.path,
            listed(shared.iter().map(|shared| shared.port)),
            remedy(listener.copied(), port, &mut proposals)
        );
        let finding = Finding::new(Rule::NodePortInUse, message);
        findings.push(finding.on(resources.get(of_kafka.item)).at(of_kafka.path.clone()));
    }
}

/// How a listener gets another port: what the manifest itself holds comes before the config.
fn remedy(replaced: Option<&Replacement<'_>>, port: u32, proposals: &mut SlotProposals) -> String {
    let Some(replaced) = replaced else { return "give one of them another port".to_owned() };
    let written = &replaced.listener.value;
    if ports_of(written).contains(&port) {
        return "the listener itself holds it: give one of them another port".to_owned();
    }
    match &written["configuration"]["bootstrap"]["nodePort"] {
        Value::Null => format!("give the listener another slot, by {}", proposals.of(replaced)),
        base => format!("it follows from `bootstrap.nodePort`, {base}, of the listener: give that another port"),
    }
}

/// The ports that a listener of a Kafka shares with another object, by all three.
fn pairs<'c>(
    claims: &'c BTreeMap<u32, Vec<Claim>>,
    replaced: &Replaced<'_, '_>,
    resources: &Resources,
) -> BTreeMap<(ItemId, Option<usize>, ItemId), Vec<Shared<'c>>> {
    let is_replaced = |claim: &&Claim| replaced.contains_key(&(claim.item, claim.listener));
    let is_kafka = |claim: &&Claim| resources.get(claim.item).is(GROUP, "Kafka");
    let mut pairs: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (port, claims) in claims {
        let of_kafka = claims.iter().rev().find(is_replaced).or_else(|| claims.iter().rev().find(is_kafka));
        let Some(of_kafka) = of_kafka else { continue };
        for of_other in claims.iter().filter(|claim| !std::ptr::eq(*claim, of_kafka)) {
            let shared = Shared { port: *port, of_kafka, of_other };
            pairs.entry((of_kafka.item, of_kafka.listener, of_other.item)).or_default().push(shared);
        }
    }
    pairs
}

fn claims(resources: &Resources) -> BTreeMap<u32, Vec<Claim>> {
    let prefilter = Prefilter::new(["nodePort"]);
    let keys = values_keys(resources);
    let mut claims: BTreeMap<u32, Vec<Claim>> = BTreeMap::new();
    for item in resources.iter().filter(|item| prefilter.may_match(item)) {
        let in_texts = keys.get(&item.id()).into_iter().flatten().flat_map(|key| claims_in_text(item, key));
        for (port, path, listener) in claims_of(item).into_iter().chain(in_texts) {
            let of_port = claims.entry(port).or_default();
            // A Service may use a port for TCP and for UDP; values of a chart that are a mapping are found twice.
            let is_same = |claim: &Claim| item.is("", "Service") || claim.path == path;
            let of_item = of_port.iter().rev().take_while(|claim| claim.item == item.id());
            if !of_item.into_iter().any(is_same) {
                of_port.push(Claim { item: item.id(), path, listener });
            }
        }
    }
    claims
}

/// The node ports in an object: of Services, of listeners with their positions, and of Helm charts.
fn claims_of(item: &Item) -> Vec<(u32, FieldPath, Option<usize>)> {
    let own = ports_in(item.value()).into_iter();
    let own = own.map(|(port, pointer)| (port, FieldPath::from(&pointer), listener_at(&pointer)));
    let values = helm::values_of(item.value());
    let parts = values.iter().flat_map(|values| values.read().unwrap_or_default());
    let of_charts = parts.flat_map(|part| {
        let ports = ports_in(&part.value).into_iter();
        ports.map(move |(port, pointer)| (port, part.path_of(&pointer), None)).collect::<Vec<_>>()
    });
    own.chain(of_charts).collect()
}

/// The keys of ConfigMaps that hold values of charts, as Flux reads them.
///
/// Source: fluxcd/helm-controller api/v2/reference_types.go, `ValuesReference`. Values for a `targetPath` are left out.
fn values_keys(resources: &Resources) -> HashMap<ItemId, Vec<String>> {
    let mut keys: HashMap<_, Vec<_>> = HashMap::new();
    for release in resources.iter().filter(|item| item.is("helm.toolkit.fluxcd.io", "HelmRelease")) {
        let references = release.value()["spec"]["valuesFrom"].as_array().into_iter().flatten();
        for reference in references.filter(|reference| reference["targetPath"].is_null()) {
            let name = reference["name"].as_str().unwrap_or_default();
            let is_config_map = reference["kind"] == "ConfigMap";
            if let (true, Referent::Found(id)) =
                (is_config_map, resources.referent(release.id(), "", "ConfigMap", name))
            {
                let key = reference["valuesKey"].as_str().unwrap_or("values.yaml");
                keys.entry(id).or_default().push(key.to_owned());
            }
        }
    }
    keys
}

/// The node ports in a text of a ConfigMap.
fn claims_in_text(config_map: &Item, key: &str) -> Vec<(u32, FieldPath, Option<usize>)> {
    let text = config_map.value()["data"][key].as_str().unwrap_or_default();
    let Ok(tree) = Tree::parse(text.to_owned()) else { return Vec::new() };
    let ports = tree.documents().iter().flat_map(|document| ports_in(&tree.value(document.root)));
    let path = FieldPath::from("data").key(key);
    ports.map(|(port, pointer)| (port, path.clone().join(&pointer), None)).collect()
}

/// The position of the listener that a field of a Kafka belongs to.
fn listener_at(pointer: &PointerBuf) -> Option<usize> {
    let (position, _) = pointer.as_str().strip_prefix(LISTENERS)?.strip_prefix('/')?.split_once('/')?;
    position.parse().ok()
}

/// The node ports in a value. Values of charts may write them as text.
fn ports_in(value: &Value) -> Vec<(u32, PointerBuf)> {
    let mut found = Vec::new();
    scalars::visit(value, "", |scalar| {
        let in_mapping = ["/nodePorts/", "/nodePort/"].iter().any(|mapping| scalar.pointer.as_str().contains(mapping));
        if in_mapping || names_a_node_port(scalar.key) {
            found.extend(port_of(scalar.value).map(|port| (port, scalar.pointer.clone())));
        }
    });
    found
}

/// Whether a key is `nodePort`, `nodePorts` or one like `healthCheckNodePort`.
fn names_a_node_port(key: &str) -> bool {
    let key = key.trim_end_matches('s');
    key.len()
        .checked_sub("nodePort".len())
        .is_some_and(|start| key.is_char_boundary(start) && key[start..].eq_ignore_ascii_case("nodePort"))
}

fn port_of(value: &Value) -> Option<u32> {
    let port = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u32::try_from(port).ok().filter(|port| *port > 0)
}
