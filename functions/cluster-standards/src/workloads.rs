//! The objects of the build that make pods, and how many.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use krm::field::{self, FieldPath};
use krm::resource_list::{Item, ItemId, Referent, Resources};
use krm::table;
use manifests::pods::{self, PodKind, PodTemplate};
use manifests::selectors::{Labels, labels_of};
use serde_json::Value;

use crate::scalers::Scaler;

/// An object that makes pods. A large build has thousands, so that nothing of their values is kept.
#[derive(Debug)]
pub(crate) struct Workload<'r> {
    /// The object.
    pub(crate) item: &'r Item,
    /// Where it has the template of its pods.
    pub(crate) kind: &'static PodKind,
    /// How many pods it makes.
    pub(crate) scale: Scale,
}

/// Whether the template of an object may change: those of a Pod and a Job are fixed once the object is there, and Knative
/// refuses most fields of pods unless it is told to take them.
///
/// Source: kubernetes pkg/apis/core/validation, `ValidatePodUpdate`, and pkg/apis/batch/validation,
/// `ValidateJobSpecUpdate`; knative/serving pkg/apis/config/features.go.
pub(crate) fn can_change(item: &Item) -> bool {
    !(item.is("", "Pod") || item.is("batch", "Job") || item.group() == "serving.knative.dev")
}

impl Workload<'_> {
    /// Shows the template of its pods, which is made for this one look. A field or two are better asked for by themselves.
    pub(crate) fn look<R>(&self, resources: &Resources, look: impl FnOnce(&PodTemplate<'_>) -> R) -> R {
        resources.look(self.item, |item| match PodTemplate::at(self.kind, item.value()) {
            Some(template) => look(&template),
            None => unreachable!("a workload has a template"),
        })
    }

    /// A field of the pods' `spec`; null if it is not there.
    pub(crate) fn spec_field(&self, key: &str) -> Cow<'_, Value> {
        self.kind.field(self.item, &["spec", key])
    }

    /// The labels of its pods, as far as the template says.
    pub(crate) fn labels(&self) -> Labels {
        labels_of(&self.kind.field(self.item, &["metadata", "labels"]))
    }

    /// The labels of its pods, with the one that its controller adds.
    pub(crate) fn pod_labels(&self) -> Labels {
        let mut labels = self.labels();
        labels.extend(self.kind.added_label(self.item).map(|(key, value)| (key.to_owned(), value)));
        labels
    }

    /// The field path of a field of the pods' `spec`.
    pub(crate) fn spec_path(&self, key: &'static str) -> FieldPath {
        self.kind.spec_path().key(key)
    }

    /// Whether its template may change.
    pub(crate) fn can_change(&self) -> bool {
        can_change(self.item)
    }

    /// What a message says of an option that completes something, where it does so for this object.
    pub(crate) fn or_complete(&self, what: &str) -> String {
        if self.can_change() { format!(", or set `complete: [{what}]`") } else { String::new() }
    }

    /// The namespace that it lives in.
    pub(crate) fn namespace(&self) -> &str {
        self.item.namespace_name()
    }
}

/// How many pods an object makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// The least number at a time.
    pub(crate) least: u64,
    /// The largest number at a time; `None` where the build cannot know it.
    pub(crate) most: Option<u64>,
    /// How many more a roll-out runs, at the largest number.
    pub(crate) surge: u64,
    /// Whether an autoscaler of the build changes the number.
    pub(crate) is_autoscaled: bool,
}

/// The workloads of a build, in its order.
#[derive(Debug, Default)]
pub(crate) struct Workloads<'r>(Vec<Workload<'r>>);

impl<'r> Workloads<'r> {
    /// Those of a build. `show` gets each of them once with its template, to keep facts of its own.
    pub(crate) fn of(resources: &'r Resources, mut show: impl FnMut(&Workload<'r>, &PodTemplate<'_>)) -> Self {
        let scalings = scalings(resources);
        let workload = |item: &'r Item| {
            let (kind, row) = (pods::kind(item.group(), item.kind())?, scale_row(item)?);
            let scalings = scalings.get(&item.id()).map_or(&[][..], Vec::as_slice);
            resources.look(item, |seen| {
                let template = PodTemplate::at(kind, seen.value())?;
                let workload = Workload { item, kind, scale: scale(kind, row, seen.value(), scalings) };
                show(&workload, &template);
                Some(workload)
            })
        };
        Self(resources.iter().filter_map(workload).collect())
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Workload<'r>> {
        self.0.iter()
    }
}

/// A row of `data/scales.tsv`.
struct ScaleRow {
    group: &'static str,
    kind: &'static str,
    count: &'static str,
    default: Option<u64>,
    surge: Surge,
}

/// What a roll-out runs beside the old pods.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surge {
    None,
    Deployment,
    Rollout,
}

/// How an object says how many pods it makes; nothing if it makes none by itself, as a PodTemplate.
fn scale_row(item: &Item) -> Option<&'static ScaleRow> {
    static ROWS: LazyLock<Vec<ScaleRow>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../data/scales.tsv"));
        rows.map(|[group, kind, count, default, surge]| {
            let surge = match surge {
                "-" => Surge::None,
                "deployment" => Surge::Deployment,
                "rollout" => Surge::Rollout,
                other => unreachable!("`{other}` is no way to roll out"),
            };
            ScaleRow { group, kind, count, default: default.parse().ok(), surge }
        })
        .collect()
    });
    ROWS.iter().find(|row| item.is(row.group, row.kind))
}

