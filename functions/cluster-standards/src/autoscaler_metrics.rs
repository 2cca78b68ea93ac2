//! Requests that an autoscaler measures use against, and triggers that cannot wake what is scaled to nothing.
//!
//! Sources: see `autoscalers`; kedacore/keda scaledobject_webhook.go, `verifyCPUMemoryScalers`.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use manifests::pods::Container;
use serde_json::Value;

use crate::build::Build;
use crate::rule::Rule;
use crate::workloads::Workload;

/// The triggers of KEDA that measure the use of pods, which are the names of the resources.
const RESOURCES: [&str; 2] = ["cpu", "memory"];

/// A metric that measures use as a share of what pods request.
struct Utilization<'v> {
    path: FieldPath,
    resource: &'v str,
    /// The only container that is measured; nothing for all.
    container: Option<&'v str>,
}

/// Checks what an autoscaler measures of the pods of a workload.
pub(crate) fn check(build: &Build<'_>, scaler: &Item, workload: &Workload<'_>, findings: &mut Findings) {
    for metric in utilizations(scaler) {
        let mut lacking =
            measured(workload, &metric).filter(|container| !requests(build, workload, container, metric.resource));
        let Some(container) = lacking.next() else { continue };
        let message = format!(
            "measures `{0}` as a share of the requests of {1}, whose container `{2}` requests none, so it never scales; request `{0}` there",
            metric.resource,
            workload.item.reference(),
            container.value["name"].as_str().unwrap_or_default()
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

/// The containers that a metric measures.
fn measured<'v>(workload: &Workload<'v>, metric: &Utilization<'v>) -> impl Iterator<Item = Container<'v>> + use<'v> {
    let only = metric.container;
    let containers = workload.template.containers().filter(Container::keeps_running);
    containers.filter(move |container| only.is_none_or(|only| container.value["name"] == only))
}

/// Whether a container ends up with a request: its own, one that follows from its limit, one of the whole pod, or one of a
/// LimitRange.
fn requests(build: &Build<'_>, workload: &Workload<'_>, container: &Container<'_>, resource: &str) -> bool {
    let states =
        |value: &Value| ["requests", "limits"].iter().any(|list| !value["resources"][*list][resource].is_null());
    states(container.value) || states(workload.template.spec) || is_defaulted(build, workload, resource)
}

/// Whether a LimitRange gives containers without a request one.
fn is_defaulted(build: &Build<'_>, workload: &Workload<'_>, resource: &str) -> bool {
    let ranges = build.resources.iter().filter(|item| item.is("", "LimitRange"));
    let mut limits = ranges
        .filter(|item| item.namespace_name() == workload.namespace())
        .flat_map(|item| items(&item.value()["spec"]["limits"]).map(|(_, limit)| limit));
    limits.any(|limit| {
        let lists = ["default", "defaultRequest", "max", "min"].iter();
        limit["type"] == "Container" && lists.into_iter().any(|list| !limit[*list][resource].is_null())
    })
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
