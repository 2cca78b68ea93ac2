//! The pods of a build with what they ask for, those of operators included as far as their objects say.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use krm::table;
use serde_json::Value;

use crate::build::Build;
use crate::limit_range::CONTAINER;
use crate::pod_resources::PodResources;
use crate::workloads::Workload;

/// Pods that one object makes.
pub(crate) struct Pods<'b, 'r> {
    pub(crate) item: &'r Item,
    /// The workload; nothing for pods that an operator makes.
    pub(crate) workload: Option<&'b Workload<'r>>,
    /// What each asks for, with what the LimitRanges of its namespace fill in.
    pub(crate) resources: PodResources,
    /// How many there are, at the most; nothing where the build cannot know it.
    pub(crate) steady: Option<u64>,
    /// How many more a roll-out runs.
    pub(crate) surge: u64,
}

/// All pods of a build, and what is malformed in their resources.
pub(crate) fn pods<'b, 'r>(build: &'b Build<'r>) -> (Vec<Pods<'b, 'r>>, Vec<Finding>) {
    let mut malformed = Vec::new();
    let mut pods = Vec::new();
    for workload in build.workloads.iter() {
        let (resources, problems) = PodResources::of(workload.item, &workload.template);
        malformed.extend(problems);
        let (steady, surge) = (workload.scale.most, workload.scale.surge);
        pods.push(Pods { item: workload.item, workload: Some(workload), resources, steady, surge });
    }
    for item in build.resources.iter() {
        if let Some((resources, count, problems)) = of_operator(item) {
            malformed.extend(problems);
            pods.push(Pods { item, workload: None, resources, steady: Some(count), surge: 0 });
        }
    }
    for pods in &mut pods {
        fill(build, pods.item.namespace_name(), &mut pods.resources);
    }
    (pods, malformed)
}

/// What the LimitRanges of the namespace give to containers that state nothing. They apply one after the other.
fn fill(build: &Build<'_>, namespace: &str, resources: &mut PodResources) {
    for (_, range) in build.limit_ranges.in_namespace(namespace) {
        for item in range.of(CONTAINER) {
            resources.fill(&item.default_request, &item.default);
        }
    }
}

fn of_operator(item: &Item) -> Option<(PodResources, u64, Vec<Finding>)> {
    static ROWS: LazyLock<Vec<[&str; 6]>> =
        LazyLock::new(|| table::rows(include_str!("../data/operator-pods.tsv")).collect());
    let [_, _, pointer, container, count, default] =
        ROWS.iter().copied().find(|[group, kind, ..]| item.is(group, kind))?;
    let stated = item.value().pointer(pointer).unwrap_or(&Value::Null);
    let (resources, malformed) = PodResources::of_operator(item, stated, FieldPath::of_pointer(pointer), container);
    let count = item.value().pointer(count).and_then(Value::as_u64).or_else(|| default.parse().ok())?;
    Some((resources, count, malformed))
}
