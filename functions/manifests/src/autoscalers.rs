//! What decides the number of replicas of a workload in its place.

use std::collections::HashMap;

use krm::resource_list::{Item, ItemId, Referent, Resources};
use serde_json::Value;

/// The objects of a build that autoscalers scale.
#[derive(Debug, Default)]
pub struct Autoscaled(HashMap<ItemId, ItemId>);

impl Autoscaled {
    /// Reads the autoscalers of a build. One whose target is not in the build, or is not clear, scales nothing.
    pub fn among(resources: &Resources) -> Self {
        let autoscalers = resources.iter().filter_map(|item| Some((item, target(item)?)));
        let found = autoscalers.filter_map(|(item, Target { group, kind, name })| {
            match resources.referent(item.id(), group, kind, name) {
                Referent::Found(target) => Some((target, item.id())),
                Referent::Missing | Referent::Ambiguous(_) => None,
            }
        });
        Self(found.collect())
    }

    /// The autoscaler of an object.
    pub fn autoscaler(&self, id: ItemId) -> Option<ItemId> {
        self.0.get(&id).copied()
    }
}

/// What an autoscaler scales.
#[derive(Debug, PartialEq, Eq)]
struct Target<'v> {
    group: &'v str,
    kind: &'v str,
    name: &'v str,
}

/// The target of an object that is an autoscaler.
///
/// Sources: kubernetes/api autoscaling/v2 types.go; kedacore/keda apis/keda/v1alpha1/scaledobject_types.go, where the kind is
/// `Deployment` and the version `apps/v1` unless stated.
fn target(item: &Item) -> Option<Target<'_>> {
    let target = match (item.group(), item.kind()) {
        ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject") => {
            &item.value()["spec"]["scaleTargetRef"]
        }
        _ => return None,
    };
    let is_of_keda = item.group() == "keda.sh";
    let text = |key: &str, default| target[key].as_str().or(Some(default).filter(|_| is_of_keda));
    Some(Target {
        group: text("apiVersion", "apps/v1")?.split_once('/').map_or("", |(group, _)| group),
        kind: text("kind", "Deployment")?,
        name: target.get("name").and_then(Value::as_str)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(text: &str) -> Vec<(String, String)> {
        let resources = Resources::from_streams(vec![(None, text.to_owned())]).expect("the text is YAML");
        let autoscaled = Autoscaled::among(&resources);
        let name = |id| resources.get(id).kind().to_owned();
        let pairs =
            resources.iter().filter_map(|item| Some((item.name().to_owned(), autoscaled.autoscaler(item.id())?)));
        pairs.map(|(scaled, by)| (scaled, name(by))).collect()
    }

    const WORKLOADS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
---
";

    #[test]
    fn workloads_are_scaled_by_what_names_them() {
        let by = |kind: &str, api: &str, target: &str| {
            format!(
                "{WORKLOADS}apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{scaleTargetRef: {target}}}\n"
            )
        };
        let pair = |name: &str, kind: &str| vec![(name.to_owned(), kind.to_owned())];
        let hpa = |target: &str| scaled(&by("HorizontalPodAutoscaler", "autoscaling/v2", target));
        let keda = |target: &str| scaled(&by("ScaledObject", "keda.sh/v1alpha1", target));
        assert_eq!(hpa("{apiVersion: apps/v1, kind: Deployment, name: web}"), pair("web", "HorizontalPodAutoscaler"));
        assert_eq!(
            hpa("{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: shop}"),
            pair("shop", "HorizontalPodAutoscaler")
        );
        assert_eq!(keda("{name: web}"), pair("web", "ScaledObject"));
        assert_eq!(keda("{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: shop}"), pair("shop", "ScaledObject"));
        for none in ["{apiVersion: apps/v1, kind: Deployment, name: api}", "{kind: Deployment, name: web}", "{}"] {
            assert_eq!(hpa(none), [], "{none}");
        }
        assert_eq!(keda("{kind: StatefulSet, name: web}"), []);
    }
}
