//! What OpenShift writes on the pods of a DeploymentConfig, and pods that read it of themselves.
//!
//! Source: openshift/library-go pkg/apps/appsutil, `MakeDeployment`. What it writes takes the place of what the template has.

use krm::field::PointerBuf;
use krm::resource_list::Item;
use manifests::fields::below;
use serde_json::Value;

use crate::plan::Plan;
use crate::rule::Rule;

/// The label that names the DeploymentConfig.
pub(crate) const OWN: &str = "deploymentconfig";
/// The label that names the rollout.
pub(crate) const NUMBERED: &str = "deployment";
/// The annotations: the name of the DeploymentConfig, that of the rollout, and its number.
const ANNOTATIONS: [&str; 3] = [
    "openshift.io/deployment-config.latest-version",
    "openshift.io/deployment-config.name",
    "openshift.io/deployment.name",
];

/// Where the template of a DeploymentConfig is.
const TEMPLATE: &str = "/spec/template";

/// A label or an annotation of a pod, as the pod reads it.
#[derive(Debug, PartialEq, Eq)]
struct Mark<'v> {
    /// `labels` or `annotations`.
    list: &'static str,
    key: &'v str,
    pointer: PointerBuf,
}

/// Whether the pods of a DeploymentConfig read its name in their label.
pub(crate) fn reads_own_label(config: &Item) -> bool {
    marks(config).iter().any(|mark| mark.list == "labels" && mark.key == OWN)
}

/// Tells of what the pods of a DeploymentConfig read of themselves and do not have any more.
pub(crate) fn report_lost(config: &Item, plan: &mut Plan) {
    let metadata = &config.value()["spec"]["template"]["metadata"];
    for Mark { list, key, pointer } in marks(config) {
        let is_written = if list == "labels" { key == NUMBERED } else { ANNOTATIONS.contains(&key) };
        if is_written && metadata[list][key].is_null() {
            let kind = list.trim_end_matches('s');
            let message = format!(
                "reads the {kind} `{key}` of the pod, which OpenShift wrote there; pods of a Deployment do not have it; write it in the \
                 template, or read something else"
            );
            plan.report(Rule::PodMarkLost, config, &pointer, message);
        }
    }
}

/// What the pods of an object read of themselves.
fn marks(item: &Item) -> Vec<Mark<'_>> {
    let mut found = Vec::new();
    if let Some(spec) = item.value().pointer(TEMPLATE).and_then(|template| template.get("spec")) {
        let mut pointer = PointerBuf::from_tokens(["spec", "template", "spec"]);
        search(spec, &mut pointer, &mut found);
    }
    found
}

fn search<'v>(value: &'v Value, pointer: &mut PointerBuf, found: &mut Vec<Mark<'v>>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                below(pointer, key, |pointer| match key.as_str() {
                    "fieldPath" => found.extend(inner.as_str().and_then(|path| of_field_path(path, pointer))),
                    "matchLabelKeys" | "mismatchLabelKeys" => {
                        let keys = inner.as_array().into_iter().flatten().filter_map(Value::as_str);
                        found.extend(keys.map(|key| Mark { list: "labels", key, pointer: pointer.clone() }));
                    }
                    _ => search(inner, pointer, found),
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                below(pointer, &index.to_string(), |pointer| search(item, pointer, found));
            }
        }
        _ => {}
    }
}

/// What a field of the downward API names, as `metadata.labels['deployment']`.
fn of_field_path<'v>(path: &'v str, pointer: &PointerBuf) -> Option<Mark<'v>> {
    let (list, rest) = ["labels", "annotations"].into_iter().find_map(|list| {
        let rest = path.strip_prefix("metadata.")?.strip_prefix(list)?;
        Some((list, rest))
    })?;
    let key = rest.strip_prefix('[')?.strip_suffix(']')?.trim_matches(['\'', '"']);
    Some(Mark { list, key, pointer: pointer.clone() })
}
