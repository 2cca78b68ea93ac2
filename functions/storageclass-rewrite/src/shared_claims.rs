//! Pods on several nodes that share a claim of one node.

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Referent, Resources};
use manifests::pods::{self, PodKind};

use crate::rule::Rule;

/// Warns of pods on several nodes that share a claim of one node, in any kind that makes pods.
pub(crate) fn check(resources: &Resources, item: &Item, findings: &mut Findings) {
    let Some(kind) = pods::kind(item.group(), item.kind()) else { return };
    let volumes = kind.field(item, &["spec", "volumes"]);
    for (path, volume) in kind.volumes(&volumes) {
        let Some(name) = volume["persistentVolumeClaim"]["claimName"].as_str() else { continue };
        let claims = match resources.referent(item.id(), "", "PersistentVolumeClaim", name) {
            Referent::Missing => continue,
            Referent::Found(claim) => vec![claim],
            Referent::Ambiguous(claims) => claims,
        };
        if claims.iter().all(|claim| is_shared(resources.get(*claim))) {
            continue;
        }
        let at = path.key("persistentVolumeClaim").key("claimName");
        let problem = problem(kind, item);
        findings.extend(problem.map(|finding| finding.on(item).at(at).current(name)));
    }
}

/// What is wrong with a claim of one node for the pods of an object.
fn problem(kind: &PodKind, item: &Item) -> Option<Finding> {
    let replicas = item.field(&["spec", "replicas"]).as_u64().unwrap_or(1);
    if replicas > 1 {
        let message = format!(
            "{replicas} replicas share a claim of one node, so all of them must fit on that node; use `volumeClaimTemplates` of a StatefulSet, or a class that several nodes share"
        );
        return Some(Finding::new(Rule::ReplicasShareClaim, message));
    }
    // These kinds replace their pods one by one, and could stop the old ones first.
    let may_recreate = matches!(kind.kind, "Deployment" | "DeploymentConfig");
    (may_recreate && *item.field(&["spec", "strategy", "type"]) != "Recreate").then(|| {
        Finding::new(
            Rule::RollingUpdateWaits,
            "a rolling update starts a pod while the old one holds the volume of one node; `strategy.type: Recreate` avoids the wait",
        )
    })
}

fn is_shared(claim: &Item) -> bool {
    let modes = claim.field(&["spec", "accessModes"]);
    modes.as_array().into_iter().flatten().any(|mode| mode == "ReadWriteMany" || mode == "ReadOnlyMany")
}
