//! KEDA's HTTP interceptor. It wakes pods and brings them their requests, so that an Ingress or a route leads to the
//! interceptor, and not to the pods.

use krm::resource_list::Item;
use serde_json::Value;

use super::backend::{Backend, Reached};
use super::public_hosts::hosts_of_rule;
use crate::config::Visibility;
use crate::facts::cluster::lists;
use crate::facts::workload::WorkloadId;
use crate::plan::{Plan, Source};
use crate::policy::{Peer, Ports};
use crate::reason::Reason;
use crate::rule::Rule;

/// What matches every host.
const ANY_HOST: &str = "*";

/// Fields of Ingresses and routes that lead to the interceptor, with the hosts of the requests that they bring.
#[derive(Default)]
pub(super) struct Fronts(Vec<(Source, Vec<String>)>);

impl Fronts {
    /// Adds a field, if it leads into the namespace of KEDA.
    pub(super) fn add(&mut self, plan: &Plan<'_, '_>, backend: &Backend<'_>, pointer: &str) {
        let keda = &plan.cluster.settings.spec.keda.namespace;
        if backend.namespace_behind(plan.cluster).is_some_and(|namespace| namespace == *keda) {
            self.0.push((backend.source(), hosts_of_front(backend.item, pointer)));
        }
    }

    /// The fields that may bring requests for an HTTPScaledObject or InterceptorRoute.
    fn of(&self, woken_by: &Item) -> impl Iterator<Item = &Source> {
        let hosts = hosts_of_target(woken_by);
        let meets = move |front: &[String]| front.iter().any(|front| hosts.iter().any(|host| meet(front, host)));
        self.0.iter().filter(move |(_, front)| meets(front)).map(|(source, _)| source)
    }
}

/// Lets the interceptor reach what it wakes.
pub(super) fn open(plan: &mut Plan<'_, '_>, fronts: &Fronts, backend: &Backend<'_>, peers: &[Peer]) {
    match backend.reach(plan) {
        Ok(Reached { endpoints, evidence }) => {
            let cause = Reason::Keda.because(evidence);
            for endpoint in endpoints {
                let id = endpoint.workload;
                match plan.cluster.workload(id).visibility {
                    None | Some(Visibility::Public) => plan.expose(endpoint, peers, &cause, &backend.source()),
                    Some(visibility) => {
                        check(plan, fronts, backend, (id, visibility), peers);
                        plan.allow(id, peers, &Ports::from(endpoint.port), &cause);
                    }
                }
            }
        }
        Err(problem) => plan.findings.push(problem),
    }
}

/// Reports requests that the interceptor brings although the visibility of a workload does not allow them.
fn check(
    plan: &mut Plan<'_, '_>,
    fronts: &Fronts,
    backend: &Backend<'_>,
    (id, visibility): (WorkloadId, Visibility),
    peers: &[Peer],
) {
    let workload = plan.cluster.workload(id);
    let (reference, name) = (&workload.reference, visibility.name());
    for front in fronts.of(backend.item) {
        let message = format!(
            "exposes {reference} through the HTTP interceptor of KEDA, and its visibility is `{name}`; remove this, or make \
             the workload `public`"
        );
        plan.report_once(front.finding(Rule::ExposureForbidden, message));
    }
    if visibility != Visibility::Internal && !peers.iter().all(|peer| lists(workload, peer)) {
        let keda = &plan.cluster.settings.spec.keda.namespace;
        let message = format!(
            "has the HTTP interceptor of KEDA bring requests of any pod to {reference}, whose visibility is `{name}`; list \
             namespace `{keda}` there under `allow-from`, or make it `internal`"
        );
        plan.report_once(backend.source().finding(Rule::ClientForbidden, message));
    }
}

/// The hosts of the requests that a field of an Ingress or route brings.
fn hosts_of_front(item: &Item, pointer: &str) -> Vec<String> {
    let spec = &item.value()["spec"];
    let part = || pointer.split('/').nth(3).and_then(|index| index.parse::<usize>().ok());
    let hosts: Vec<&str> = match item.kind() {
        "Ingress" => part().and_then(|index| spec["rules"][index]["host"].as_str()).into_iter().collect(),
        "HTTPRoute" | "GRPCRoute" | "TLSRoute" => texts(&spec["hostnames"]).collect(),
        _ => part().and_then(|index| spec["routes"][index]["match"].as_str()).map_or_else(Vec::new, hosts_of_rule),
    };
    or_any(hosts)
}

/// The hosts that an HTTPScaledObject or InterceptorRoute takes requests for.
fn hosts_of_target(item: &Item) -> Vec<String> {
    let spec = &item.value()["spec"];
    match spec["rules"].as_array() {
        Some(rules) if !rules.is_empty() => {
            rules.iter().flat_map(|rule| or_any(texts(&rule["hosts"]).collect())).collect()
        }
        _ => or_any(texts(&spec["hosts"]).collect()),
    }
}

fn or_any(hosts: Vec<&str>) -> Vec<String> {
    let hosts = if hosts.is_empty() { vec![ANY_HOST] } else { hosts };
    hosts.into_iter().map(str::to_ascii_lowercase).collect()
}

/// Whether a request may be for both of two hosts, each of which may be a wildcard.
fn meet(one: &str, other: &str) -> bool {
    let covers = |pattern: &str, host: &str| pattern.strip_prefix('*').is_some_and(|end| host.ends_with(end));
    one == other || covers(one, other) || covers(other, one)
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_meet_by_name_and_by_wildcard() {
        for (one, other) in [("a.x", "a.x"), ("*", "a.x"), ("*.x", "a.x"), ("*.x", "*.b.x"), ("*", "*")] {
            assert!(meet(one, other) && meet(other, one), "{one} {other}");
        }
        for (one, other) in [("a.x", "b.x"), ("*.x", "a.y"), ("*.x", "x"), ("*.a.x", "*.b.x")] {
            assert!(!meet(one, other) && !meet(other, one), "{one} {other}");
        }
    }
}
