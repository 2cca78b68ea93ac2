//! The objects of a build against the quotas of their namespace.
//!
//! Source: kubernetes pkg/quota/v1/evaluator/core/pods.go, `Constraints`; apiserver
//! pkg/admission/plugin/resourcequota/controller.go, `CheckRequest`.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use manifests::quantities::Quantity;

use crate::build::Build;
use crate::charges::{Charge, charges};
use crate::namespaces::{Origin, by_namespace};
use crate::pod_resources::Side;
use crate::pods::{Pods, pods};
use crate::resource_quota::{PodFacts, ResourceQuotaSpec};
use crate::rule::Rule;

/// Checks the quotas, and the build against them.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    findings.extend(build.quotas.malformed.iter().cloned());
    let (pods, _) = pods(build);
    let charges = charges(build, &pods);
    let pods = by_namespace(&pods, |pods| pods.item.namespace_name());
    let charges = by_namespace(&charges, |charge| charge.item.namespace_name());
    let (no_pods, no_charges) = (Vec::new(), Vec::new());
    for (namespace, quotas) in build.quotas.iter() {
        for (origin, quota) in quotas {
            let problems = problems(*origin, quota);
            if !problems.is_empty() {
                findings.extend(problems);
                continue;
            }
            for pods in pods.get(namespace).unwrap_or(&no_pods) {
                findings.extend(unstated(*origin, quota, pods));
            }
            let charges = charges.get(namespace).unwrap_or(&no_charges).iter().copied();
            let charges: Vec<_> = charges.filter(|charge| is_charged(quota, charge)).collect();
            for (key, hard) in quota.hard.iter() {
                sum_up(&Limit { namespace, origin: *origin, key, hard }, &charges, findings);
            }
        }
    }
}

/// A key of a quota.
struct Limit<'a> {
    namespace: &'a str,
    origin: Origin<'a>,
    key: &'a str,
    hard: &'a Quantity,
}

fn is_charged(quota: &ResourceQuotaSpec, charge: &Charge<'_>) -> bool {
    match charge.pod {
        Some(pod) => quota.is_about(pod),
        None => !quota.has_scopes(),
    }
}

/// Why the API server refuses a quota of the build.
fn problems(origin: Origin<'_>, quota: &ResourceQuotaSpec) -> Vec<Finding> {
    let Some(item) = origin.object() else { return Vec::new() };
    let problems = quota.problems().into_iter();
    problems
        .map(|(field, problem)| {
            Finding::new(Rule::RefusedQuota, problem).on(item).at(FieldPath::from("spec").join(field))
        })
        .collect()
}

/// The keys that make every container state its part. Source: pods.go, `validationSet`.
const MUST_STATE: [(&str, Side, &str); 6] = [
    ("cpu", Side::Request, "cpu"),
    ("memory", Side::Request, "memory"),
    ("requests.cpu", Side::Request, "cpu"),
    ("requests.memory", Side::Request, "memory"),
    ("limits.cpu", Side::Limit, "cpu"),
    ("limits.memory", Side::Limit, "memory"),
];

/// What containers must state because a quota counts it, and do not.
fn unstated(origin: Origin<'_>, quota: &ResourceQuotaSpec, pods: &Pods<'_, '_>) -> Vec<Finding> {
    let spec = pods.workload.map_or(&serde_json::Value::Null, |workload| workload.template.spec);
    let facts = PodFacts { spec, is_best_effort: pods.resources.is_best_effort() };
    if pods.resources.states_pod_resources() || !quota.is_about(facts) {
        return Vec::new();
    }
    let keys = || MUST_STATE.into_iter().filter(|(key, ..)| quota.hard.has(key));
    let containers = pods.resources.containers.iter().filter_map(|container| {
        let missing: Vec<_> = keys().filter(|(_, side, resource)| !container.amounts(*side).has(resource)).collect();
        let (_, side, resource) = missing.first()?;
        let stated: Vec<_> = missing.iter().map(|(_, side, resource)| format!("{}.{resource}", side.field())).collect();
        let mut stated = stated;
        stated.dedup();
        let message = format!(
            "`{}` does not state {}, which {origin} counts, so that the API server refuses the pods; state it, or give the namespace a LimitRange with defaults",
            container.name,
            stated.join(", ")
        );
        let finding = Finding::new(Rule::UnstatedResource, message).on(pods.item);
        Some(finding.at(container.field(*side, resource)))
    });
    containers.collect()
}

/// One object alone above a limit, else all of them together.
fn sum_up(limit: &Limit<'_>, charges: &[&Charge<'_>], findings: &mut Findings) {
    let Limit { origin, key, hard, .. } = limit;
    let mut is_alone = false;
    for charge in charges {
        if let Some(one) = charge.one.get(key).filter(|one| one > hard && charge.steady > 0) {
            is_alone = true;
            let message = format!(
                "{} is charged `{one}` of {key}, and {origin} allows `{hard}` for the whole namespace, so that the API server refuses it; ask for less, or raise the quota",
                charge.what
            );
            findings.push(Finding::new(Rule::ObjectOverQuota, message).on(charge.item));
        }
    }
    let parts = || charges.iter().filter_map(|charge| Some((charge, charge.one.get(key)?)));
    let steady: Vec<_> = parts().map(|(charge, one)| one * charge.steady).collect();
    let peak: Vec<_> = parts().map(|(charge, one)| one * (charge.steady + charge.surge)).collect();
    let (steady, peak) = (steady.iter().sum::<Quantity>(), peak.iter().sum::<Quantity>());
    if !is_alone && peak > **hard {
        let is_open = parts().any(|(charge, _)| charge.is_open);
        findings.push(too_small(limit, &steady, &peak, is_open));
    }
}

fn too_small(limit: &Limit<'_>, steady: &Quantity, peak: &Quantity, is_open: bool) -> Finding {
    let Limit { namespace, origin, key, hard } = limit;
    let once = if is_open { ", with one pod of what runs on each node" } else { "" };
    let message = if steady > *hard {
        format!(
            "the objects of this build in `{namespace}` are charged `{steady}` of {key}{once}, and {origin} allows `{hard}`; ask for less, or raise the quota"
        )
    } else {
        format!(
            "the objects of this build in `{namespace}` are charged `{steady}` of {key}{once}, and `{peak}` while all are rolled out, and {origin} allows `{hard}`, so that a roll-out waits for its pods; raise the quota, or lower `maxSurge`"
        )
    };
    let finding = Finding::new(Rule::QuotaTooSmall, message);
    match origin.object() {
        Some(item) => finding.on(item).at(FieldPath::from("spec.hard").key(key)).current(hard.to_string()),
        None => finding,
    }
}
