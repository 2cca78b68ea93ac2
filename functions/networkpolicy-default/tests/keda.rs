//! What KEDA's interceptor brings requests to: pairs of kinds and of ways to the interceptor that must open the same.

use krm::host::Outcome;
use krm::resource_list::Resources;
use krm::trial::run_on;
use networkpolicy_default::NetworkPolicyDefault;
use proptest::prelude::*;
use serde_json::{Value, json};

const PROXY: &str = "keda-add-ons-http-interceptor-proxy";
const HOST: &str = "web.example.com";

fn workload(visibility: Option<&str>, port: u16) -> Vec<Value> {
    let labels = json!({"app": "web"});
    let mut metadata = json!({"name": "web", "namespace": "shop"});
    if let Some(visibility) = visibility {
        metadata["annotations"] = json!({"replatform.dev/visibility": visibility});
    }
    let container = json!({"name": "web", "image": "web:1", "ports": [{"containerPort": port, "name": "http"}]});
    vec![
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
        }),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": labels, "ports": [{"name": "web", "port": 80, "targetPort": "http"}]},
        }),
    ]
}

/// The former kind of KEDA, or the present one.
fn woken(is_former: bool, by_name: bool, host: &str) -> Value {
    let (key, port) = if by_name { ("portName", json!("web")) } else { ("port", json!(80)) };
    let metadata = json!({"name": "web", "namespace": "shop"});
    if is_former {
        let target = json!({"name": "web", "service": "web", key: port});
        let spec = json!({"hosts": [host], "scaleTargetRef": target});
        return json!({"apiVersion": "http.keda.sh/v1alpha1", "kind": "HTTPScaledObject", "metadata": metadata, "spec": spec});
    }
    let spec = json!({
        "target": {"service": "web", key: port}, "rules": [{"hosts": [host]}],
        "scalingMetric": {"concurrency": {"targetValue": 10}},
        "staticRoutes": [{"rules": [{"paths": [{"value": "/up"}]}], "response": {"statusCode": 200}}],
    });
    json!({"apiVersion": "http.keda.sh/v1beta1", "kind": "InterceptorRoute", "metadata": metadata, "spec": spec})
}

/// The ways to lead to the interceptor: none, by an alias, from its namespace, by a route, by Traefik's own kind.
fn front(way: usize, host: &str) -> Vec<Value> {
    let ingress = |namespace: &str, service: &str| {
        let backend = json!({"service": {"name": service, "port": {"number": 8080}}});
        let paths = json!([{"path": "/", "pathType": "Prefix", "backend": backend}]);
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "front", "namespace": namespace},
            "spec": {"ingressClassName": "traefik", "rules": [{"host": host, "http": {"paths": paths}}]},
        })
    };
    let metadata = json!({"name": "front", "namespace": "shop"});
    let proxy = json!({"name": PROXY, "namespace": "keda", "port": 8080});
    match way {
        0 => vec![],
        1 => vec![
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": "proxy", "namespace": "shop"},
                "spec": {"type": "ExternalName", "externalName": format!("{PROXY}.keda.svc.cluster.local"), "ports": [{"port": 8080}]},
            }),
            ingress("shop", "proxy"),
        ],
        2 => vec![ingress("keda", PROXY)],
        3 => vec![json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata,
            "spec": {"parentRefs": [{"name": "main"}], "hostnames": [host], "rules": [{"backendRefs": [proxy]}]},
        })],
        _ => vec![json!({
            "apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "metadata": metadata,
            "spec": {"routes": [{"kind": "Rule", "match": format!("Host(`{host}`)"), "services": [proxy]}]},
        })],
    }
}

/// The rules of the policies of the workload, by the ends of their names.
fn ingress_rules(outcome: &Outcome) -> Vec<(String, Value)> {
    let build = Resources::from_list(outcome.stdout.clone()).expect("the outcome is a list");
    let policies = build.iter().filter(|item| item.kind() == "NetworkPolicy" && item.name().starts_with("web-"));
    policies.map(|policy| (policy.name().to_owned(), policy.value()["spec"]["ingress"].clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn both_kinds_open_the_pod_port_to_keda_alone_whatever_is_in_front(
        visibility in prop::sample::select(vec![None, Some("public")]),
        port in 1024u16..9000,
        by_name in any::<bool>(),
        way in 0usize..5,
    ) {
        let keda = json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "keda"}}});
        let expected = json!([{"from": [keda], "ports": [{"port": port, "protocol": "TCP"}]}]);
        for is_former in [true, false] {
            let mut objects = workload(visibility, port);
            objects.push(woken(is_former, by_name, HOST));
            objects.extend(front(way, HOST));
            let outcome = run_on::<NetworkPolicyDefault>(&objects, &json!({}));
            let rules = ingress_rules(&outcome);
            prop_assert_eq!(&rules, &[("web-allow-from-keda".to_owned(), expected.clone())], "{}", outcome.stderr);
            prop_assert!(!outcome.stderr.contains("warning"), "{}", outcome.stderr);
        }
    }

    #[test]
    fn an_internal_workload_is_exposed_by_a_front_with_its_host_and_by_no_other(
        is_former in any::<bool>(),
        way in 0usize..5,
        host in prop::sample::select(vec![HOST, "*.example.com", "other.example.org", "*"]),
    ) {
        let mut objects = workload(Some("internal"), 8080);
        objects.push(woken(is_former, false, host));
        objects.extend(front(way, HOST));
        let outcome = run_on::<NetworkPolicyDefault>(&objects, &json!({}));
        let is_exposed = way != 0 && host != "other.example.org";
        prop_assert_eq!(!outcome.succeeded, is_exposed, "{}", outcome.stderr);
        prop_assert_eq!(outcome.stderr.contains("[exposure-forbidden]"), is_exposed, "{}", outcome.stderr);
    }
}
