//! HorizontalPodAutoscalers and ScaledObjects: numbers, targets, and what they measure.
//!
//! Sources: kubernetes pkg/apis/autoscaling/validation/validation.go, `validateHorizontalPodAutoscalerSpec`;
//! pkg/controller/podautoscaler/horizontal.go, which scales nothing where two autoscalers meet, and replica_calculator.go,
//! `calculatePodRequestsFromContainers`; kedacore/keda apis/keda/v1alpha1/scaledobject_webhook.go and scaledobject_types.go,
//! `CheckReplicaCountBoundsAreValid`.

use std::cell::OnceCell;
use std::collections::HashMap;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Referent};
use serde_json::Value;

use crate::autoscaler_metrics;
use crate::build::Build;
use crate::rule::Rule;
use crate::scalers::Scaler;

/// By this annotation a ScaledObject takes over an autoscaler that is there.
const TAKES_OVER: &str = "scaledobject.keda.sh/transfer-hpa-ownership";

/// Checks the autoscalers of a build.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    let by_item = OnceCell::new();
    let pods_of = |target: &Item| {
        let pods = || build.pods.iter().map(|pods| (pods.item.id(), pods)).collect::<HashMap<_, _>>();
        by_item.get_or_init(pods).get(&target.id()).copied()
    };
    let mut by_target: HashMap<ItemId, &Item> = HashMap::new();
    for item in build.resources.iter() {
        Scaler::look(build.resources, item, |scaler| {
            findings.extend(bounds(scaler));
            let Some(target) = target(build, scaler, findings) else { return };
            let first = *by_target.entry(target.id()).or_insert(item);
            if first.id() != item.id() && !takes_over(first) && !takes_over(item) {
                findings.push(second(scaler, first, target));
            }
            findings.extend(stated_replicas(scaler, target));
            if let Some(pods) = pods_of(target) {
                autoscaler_metrics::check(scaler.item, pods, findings);
            }
        });
    }
}

/// Numbers that the API server, or the webhook of KEDA, refuses.
fn bounds(scaler: &Scaler<'_>) -> Option<Finding> {
    let (least, most) = (scaler.least(), scaler.most());
    let finding = |pointer: &str, message: String| {
        Finding::new(Rule::AutoscalerRefused, message).on(scaler.item).at(FieldPath::of_pointer(pointer))
    };
    if scaler.item.is("autoscaling", "HorizontalPodAutoscaler") {
        if scaler.item.value().pointer(scaler.most_pointer).is_none() {
            return Some(finding(scaler.most_pointer, "is missing; write the largest number of pods".to_owned()));
        }
        if least == 0 {
            let message = "is 0, which the API server refuses unless its feature gate `HPAScaleToZero` is on; write 1, or use a ScaledObject of KEDA".to_owned();
            return Some(finding(scaler.least_pointer, message));
        }
    }
    if least > most {
        let message = format!("the least number of pods, {least}, is above the largest, {most}; correct one of them");
        return Some(finding(scaler.least_pointer, message));
    }
    let idle = scaler.idle()?;
    let message =
        format!("the number of pods without work, {idle}, must be below the least one, {least}; correct one of them");
    (idle >= least).then(|| finding(scaler.idle_pointer, message))
}

/// The object that an autoscaler names. What is wrong with the name is reported.
fn target<'r>(build: &Build<'r>, scaler: &Scaler<'_>, findings: &mut Findings) -> Option<&'r Item> {
    let (kind, name) = scaler.names()?;
    let path = FieldPath::of_pointer(scaler.target_pointer).key("name");
    match scaler.target(build.resources)? {
        Referent::Found(id) => {
            let target = build.resources.get(id);
            if !scaler.is_renamed_by_kustomize() && target.name() != name {
                let message = format!(
                    "`{name}` is now called `{}`, and kustomize does not change this field; write that name, or teach kustomize the field by `nameReference` in `configurations`",
                    target.name()
                );
                findings.push(Finding::new(Rule::AutoscalerTargetRenamed, message).on(scaler.item).at(path));
            }
            Some(target)
        }
        Referent::Missing => {
            let message = format!("the build has no {kind} `{name}` in this namespace; correct the name, or add it");
            findings.push(Finding::new(Rule::AutoscalerTargetMissing, message).on(scaler.item).at(path));
            None
        }
        Referent::Ambiguous(_) => None,
    }
}

fn takes_over(item: &Item) -> bool {
    item.annotation(TAKES_OVER) == Some("true")
}

fn second(scaler: &Scaler<'_>, first: &Item, target: &Item) -> Finding {
    let message = format!(
        "scales {}, which {} scales too; they work against each other, so take one out",
        target.reference(),
        first.reference()
    );
    Finding::new(Rule::SecondAutoscaler, message).on(scaler.item).at(FieldPath::of_pointer(scaler.target_pointer))
}

/// A number in the manifest, which every sync puts back.
fn stated_replicas(scaler: &Scaler<'_>, target: &Item) -> Option<Finding> {
    let replicas = target.field(&["spec", "replicas"]);
    if replicas.is_null() {
        return None;
    }
    let message = format!(
        "{} sets the number of pods, and each sync puts it back to {}; take the field out",
        scaler.item.reference(),
        plain(&replicas)
    );
    let finding = Finding::new(Rule::ReplicasBesideAutoscaler, message).on(target).at("spec.replicas");
    Some(finding.current(replicas.into_owned()))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
