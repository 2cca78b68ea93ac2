//! Custom resources whose pods the build does not show, in namespaces that it denies by default.

use std::sync::LazyLock;

use krm::finding::Finding;
use krm::resource_list::Item;
use krm::table;

use crate::plan::Plan;
use crate::rule::Rule;

/// Kinds whose pods the function cannot see.
struct Unseen {
    groups: Vec<&'static str>,
    kinds: Vec<&'static str>,
    /// Where the namespace of the pods is, if it may be another one.
    namespace: Option<&'static str>,
}

fn unseen() -> &'static [Unseen] {
    static ROWS: LazyLock<Vec<Unseen>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/unseen-pods.tsv"));
        rows.map(|[groups, kinds, namespace, _source]| Unseen {
            groups: groups.split(' ').map(|group| if group == "-" { "" } else { group }).collect(),
            kinds: kinds.split(' ').collect(),
            namespace: Some(namespace).filter(|pointer| *pointer != "-"),
        })
        .collect()
    });
    &ROWS
}

/// Reports resources whose pods come up in a namespace that is denied, unless the options declare the pods.
pub(super) fn report(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for Unseen { groups, kinds, namespace } in unseen() {
        let kinds = groups.iter().flat_map(|group| kinds.iter().map(move |kind| (*group, *kind)));
        for item in kinds.flat_map(|(group, kind)| cluster.items(group, kind)) {
            let other = namespace.and_then(|pointer| item.value().pointer(pointer)?.as_str());
            let namespace = other.or(item.namespace());
            if plan.denies(namespace) && !is_declared(plan, item, namespace) {
                plan.findings.push(finding(item, namespace));
            }
        }
    }
}

/// Whether the options declare pods of a resource: under its name, or one that begins with it.
fn is_declared(plan: &Plan<'_, '_>, item: &Item, namespace: Option<&str>) -> bool {
    let declared = plan.cluster.settings.spec.workloads.iter().filter(|workload| !workload.pod_labels.is_empty());
    let mut here = declared.filter(|workload| workload.namespace.as_deref() == namespace);
    here.any(|workload| {
        let rest = workload.name.strip_prefix(item.name());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

fn finding(item: &Item, namespace: Option<&str>) -> Finding {
    let place = namespace.map_or_else(|| "its namespace".to_owned(), |namespace| format!("namespace `{namespace}`"));
    let message = format!(
        "makes pods in {place} that this build does not show, and the default deny closes them; declare them with their \
         `podLabels` under `spec.workloads`, under a name that begins with `{}`, and list there who calls them",
        item.name()
    );
    Finding::new(Rule::UnseenPods, message).on(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_well_formed() {
        for row in unseen() {
            assert!(!row.groups.is_empty() && !row.kinds.is_empty());
            assert!(row.namespace.is_none_or(|pointer| pointer.starts_with('/')), "{:?}", row.kinds);
        }
    }
}
