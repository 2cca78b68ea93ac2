//! Whatever a Route says shows: taking any one field or annotation out changes the objects or the findings.

use krm::host::Outcome;
use krm::trial::run_on;
use proptest::prelude::*;
use proptest::sample::subsequence;
use route_to_ingress::RouteToIngress;
use serde_json::{Map, Value, json};

/// Every annotation that a Route can carry for the router, with a value that it honours.
fn annotations() -> Vec<(&'static str, &'static str)> {
    vec![
        ("haproxy.router.openshift.io/timeout", "5s"),
        ("haproxy.router.openshift.io/timeout-tunnel", "2h"),
        ("haproxy.router.openshift.io/balance", "leastconn"),
        ("haproxy.router.openshift.io/disable_cookies", "true"),
        ("haproxy.router.openshift.io/ip_allowlist", "10.0.0.0/8"),
        ("haproxy.router.openshift.io/pod-concurrent-connections", "10"),
        ("haproxy.router.openshift.io/rewrite-target", "/v2"),
        ("haproxy.router.openshift.io/hsts_header", "max-age=100"),
        ("haproxy.router.openshift.io/set-forwarded-headers", "never"),
        ("haproxy.router.openshift.io/unknown", "x"),
        ("haproxy.router.openshift.io/rate-limit-connections", "true"),
        ("openshift.io/generated-by", "OpenShiftNewApp"),
        ("router.openshift.io/cookie_name", "session"),
        ("router.openshift.io/haproxy.health.check.interval", "10s"),
        ("argocd.argoproj.io/sync-wave", "3"),
        ("example.com/owner", "team"),
    ]
}

/// Fields of `spec` beside `to`, each in some forms.
fn fields() -> Vec<(&'static str, Vec<Value>)> {
    let header = |value: &str| json!([{"name": "X-Team", "action": {"type": "Set", "set": {"value": value}}}]);
    vec![
        ("host", vec![json!("web.example.com"), json!("web.apps.old.example.com")]),
        ("path", vec![json!("/api"), json!("/api/"), json!("/a//b")]),
        ("port", vec![json!({"targetPort": 8080}), json!({"targetPort": "admin"}), json!({"targetPort": 7777})]),
        ("wildcardPolicy", vec![json!("Subdomain")]),
        (
            "alternateBackends",
            vec![
                json!([{"kind": "Service", "name": "canary", "weight": 20}]),
                json!([{"name": "canary", "weight": 0}]),
            ],
        ),
        (
            "httpHeaders",
            vec![json!({"actions": {"request": header("a")}}), json!({"actions": {"response": header("%[src]")}})],
        ),
        (
            "tls",
            vec![
                json!({"termination": "edge"}),
                json!({"termination": "edge", "insecureEdgeTerminationPolicy": "Allow"}),
                json!({"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect", "externalCertificate": {"name": "cert"}}),
                json!({"termination": "reencrypt"}),
                json!({"termination": "reencrypt", "destinationCACertificate": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"}),
                json!({"termination": "passthrough"}),
                json!({"termination": "passthrough", "insecureEdgeTerminationPolicy": "Redirect"}),
                json!({"termination": "edge", "certificate": "x", "key": "y"}),
            ],
        ),
    ]
}

fn route() -> impl Strategy<Value = Value> {
    let field = |(name, forms): (&'static str, Vec<Value>)| {
        prop_oneof![Just(None), prop::sample::select(forms).prop_map(move |form| Some((name, form)))]
    };
    let fields: Vec<_> = fields().into_iter().map(field).collect();
    let all = annotations();
    (fields, subsequence(all.clone(), 0..=all.len())).prop_map(|(fields, annotations)| {
        let mut spec = Map::from_iter([("to".to_owned(), json!({"kind": "Service", "name": "web"}))]);
        spec.extend(fields.into_iter().flatten().map(|(name, form)| (name.to_owned(), form)));
        let annotations: Map<_, _> =
            annotations.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        json!({
            "apiVersion": "route.openshift.io/v1",
            "kind": "Route",
            "metadata": {"name": "web", "namespace": "apps", "annotations": annotations},
            "spec": spec,
        })
    })
}

fn convert(route: &Value, target: &str) -> Outcome {
    let service = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "apps"}, "spec": {"ports": [
            {"name": "http", "port": 80, "targetPort": 8080}, {"name": "admin", "port": 81, "targetPort": 9090},
        ]}})
    };
    let spec = json!({
        "target": target, "unsupported": "Warn", "domain": "k3s.example.com", "domains": {"apps.old.example.com": "k3s.example.com"}, "clusterIssuer": "ca",
    });
    run_on::<RouteToIngress>(&[route.clone(), service("web"), service("canary")], &spec)
}

/// What a reader of the build sees: the objects, if they changed, and the findings.
fn visible(outcome: &Outcome) -> (Option<&str>, &str) {
    (outcome.succeeded.then_some(outcome.stdout.as_str()), &outcome.stderr)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn taking_anything_out_of_a_route_shows(route in route(), target in prop::sample::select(vec!["Auto", "Gateway"])) {
        let outcome = convert(&route, target);
        prop_assert!(outcome.succeeded || outcome.stderr.starts_with("route-to-ingress: error: "), "{}", outcome.stderr);
        if outcome.succeeded {
            prop_assert!(!outcome.stdout.contains("route.openshift.io/v1\n"), "the Route is still there");
        }
        // A Route that cannot be served at all is refused as a whole.
        for (part, key) in parts(&route).into_iter().filter(|_| outcome.succeeded) {
            let mut without = route.clone();
            if let Some(object) = without.pointer_mut(part).and_then(Value::as_object_mut) {
                object.shift_remove(&key);
            }
            let changed = convert(&without, target);
            prop_assert_ne!(visible(&changed), visible(&outcome), "{} was ignored in {}", key, route);
        }
    }
}

/// Everything that can be taken out, as a pointer to its object and its key.
fn parts(route: &Value) -> Vec<(&'static str, String)> {
    let keys = |pointer: &'static str| {
        let object = route.pointer(pointer).and_then(Value::as_object);
        object.into_iter().flatten().map(move |(key, _)| (pointer, key.clone())).filter(|(_, key)| key != "to")
    };
    keys("/spec").chain(keys("/metadata/annotations")).collect()
}
