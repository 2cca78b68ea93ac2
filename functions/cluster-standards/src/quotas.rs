//! The objects of a build against the quotas of their namespace.
//!
//! Source: kubernetes pkg/quota/v1/evaluator/core/pods.go, `Constraints`; apiserver
//! pkg/admission/plugin/resourcequota/controller.go, `CheckRequest`.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use manifests::quantities::Quantity;

use crate::build::Build;
use crate::charges::{Charge, Subjects};
use crate::namespaces::{Origin, by_namespace};
use crate::pod_resources::Side;
use crate::pods::Pods;
use crate::resource_quota::ResourceQuotaSpec;
use crate::rule::Rule;

/// Checks the quotas, and the build against them.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    findings.extend(build.quotas.malformed.iter().cloned());
    if build.quotas.iter().all(|(_, quotas)| quotas.is_empty()) {
        return;
    }
    let pods = by_namespace(build.pods.iter(), |pods| pods.item.namespace_name());
    let claims = by_namespace(build.claims(), |claim| claim.item.namespace_name());
    let objects = by_namespace(build.resources.iter(), Item::namespace_name);
    for (namespace, quotas) in build.quotas.iter() {
        for (origin, quota) in quotas {
            let problems = problems(*origin, quota);
            if !problems.is_empty() {
                findings.extend(problems);
                continue;
            }
            let pods = pods.get(namespace).into_iter().flatten().copied();
            let mut subjects = Subjects {
                pods: pods.filter(|pods| !quota.has_scopes() || quota.is_about(&pods.facts())).collect(),
                claims: &[],
                objects: &[],
            };
            if !quota.has_scopes() {
                subjects.claims = claims.get(namespace).map_or(&[], Vec::as_slice);
                subjects.objects = objects.get(namespace).map_or(&[], Vec::as_slice);
            }
            unstated(*origin, quota, &subjects.pods, findings);
            for (key, hard) in quota.hard.iter() {
                sum_up(&Limit { namespace, origin: *origin, key, hard }, &subjects.charges(key), findings);
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
fn unstated(origin: Origin<'_>, quota: &ResourceQuotaSpec, pods: &[&Pods<'_>], findings: &mut Findings) {
    let keys: Vec<_> = MUST_STATE.into_iter().filter(|(key, ..)| quota.hard.has(key)).collect();
    for pods in pods.iter().filter(|pods| !pods.resources.states_pod_resources()) {
        for container in &pods.resources.containers {
            let missing = keys.iter().filter(|(_, side, resource)| container.amount(*side, resource).is_none());
            let mut stated: Vec<_> = missing.map(|(_, side, resource)| (*side, *resource)).collect();
            stated.dedup();
            let Some((side, resource)) = stated.first() else { continue };
            let stated: Vec<_> = stated.iter().map(|(side, resource)| format!("{}.{resource}", side.field())).collect();
            let message = format!(
                "`{}` does not state {}, which {origin} counts, so that the API server refuses the pods; state it, or give the namespace a LimitRange with defaults",
                container.name,
                stated.join(", ")
            );
            let finding = Finding::new(Rule::UnstatedResource, message).on(pods.item);
            findings.push(finding.at(container.field(*side, resource)));
        }
    }
}

/// One object alone above a limit, else all of them together.
fn sum_up(limit: &Limit<'_>, charges: &[Charge<'_>], findings: &mut Findings) {
    let Limit { origin, key, hard, .. } = limit;
    let alone: Vec<_> = charges.iter().filter(|charge| charge.one > **hard && charge.steady > 0).collect();
    for Charge { item, what, one, .. } in &alone {
        let message = format!(
            "{what} is charged `{one}` of {key}, and {origin} allows `{hard}` for the whole namespace, so that the API server refuses it; ask for less, or raise the quota"
        );
        findings.push(Finding::new(Rule::ObjectOverQuota, message).on(*item));
    }
    let sum = |count: fn(&Charge<'_>) -> u64| {
        charges.iter().fold(Quantity::default(), |sum, charge| sum + &(&charge.one * count(charge)))
    };
    let peak = sum(|charge| charge.steady + charge.surge);
    if alone.is_empty() && peak > **hard {
        let is_open = charges.iter().any(|charge| charge.is_open);
        findings.push(too_small(limit, &sum(|charge| charge.steady), &peak, is_open));
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
