//! `type: ClusterIP` behind Traefik, which passes TLS on by the name that the client asks for.

use krm::resource_list::{Referent, Resources};
use serde_json::{Value, json};

use crate::edit;
use crate::listener::ROUTE_PORT;
use crate::listener_refusal::Refusal;
use crate::replacement::Replacement;
use crate::rule::Rule;

/// The API group and version of Traefik's resources, from Traefik 2.10 on.
const TRAEFIK: &str = "traefik.io";

/// Writes the names and the port that brokers advertise, and gives the IngressRouteTCP that leads there.
///
/// # Errors
/// What is missing: names, TLS, or the pools that name the Services.
pub(crate) fn write(replaced: &Replacement<'_>, value: &mut Value, resources: &Resources) -> Result<Value, Refusal> {
    let Replacement { cluster, brokers, listener, .. } = replaced;
    if !listener.is_tls {
        let message = "must be `true`: Traefik tells connections apart by the name in their TLS handshake";
        return Err(Refusal::new(Rule::UnroutableListener, "tls", message));
    }
    let bootstrap = listener.names.bootstrap.as_ref().ok_or_else(|| {
        let message = "clients need a name to ask Traefik for: give `host`, or set it here";
        Refusal::new(Rule::UnroutableListener, "configuration.bootstrap.host", message)
    })?;
    edit::add_alternative_name(value, bootstrap);
    let mut routes = vec![route(bootstrap, &listener.bootstrap_service(&cluster.name), listener.port)];
    let mut entries = edit::brokers(value);
    for (id, pod_set) in &brokers.pod_sets {
        let refuse = |message: String| Refusal::new(Rule::UnroutableListener, "configuration.brokers", message);
        let name = replaced.broker_name(*id).ok_or_else(|| {
            refuse(format!(
                "clients need a name for broker {id} to ask Traefik for: give `brokerHost`, as \
                 `broker-{{nodeId}}.kafka.example.com`"
            ))
        })?;
        let pod_set = pod_set.as_ref().ok_or_else(|| {
            refuse(format!("the Service of broker {id} is named by its KafkaNodePool; add the pools to the build"))
        })?;
        routes.push(route(&name, &listener.broker_service(pod_set, *id), listener.port));
        let entry = entries.of(*id);
        entry.insert("advertisedHost".to_owned(), json!(name));
        entry.insert("advertisedPort".to_owned(), json!(ROUTE_PORT));
    }
    ingress_route(replaced, &routes, resources)
}

fn ingress_route(replaced: &Replacement<'_>, routes: &[Value], resources: &Resources) -> Result<Value, Refusal> {
    let Replacement { cluster, listener, options, .. } = replaced;
    let name = format!("{}-kafka-{}", cluster.name, listener.name);
    let referent = resources.referent(cluster.id, TRAEFIK, "IngressRouteTCP", &name);
    if matches!(referent, Referent::Found(id) if resources.get(id).name() == name) {
        let message =
            format!("the IngressRouteTCP `{name}` is in the build already; take it out, or give it another name");
        return Err(Refusal::new(Rule::KafkaRouteExists, "name", message));
    }
    let mut object = json!({
        "apiVersion": format!("{TRAEFIK}/v1alpha1"),
        "kind": "IngressRouteTCP",
        "metadata": {"name": name},
        "spec": {"entryPoints": options.spec.traefik.entry_points, "routes": routes, "tls": {"passthrough": true}},
    });
    if let Some(namespace) = &cluster.namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    Ok(object)
}

fn route(host: &str, service: &str, port: u64) -> Value {
    json!({"match": format!("HostSNI(`{host}`)"), "services": [{"name": service, "port": port}]})
}
