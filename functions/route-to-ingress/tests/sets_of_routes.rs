//! Random sets of Routes: nothing of the output shares a key of the controller with other settings under it, and every host and
//! path of the input is answered by the objects of the Route that OpenShift would choose.

mod controllers;

use std::collections::BTreeMap;

use controllers::{Held, Request, answer, claims};
use krm::host::Outcome;
use krm::trial::{objects_of, run_on};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use route_to_ingress::RouteToIngress;
use serde_json::{Map, Value, json};

const ROUTER: &str = "haproxy.router.openshift.io/";

/// Annotations, each of which becomes a setting of something else.
const ANNOTATIONS: [(&str, &str); 11] = [
    ("haproxy.router.openshift.io/timeout", "5s"),
    ("haproxy.router.openshift.io/balance", "source"),
    ("haproxy.router.openshift.io/balance", "leastconn"),
    ("haproxy.router.openshift.io/disable_cookies", "true"),
    ("haproxy.router.openshift.io/ip_allowlist", "10.0.0.0/8"),
    ("haproxy.router.openshift.io/ip_allowlist", "192.168.0.0/16"),
    ("haproxy.router.openshift.io/rate-limit-connections.rate-http", "50"),
    ("haproxy.router.openshift.io/rate-limit-connections.rate-tcp", "9"),
    ("haproxy.router.openshift.io/rewrite-target", "/app"),
    ("haproxy.router.openshift.io/hsts_header", "max-age=\"1\" ; preload"),
    ("router.openshift.io/cookie_name", "SHOP"),
];

const PATHS: [&str; 4] = ["", "/a", "/a/", "/a/b"];
/// A Gateway serves `/a` with `/a/` too, and says so.
const PATHS_OF_GATEWAY: [&str; 4] = ["", "/a", "/ab", "/a/b"];

/// What is drawn of a Route. Hosts and paths follow, so that few sets are refused.
#[derive(Debug, Clone)]
struct Drawn {
    namespace: &'static str,
    name: &'static str,
    service: &'static str,
    is_weighted: bool,
    is_wildcard: bool,
    tls: Value,
    annotations: Vec<(&'static str, &'static str)>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let authority = |text: &str| format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    let edge = |policy: &str| json!({"termination": "edge", "insecureEdgeTerminationPolicy": policy});
    let reencrypt = |text: &str| json!({"termination": "reencrypt", "destinationCACertificate": authority(text)});
    let tls = vec![
        Value::Null,
        edge("None"),
        edge("Allow"),
        edge("Redirect"),
        reencrypt("one"),
        reencrypt("two"),
        json!({"termination": "passthrough"}),
    ];
    let annotations = subsequence(ANNOTATIONS.to_vec(), 0..=3);
    let names = (select(vec!["a", "a-b", "b"]), select(vec!["b-c", "c", "web", "web-c"]), select(vec!["b-c", "c"]));
    (names, any::<(bool, bool)>(), select(tls), annotations).prop_map(|(names, flags, tls, annotations)| Drawn {
        namespace: names.0,
        name: names.1,
        service: names.2,
        is_weighted: flags.0,
        is_wildcard: flags.1 && tls["termination"] != "passthrough",
        tls,
        annotations,
    })
}

/// The Routes of a set: one for each namespace and name, those of a namespace on one host and its wildcard, each with a path of
/// its own; passthrough on a host of its own.
fn routes(drawn: &[Drawn], paths: [&str; 4]) -> Vec<Value> {
    let mut seen = BTreeMap::new();
    let mut on_host: BTreeMap<String, usize> = BTreeMap::new();
    for route in drawn {
        seen.entry((route.namespace, route.name)).or_insert(route);
    }
    let routes = seen.into_values().map(|route| {
        let is_passthrough = route.tls["termination"] == "passthrough";
        let label = if is_passthrough { format!("p-{}", route.name) } else { "host".to_owned() };
        let domain = if is_passthrough { "tunnel.example.com" } else { "example.com" };
        let host = format!("{label}.{}.{domain}", route.namespace);
        let place = on_host.entry(format!("{host} {}", route.is_wildcard)).or_default();
        let path = paths[*place];
        *place += 1;
        let mut spec = json!({
            "host": host, "path": path, "port": {"targetPort": "http"},
            "to": {"kind": "Service", "name": route.service, "weight": 90},
        });
        if route.is_weighted {
            spec["alternateBackends"] = json!([{"kind": "Service", "name": "canary", "weight": 10}]);
        }
        if route.is_wildcard {
            spec["wildcardPolicy"] = "Subdomain".into();
        }
        if !route.tls.is_null() {
            spec["tls"] = route.tls.clone();
        }
        let mut annotations = Map::from_iter([(format!("{ROUTER}rate-limit-connections"), "true".into())]);
        annotations.extend(route.annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())));
        json!({
            "apiVersion": "route.openshift.io/v1", "kind": "Route", "spec": spec,
            "metadata": {"name": route.name, "namespace": route.namespace, "annotations": annotations},
        })
    });
    routes.collect()
}

/// What the build has besides Routes: Services, and objects of the same ids as some that Routes become.
fn beside() -> Vec<Value> {
    let service = |namespace: &str, name: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": {
            "selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        }})
    };
    let mut objects = vec![json!({
        "apiVersion": "traefik.io/v1alpha1", "kind": "Middleware", "metadata": {"name": "b-c-allow", "namespace": "a"},
        "spec": {"ipAllowList": {"sourceRange": ["172.16.0.0/12"]}},
    })];
    for namespace in ["a", "a-b", "b"] {
        objects.extend(["b-c", "c", "canary"].map(|name| service(namespace, name)));
    }
    objects
}

