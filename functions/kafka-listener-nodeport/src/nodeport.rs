//! `type: nodeport`.

use krm::finding::{Finding, Findings, ObjectReference};
use serde_json::{Value, json};

use crate::broker_ids::Brokers;
use crate::edit;
use crate::listener::{BrokerNames, Listener, entries};
use crate::ports::{Block, PortRange, listed};

/// Writes the node ports of the bootstrap and of the brokers. Ports that stand there already stay.
pub(crate) fn write_ports(
    listener: &Listener,
    value: &mut Value,
    brokers: &Brokers,
    block: &Block,
    range: PortRange,
) -> Result<(), String> {
    let ids = ids_of(listener, brokers);
    let out = ids.iter().filter_map(|id| block.broker(*id).map(|port| (*id, port)));
    let out = out.filter(|(_, port)| !range.contains(*port)).map(|(id, _)| format!("broker {id}"));
    let bootstrap = (!range.contains(block.base)).then(|| "the bootstrap".to_owned());
    let out: Vec<_> = bootstrap.into_iter().chain(out).collect();
    if !out.is_empty() {
        return Err(format!(
            "with the bootstrap on {}, {} would lie outside of the node ports {range}; choose another `basePort` or `slot`, or \
             `brokerPorts: by-rank` for high broker IDs",
            block.base,
            out.join(", "),
        ));
    }
    edit::bootstrap(value).entry("nodePort").or_insert(json!(block.base));
    for id in ids {
        let is_written = entries(value).any(|entry| entry["broker"] == id && !entry["nodePort"].is_null());
        if let (false, Some(port)) = (is_written, block.broker(id)) {
            edit::broker(value, id).insert("nodePort".to_owned(), json!(port));
        }
    }
    Ok(())
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
    block: &Block,
    range: PortRange,
    kafka: &ObjectReference,
    findings: &mut Findings,
) {
    let last_static = range.last_static();
    if block.base <= last_static || last_static < range.first {
        return;
    }
    let message = format!(
        "Kubernetes itself gives away the ports {}-{}, so another Service may already have these; {}-{} are only given \
         on request: prefer `basePort: {}` where nothing uses the old numbers yet",
        last_static + 1,
        range.last,
        range.first,
        last_static,
        range.first
    );
    let path = listener.path_to("configuration.bootstrap.nodePort");
    findings.push(Finding::warning(message).on(kafka.clone()).at(path).current(block.base));
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

/// Says how clients find the brokers, and whether their certificates hold the names.
pub(crate) fn report_names(listener: &Listener, value: &Value, kafka: &ObjectReference, findings: &mut Findings) {
    let configuration = &value["configuration"];
    let mut warn = |field: &str, message: &str| {
        findings.push(Finding::warning(message).on(kafka.clone()).at(listener.path_to(field)));
    };
    let advertises = !configuration["advertisedHostTemplate"].is_null()
        || entries(value).any(|entry| !entry["advertisedHost"].is_null());
    let is_configured = listener.names.brokers != BrokerNames::None;
    if advertises && !is_configured {
        warn(
            "configuration",
            "clients go on to the advertised hosts of the brokers, as written here; let the DNS lead these names to the nodes, or \
             give `host`",
        );
    }
    if !listener.is_tls {
        return;
    }
    let own_certificate = configuration["brokerCertChainAndKey"].is_object();
    let is_named = advertises || !configuration["bootstrap"]["alternativeNames"].is_null();
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
    if configuration["externalTrafficPolicy"] == "Local"
        && matches!(&listener.names.brokers, BrokerNames::Template(name) if !name.contains("{nodeId}"))
    {
        warn(
            "configuration.externalTrafficPolicy",
            "with `Local` the port of a broker answers on the node of that broker only, but one name stands for all nodes; \
             take it out, or give `brokerHost`",
        );
    }
}

/// The ports to open in the firewall, of all node port listeners as they are in the end.
pub(crate) fn summary(kafkas: &[(ObjectReference, &Value)]) -> Option<Finding> {
    let mut parts = Vec::new();
    let mut all = Vec::new();
    for (kafka, value) in kafkas {
        let listeners = value.pointer(crate::listener::LISTENERS).and_then(Value::as_array);
        for listener in listeners.into_iter().flatten().filter(|listener| listener["type"] == "nodeport") {
            let port = |entry: &Value| entry["nodePort"].as_u64().and_then(|port| u32::try_from(port).ok());
            let bootstrap = port(&listener["configuration"]["bootstrap"]);
            let brokers: Vec<_> = entries(listener).filter_map(port).collect();
            if bootstrap.is_none() && brokers.is_empty() {
                continue;
            }
            all.extend(bootstrap.iter().chain(&brokers));
            let name = listener["name"].as_str().unwrap_or_default();
            let bootstrap = bootstrap.map_or_else(|| "any port".to_owned(), |port| port.to_string());
            parts.push(format!("{kafka} listener `{name}` bootstrap {bootstrap}, brokers {}", listed(brokers)));
        }
    }
    let message = || {
        let ports = listed(all);
        format!("open TCP {ports} to the nodes in every firewall between clients and cluster: {}", parts.join("; "))
    };
    (!parts.is_empty()).then(|| Finding::info(message()).tag("rule", "firewall"))
}
