//! Hosts and paths that other objects of the build claim too: an Ingress, an IngressRoute or an HTTPRoute beside the Route.
//!
//! A controller serves one of them then, and which one can change with each start.

use std::collections::{BTreeMap, HashMap, HashSet};

use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::Value;

use crate::config::{Controller, Spec};
use crate::exposure::{Exposure, Termination};
use crate::route::InsecurePolicy;
use crate::rule::Rule;

const CLASS: &str = "kubernetes.io/ingress.class";
const ENTRY_POINTS: &str = "traefik.ingress.kubernetes.io/router.entrypoints";
/// Matchers of Traefik without which a rule means every request for a host and a path.
const NARROWING: [&str; 6] = ["Header(", "HeaderRegexp(", "Headers(", "Method(", "Query(", "ClientIP("];

/// Where a controller takes requests in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum EntryPoint {
    Http,
    Https,
}

/// What serves the Routes of some options, as far as it decides what else it reads.
struct Server<'s> {
    class: &'s str,
    is_traefik: bool,
    entry_points: [(EntryPoint, &'s str); 2],
}

impl<'s> Server<'s> {
    fn of(spec: &'s Spec) -> Self {
        let points = &spec.entry_points;
        Self {
            class: &spec.ingress_class_name,
            is_traefik: spec.controller().is_ok_and(|controller| controller == Controller::Traefik),
            entry_points: [(EntryPoint::Http, &points.http), (EntryPoint::Https, &points.https)],
        }
    }
}

/// What an object of the build claims.
struct Claim<'r> {
    item: &'r Item,
    /// The class that it is for, if it names one.
    class: Option<&'r str>,
    /// The entry points of Traefik, if it names some.
    entry_points: Vec<&'r str>,
    /// Whether Traefik alone reads it.
    is_of_traefik: bool,
    /// What finds the hosts and paths in its `spec`.
    addresses: fn(&Value) -> Vec<(String, String)>,
}

impl<'r> Claim<'r> {
    /// What an object claims, if it can claim something.
    fn of(item: &'r Item) -> Option<Self> {
        let spec = || &item.value()["spec"];
        let claim = match (item.group(), item.kind()) {
            ("networking.k8s.io" | "extensions", "Ingress") => {
                let named = item.annotation(ENTRY_POINTS).unwrap_or_default().split(',').map(str::trim);
                Self {
                    item,
                    class: item.annotation(CLASS).or_else(|| spec()["ingressClassName"].as_str()),
                    entry_points: named.filter(|name| !name.is_empty()).collect(),
                    is_of_traefik: false,
                    addresses: of_ingress,
                }
            }
            ("traefik.io" | "traefik.containo.us", "IngressRoute") => Self {
                item,
                class: item.annotation(CLASS),
                entry_points: strings(&spec()["entryPoints"]).collect(),
                is_of_traefik: true,
                addresses: of_ingress_route,
            },
            ("gateway.networking.k8s.io", "HTTPRoute") => {
                Self { item, class: None, entry_points: Vec::new(), is_of_traefik: true, addresses: of_http_route }
            }
            _ => return None,
        };
        Some(claim)
    }

    /// The entry points at which a server reads it.
    fn read_by(&self, server: &Server<'_>) -> impl Iterator<Item = EntryPoint> {
        let is_read =
            self.class.is_none_or(|class| class == server.class) && (server.is_traefik || !self.is_of_traefik);
        let is_at = |name: &str| self.entry_points.is_empty() || self.entry_points.contains(&name);
        let at = server.entry_points.iter().filter(move |(_, name)| is_read && is_at(name));
        at.map(|(entry_point, _)| *entry_point)
    }

