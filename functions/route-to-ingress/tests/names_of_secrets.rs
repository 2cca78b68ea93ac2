//! No Secret that the build knows is written by an order for a certificate, and a host has one certificate.

use std::collections::{HashMap, HashSet};

use krm::host::Outcome;
use krm::trial::{objects_of, run_on};
use proptest::prelude::*;
use route_to_ingress::RouteToIngress;
use serde_json::{Value, json};

fn name() -> impl Strategy<Value = String> {
    "[ab]([-.][ab])?"
}

fn namespace() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["one", "two"])
}

/// A Route of a host with a path of its own; some bring a certificate.
fn route() -> impl Strategy<Value = Value> {
    let secret = prop_oneof![3 => Just(None), 1 => name().prop_map(|name| Some(format!("{name}-tls")))];
    let weights = prop::sample::select(vec![json!({}), json!({"haproxy.router.openshift.io/balance": "roundrobin"})]);
    (name(), namespace(), "[hi]", "[a-z]{6}", secret, weights).prop_map(|(name, namespace, host, path, secret, annotations)| {
        let mut tls = json!({"termination": "edge"});
        if let Some(secret) = secret {
            tls["externalCertificate"] = json!({"name": secret});
        }
        json!({"apiVersion": "route.openshift.io/v1", "kind": "Route",
            "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
            "spec": {"host": format!("{host}.example.com"), "path": format!("/{path}"), "to": {"kind": "Service", "name": "elsewhere"},
                "port": {"targetPort": "http"}, "tls": tls}})
    })
}

/// An object that makes a Secret or reads one.
fn other() -> impl Strategy<Value = Value> {
    let secret = (name(), prop::sample::select(vec!["tls", "route-tls"]))
        .prop_map(|(name, end)| format!("{}-{end}", name.replace('.', "-")));
    (secret, namespace(), 0..4_usize).prop_map(|(secret, namespace, form)| {
        let metadata = json!({"name": secret, "namespace": namespace});
        match form {
            0 => {
                json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": metadata, "spec": {}})
            }
            1 => json!({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
                "metadata": {"name": "external", "namespace": namespace}, "spec": {"target": {"name": secret}}}),
            2 => json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "serves", "namespace": namespace,
                "annotations": {"service.beta.openshift.io/serving-cert-secret-name": secret}}, "spec": {"ports": []}}),
            _ => json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "reads", "namespace": namespace},
                "spec": {"containers": [], "volumes": [{"name": "v", "secret": {"secretName": secret}}]}}),
        }
    })
}

fn convert(objects: &[Value]) -> Outcome {
    let spec = json!({"clusterIssuer": "ca", "namespaceOwnership": "InterNamespaceAllowed"});
    run_on::<RouteToIngress>(objects, &spec)
}

/// The Secrets that certificates are ordered into, with the host of each.
fn orders(objects: &[Value]) -> Vec<((String, String), String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let order = |object: &Value| {
        let namespace = text(&object["metadata"]["namespace"]);
        match object["kind"].as_str()? {
            "Certificate" => {
                Some(((namespace, text(&object["spec"]["secretName"])), text(&object["spec"]["dnsNames"][0])))
            }
            "Ingress" => {
                object["metadata"]["annotations"].get("cert-manager.io/cluster-issuer")?;
                let tls = &object["spec"]["tls"][0];
                Some(((namespace, text(&tls["secretName"])), text(&tls["hosts"][0])))
            }
            _ => None,
        }
    };
    objects.iter().filter_map(order).collect()
}

/// The Secrets that objects of the build make or read.
fn known(objects: &[Value]) -> HashSet<(String, String)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let secret = |object: &Value| {
        let named = match object["kind"].as_str()? {
            "SealedSecret" => &object["metadata"]["name"],
            "ExternalSecret" => &object["spec"]["target"]["name"],
            "Service" => &object["metadata"]["annotations"]["service.beta.openshift.io/serving-cert-secret-name"],
            "Pod" => &object["spec"]["volumes"][0]["secret"]["secretName"],
            _ => &object["spec"]["tls"]["externalCertificate"]["name"],
        };
        Some((text(&object["metadata"]["namespace"])?, text(named)?))
    };
    objects.iter().filter_map(secret).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn orders_write_into_secrets_of_their_own(
        routes in prop::collection::vec(route(), 1..6),
        others in prop::collection::vec(other(), 0..5),
    ) {
        let mut names = HashSet::new();
        let objects: Vec<_> = routes.into_iter().chain(others).filter(|object| {
            names.insert((object["kind"].to_string(), object["metadata"].to_string()))
        }).collect();
        let outcome = convert(&objects);
        prop_assume!(outcome.succeeded);
        let made = objects_of(&outcome);
        let mut hosts: HashMap<String, (String, String)> = HashMap::new();
        let mut secrets = HashSet::new();
        for (secret, host) in orders(&made) {
            prop_assert!(!known(&objects).contains(&secret), "{:?} is of another object\n{}", secret, outcome.stdout);
            prop_assert!(secrets.insert(secret.clone()), "{:?} is ordered twice\n{}", secret, outcome.stdout);
            prop_assert!(hosts.insert(host.clone(), secret).is_none(), "{} has two orders\n{}", host, outcome.stdout);
        }
    }
}
