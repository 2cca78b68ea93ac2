//! `type: cluster-ip` behind Traefik, which passes TLS on by the name that the client asks for.

use krm::resource_list::Resources;
use serde_json::{Value, json};

use crate::broker_ids::Brokers;
use crate::cluster::Cluster;
use crate::config::Spec;
use crate::edit;
use crate::listener::Listener;

/// The port that clients dial.
pub(crate) const PORT: u32 = 443;
/// The API group and version of Traefik's resources, from Traefik 2.10 on.
const TRAEFIK: &str = "traefik.io";

/// Writes the names and the port that brokers advertise, and gives the IngressRouteTCP that leads there.
///
/// # Errors
/// What is missing: names, TLS, or the pools that name the Services.
pub(crate) fn write(
    listener: &Listener,
    value: &mut Value,
    cluster: &Cluster,
    brokers: &Brokers,
    spec: &Spec,
    resources: &Resources,
) -> Result<Value, (String, String)> {
    if !listener.is_tls {
        let message = "must be `true`: Traefik tells connections apart by the name in their TLS handshake";
        return Err(("tls".to_owned(), message.to_owned()));
    }
    let bootstrap = listener.names.bootstrap.as_ref().ok_or_else(|| {
        let message = "clients need a name to ask Traefik for: give `host`, or set it here";
        ("configuration.bootstrap.host".to_owned(), message.to_owned())
    })?;
    edit::add_alternative_name(value, bootstrap);
    let mut routes = vec![route(bootstrap, &bootstrap_service(cluster, listener), listener.port)];
    for (id, pod_set) in &brokers.pod_sets {
        let name = listener.names.brokers.of(*id).ok_or_else(|| {
            let message = format!(
                "clients need a name for broker {id} to ask Traefik for: give `brokerHost`, as \
                                   `broker-{{nodeId}}.kafka.example.com`"
            );
            ("configuration.brokers".to_owned(), message)
        })?;
        let pod_set = pod_set.as_ref().ok_or_else(|| {
            let message =
                format!("the Service of broker {id} is named by its KafkaNodePool; add the pools to the build");
            ("configuration.brokers".to_owned(), message)
        })?;
        routes.push(route(&name, &broker_service(pod_set, listener, *id), listener.port));
        let entry = edit::broker(value, *id);
        entry.insert("advertisedHost".to_owned(), json!(name));
        entry.insert("advertisedPort".to_owned(), json!(PORT));
    }
    let name = format!("{}-kafka-{}", cluster.name, listener.name);
    let is_same =
        |item: &&krm::resource_list::Item| item.name() == name && item.is_in_namespace(cluster.namespace.as_deref());
    if resources.iter().filter(|item| item.is(TRAEFIK, "IngressRouteTCP")).any(|item| is_same(&item)) {
        let message =
            format!("the IngressRouteTCP `{name}` is in the build already; take it out, or give it another name");
        return Err(("name".to_owned(), message));
    }
    let mut object = json!({
        "apiVersion": format!("{TRAEFIK}/v1alpha1"),
        "kind": "IngressRouteTCP",
        "metadata": {"name": name},
        "spec": {"entryPoints": spec.traefik.entry_points, "routes": routes, "tls": {"passthrough": true}},
    });
    if let Some(namespace) = &cluster.namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    Ok(object)
}

fn route(host: &str, service: &str, port: u64) -> Value {
    json!({"match": format!("HostSNI(`{host}`)"), "services": [{"name": service, "port": port}]})
}

/// The bootstrap Service that Strimzi makes for a listener.
pub(crate) fn bootstrap_service(cluster: &Cluster, listener: &Listener) -> String {
    format!("{}-kafka-{}-bootstrap", cluster.name, listener.name)
}

/// The Service that Strimzi makes for a broker. The listener `external` on port 9094 keeps a name from before listeners
/// had names.
///
/// Source: Strimzi `cluster-operator/.../model/ListenersUtils.java`.
pub(crate) fn broker_service(pod_set: &str, listener: &Listener, id: u32) -> String {
    if is_classic_external(listener) { format!("{pod_set}-{id}") } else { format!("{pod_set}-{}-{id}", listener.name) }
}

/// Whether the listener is the one that old versions called external.
pub(crate) fn is_classic_external(listener: &Listener) -> bool {
    listener.name == "external" && listener.port == 9094
}
