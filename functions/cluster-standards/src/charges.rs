//! What a quota is charged for the objects of a build.
//!
//! Source: kubernetes pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims}.go, `podComputeUsageHelper` and
//! `Usage`; apiserver pkg/quota/v1/generic.

use std::sync::LazyLock;

use krm::resource_list::Item;
use krm::table;
use manifests::quantities::Quantity;

use crate::claims::Claim;
use crate::pod_resources::{PodResources, Side};
use crate::pods::Pods;

/// What an object is charged of a key of a quota, once or several times.
pub(crate) struct Charge<'r> {
    /// The object.
    pub(crate) item: &'r Item,
    /// What messages call one: `a pod`, `a claim`, ...
    pub(crate) what: &'static str,
    /// What one is charged.
    pub(crate) one: Quantity,
    /// How many there are; one at least, where the build cannot know it.
    pub(crate) steady: u64,
    /// How many more there are during a roll-out.
    pub(crate) surge: u64,
    /// Whether there may be more, as of a DaemonSet, which runs one on each node.
    pub(crate) is_open: bool,
}

/// What a quota is about.
pub(crate) struct Subjects<'b, 'r> {
    /// The pods.
    pub(crate) pods: Vec<&'b Pods<'r>>,
    /// The claims.
    pub(crate) claims: &'b [&'b Claim<'r>],
    /// All objects of the namespace.
    pub(crate) objects: &'b [&'r Item],
}

impl<'r> Subjects<'_, 'r> {
    /// What they are charged of a key of the quota.
    pub(crate) fn charges(&self, key: &str) -> Vec<Charge<'r>> {
        let pods = self.pods.iter().filter_map(|pods| {
            let (steady, is_open) = (pods.steady.unwrap_or(1), pods.steady.is_none());
            let one = of_pod(&pods.resources, key)?;
            Some(Charge { item: pods.item, what: "a pod", one, steady, surge: pods.surge, is_open })
        });
        let once = |item, what, one, steady| Charge { item, what, one, steady, surge: 0, is_open: false };
        let claims = self.claims.iter();
        let claims = claims.filter_map(|claim| Some(once(claim.item, "a claim", of_claim(claim, key)?, claim.count)));
        let kinds: Vec<_> = rows().iter().filter(|[known, ..]| *known == key).collect();
        let counted = self.objects.iter().filter(|item| kinds.iter().any(|[_, group, kind]| item.is(group, kind)));
        let counted = counted.map(|item| once(item, "the object", Quantity::whole(1), 1));
        let services = self.objects.iter().filter(|item| OF_SERVICES.contains(&key) && item.is("", "Service"));
        let services = services.map(|item| once(item, "the object", of_service(item, key), 1));
        pods.chain(claims).chain(counted).chain(services).collect()
    }
}

/// The resources that quotas know by their names alone.
fn is_usual(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory" | "ephemeral-storage")
}

fn of_pod(resources: &PodResources, key: &str) -> Option<Quantity> {
    if matches!(key, "pods" | "count/pods") {
        return Some(Quantity::whole(1));
    }
    if let Some(limit) = key.strip_prefix("limits.") {
        return resources.charged(Side::Limit, limit).filter(|_| is_usual(limit));
    }
    let short = || Some(key).filter(|key| is_usual(key) || key.starts_with("hugepages-"));
    resources.charged(Side::Request, key.strip_prefix("requests.").or_else(short)?)
}

/// The keys that Services are charged of.
const OF_SERVICES: [&str; 4] = ["services", "count/services", "services.loadbalancers", "services.nodeports"];

fn of_service(item: &Item, key: &str) -> Quantity {
    let spec = item.field(&["spec"]);
    let ports = spec["ports"].as_array().map_or(&[][..], Vec::as_slice);
    let fixed = ports.iter().filter(|port| port["nodePort"].as_i64().is_some_and(|port| port != 0));
    let (balancers, node_ports) = match spec["type"].as_str() {
        Some("LoadBalancer") if spec["allocateLoadBalancerNodePorts"] == false => (1, fixed.count()),
        Some("LoadBalancer") => (1, ports.len()),
        Some("NodePort") => (0, ports.len()),
        _ => (0, 0),
    };
    match key {
        "services.loadbalancers" => Quantity::whole(balancers),
        "services.nodeports" => Quantity::whole(i64::try_from(node_ports).unwrap_or(i64::MAX)),
        _ => Quantity::whole(1),
    }
}

/// A claim is charged to its class too. One that names none gets the default class before, which the build does not know.
fn of_claim(claim: &Claim<'_>, key: &str) -> Option<Quantity> {
    if key == "count/persistentvolumeclaims" {
        return Some(Quantity::whole(1));
    }
    let of_class = |class| key.strip_prefix(class)?.strip_prefix(".storageclass.storage.k8s.io/");
    match claim.class.as_deref().and_then(of_class).unwrap_or(key) {
        "persistentvolumeclaims" => Some(Quantity::whole(1)),
        "requests.storage" => claim.requests.get("storage").cloned(),
        _ => None,
    }
}

/// The keys that count objects of a kind, with its group and name.
fn rows() -> &'static [[&'static str; 3]] {
    static ROWS: LazyLock<Vec<[&str; 3]>> =
        LazyLock::new(|| table::rows(include_str!("../data/quota-keys.tsv")).collect());
    &ROWS
}
