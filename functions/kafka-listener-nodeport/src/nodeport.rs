//! The node ports of a listener.

use std::collections::HashSet;

use krm::finding::{Finding, Findings, ObjectReference};
use serde_json::{Value, json};

use crate::edit;
use crate::listener::{BasePort, LISTENERS, brokers_with, entries};
use crate::listener_refusal::Refusal;
use crate::node_ids::NodeIds;
use crate::ports::{Block, Layout, listed};
use crate::replacement::Replacement;
use crate::rule::Rule;

/// The widest slots that are proposed: the node ports of a cluster have room for few of them.
const WIDEST_PROPOSED: u32 = 200;

/// Writes the node ports of the bootstrap and of the brokers. Ports that are there already stay.
///
/// # Errors
/// Ports outside of the range.
pub(crate) fn write_ports(replaced: &Replacement<'_>, value: &mut Value, block: &Block) -> Result<(), Refusal> {
    edit::bootstrap(value).entry("nodePort").or_insert(json!(block.base));
    let written = brokers_with(value, "nodePort");
    let mut brokers = edit::brokers(value);
    for id in replaced.entry_ids().into_iter().filter(|id| !written.contains(id)) {
        if let Some(port) = block.broker(id) {
            brokers.of(id).insert("nodePort".to_owned(), json!(port));
        }
    }
    let range = replaced.options.node_port_range;
    let out: Vec<_> = ports_of(value).into_iter().filter(|port| !range.contains(*port)).collect();
    if out.is_empty() {
        return Ok(());
    }
    let message = format!(
        "with the bootstrap on {}, {} would be outside of the node ports {range}; {}",
        block.base,
        listed(out),
        into_range(replaced, block)
    );
    Err(Refusal::of_listener(Rule::NodePortOutOfRange, message))
}

/// How the ports of a listener come into the range.
fn into_range(replaced: &Replacement<'_>, block: &Block) -> String {
    let range = replaced.options.node_port_range;
    let last = replaced.entry_ids().into_iter().filter_map(|id| block.broker(id)).max().unwrap_or(block.base);
    let is_too_wide = last - block.base > range.last - range.first;
    match replaced.listener.base_port {
        _ if is_too_wide => by_rank(replaced),
        BasePort::Default => format!("`basePort: {}` is the first of them", range.first),
        BasePort::Own(_) | BasePort::OfCluster(_) => "choose another `basePort` or `slot` for the listener".to_owned(),
    }
}

/// The option that gives the brokers of a listener ports without gaps.
fn by_rank(replaced: &Replacement<'_>) -> String {
    let ids = NodeIds::of(replaced.brokers.pod_sets.keys().copied());
    let key = replaced.cluster.proposed_key(replaced.options.spec);
    format!(
        "`{{brokerPorts: ByRank, clusters: {{{key}: {{brokerIDs: \"{ids}\"}}}}}}` gives the brokers ports by their positions in \
         that list"
    )
}

/// Warns of brokers to come that get no port, since no position is theirs. Strimzi gives them random ones.
pub(crate) fn report_unplaced(replaced: &Replacement<'_>, value: &Value, findings: &mut Findings) {
    let with_port = brokers_with(value, "nodePort");
    let unplaced: Vec<_> = replaced.brokers.spare.iter().filter(|id| !with_port.contains(id)).copied().collect();
    if unplaced.is_empty() {
        return;
    }
    let message = format!(
        "the next brokers {} get no ports, since `brokerPorts: ByRank` goes by the positions in `brokerIDs`; add the IDs at \
         its end",
        NodeIds::of(unplaced)
    );
    findings.push(replaced.on_field("configuration.brokers", Rule::BrokerWithoutPort, message));
}

/// The node ports that a listener asks for.
pub(crate) fn ports_of(listener: &Value) -> Vec<u32> {
    let bootstrap = std::iter::once(&listener["configuration"]["bootstrap"]);
    let ports = bootstrap.chain(entries(listener)).filter_map(|entry| entry["nodePort"].as_u64());
    ports.filter_map(|port| u32::try_from(port).ok()).collect()
}