/// How many pods an object makes.
fn scale(kind: &PodKind, row: &ScaleRow, object: &Value, scalings: &[Scaling]) -> Scale {
    let stated = field::value_at(object, row.count).and_then(Value::as_u64).or(row.default);
    let least = scalings.iter().map(|scaling| scaling.least).min();
    let most = scalings.iter().map(|scaling| scaling.most).max();
    let own_least = if kind.is_short_lived { 0 } else { stated.unwrap_or(0) };
    let most = most.or(stated);
    Scale {
        least: least.unwrap_or(own_least),
        most,
        surge: surge(object, row.surge, most.unwrap_or(0)),
        is_autoscaled: !scalings.is_empty(),
    }
}

/// How many pods a roll-out of so many adds.
///
/// Source: kubernetes pkg/apis/apps/v1/defaults.go, `SetDefaults_Deployment`, and pkg/controller/deployment/util, `MaxSurge`;
/// argo-rollouts utils/defaults/defaults.go, `GetMaxSurgeOrDefault`, and its blue-green strategy, which runs both sets.
fn surge(object: &Value, surge: Surge, replicas: u64) -> u64 {
    let strategy = &object["spec"]["strategy"];
    match surge {
        Surge::Deployment if strategy["type"] != "Recreate" => share(&strategy["rollingUpdate"]["maxSurge"], replicas),
        Surge::Rollout if strategy["blueGreen"].is_object() => {
            strategy["blueGreen"]["previewReplicaCount"].as_u64().unwrap_or(replicas)
        }
        Surge::Rollout => share(&strategy["canary"]["maxSurge"], replicas),
        Surge::None | Surge::Deployment => 0,
    }
}

/// A number, or a percentage of `whole` rounded up; a quarter without a value.
pub(crate) fn share(value: &Value, whole: u64) -> u64 {
    let percent = |text: &str| text.strip_suffix('%').and_then(|number| number.parse::<u64>().ok());
    match value {
        Value::Number(number) => number.as_u64().unwrap_or(0),
        Value::String(text) => percent(text).map_or(0, |percent| (whole * percent).div_ceil(100)),
        _ => whole.div_ceil(4),
    }
}

/// The numbers between which a scaler keeps an object.
struct Scaling {
    least: u64,
    most: u64,
}

/// The scalers of the build, by the object that they scale.
fn scalings(resources: &Resources) -> HashMap<ItemId, Vec<Scaling>> {
    let mut scalings: HashMap<_, Vec<_>> = HashMap::new();
    for item in resources.iter() {
        Scaler::look(resources, item, |scaler| {
            let least = scaler.idle().map_or(scaler.least(), |idle| idle.min(scaler.least()));
            if let Some(Referent::Found(target)) = scaler.target(resources) {
                scalings.entry(target).or_default().push(Scaling { least, most: scaler.most() });
            }
        });
    }
    scalings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(text: &str) -> Resources {
        Resources::from_streams(vec![(None, text.to_owned())]).expect("the text is YAML")
    }

    /// Least and most of the first workload, and what a roll-out adds.
    fn numbers(text: &str) -> (u64, Option<u64>, u64) {
        let resources = resources(text);
        let workloads = Workloads::of(&resources, |_, _| {});
        let scale = &workloads.iter().next().expect("there is a workload").scale;
        (scale.least, scale.most, scale.surge)
    }

    #[test]
    fn every_kind_that_makes_pods_says_how_many_but_templates() {
        let known: Vec<_> =
            table::rows::<5>(include_str!("../data/scales.tsv")).map(|[group, kind, ..]| (group, kind)).collect();
        let kinds = pods::kinds().iter().map(|kind| (kind.group, kind.kind));
        let expected: Vec<_> = kinds.filter(|kind| *kind != ("", "PodTemplate")).collect();
        assert_eq!(known, expected);
    }

    #[test]
    fn roll_outs_add_pods_as_their_strategy_says() {
        let deployment = |spec: &str| {
            numbers(&format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w}}\nspec: {{{spec}template: {{spec: {{}}}}}}\n"
            ))
        };
        assert_eq!(deployment(""), (1, Some(1), 1));
        assert_eq!(deployment("replicas: 5, "), (5, Some(5), 2));
        assert_eq!(deployment("replicas: 5, strategy: {type: Recreate}, "), (5, Some(5), 0));
        assert_eq!(deployment("replicas: 5, strategy: {rollingUpdate: {maxSurge: 3}}, "), (5, Some(5), 3));
        assert_eq!(deployment("replicas: 5, strategy: {rollingUpdate: {maxSurge: '50%'}}, "), (5, Some(5), 3));
        assert_eq!(deployment("replicas: 0, "), (0, Some(0), 0));
    }

    #[test]
    fn scalers_give_the_numbers_in_the_place_of_replicas() {
        let scaled = |scaler: &str| {
            numbers(&format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w, namespace: n}}\nspec: {{template: {{spec: {{}}}}}}\n---\n{scaler}"
            ))
        };
        let hpa = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: n}\n";
        let target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: w}";
        assert_eq!(scaled(&format!("{hpa}spec: {{{target}, maxReplicas: 8}}\n")), (1, Some(8), 2));
        assert_eq!(scaled(&format!("{hpa}spec: {{{target}, minReplicas: 3, maxReplicas: 4}}\n")), (3, Some(4), 1));
        let keda = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: h, namespace: n}\n";
        assert_eq!(scaled(&format!("{keda}spec: {{scaleTargetRef: {{name: w}}}}\n")), (0, Some(100), 25));
        let idle = "minReplicaCount: 2, maxReplicaCount: 4, idleReplicaCount: 0";
        assert_eq!(scaled(&format!("{keda}spec: {{scaleTargetRef: {{name: w}}, {idle}}}\n")), (0, Some(4), 1));
        assert_eq!(scaled(&format!("{keda}spec: {{scaleTargetRef: {{name: other}}}}\n")), (1, Some(1), 1));
    }
}
