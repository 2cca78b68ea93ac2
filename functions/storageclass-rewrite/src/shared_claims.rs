//! Pods on several nodes that share a claim of one node.

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Referent, Resources};
use manifests::pods::PodTemplate;
use serde_json::Value;

/// Warns of pods on several nodes that share a claim of one node, in any kind that makes pods.
pub(crate) fn check(resources: &Resources, item: &Item, findings: &mut Findings) {
    for (path, volume) in PodTemplate::of(item).iter().flat_map(PodTemplate::volumes) {
        let Some(name) = volume["persistentVolumeClaim"]["claimName"].as_str() else { continue };
        let Referent::Found(claim) = resources.referent(item.id(), "", "PersistentVolumeClaim", name) else { continue };
        if is_shared(resources.get(claim).value()) {
            continue;
        }
        let at = path.key("persistentVolumeClaim").key("claimName");
        findings.extend(problem(item).map(|finding| finding.on(item).at(at).current(name)));
    }
}

/// What is wrong with a claim of one node for the pods of an object.
fn problem(item: &Item) -> Option<Finding> {
    let replicas = item.value()["spec"]["replicas"].as_u64().unwrap_or(1);
    if replicas > 1 {
        let message = format!(
            "{replicas} replicas share a claim of one node, so all of them must fit on that node; use `volumeClaimTemplates` of a StatefulSet, or a class that several nodes share"
        );
        return Some(Finding::warning(message));
    }
    may_recreate(item).then(|| {
        Finding::info(
            "a rolling update starts a pod while the old one holds the volume of one node; `strategy.type: Recreate` avoids the wait",
        )
    })
}

/// Whether an object replaces its pods one by one, and could stop the old ones first.
fn may_recreate(item: &Item) -> bool {
    let has_strategy = item.is("apps", "Deployment") || item.is("apps.openshift.io", "DeploymentConfig");
    has_strategy && item.value()["spec"]["strategy"]["type"] != "Recreate"
}

fn is_shared(claim: &Value) -> bool {
    let mut modes = claim["spec"]["accessModes"].as_array().into_iter().flatten();
    modes.any(|mode| mode == "ReadWriteMany" || mode == "ReadOnlyMany")
}
