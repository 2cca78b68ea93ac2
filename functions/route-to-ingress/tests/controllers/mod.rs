//! How controllers read objects, written again for tests: what they hold under which keys, and which router answers a request.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Something that a controller holds.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) key: String,
    pub(crate) settings: Value,
    pub(crate) owner: String,
}

/// A request from outside.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) is_https: bool,
    pub(crate) host: String,
    pub(crate) path: String,
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Text as Traefik normalises it.
fn normalised(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn owner(object: &Value) -> String {
    format!("{} {}/{}", text(object, "/kind"), text(object, "/metadata/namespace"), text(object, "/metadata/name"))
}

/// What the controller of these options holds of the objects.
pub(crate) fn claims(objects: &[Value], options: &Value) -> Vec<Held> {
    let by_name = objects.iter().map(|object| (owner(object), object)).collect();
    let of = |object| {
        if options["ingressClassName"] == "haproxy" {
            of_haproxy(object, &by_name)
        } else if options["target"] == "Gateway" {
            of_gateway(object, objects, &by_name)
        } else {
            of_traefik(object, &by_name)
        }
    };
    objects.iter().flat_map(of).collect()
}

type ByName<'o> = BTreeMap<String, &'o Value>;

fn of_traefik(object: &Value, by_name: &ByName<'_>) -> Vec<Held> {
    let namespace = text(object, "/metadata/namespace");
    let id = |name: &str| normalised(&format!("{namespace}-{name}"));
    let held = |key: String, settings: Value| Held { key, settings, owner: owner(object) };
    let kind = text(object, "/kind");
    let services = |lists: Vec<&Value>| {
        let several = lists.into_iter().filter_map(Value::as_array);
        let services = several.flatten().filter(|service| service["kind"] != "TraefikService");
        let claim = |service: &Value| {
            let mut settings = service.clone();
            let transport = format!("ServersTransport {namespace}/{}", text(service, "/serversTransport"));
            settings["serversTransport"] =
                by_name.get(&transport).map_or(Value::Null, |transport| resolved(transport, namespace, by_name));
            settings["namespace"] = namespace.into();
            let port = service["port"].to_string();
            settings.as_object_mut().expect("a service is a mapping").remove("weight");
            held(format!("service {}", id(&format!("{}-{port}", text(service, "/name")))), settings)
        };
        services.map(claim).collect::<Vec<_>>()
    };
    match kind {
        "Middleware" | "MiddlewareTCP" | "ServersTransport" => {
            vec![held(format!("{kind} {}", id(text(object, "/metadata/name"))), json!([object["spec"], namespace]))]
        }
        "TraefikService" => {
            let mut claims =
                vec![held(format!("service {}", id(text(object, "/metadata/name"))), object["spec"].clone())];
            claims.extend(services(vec![
                &object["spec"]["weighted"]["services"],
                &object["spec"]["highestRandomWeight"]["services"],
            ]));
            claims
        }
        "IngressRoute" => {
            let lists = items(object, "/spec/routes").map(|route| &route["services"]);
            services(lists.filter(|services| services.as_array().is_some_and(|services| services.len() > 1)).collect())
        }
        "Ingress" => items(object, "/spec/rules/0/http/paths")
            .flat_map(|path| {
                let service = text(path, "/backend/service/name");
                let port = path.pointer("/backend/service/port/number").unwrap_or(&Value::Null);
                let router = format!(
                    "{}-{}{}",
                    text(object, "/metadata/name"),
                    text(object, "/spec/rules/0/host"),
                    text(path, "/path")
                );
                [
                    held(format!("ingress service {}", id(&format!("{service}-{port}"))), json!([namespace, service])),
                    held(format!("ingress router {}", id(&router)), owner(object).into()),
                ]
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A ServersTransport with the certificates that it names.
fn resolved(transport: &Value, namespace: &str, by_name: &ByName<'_>) -> Value {
    let authorities = items(transport, "/spec/rootCAs");
    let authorities = authorities.map(|authority| {
        by_name.get(&format!("ConfigMap {namespace}/{}", text(authority, "/configMap"))).map(|holder| &holder["data"])
    });
    json!([authorities.collect::<Vec<_>>(), transport["spec"]["serverName"], transport["spec"]["forwardingTimeouts"]])
}

/// Keys of haproxy-ingress that are written and hold for a path or a host.
const NOT_OF_BACKENDS: [&str; 9] = [
    "ssl-redirect",
    "ssl-always-add-https",
    "hsts",
    "hsts-max-age",
    "hsts-include-subdomains",
    "hsts-preload",
    "rewrite-target",
    "allowlist-source-range",
    "cluster-issuer",
];

fn of_haproxy(object: &Value, by_name: &ByName<'_>) -> Vec<Held> {
    if text(object, "/kind") != "Ingress" {
        return Vec::new();
    }
    let namespace = text(object, "/metadata/namespace");
    let mut settings = json!({});
    for (key, value) in object["metadata"]["annotations"].as_object().into_iter().flatten() {
        let Some(key) = key.strip_prefix("haproxy-ingress.github.io/") else { continue };
        if key == "secure-verify-ca-secret" {
            let secret = by_name.get(&format!("Secret {namespace}/{}", value.as_str().unwrap_or_default()));
            settings[key] = secret.map_or(value.clone(), |secret| secret["stringData"].clone());
        } else if !NOT_OF_BACKENDS.contains(&key) {
            settings[key] = value.clone();
        }
    }
    let services = items(object, "/spec/rules/0/http/paths").map(|path| text(path, "/backend/service/name"));
    let held = |service: &str| Held {
        key: format!("backend {namespace}/{service}"),
        settings: settings.clone(),
        owner: owner(object),
    };
    services.map(held).collect()
}

fn of_gateway(object: &Value, objects: &[Value], by_name: &ByName<'_>) -> Vec<Held> {
    let namespace = text(object, "/metadata/namespace");
    let kind = text(object, "/kind");
    let mut claims = Vec::new();
    if kind == "TLSRoute" {
        let id = normalised(&format!("{namespace}-{}", text(object, "/metadata/name")));
        claims.push(Held { key: format!("TLSRoute {id}"), settings: object["spec"].clone(), owner: owner(object) });
    }
    for service in items(object, "/spec/rules/0/backendRefs").map(|reference| text(reference, "/name")) {
        // What a Route means to reach by TLS has a policy that was made for it.
        let name = text(object, "/metadata/name");
        let wants = objects.iter().any(|policy| {
            text(policy, "/kind") == "BackendTLSPolicy"
                && text(policy, "/metadata/namespace") == namespace
                && text(policy, "/metadata/name").starts_with(name)
                && items(policy, "/spec/targetRefs").any(|target| text(target, "/name") == service)
        });
        let settings = json!(wants && kind != "TLSRoute");
        claims.push(Held { key: format!("TLS {namespace}/{service}"), settings, owner: owner(object) });
    }
    if kind == "BackendTLSPolicy" {
        let authority = format!("ConfigMap {namespace}/{}", text(object, "/spec/validation/caCertificateRefs/0/name"));
        for target in items(object, "/spec/targetRefs") {
            let key = format!("policy {namespace}/{}", text(target, "/name"));
            let settings = by_name.get(&authority).map_or(Value::Null, |holder| holder["data"].clone());
            claims.push(Held { key, settings, owner: owner(object) });
        }
    }
    claims
}

/// A router of Traefik for a host and a path.
struct Router {
    rank: i64,
    owner: (String, String),
}

/// Namespace and name of the Route whose objects answer; an error if several routers could.
pub(crate) fn answer(objects: &[Value], request: &Request) -> Result<Option<(String, String)>, String> {
    let mut routers: Vec<_> = objects.iter().flat_map(|object| routers(object, request)).collect();
    routers.sort_by_key(|router| -router.rank);
    match routers.as_slice() {
        [] => Ok(None),
        [first, second, ..] if first.rank == second.rank && first.owner != second.owner => {
            Err(format!("{:?} and {:?} have rank {}", first.owner, second.owner, first.rank))
        }
        [first, ..] => Ok(Some(first.owner.clone())),
    }
}

/// The routers of an object that match a request.
fn routers(object: &Value, request: &Request) -> Vec<Router> {
    let name = text(object, "/metadata/name");
    let name = name.strip_suffix("-http").unwrap_or(name);
    // A name with a hash.
    let name = name.rsplit_once('-').filter(|(_, end)| end.len() == 8).map_or(name, |(start, _)| start);
    let owner = (text(object, "/metadata/namespace").to_owned(), name.to_owned());
    let ranks = match text(object, "/kind") {
        "Ingress" => of_ingress(object, request),
        "IngressRoute" => of_ingress_route(object, request),
        "HTTPRoute" => of_http_route(object, request),
        _ => Vec::new(),
    };
    ranks.into_iter().map(|rank| Router { rank, owner: owner.clone() }).collect()
}

fn has_host(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest == domain),
        None => pattern == host,
    }
}

fn entry(request: &Request) -> &'static str {
    if request.is_https { "websecure" } else { "web" }
}

fn of_ingress(object: &Value, request: &Request) -> Vec<i64> {
    let annotation =
        |name: &str| object["metadata"]["annotations"][format!("traefik.ingress.kubernetes.io/router.{name}")].as_str();
    let host = text(object, "/spec/rules/0/host");
    let on_entry =
        annotation("entrypoints").is_some_and(|points| points.split(',').any(|point| point == entry(request)));
    if !on_entry || !has_host(host, &request.host) {
        return Vec::new();
    }
    let paths = items(object, "/spec/rules/0/http/paths").filter(|path| match text(path, "/pathType") {
        "Exact" => request.path == text(path, "/path"),
        _ => request.path.starts_with(text(path, "/path")),
    });
    let rank = |path: &Value| {
        let matcher = if path["pathType"] == "Exact" { "Path" } else { "PathPrefix" };
        let rule = format!("Host(\"{host}\") && {matcher}(\"{}\")", text(path, "/path"));
        let length = i64::try_from(rule.len()).expect("a rule is short");
        annotation("priority").map_or(length, |priority| priority.parse().expect("a priority is a number"))
    };
    paths.map(rank).collect()
}

fn of_ingress_route(object: &Value, request: &Request) -> Vec<i64> {
    if !items(object, "/spec/entryPoints").any(|point| point == entry(request)) {
        return Vec::new();
    }
    let routes = items(object, "/spec/routes").filter(|route| {
        let rule = text(route, "/match");
        let quoted: Vec<_> = rule.split('`').skip(1).step_by(2).collect();
        let host = quoted[0].replace("^[a-zA-Z0-9-]+\\.", "*.").replace("\\.", ".").replace('$', "");
        let by_path = match quoted[1..] {
            [] => true,
            [below] => request.path.starts_with(below),
            [exact, below] => request.path == exact || request.path.starts_with(below),
            _ => panic!("another rule than is written: {rule}"),
        };
        by_path && has_host(&host, &request.host)
    });
    let length = |route: &Value| i64::try_from(text(route, "/match").len()).expect("a rule is short");
    routes.map(|route| route["priority"].as_i64().unwrap_or_else(|| length(route))).collect()
}

/// Source: `buildMatchRule` in traefik `pkg/provider/kubernetes/gateway/httproute.go`.
fn of_http_route(object: &Value, request: &Request) -> Vec<i64> {
    let on_entry = items(object, "/spec/parentRefs").any(|parent| parent["sectionName"] == entry(request));
    let by_host =
        items(object, "/spec/hostnames").any(|host| has_host(host.as_str().unwrap_or_default(), &request.host));
    let path = text(object, "/spec/rules/0/matches/0/path/value");
    let bare = path.trim_end_matches('/');
    let by_path = request.path == bare || request.path.starts_with(&format!("{bare}/"));
    if !(on_entry && by_host && by_path) {
        return Vec::new();
    }
    let length = i64::try_from(path.len()).expect("a path is short");
    vec![if path == "/" { 1 } else { 10_000 + 100 * length }]
}
