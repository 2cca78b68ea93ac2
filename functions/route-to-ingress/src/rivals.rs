//! Hosts and paths that other objects of the build claim too: an Ingress, an IngressRoute or an HTTPRoute beside the Route.
//!
//! A controller serves one of them then, and which one can change with each start.

use std::collections::{HashMap, HashSet};

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

/// What an object of the build claims.
#[derive(Debug, Clone)]
struct Claim<'r> {
    item: &'r Item,
    /// The class that it is for, if it names one.
    class: Option<&'r str>,
    /// The entry points of Traefik, if it names some.
    entry_points: Vec<String>,
    /// Whether Traefik alone reads it.
    is_of_traefik: bool,
}

/// Findings about Routes whose host and path another object of the build claims.
pub(crate) fn of_build(
    exposures: &[Exposure<'_>],
    options: &[Spec],
    resources: &Resources,
    served: &HashSet<ItemId>,
) -> Vec<Finding> {
    let mut claims: HashMap<(String, String), Vec<Claim<'_>>> = HashMap::new();
    for item in resources.iter().filter(|item| !served.contains(&item.id())) {
        for (host, path, claim) in claims_of(item) {
            claims.entry((host.to_ascii_lowercase(), path)).or_default().push(claim);
        }
    }
    if claims.is_empty() {
        return Vec::new();
    }
    let clash = |exposure: &Exposure<'_>| {
        let key = (exposure.host.name.clone(), exposure.path.text().to_owned());
        let spec = &options[exposure.options];
        let rival = claims.get(&key)?.iter().find(|claim| claim.meets(exposure, spec))?;
        Some(problem(exposure, rival.item))
    };
    exposures.iter().filter_map(clash).collect()
}

fn problem(exposure: &Exposure<'_>, rival: &Item) -> Finding {
    let owners = exposure.route.value()["metadata"]["ownerReferences"].as_array().into_iter().flatten();
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

impl Claim<'_> {
    /// Whether the controller of the Route reads it, at an entry point that serves the Route.
    fn meets(&self, exposure: &Exposure<'_>, spec: &Spec) -> bool {
        let is_traefik = spec.controller().is_ok_and(|controller| controller == Controller::Traefik);
        let is_of_class = self.class.is_none_or(|class| class == spec.ingress_class_name);
        let is_at_entry = self.entry_points.is_empty()
            || entry_points(exposure, spec)
                .any(|entry_point| self.entry_points.iter().any(|named| named == entry_point));
        is_of_class && is_at_entry && (is_traefik || !self.is_of_traefik)
    }
}

/// The entry points that serve a Route.
fn entry_points<'s>(exposure: &Exposure<'_>, spec: &'s Spec) -> impl Iterator<Item = &'s str> + use<'s> {
    let points = &spec.entry_points;
    let (http, https) = match exposure.termination {
        Termination::Plain => (true, false),
        Termination::Edge { insecure: InsecurePolicy::None, .. } | Termination::Passthrough { redirect: false } => {
            (false, true)
        }
        Termination::Edge { .. } | Termination::Passthrough { redirect: true } => (true, true),
    };
    [(http, points.http.as_str()), (https, points.https.as_str())]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, name)| name)
}

/// What an object claims: hosts, paths, and for whom.
fn claims_of(item: &Item) -> Vec<(String, String, Claim<'_>)> {
    let claim = |class, entry_points, is_of_traefik| Claim { item, class, entry_points, is_of_traefik };
    match (item.group(), item.kind()) {
        ("networking.k8s.io" | "extensions", "Ingress") => {
            let spec = &item.value()["spec"];
            let class = item.annotation(CLASS).or_else(|| spec["ingressClassName"].as_str());
            let named = item.annotation(ENTRY_POINTS).unwrap_or_default();
            let entry_points = named.split(',').map(str::trim).filter(|name| !name.is_empty());
            with(of_ingress(spec), &claim(class, entry_points.map(str::to_owned).collect(), false))
        }
        ("traefik.io" | "traefik.containo.us", "IngressRoute") => {
            let spec = &item.value()["spec"];
            let entry_points = strings(&spec["entryPoints"]).map(str::to_owned).collect();
            with(of_ingress_route(spec), &claim(item.annotation(CLASS), entry_points, true))
        }
        ("gateway.networking.k8s.io", "HTTPRoute") => {
            with(of_http_route(&item.value()["spec"]), &claim(None, Vec::new(), true))
        }
        _ => Vec::new(),
    }
}

fn with<'r>(addresses: Vec<(String, String)>, claim: &Claim<'r>) -> Vec<(String, String, Claim<'r>)> {
    addresses.into_iter().map(|(host, path)| (host, path, claim.clone())).collect()
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
