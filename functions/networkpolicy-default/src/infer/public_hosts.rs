//! The hosts by which workloads of the build are known outside the cluster, and the controllers behind them.

use std::collections::{BTreeMap, BTreeSet};

use krm::resource_list::Item;
use serde_json::Value;

use super::gateway;
use super::traefik::GROUPS;
use crate::facts::classes::Class;
use crate::plan::Plan;

/// Hosts with the classes that serve them.
#[derive(Default)]
pub(super) struct PublicHosts {
    /// By name, or by the domain of a wildcard with its dot: `.example.com`.
    classes: BTreeMap<String, BTreeSet<Class>>,
}

impl PublicHosts {
    /// The hosts of all Ingresses, IngressRoutes, Gateways and their routes.
    pub(super) fn of(plan: &Plan<'_, '_>) -> Self {
        let cluster = plan.cluster;
        let mut hosts = Self::default();
        for item in cluster.items("networking.k8s.io", "Ingress") {
            let spec = &item.value()["spec"];
            let of_rules = list(&spec["rules"]).map(|rule| &rule["host"]);
            let names = of_rules.chain(list(&spec["tls"]).flat_map(|tls| list(&tls["hosts"])));
            hosts.add(names.filter_map(Value::as_str), &Class::of_ingress(cluster.settings, item));
        }
        let kinds = GROUPS.iter().flat_map(|group| ["IngressRoute", "IngressRouteTCP"].map(|kind| (*group, kind)));
        for item in kinds.flat_map(|(group, kind)| cluster.items(group, kind)) {
            let rules = list(&item.value()["spec"]["routes"]).filter_map(|route| route["match"].as_str());
            hosts.add(rules.flat_map(hosts_of_rule), &Class::of_traefik(item));
        }
        hosts.add_gateways(plan);
        hosts
    }

    fn add_gateways(&mut self, plan: &Plan<'_, '_>) {
        let cluster = plan.cluster;
        for item in cluster.items(gateway::GROUP, "Gateway") {
            let listeners =
                list(&item.value()["spec"]["listeners"]).filter_map(|listener| listener["hostname"].as_str());
            self.add(listeners, &Class::of_gateway(item));
        }
        for item in ["HTTPRoute", "GRPCRoute", "TLSRoute"].iter().flat_map(|kind| cluster.items(gateway::GROUP, kind)) {
            for (_, class) in gateway::classes(cluster, item) {
                self.add(hostnames(item), &class);
            }
        }
    }

    fn add<'h>(&mut self, hosts: impl Iterator<Item = &'h str>, class: &Class) {
        for host in hosts {
            let name = host.strip_prefix('*').unwrap_or(host).to_ascii_lowercase();
            self.classes.entry(name).or_default().insert(class.clone());
        }
    }

    /// The classes that serve a host, by its name or by wildcards.
    pub(super) fn classes_of<'s>(&'s self, host: &'s str) -> impl Iterator<Item = &'s Class> {
        let domains = host.match_indices('.').map(|(at, _)| &host[at..]);
        std::iter::once(host).chain(domains).filter_map(|name| self.classes.get(name)).flatten()
    }
}

fn hostnames(route: &Item) -> impl Iterator<Item = &str> {
    list(&route.value()["spec"]["hostnames"]).filter_map(Value::as_str)
}

/// The hosts in a rule of Traefik: ``Host(`a.example.com`, `b.example.com`) && PathPrefix(`/x`)``.
pub(super) fn hosts_of_rule(rule: &str) -> Vec<&str> {
    let arguments = ["Host(", "HostSNI("].into_iter().flat_map(|matcher| {
        rule.match_indices(matcher).filter_map(move |(at, _)| rule[at + matcher.len()..].split(')').next())
    });
    let hosts = arguments.flat_map(|arguments| arguments.split(','));
    hosts.map(|host| host.trim().trim_matches(['`', '"', '\''])).filter(|host| !host.is_empty()).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_rules() {
        let rule = "Host(`a.x`, `b.x`) && PathPrefix(`/y`) || HostSNI(\"c.x\")";
        assert_eq!(hosts_of_rule(rule), ["a.x", "b.x", "c.x"]);
        assert_eq!(hosts_of_rule("PathPrefix(`/`)"), [""; 0]);
    }

    #[test]
    fn wildcards_serve_the_hosts_of_their_domain() {
        let mut hosts = PublicHosts::default();
        hosts.add(["*.example.com", "a.x"].into_iter(), &Class::Ingress("traefik".to_owned()));
        let serves = |host: &str| hosts.classes_of(host).next().is_some();
        assert!(serves("a.example.com") && serves("a.x") && !serves("example.com") && !serves("b.x"));
    }
}
