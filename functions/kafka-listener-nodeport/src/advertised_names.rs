//! The names by which clients reach the brokers of a listener, and what of them is in certificates.

use krm::finding::{Finding, Findings};
use serde_json::{Value, json};

use crate::edit;
use crate::listener::{Listener, Names, brokers_with};
use crate::replacement::Replacement;
use crate::rule::Rule;

/// Writes the names by which clients reach the brokers, into their certificates too. `has_template` says whether the target
/// has `advertisedHostTemplate`.
pub(crate) fn write(replaced: &Replacement<'_>, value: &mut Value, has_template: bool) {
    let listener = replaced.listener;
    let Names { bootstrap, brokers } = &listener.names;
    let template = brokers.template.as_ref().filter(|_| has_template);
    if let Some(template) = template {
        edit::configuration(value).insert("advertisedHostTemplate".to_owned(), json!(template));
    } else if !brokers.is_empty() {
        edit::configuration(value).shift_remove("advertisedHostTemplate");
    }
    let written = brokers_with(&listener.value, "advertisedHost");
    let has_own = |id: &u32| template.is_none() || brokers.each.contains_key(id) || written.contains(id);
    let mut entries = edit::brokers(value);
    for id in replaced.entry_ids().into_iter().filter(has_own) {
        if let Some(name) = replaced.broker_name(id) {
            entries.of(id).insert("advertisedHost".to_owned(), json!(name));
        }
    }
    if let Some(bootstrap) = bootstrap.as_ref().filter(|bootstrap| brokers.shared() != Some(bootstrap.as_str())) {
        edit::add_alternative_name(value, bootstrap);
    }
}

/// Whether any broker is advertised by a name.
pub(crate) fn advertises(listener: &Value) -> bool {
    !listener["configuration"]["advertisedHostTemplate"].is_null()
        || !brokers_with(listener, "advertisedHost").is_empty()
}

/// Says how clients find the brokers, and whether their certificates hold the names.
pub(crate) fn report(replaced: &Replacement<'_>, value: &Value, findings: &mut Findings) {
    let Listener { names, is_tls, .. } = replaced.listener;
    let configuration = &value["configuration"];
    if advertises(value) && names.brokers.is_empty() {
        findings.push(replaced.on_field(
            "configuration",
            Rule::AdvertisedHostsKept,
            "clients go on to the advertised hosts of the brokers, as written here; point the DNS records of these names at the \
             nodes, or give `host`",
        ));
    }
    if configuration["externalTrafficPolicy"] == "Local" {
        findings.extend(local_traffic(replaced));
    }
    let has_own_certificate = configuration["brokerCertChainAndKey"].is_object();
    if *is_tls && has_own_certificate {
        findings.push(replaced.on_field(
            "configuration.brokerCertChainAndKey",
            Rule::OwnListenerCertificate,
            "clients check the name they dial against this certificate; it must hold the names of the nodes, or `host` \
             if that is given; accept this once it does",
        ));
    } else if *is_tls && !names_every_broker(replaced, value) {
        let message = format!(
            "clients will fail at the name check of TLS: Strimzi puts no address of a node into the certificates; give a DNS \
             name of the nodes as `host`{}",
            if configuration["bootstrap"]["alternativeNames"].is_null() {
                ""
            } else {
                "; `alternativeNames` names the bootstrap, and clients go on from there to each broker; if it holds the addresses \
                 of all nodes, accept this"
            }
        );
        findings.push(replaced.on_field("configuration", Rule::NodesNotInCertificate, message));
    }
}

/// With `Local` a node port answers only on the nodes whose pods the Service means.
fn local_traffic(replaced: &Replacement<'_>) -> Option<Finding> {
    let names = &replaced.listener.names;
    let message = match (names.brokers.shared(), &names.bootstrap) {
        (Some(_), _) => {
            "with `Local` the port of a broker answers on the node of that broker only, but one name means all nodes; \
                         take it out, or give `brokerHost`"
                .to_owned()
        }
        (None, Some(bootstrap)) => format!(
            "with `Local` the bootstrap answers only on nodes that run a broker; take it out, or point the DNS record of \
             `{bootstrap}` at these nodes alone and accept this"
        ),
        (None, None) => return None,
    };
    Some(replaced.on_field("configuration.externalTrafficPolicy", Rule::LocalListenerTraffic, message))
}

/// Whether the certificates that Strimzi makes hold a name for every broker that clients go on to. Names of the bootstrap
/// do not count: clients only begin there.
fn names_every_broker(replaced: &Replacement<'_>, value: &Value) -> bool {
    let named = brokers_with(value, "advertisedHost");
    let has_template = !value["configuration"]["advertisedHostTemplate"].is_null();
    has_template || replaced.brokers.pod_sets.keys().all(|id| named.contains(id))
}