    /// Notes what it claims of what the servers serve.
    fn note(&self, servers: &[Server<'_>], claims: &mut Claims<'r>) {
        let servers = servers.iter().enumerate();
        let places: Vec<_> = servers
            .flat_map(|(place, server)| self.read_by(server).map(move |entry_point| (place, entry_point)))
            .collect();
        // What no server reads need not be looked through.
        if places.is_empty() {
            return;
        }
        for (host, path) in (self.addresses)(&self.item.value()["spec"]) {
            let first = claims.entry((host.to_ascii_lowercase(), path)).or_default();
            for place in &places {
                first.entry(*place).or_insert(self.item);
            }
        }
    }
}

/// The first object that claims a host and a path at an entry point of the options in a place. So much is kept of an
/// address however many objects claim it.
type Claims<'r> = HashMap<(String, String), BTreeMap<(usize, EntryPoint), &'r Item>>;

/// Findings about Routes whose host and path another object of the build claims.
pub(crate) fn of_build(
    exposures: &[Exposure<'_>],
    options: &[Spec],
    resources: &Resources,
    served: &HashSet<ItemId>,
) -> Vec<Finding> {
    let servers: Vec<_> = options.iter().map(Server::of).collect();
    let mut claims = Claims::new();
    let all = resources.iter().filter_map(Claim::of);
    all.filter(|claim| !served.contains(&claim.item.id())).for_each(|claim| claim.note(&servers, &mut claims));
    if claims.is_empty() {
        return Vec::new();
    }
    let clash = |exposure: &Exposure<'_>| {
        let first = claims.get(&(exposure.host.name.clone(), exposure.path.text().to_owned()))?;
        let at = entry_points(exposure).iter().filter_map(|entry_point| first.get(&(exposure.options, *entry_point)));
        Some(problem(exposure, at.min_by_key(|item| item.id())?))
    };
    exposures.iter().filter_map(clash).collect()
}

fn problem(exposure: &Exposure<'_>, rival: &Item) -> Finding {
    let owners = exposure.route.field(&["metadata", "ownerReferences"]);
    let owners = owners.as_array().into_iter().flatten();
    let is_made_of_it = owners.into_iter().any(|owner| owner["kind"] == rival.kind() && owner["name"] == rival.name());
    let rest = if is_made_of_it {
        "OpenShift made this Route of it, so take the Route out"
    } else {
        "only one of them would be served, so take one out or change its host or path"
    };
    let message = format!(
        "`{}` with path `{}` is claimed by {} too; {rest}",
        exposure.host.name,
        exposure.path.text(),
        rival.reference()
    );
    exposure.origin.relocated(Finding::new(Rule::RouteHostClash, message).on(exposure.route).at("spec.host"))
}

/// The entry points that serve a Route.
fn entry_points(exposure: &Exposure<'_>) -> &'static [EntryPoint] {
    match exposure.termination {
        Termination::Plain => &[EntryPoint::Http],
        Termination::Edge { insecure: InsecurePolicy::None, .. } | Termination::Passthrough { redirect: false } => {
            &[EntryPoint::Https]
        }
        Termination::Edge { .. } | Termination::Passthrough { redirect: true } => {
            &[EntryPoint::Http, EntryPoint::Https]
        }
    }
}

fn of_ingress(spec: &Value) -> Vec<(String, String)> {
    let rules = list(&spec["rules"]).filter_map(|rule| Some((rule["host"].as_str()?, rule)));
    let addresses = rules.flat_map(|(host, rule)| {
        let paths = list(&rule["http"]["paths"]).map(|path| path["path"].as_str().unwrap_or_default());
        paths.map(move |path| (host.to_owned(), whole(path)))
    });
    addresses.collect()
}

fn of_ingress_route(spec: &Value) -> Vec<(String, String)> {
    let rules = list(&spec["routes"]).filter_map(|route| route["match"].as_str());
    let rules = rules.filter(|rule| !NARROWING.iter().any(|matcher| rule.contains(matcher)));
    let addresses = rules.flat_map(|rule| {
        let paths: Vec<_> = arguments(rule, "PathPrefix(").chain(arguments(rule, "Path(")).map(whole).collect();
        let paths = if paths.is_empty() { vec![whole("")] } else { paths };
        arguments(rule, "Host(")
            .flat_map(|host| paths.iter().map(|path| (host.to_owned(), path.clone())).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    });
    addresses.collect()
}

fn of_http_route(spec: &Value) -> Vec<(String, String)> {
    let is_narrow =
        |matched: &&Value| ["headers", "queryParams", "method"].iter().all(|field| matched[field].is_null());
    let paths: Vec<_> = list(&spec["rules"])
        .flat_map(|rule| match rule["matches"].as_array() {
            Some(matches) => {
                let paths = matches.iter().filter(is_narrow).map(|matched| matched["path"]["value"].as_str());
                paths.map(|path| whole(path.unwrap_or_default())).collect()
            }
            None => vec![whole("")],
        })
        .collect();
    let addresses =
        strings(&spec["hostnames"]).flat_map(|host| paths.iter().map(|path| (host.to_owned(), path.clone())));
    addresses.collect()
}

/// The path, or the one that means every path.
fn whole(path: &str) -> String {
    if path.is_empty() { "/".to_owned() } else { path.to_owned() }
}

/// The arguments of a matcher in a rule of Traefik.
fn arguments<'r>(rule: &'r str, matcher: &'static str) -> impl Iterator<Item = &'r str> {
    let calls = rule
        .match_indices(matcher)
        .filter(|(at, _)| !rule[..*at].ends_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_'));
    calls.flat_map(move |(at, _)| {
        let inner = &rule[at + matcher.len()..];
        let inner = &inner[..inner.find(')').unwrap_or(inner.len())];
        inner.split(',').map(|argument| argument.trim().trim_matches(['`', '"', '\'']))
    })
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    list(value).filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_of_traefik_claim_hosts_and_paths() {
        let claimed = |rule: &str| of_ingress_route(&json!({"routes": [{"match": rule}]}));
        let address = |host: &str, path: &str| (host.to_owned(), path.to_owned());
        for (rule, expected) in [
            ("Host(`a.x`)", vec![address("a.x", "/")]),
            ("Host(`a.x`, `b.x`)", vec![address("a.x", "/"), address("b.x", "/")]),
            ("Host(`a.x`) && PathPrefix(`/api`)", vec![address("a.x", "/api")]),
            ("Host(\"a.x\") && (Path(`/a`) || PathPrefix(`/a/`))", vec![address("a.x", "/a/"), address("a.x", "/a")]),
            ("Host(`a.x`) && Method(`GET`)", vec![]),
            ("HostRegexp(`^.+$`)", vec![]),
            ("PathPrefix(`/`)", vec![]),
        ] {
            assert_eq!(claimed(rule), expected, "{rule}");
        }
    }
}
