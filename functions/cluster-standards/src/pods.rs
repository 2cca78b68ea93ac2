//! The pods of a build with what they ask for, those of operators included as far as their objects say.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use krm::finding::Finding;
use krm::resource_list::{Item, Resources};
use krm::table;
use manifests::pods::{PodKind, PodTemplate};
use serde_json::Value;

use crate::limit_range::{CONTAINER, LimitRangeSpec};
use crate::namespaces::Standards;
use crate::pod_resources::{PodResources, Stated};
use crate::resource_quota::PodFacts;
use crate::workloads::{Workload, Workloads};

/// Pods that one object makes.
#[derive(Debug)]
pub(crate) struct Pods<'r> {
    pub(crate) item: &'r Item,
    /// Where the object has their template; nothing for pods that an operator makes.
    pub(crate) kind: Option<&'static PodKind>,
    /// What each asks for, with what the LimitRanges of its namespace fill in.
    pub(crate) resources: PodResources,
    /// How many there are, at the most; nothing where the build cannot know it.
    pub(crate) steady: Option<u64>,
    /// How many more a roll-out runs.
    pub(crate) surge: u64,
}

impl Pods<'_> {
    /// What they are, for the scopes of a quota.
    pub(crate) fn facts(&self) -> PodFacts {
        let field = |key| self.kind.map(|kind| kind.field(self.item, &["spec", key])).unwrap_or_default();
        PodFacts::of(field, self.resources.is_best_effort())
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
    /// Those of the workloads of a build, which are looked at together, and then those of operators.
    pub(crate) fn with_workloads(
        resources: &'r Resources,
        limit_ranges: &Standards<'r, LimitRangeSpec>,
    ) -> (Workloads<'r>, Self) {
        let (mut pods, mut malformed) = (Vec::new(), Vec::new());
        let workloads = Workloads::of(resources, |workload, template| {
            pods.push(of_workload(workload, template, &mut malformed));
        });
        pods.extend(resources.iter().filter_map(|item| of_operator(resources, item, &mut malformed)));
        let mut defaults = HashMap::new();
        for pods in &mut pods {
            let namespace = pods.item.namespace_name();
            let defaults = defaults.entry(namespace).or_insert_with(|| defaults_in(namespace, limit_ranges));
            pods.resources.fill(defaults);
        }
        (workloads, Self { pods, malformed })
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Pods<'r>> {
        self.pods.iter()
    }
}

/// What the LimitRanges of a namespace fill in, which apply one after the other.
fn defaults_in(namespace: &str, limit_ranges: &Standards<'_, LimitRangeSpec>) -> Rc<Stated> {
    let mut defaults = Stated::default();
    for item in limit_ranges.in_namespace(namespace).iter().flat_map(|(_, range)| range.of(CONTAINER)) {
        defaults.requests.fill(&item.default_request);
        defaults.limits.fill(&item.default);
    }
    defaults.into()
}

fn of_workload<'r>(workload: &Workload<'r>, template: &PodTemplate<'_>, malformed: &mut Vec<Finding>) -> Pods<'r> {
    let Workload { item, kind, scale } = workload;
    let resources = PodResources::of(item, template, malformed);
    Pods { item, kind: Some(kind), resources, steady: scale.most, surge: scale.surge }
}

fn of_operator<'r>(resources: &Resources, item: &'r Item, malformed: &mut Vec<Finding>) -> Option<Pods<'r>> {
    static ROWS: LazyLock<Vec<[&str; 6]>> =
        LazyLock::new(|| table::rows(include_str!("../data/operator-pods.tsv")).collect());
    let [_, _, pointer, container, count, default] =
        ROWS.iter().copied().find(|[group, kind, ..]| item.is(group, kind))?;
    resources.look(item, |seen| {
        let count = seen.value().pointer(count).and_then(Value::as_u64).or_else(|| default.parse().ok())?;
        let resources = PodResources::of_operator(seen, pointer, container, malformed);
        Some(Pods { item, kind: None, resources, steady: Some(count), surge: 0 })
    })
}
