//! Requests that an autoscaler measures use against, and triggers that cannot wake what is scaled to nothing.
//!
//! Sources: see `autoscalers`; kedacore/keda scaledobject_webhook.go, `verifyCPUMemoryScalers`.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use serde_json::Value;

use crate::pod_resources::{ContainerResources, Side};
use crate::pods::Pods;
use crate::rule::Rule;

/// The triggers of KEDA that measure the use of pods, which are the names of the resources.
const RESOURCES: [&str; 2] = ["cpu", "memory"];

/// A metric that measures use as a share of what pods request.
struct Utilization<'v> {
    path: FieldPath,
    resource: &'v str,
    /// The only container that is measured; nothing for all.
    container: Option<&'v str>,
}

impl Utilization<'_> {
    fn measures(&self, container: &ContainerResources) -> bool {
        container.keeps_running() && self.container.is_none_or(|only| *container.name == *only)
    }
}

/// Checks what an autoscaler measures of the pods of an object.
pub(crate) fn check(scaler: &Item, pods: &Pods<'_>, findings: &mut Findings) {
    for metric in utilizations(scaler) {
        let measured = pods.resources.containers.iter().filter(|container| metric.measures(container));
        let mut lacking = measured.filter(|container| container.amount(Side::Request, metric.resource).is_none());
        let Some(container) = lacking.next() else { continue };
        // The requests of a whole pod count as those of its containers.
        if pods.resources.states_pod_resources() && metric.container.is_none() {
            continue;
        }
        let message = format!(
            "measures `{0}` as a share of the requests of {1}, whose container `{2}` requests none, so it never scales; request `{0}` there",
            metric.resource,
            pods.item.reference(),
            container.name
        );
        findings.push(Finding::new(Rule::AutoscalerWithoutRequests, message).on(scaler).at(metric.path));
    }
    findings.extend(never_wakes(scaler));
}

/// The metrics of a HorizontalPodAutoscaler, or the triggers of a ScaledObject.
fn utilizations(scaler: &Item) -> Vec<Utilization<'_>> {
    let spec = &scaler.value()["spec"];
    if scaler.is("keda.sh", "ScaledObject") {
        return items(&spec["triggers"]).filter_map(|(index, trigger)| of_trigger(index, trigger)).collect();
    }
    let metrics = items(&spec["metrics"]).filter_map(|(index, metric)| of_metric(index, metric));
    // As autoscaling/v1 says it.
    let share = spec.get("targetCPUUtilizationPercentage").filter(|share| !share.is_null()).map(|_| Utilization {
        path: FieldPath::from("spec.targetCPUUtilizationPercentage"),
        resource: "cpu",
        container: None,
    });
    metrics.chain(share).collect()
}

fn of_metric(index: usize, metric: &Value) -> Option<Utilization<'_>> {
    let field = match metric["type"].as_str()? {
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        _ => return None,
    };
    let source = &metric[field];
    let is_share = source["target"]["type"] == "Utilization";
    let path = FieldPath::from("spec.metrics").index(index).key(field);
    is_share.then_some(Utilization {
        path,
        resource: source["name"].as_str()?,
        container: source["container"].as_str(),
    })
}

/// KEDA asks for requests or limits whatever the trigger measures.
fn of_trigger(index: usize, trigger: &Value) -> Option<Utilization<'_>> {
    let resource = trigger["type"].as_str().filter(|kind| RESOURCES.contains(kind))?;
    let path = FieldPath::from("spec.triggers").index(index);
    Some(Utilization { path, resource, container: trigger["metadata"]["containerName"].as_str() })
}

/// A ScaledObject that scales to nothing by what only running pods use.
fn never_wakes(scaler: &Item) -> Option<Finding> {
    let spec = &scaler.value()["spec"];
    let mut triggers =
        items(&spec["triggers"]).map(|(_, trigger)| trigger["type"].as_str().unwrap_or_default()).peekable();
    triggers.peek()?;
    let is_only_use = triggers.all(|kind| RESOURCES.contains(&kind));
    let least = spec["minReplicaCount"].as_u64().unwrap_or(0);
    let message = "scales to nothing, and `cpu` and `memory` alone never wake it, so KEDA refuses this; write `minReplicaCount: 1`, or add another trigger";
    let finding = || Finding::new(Rule::AutoscalerRefused, message).on(scaler).at("spec.minReplicaCount");
    (scaler.is("keda.sh", "ScaledObject") && is_only_use && least == 0).then(finding)
}

fn items(list: &Value) -> impl Iterator<Item = (usize, &Value)> {
    list.as_array().into_iter().flatten().enumerate()
}
