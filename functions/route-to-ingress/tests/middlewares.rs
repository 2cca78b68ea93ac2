//! A reference to a Middleware is reported exactly where Traefik would not find it in the build.

use std::time::{Duration, Instant};

use krm::trial::run_on;
use proptest::prelude::*;
use route_to_ingress::RouteToIngress;
use serde_json::{Value, json};

/// The lines that a build of these objects leads to.
fn findings(objects: &[Value]) -> String {
    let outcome = run_on::<RouteToIngress>(objects, &json!({}));
    assert!(outcome.succeeded, "{}", outcome.stderr);
    outcome.stderr
}

fn middleware(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware", "metadata": {"name": name, "namespace": namespace}, "spec": {}})
}

fn ingress(name: &str, references: &str) -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {
        "name": name, "namespace": "a", "annotations": {"traefik.ingress.kubernetes.io/router.middlewares": references},
    }})
}

fn ingress_route(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "metadata": {"name": "route", "namespace": "a"}, "spec": {
        "routes": [{"kind": "Rule", "match": "PathPrefix(`/`)", "middlewares": [{"name": name, "namespace": namespace}]}],
    }})
}

/// The id that Traefik gives a Middleware.
fn id(namespace: &str, name: &str) -> String {
    let words = format!("{namespace}-{name}");
    let words: Vec<_> = words.split(|character: char| !character.is_ascii_alphanumeric()).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

fn name() -> impl Strategy<Value = String> {
    "[ab]([-.][ab]){0,2}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_reference_is_reported_if_no_middleware_has_its_id(
        there in prop::collection::vec((name(), name()), 0..5),
        named in (name(), name()),
    ) {
        let (namespace, name) = &named;
        let mut objects: Vec<_> = there.iter().map(|(namespace, name)| middleware(namespace, name)).collect();
        objects.push(ingress("web", &format!("{}@kubernetescrd", id(namespace, name))));
        objects.push(ingress_route(namespace, name));
        let found = there.iter().any(|(there_namespace, there_name)| id(there_namespace, there_name) == id(namespace, name));
        let told = findings(&objects);
        for kind in ["Ingress a/web", "IngressRoute a/route"] {
            let line = told.lines().find(|line| line.contains(kind));
            prop_assert_eq!(line.is_none(), found, "{}", told);
            let rule = if id(namespace, name).starts_with("a-") { "[missing-middleware]" } else { "[middleware-elsewhere]" };
            prop_assert!(line.is_none_or(|line| line.ends_with(rule)), "{}", told);
        }
    }
}

/// How long a build of `count` Ingresses takes, each of which names a Middleware that is not there and one that is.
fn time(count: usize) -> Duration {
    let references = |index: usize| format!("a-m{index}@kubernetescrd,a-gone-{index}@kubernetescrd");
    let objects: Vec<_> = (0..count)
        .flat_map(|index| [ingress(&format!("web-{index}"), &references(index)), middleware("a", &format!("m{index}"))])
        .collect();
    let start = Instant::now();
    assert_eq!(findings(&objects).matches("[missing-middleware]").count(), count);
    start.elapsed()
}

#[test]
fn the_time_grows_with_the_build_and_not_with_its_square() {
    time(100);
    let (few, many) = (time(500), time(4000));
    assert!(many < few * 30, "500 take {few:?}, 4000 take {many:?}");
}

/// Routes on one host, each with a path of its own.
#[test]
fn routes_on_one_host_are_compared_in_linear_time() {
    let time = |count: usize| {
        let route = |index| {
            json!({"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": {"name": format!("r{index}"), "namespace": "a"},
                "spec": {"host": "web.example.com", "path": format!("/{index}"), "to": {"kind": "Service", "name": "web"}, "port": {"targetPort": "http"}}})
        };
        let objects: Vec<_> = (0..count).map(route).collect();
        let start = Instant::now();
        findings(&objects);
        start.elapsed()
    };
    time(100);
    let (few, many) = (time(500), time(4000));
    assert!(many < few * 30, "500 take {few:?}, 4000 take {many:?}");
}
