//! An Ingress of OpenShift becomes what the Route becomes that OpenShift makes of it.

use krm::host::Outcome;
use krm::trial::{objects_of, run_on};
use proptest::prelude::*;
use proptest::sample::subsequence;
use route_to_ingress::RouteToIngress;
use serde_json::{Map, Value, json};

const ANNOTATIONS: [(&str, &str); 6] = [
    ("haproxy.router.openshift.io/timeout", "5s"),
    ("haproxy.router.openshift.io/ip_allowlist", "10.0.0.0/8"),
    ("haproxy.router.openshift.io/rewrite-target", "/v2"),
    ("haproxy.router.openshift.io/hsts_header", "max-age=100"),
    ("cert-manager.io/duration", "24h"),
    ("example.com/owner", "team"),
];

/// TLS of an Ingress as OpenShift reads it: none, with its own certificate, or with that of a Secret.
#[derive(Debug, Clone, Copy)]
enum Tls {
    None,
    Default,
    Secret,
}

impl Tls {
    fn of_ingress(self) -> Value {
        match self {
            Self::None => json!([]),
            Self::Default => json!([{}]),
            Self::Secret => json!([{"hosts": ["web.example.com"], "secretName": "web-cert"}]),
        }
    }

    fn of_route(self) -> Value {
        let mut tls = json!({"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"});
        match self {
            Self::None => return Value::Null,
            Self::Default => {}
            Self::Secret => tls["externalCertificate"] = json!({"name": "web-cert"}),
        }
        tls
    }
}

fn convert(object: &Value, target: &str) -> Outcome {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "apps"}, "spec": {
        "ports": [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "admin", "port": 81}]}});
    let spec = json!({"target": target, "unsupported": "Warn", "clusterIssuer": "ca"});
    run_on::<RouteToIngress>(&[object.clone(), service], &spec)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_ingress_becomes_what_its_route_becomes(
        path in prop::sample::select(vec!["/", "/api", "/api/"]),
        tls in prop::sample::select(vec![Tls::None, Tls::Default, Tls::Secret]),
        annotations in subsequence(ANNOTATIONS.to_vec(), 0..=ANNOTATIONS.len()),
        by_name in any::<bool>(),
        target in prop::sample::select(vec!["Auto", "IngressRoute", "Gateway"]),
    ) {
        let annotations: Map<_, _> = annotations.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        let metadata = json!({"name": "web", "namespace": "apps", "annotations": annotations});
        let port = if by_name { json!({"name": "http"}) } else { json!({"number": 80}) };
        let paths = json!([{"path": path, "pathType": "Prefix", "backend": {"service": {"name": "web", "port": port}}}]);
        let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": {
            "ingressClassName": "openshift-default", "tls": tls.of_ingress(),
            "rules": [{"host": "web.example.com", "http": {"paths": paths}}]}});
        let route = json!({"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": metadata, "spec": {
            "host": "web.example.com", "path": path, "to": {"kind": "Service", "name": "web"}, "port": {"targetPort": "http"},
            "tls": tls.of_route()}});
        let (of_ingress, of_route) = (convert(&ingress, target), convert(&route, target));
        prop_assert!(of_ingress.succeeded && of_route.succeeded, "{}{}", of_ingress.stderr, of_route.stderr);
        prop_assert_eq!(objects_of(&of_ingress), objects_of(&of_route));
    }
}
