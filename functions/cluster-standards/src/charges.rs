//! What a quota is charged for the objects of a build.
//!
//! Source: kubernetes pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims}.go, `podComputeUsageHelper` and
//! `Usage`; apiserver pkg/quota/v1/generic.

use std::sync::LazyLock;

use krm::resource_list::Item;
use krm::table;
use manifests::quantities::Quantity;
use serde_json::Value;

use crate::amounts::Amounts;
use crate::build::Build;
use crate::claims::{Claim, claims};
use crate::pod_resources::{PodResources, Side};
use crate::pods::Pods;
use crate::resource_quota::PodFacts;

/// What an object is charged, once or several times.
pub(crate) struct Charge<'r> {
    /// The object.
    pub(crate) item: &'r Item,
    /// What messages call one: `a pod`, `the Service`, ...
    pub(crate) what: &'static str,
    /// What one is charged, by the keys of a quota.
    pub(crate) one: Amounts,
    /// How many there are; one at least, where the build cannot know it.
    pub(crate) steady: u64,
    /// How many more there are during a roll-out.
    pub(crate) surge: u64,
    /// Whether there may be more, as of a DaemonSet, which runs one on each node.
    pub(crate) is_open: bool,
    /// What a pod is, for the scopes of a quota; nothing for other objects.
    pub(crate) pod: Option<PodFacts<'r>>,
}

/// All charges of a build.
pub(crate) fn charges<'r>(build: &Build<'r>, pods: &[Pods<'_, 'r>]) -> Vec<Charge<'r>> {
    let of_pods = pods.iter().map(|pods| Charge {
        item: pods.item,
        what: "a pod",
        one: of_pod(&pods.resources),
        steady: pods.steady.unwrap_or(1),
        surge: pods.surge,
        is_open: pods.steady.is_none(),
        pod: Some(PodFacts {
            spec: pods.workload.map_or(&Value::Null, |workload| workload.template.spec),
            is_best_effort: pods.resources.is_best_effort(),
        }),
    });
    let of_claims = claims(build).into_iter().map(|claim| Charge {
        item: claim.item,
        what: "a claim",
        one: of_claim(&claim),
        steady: claim.count,
        surge: 0,
        is_open: false,
        pod: None,
    });
    let others = build.resources.iter().filter_map(|item| {
        let one = if item.is("", "Service") { of_service(item.value()) } else { of_object(item) };
        let charge = Charge { item, what: "the object", one, steady: 1, surge: 0, is_open: false, pod: None };
        (!charge.one.is_empty()).then_some(charge)
    });
    of_pods.chain(of_claims).chain(others).collect()
}

fn of_pod(resources: &PodResources) -> Amounts {
    let mut charge: Amounts = [("pods", Quantity::whole(1)), ("count/pods", Quantity::whole(1))].into_iter().collect();
    for (resource, quantity) in resources.charged(Side::Request).iter() {
        let is_usual = matches!(resource, "cpu" | "memory" | "ephemeral-storage");
        if is_usual || resource.starts_with("hugepages-") {
            charge.set(resource, quantity.clone());
        }
        charge.set(format!("requests.{resource}"), quantity.clone());
    }
    for (resource, quantity) in resources.charged(Side::Limit).iter() {
        if matches!(resource, "cpu" | "memory" | "ephemeral-storage") {
            charge.set(format!("limits.{resource}"), quantity.clone());
        }
    }
    charge
}

fn of_service(service: &Value) -> Amounts {
    let ports = service["spec"]["ports"].as_array().map_or(&[][..], Vec::as_slice);
    let fixed = ports.iter().filter(|port| port["nodePort"].as_i64().is_some_and(|port| port != 0));
    let (balancers, node_ports) = match service["spec"]["type"].as_str() {
        Some("LoadBalancer") if service["spec"]["allocateLoadBalancerNodePorts"] == false => (1, fixed.count()),
        Some("LoadBalancer") => (1, ports.len()),
        Some("NodePort") => (0, ports.len()),
        _ => (0, 0),
    };
    let node_ports = i64::try_from(node_ports).unwrap_or(i64::MAX);
    let counts = [
        ("services", 1),
        ("count/services", 1),
        ("services.loadbalancers", balancers),
        ("services.nodeports", node_ports),
    ];
    counts.into_iter().map(|(key, count)| (key, Quantity::whole(count))).collect()
}

/// A claim is charged to its class too. One that names none gets the default class before, which the build does not know.
fn of_claim(claim: &Claim<'_>) -> Amounts {
    let mut charge = Amounts::default();
    let storage = claim.requests.get("storage");
    let one = Quantity::whole(1);
    charge.set("count/persistentvolumeclaims", one.clone());
    for (key, quantity) in [("persistentvolumeclaims", Some(&one)), ("requests.storage", storage)] {
        let Some(quantity) = quantity else { continue };
        charge.set(key, quantity.clone());
        if let Some(class) = claim.class {
            charge.set(format!("{class}.storageclass.storage.k8s.io/{key}"), quantity.clone());
        }
    }
    charge
}

/// The counts of an object of a kind that has no amounts.
fn of_object(item: &Item) -> Amounts {
    static ROWS: LazyLock<Vec<[&str; 3]>> =
        LazyLock::new(|| table::rows(include_str!("../data/quota-keys.tsv")).collect());
    let keys = ROWS.iter().filter(|[_, group, kind]| item.is(group, kind));
    keys.map(|[key, ..]| (*key, Quantity::whole(1))).collect()
}
