//! The pods of a build with what they ask for, those of operators included as far as their objects say.

use std::sync::LazyLock;

use krm::finding::Finding;
use krm::resource_list::{Item, Resources};
use krm::table;
use manifests::pods::PodTemplate;
use serde_json::Value;

use crate::limit_range::{CONTAINER, LimitRangeSpec};
use crate::namespaces::Standards;
use crate::pod_resources::PodResources;
use crate::resource_quota::PodFacts;
use crate::workloads::{Workload, Workloads};

/// Pods that one object makes.
#[derive(Debug)]
pub(crate) struct Pods<'r> {
    pub(crate) item: &'r Item,
    /// The template that they are made of; nothing for pods that an operator makes.
    pub(crate) template: Option<PodTemplate<'r>>,
    /// What each asks for, with what the LimitRanges of its namespace fill in.
    pub(crate) resources: PodResources<'r>,
    /// How many there are, at the most; nothing where the build cannot know it.
    pub(crate) steady: Option<u64>,
    /// How many more a roll-out runs.
    pub(crate) surge: u64,
}

impl<'r> Pods<'r> {
    /// What they are, for the scopes of a quota.
    pub(crate) fn facts(&self) -> PodFacts<'r> {
        let spec = self.template.map_or(&Value::Null, |template| template.spec);
        PodFacts { spec, is_best_effort: self.resources.is_best_effort() }
    }
}

/// All pods of a build.
#[derive(Debug, Default)]
pub(crate) struct AllPods<'r> {
    pods: Vec<Pods<'r>>,
    /// What is malformed in their resources.
    pub(crate) malformed: Vec<Finding>,
}

impl<'r> AllPods<'r> {
    /// Those of the workloads of a build, and then those of operators.
    pub(crate) fn of(
        resources: &'r Resources,
        workloads: &Workloads<'r>,
        limit_ranges: &Standards<'r, LimitRangeSpec>,
    ) -> Self {
        let mut malformed = Vec::new();
        let mut pods: Vec<_> = workloads.iter().map(|workload| of_workload(workload, &mut malformed)).collect();
        pods.extend(resources.iter().filter_map(|item| of_operator(item, &mut malformed)));
        for pods in &mut pods {
            // LimitRanges apply one after the other.
            for (_, range) in limit_ranges.in_namespace(pods.item.namespace_name()) {
                for item in range.of(CONTAINER) {
                    pods.resources.fill(&item.default_request, &item.default);
                }
            }
        }
        Self { pods, malformed }
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Pods<'r>> {
        self.pods.iter()
    }
}

fn of_workload<'r>(workload: &Workload<'r>, malformed: &mut Vec<Finding>) -> Pods<'r> {
    let Workload { item, template, scale } = workload;
    let resources = PodResources::of(item, template, malformed);
    Pods { item, template: Some(*template), resources, steady: scale.most, surge: scale.surge }
}

fn of_operator<'r>(item: &'r Item, malformed: &mut Vec<Finding>) -> Option<Pods<'r>> {
    static ROWS: LazyLock<Vec<[&str; 6]>> =
        LazyLock::new(|| table::rows(include_str!("../data/operator-pods.tsv")).collect());
    let [_, _, pointer, container, count, default] =
        ROWS.iter().copied().find(|[group, kind, ..]| item.is(group, kind))?;
    let count = item.value().pointer(count).and_then(Value::as_u64).or_else(|| default.parse().ok())?;
    let resources = PodResources::of_operator(item, pointer, container, malformed);
    Some(Pods { item, template: None, resources, steady: Some(count), surge: 0 })
}