fn convert(routes: &[Value], options: &Value) -> Outcome {
    run_on::<RouteToIngress>(&[routes, &beside()].concat(), options)
}

/// The Route that OpenShift would let answer a request: exact hosts before wildcards, then the longest path.
fn chosen<'r>(routes: &'r [Value], request: &Request) -> Option<&'r Value> {
    let serves = |route: &&Value| {
        let tls = &route["spec"]["tls"];
        let policy = tls["insecureEdgeTerminationPolicy"].as_str().unwrap_or("None");
        let by_scheme = match (tls["termination"].as_str(), request.is_https) {
            (None, is_https) => !is_https,
            (Some("passthrough"), _) => false,
            (Some(_), true) => true,
            (Some(_), false) => policy != "None",
        };
        let host = route["spec"]["host"].as_str().unwrap_or_default();
        let same_domain =
            host.split_once('.').map(|(_, domain)| domain) == request.host.split_once('.').map(|(_, domain)| domain);
        let by_host = host == request.host || route["spec"]["wildcardPolicy"] == "Subdomain" && same_domain;
        let path = route["spec"]["path"].as_str().unwrap_or_default();
        let by_path = match path.strip_suffix('/') {
            Some(_) => request.path.starts_with(path),
            None => path.is_empty() || request.path == path || request.path.starts_with(&format!("{path}/")),
        };
        by_scheme && by_host && by_path
    };
    let rank = |route: &&Value| {
        (route["spec"]["wildcardPolicy"] != "Subdomain", route["spec"]["path"].as_str().map_or(0, str::len))
    };
    routes.iter().filter(serves).max_by_key(rank)
}

fn requests(routes: &[Value]) -> Vec<Request> {
    let mut requests = Vec::new();
    for route in routes {
        let host = route["spec"]["host"].as_str().unwrap_or_default();
        let (_, domain) = host.split_once('.').unwrap_or_default();
        for host in [host.to_owned(), format!("other.{domain}")] {
            for path in ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab"] {
                let request = |is_https| Request { is_https, host: host.clone(), path: path.to_owned() };
                requests.extend([request(false), request(true)]);
            }
        }
    }
    requests
}

fn check(routes: &[Value], options: &Value) -> Result<bool, TestCaseError> {
    let outcome = convert(routes, options);
    if !outcome.succeeded {
        let is_understood = ["[unsupported-setting]", "[route-beyond-target]", "[route-host-clash]"];
        let errors = outcome.stderr.lines().filter(|line| line.contains(": error: "));
        for error in errors {
            prop_assert!(is_understood.iter().any(|rule| error.contains(rule)), "{}", error);
        }
        return Ok(false);
    }
    let objects = objects_of(&outcome);
    let mut held: BTreeMap<String, Held> = BTreeMap::new();
    for claim in claims(&objects, options) {
        let first = held.entry(claim.key.clone()).or_insert_with(|| claim.clone());
        prop_assert_eq!(&first.settings, &claim.settings, "{} and {} share {}", &first.owner, &claim.owner, &claim.key);
    }
    if options["ingressClassName"] == "haproxy" {
        return Ok(true);
    }
    for request in requests(routes) {
        let expected = chosen(routes, &request).map(|route| {
            let metadata = &route["metadata"];
            let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
            (text("namespace"), text("name"))
        });
        let answer = answer(&objects, &request);
        let Ok(owner) = answer else {
            return Err(TestCaseError::fail(format!("{request:?}: {answer:?}\n{}", outcome.stdout)));
        };
        prop_assert_eq!(owner, expected, "{:?}\n{}", &request, &outcome.stdout);
    }
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_key_is_shared_and_every_request_finds_its_route(
        drawn in prop::collection::vec(drawn(), 1..8),
        target in select(vec!["Auto", "IngressRoute", "Gateway", "haproxy"]),
        sticky in any::<bool>(),
    ) {
        let mut options = json!({"unsupported": "Warn", "clusterIssuer": "ca"});
        match target {
            "haproxy" => options["ingressClassName"] = "haproxy".into(),
            _ => options["target"] = target.into(),
        }
        options["stickySessions"] = (sticky && target != "Gateway").into();
        // What a target cannot serve at all goes, as a person would have it.
        let drawn: Vec<_> = drawn.into_iter().map(|mut route| {
            route.is_weighted &= target != "haproxy";
            route.is_wildcard &= target != "Gateway";
            route
        }).collect();
        let paths = if target == "Gateway" { PATHS_OF_GATEWAY } else { PATHS };
        check(&routes(&drawn, paths), &options)?;
    }
}

/// Most sets are served, so that the property says something.
#[test]
fn a_set_with_shared_services_and_ids_is_served() {
    let drawn = |namespace, name, annotations: &[(&'static str, &'static str)]| Drawn {
        namespace,
        name,
        service: "c",
        is_weighted: true,
        is_wildcard: false,
        tls: Value::Null,
        annotations: annotations.to_vec(),
    };
    let set = [
        drawn("a", "b-c", &ANNOTATIONS[..1]),
        drawn("a-b", "c", &ANNOTATIONS[4..5]),
        drawn("a-b", "web", &ANNOTATIONS[10..]),
    ];
    let routes = routes(&set, PATHS);
    let is_served = check(&routes, &json!({})).expect("nothing is shared");
    assert!(is_served, "the set is refused");
}
