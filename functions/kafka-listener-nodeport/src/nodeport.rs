//! `type: NodePort`.

use krm::finding::{Finding, Findings, ObjectReference};
use serde_json::{Value, json};

use crate::edit;
use crate::listener::{BrokerNames, LISTENERS, Refusal, entries};
use crate::node_ids::NodeIds;
use crate::ports::{Block, listed};
use crate::replacement::Replacement;
use crate::rule::Rule;

/// Writes the node ports of the bootstrap and of the brokers. Ports that are there already stay.
///
/// # Errors
/// Ports outside of the range.
pub(crate) fn write_ports(replaced: &Replacement<'_>, value: &mut Value, block: &Block) -> Result<(), Refusal> {
    edit::bootstrap(value).entry("nodePort").or_insert(json!(block.base));
    for id in replaced.entry_ids() {
        let is_written = entries(value).any(|entry| entry["broker"] == id && !entry["nodePort"].is_null());
        if let (false, Some(port)) = (is_written, block.broker(id)) {
            edit::broker(value, id).insert("nodePort".to_owned(), json!(port));
        }
    }
    let range = replaced.options.node_port_range;
    let out: Vec<_> = ports_of(value).into_iter().filter(|port| !range.contains(*port)).collect();
    if out.is_empty() {
        return Ok(());
    }
    let message = format!(
        "with the bootstrap on {}, {} would lie outside of the node ports {range}; choose another `basePort` or `slot`, or \
         `brokerPorts: ByRank` for high broker IDs",
        block.base,
        listed(out)
    );
    Err(Refusal::of_listener(Rule::NodePortOutOfRange, message))
}

/// Warns of brokers to come that get no port, since no position is theirs. Strimzi gives them random ones.
pub(crate) fn report_unplaced(replaced: &Replacement<'_>, value: &Value, findings: &mut Findings) {
    let has_port = |id: &&u32| entries(value).any(|entry| entry["broker"] == **id && !entry["nodePort"].is_null());
    let unplaced: Vec<_> = replaced.brokers.spare.iter().filter(|id| !has_port(id)).copied().collect();
    if unplaced.is_empty() {
        return;
    }
    let message = format!(
        "the next brokers {} get no ports, since `brokerPorts: ByRank` goes by the positions in `brokerIDs`; add the IDs at \
         its end",
        NodeIds::of(unplaced)
    );
    findings.push(replaced.on_field("configuration.brokers", Finding::new(Rule::BrokerWithoutPort, message)));
}

/// The node ports that a listener asks for.
fn ports_of(listener: &Value) -> Vec<u32> {
    let bootstrap = std::iter::once(&listener["configuration"]["bootstrap"]);
    let ports = bootstrap.chain(entries(listener)).filter_map(|entry| entry["nodePort"].as_u64());
    ports.filter_map(|port| u32::try_from(port).ok()).collect()
}

/// Warns of ports that Kubernetes may give to another Service before Strimzi asks for them.
pub(crate) fn report_band(replaced: &Replacement<'_>, value: &Value, findings: &mut Findings) {
    let range = replaced.options.node_port_range;
    let last_static = range.last_static();
    let at_risk: Vec<_> = ports_of(value).into_iter().filter(|port| *port > last_static).collect();
    if at_risk.is_empty() || last_static < range.first {
        return;
    }
    let message = format!(
        "Kubernetes allocates the ports {}-{} automatically, so another Service may already have {}; {}-{} are only given on \
         request: prefer `basePort: {}` where nothing uses the old numbers yet",
        last_static + 1,
        range.last,
        listed(at_risk),
        range.first,
        last_static,
        range.first
    );
    let finding = Finding::new(Rule::AllocatableNodePort, message);
    findings.push(replaced.on_field("configuration.bootstrap.nodePort", finding));
}

/// Writes the names by which clients reach the brokers, into their certificates too. `has_template` says whether the target
/// has `advertisedHostTemplate`.
pub(crate) fn write_names(replaced: &Replacement<'_>, value: &mut Value, has_template: bool) {
    let listener = replaced.listener;
    let names = &listener.names;
    let template = match &names.brokers {
        BrokerNames::Template(template) if has_template => Some(template),
        _ => None,
    };
    match (template, &names.brokers) {
        (Some(template), _) => {
            edit::configuration(value).insert("advertisedHostTemplate".to_owned(), json!(template));
        }
        (None, BrokerNames::None) => {}
        (None, _) => drop(edit::configuration(value).shift_remove("advertisedHostTemplate")),
    }
    for id in replaced.entry_ids() {
        let Some(name) = names.brokers.of(id) else { continue };
        let is_written =
            || entries(&listener.value).any(|entry| entry["broker"] == id && !entry["advertisedHost"].is_null());
        if template.is_none() || is_written() {
            edit::broker(value, id).insert("advertisedHost".to_owned(), json!(name));
        }
    }
    if let Some(bootstrap) = &names.bootstrap {
        let is_advertised = matches!(&names.brokers, BrokerNames::Template(template) if template == bootstrap);
        if !is_advertised {
            edit::add_alternative_name(value, bootstrap);
        }
    }
}

/// Whether any broker is advertised by a name.
pub(crate) fn advertises(listener: &Value) -> bool {
    !listener["configuration"]["advertisedHostTemplate"].is_null()
        || entries(listener).any(|entry| !entry["advertisedHost"].is_null())
}

/// Says how clients find the brokers, and whether their certificates hold the names.
pub(crate) fn report_names(replaced: &Replacement<'_>, value: &Value, findings: &mut Findings) {
    let configuration = &value["configuration"];
    let brokers = &replaced.listener.names.brokers;
    let mut warn = |rule, field: &'static str, message: &str| {
        findings.push(replaced.on_field(field, Finding::new(rule, message)));
    };
    if advertises(value) && *brokers == BrokerNames::None {
        warn(
            Rule::AdvertisedHostsKept,
            "configuration",
            "clients go on to the advertised hosts of the brokers, as written here; point the DNS records of these names at the \
             nodes, or give `host`",
        );
    }
    let is_shared = matches!(brokers, BrokerNames::Template(name) if !name.contains("{nodeId}"));
    if configuration["externalTrafficPolicy"] == "Local" && is_shared {
        warn(
            Rule::LocalListenerTraffic,
            "configuration.externalTrafficPolicy",
            "with `Local` the port of a broker answers on the node of that broker only, but one name means all nodes; \
             take it out, or give `brokerHost`",
        );
    }
    let has_own_certificate = configuration["brokerCertChainAndKey"].is_object();
    if replaced.listener.is_tls && has_own_certificate {
        warn(
            Rule::OwnListenerCertificate,
            "configuration.brokerCertChainAndKey",
            "clients check the name they dial against this certificate; it must hold the names of the nodes, or `host` \
             if that is given",
        );
    } else if replaced.listener.is_tls && !is_named(value) {
        warn(
            Rule::NodesNotInCertificate,
            "configuration",
            "clients will fail at the name check of TLS: Strimzi puts no address of a node into the certificates; give a DNS \
             name of the nodes as `host`",
        );
    }
}

/// Whether the certificates that Strimzi makes hold a name for every broker.
fn is_named(value: &Value) -> bool {
    let configuration = &value["configuration"];
    !configuration["advertisedHostTemplate"].is_null()
        || !configuration["bootstrap"]["alternativeNames"].is_null()
        || advertises(value) && entries(value).all(|entry| !entry["advertisedHost"].is_null())
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