/// Warns of ports beyond those of the slot: another build does not know of them.
pub(crate) fn report_outside_slot(replaced: &Replacement<'_>, value: &Value, block: &Block, findings: &mut Findings) {
    let slot = block.base..block.base + u32::from(replaced.options.spec.stride);
    let outside: Vec<_> = ports_of(value).into_iter().filter(|port| !slot.contains(port)).collect();
    if outside.is_empty() {
        return;
    }
    let written: HashSet<_> = ports_of(&replaced.listener.value).into_iter().collect();
    let remedy = match outside.iter().filter(|port| !written.contains(port)).max() {
        Some(last) => wider(replaced, block, *last),
        None => "take the ports out of the listener, and it gets those of its slot".to_owned(),
    };
    let message = format!(
        "node port {} is outside of the slot of the listener, {}-{}, and a listener of another build may have it; {remedy}",
        listed(outside),
        slot.start,
        slot.end - 1,
    );
    findings.push(replaced.on_field("configuration.brokers", Rule::PortsOutsideSlot, message));
}

/// How the ports of a listener, up to the last, fit into a slot.
fn wider(replaced: &Replacement<'_>, block: &Block, last: u32) -> String {
    let stride = (last - block.base + 1).next_multiple_of(10);
    if block.layout != Layout::ById || stride <= WIDEST_PROPOSED {
        return format!("`stride: {stride}`, in all builds for the cluster, makes the slots wider");
    }
    by_rank(replaced)
}

/// Warns of ports that Kubernetes may give to another Service before Strimzi asks for them.
pub(crate) fn report_band(replaced: &Replacement<'_>, value: &Value, base: u32, findings: &mut Findings) {
    let range = replaced.options.node_port_range;
    let last_static = range.last_static();
    let at_risk: Vec<_> = ports_of(value).into_iter().filter(|port| *port > last_static).collect();
    if at_risk.is_empty() || last_static < range.first {
        return;
    }
    let last = at_risk.iter().max().map_or(0, |last| last.saturating_sub(base));
    let remedy = match replaced.listener.base_port {
        BasePort::Default if range.first + last <= last_static => format!("`basePort: {}`", range.first),
        _ => "these".to_owned(),
    };
    let message = format!(
        "Kubernetes allocates the ports {}-{} automatically, so another Service may already have {}; {}-{} are only given on \
         request: prefer {remedy} where nothing uses the old numbers yet",
        last_static + 1,
        range.last,
        listed(at_risk),
        range.first,
        last_static,
    );
    findings.push(replaced.on_field("configuration.bootstrap.nodePort", Rule::AllocatableNodePort, message));
}

/// The ports to open in the firewall, of all node port listeners as they are in the end.
pub(crate) fn summary<'v>(kafkas: impl Iterator<Item = (ObjectReference, &'v Value)>) -> Option<Finding> {
    let mut parts = Vec::new();
    let mut all = Vec::new();
    for (kafka, value) in kafkas {
        let listeners = value.pointer(LISTENERS).and_then(Value::as_array);
        for listener in listeners.into_iter().flatten().filter(|listener| listener["type"] == "nodeport") {
            let ports = ports_of(listener);
            let bootstrap = &listener["configuration"]["bootstrap"]["nodePort"];
            if !ports.is_empty() {
                let name = listener["name"].as_str().unwrap_or_default();
                let bootstrap = if bootstrap.is_null() { String::new() } else { format!(", bootstrap {bootstrap}") };
                parts.push(format!("{} for {kafka} listener `{name}`{bootstrap}", listed(ports.clone())));
                all.extend(ports);
            }
        }
    }
    let message = || {
        format!(
            "open TCP {} to the nodes in every firewall between clients and cluster: {}",
            listed(all),
            parts.join("; ")
        )
    };
    (!parts.is_empty()).then(|| Finding::new(Rule::FirewallPorts, message()))
}
