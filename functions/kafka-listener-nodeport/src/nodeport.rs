//! `type: nodeport`.

use krm::finding::{Finding, Findings, ObjectReference};
use serde_json::{Value, json};

use crate::broker_ids::Brokers;
use crate::edit;
use crate::listener::{BrokerNames, LISTENERS, Listener, entries};
use crate::ports::{Block, PortRange, listed};

/// Writes the node ports of the bootstrap and of the brokers. Ports that stand there already stay.
///
/// # Errors
/// Ports outside of the range.
pub(crate) fn write_ports(
    listener: &Listener,
    value: &mut Value,
    brokers: &Brokers,
    block: &Block,
    range: PortRange,
) -> Result<(), String> {
    edit::bootstrap(value).entry("nodePort").or_insert(json!(block.base));
    for id in ids_of(listener, brokers) {
        let is_written = entries(value).any(|entry| entry["broker"] == id && !entry["nodePort"].is_null());
        if let (false, Some(port)) = (is_written, block.broker(id)) {
            edit::broker(value, id).insert("nodePort".to_owned(), json!(port));
        }
    }
    let out: Vec<_> = ports_of(value).into_iter().filter(|port| !range.contains(*port)).collect();
    if out.is_empty() {
        return Ok(());
    }
    Err(format!(
        "with the bootstrap on {}, {} would lie outside of the node ports {range}; choose another `basePort` or `slot`, or \
         `brokerPorts: by-rank` for high broker IDs",
        block.base,
        listed(out)
    ))
}

/// The node ports that a listener asks for.
fn ports_of(listener: &Value) -> Vec<u32> {
    let bootstrap = std::iter::once(&listener["configuration"]["bootstrap"]);
    let ports = bootstrap.chain(entries(listener)).filter_map(|entry| entry["nodePort"].as_u64());
    ports.filter_map(|port| u32::try_from(port).ok()).collect()
}

/// The brokers that get an entry: those there are, those to come, and those that the listener names.
pub(crate) fn ids_of(listener: &Listener, brokers: &Brokers) -> Vec<u32> {
    let named = entries(&listener.value).filter_map(crate::listener::broker_of);
    let mut ids: Vec<_> = brokers.pod_sets.keys().chain(&brokers.spare).copied().chain(named).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Warns of ports that Kubernetes may give to another Service before Strimzi asks for them.
pub(crate) fn report_band(
    listener: &Listener,
    value: &Value,
    range: PortRange,
    kafka: &ObjectReference,
    findings: &mut Findings,
) {
    let last_static = range.last_static();
    let at_risk: Vec<_> = ports_of(value).into_iter().filter(|port| *port > last_static).collect();
    if at_risk.is_empty() || last_static < range.first {
        return;
    }
    let message = format!(
        "Kubernetes itself gives away the ports {}-{}, so another Service may already have {}; {}-{} are only given on \
         request: prefer `basePort: {}` where nothing uses the old numbers yet",
        last_static + 1,
        range.last,
        listed(at_risk),
        range.first,
        last_static,
        range.first
    );
    let path = listener.path_to("configuration.bootstrap.nodePort");
    findings.push(Finding::warning(message).on(kafka.clone()).at(path));
}

/// Writes the names by which clients reach the brokers, into their certificates too.
pub(crate) fn write_names(listener: &Listener, value: &mut Value, brokers: &Brokers, has_template: bool) {
    let names = &listener.names;
    match &names.brokers {
        BrokerNames::None => {}
        BrokerNames::Template(template) if has_template => {
            edit::configuration(value).insert("advertisedHostTemplate".to_owned(), json!(template));
        }
        BrokerNames::Template(_) | BrokerNames::Each(_) => {
            edit::configuration(value).shift_remove("advertisedHostTemplate");
        }
    }
    for id in ids_of(listener, brokers) {
        let Some(name) = names.brokers.of(id) else { continue };
        let is_written =
            || entries(&listener.value).any(|entry| entry["broker"] == id && !entry["advertisedHost"].is_null());
        let is_templated = has_template && matches!(names.brokers, BrokerNames::Template(_));
        if !is_templated || is_written() {
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
pub(crate) fn report_names(listener: &Listener, value: &Value, kafka: &ObjectReference, findings: &mut Findings) {
    let configuration = &value["configuration"];
    let mut warn = |field: &str, message: &str| {
        findings.push(Finding::warning(message).on(kafka.clone()).at(listener.path_to(field)));
    };
    let advertises = advertises(value);
    if advertises && listener.names.brokers == BrokerNames::None {
        warn(
            "configuration",
            "clients go on to the advertised hosts of the brokers, as written here; let the DNS lead these names to the nodes, or \
             give `host`",
        );
    }
    if configuration["externalTrafficPolicy"] == "Local"
        && matches!(&listener.names.brokers, BrokerNames::Template(name) if !name.contains("{nodeId}"))
    {
        warn(
            "configuration.externalTrafficPolicy",
            "with `Local` the port of a broker answers on the node of that broker only, but one name stands for all nodes; \
             take it out, or give `brokerHost`",
        );
    }
    if !listener.is_tls {
        return;
    }
    let own_certificate = configuration["brokerCertChainAndKey"].is_object();
    let names_all = !configuration["advertisedHostTemplate"].is_null()
        || advertises && entries(value).all(|entry| !entry["advertisedHost"].is_null());
    let is_named = names_all || !configuration["bootstrap"]["alternativeNames"].is_null();
    match (own_certificate, is_named) {
        (true, _) => warn(
            "configuration.brokerCertChainAndKey",
            "clients check the name they dial against this certificate; it must hold the names of the nodes, or `host` \
             if that is given",
        ),
        (false, false) => warn(
            "configuration",
            "clients will fail at the name check of TLS: Strimzi puts no address of a node into the certificates; give a DNS \
             name of the nodes as `host`",
        ),
        (false, true) => {}
    }
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
    (!parts.is_empty()).then(|| Finding::info(message()).tag("rule", "firewall"))
}
