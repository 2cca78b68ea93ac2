//! The PodDisruptionBudgets of a build: what they select, and whether they let a node be drained.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Resources};
use krm::table;
use manifests::selectors::{LabelIndex, Labels, Selector};
use serde_json::Value;

use crate::build::Build;
use crate::disruption::{Limit, Refused};
use crate::workloads::Workload;

/// A PodDisruptionBudget.
#[derive(Debug)]
pub(crate) struct Budget<'r> {
    /// The object.
    pub(crate) item: &'r Item,
    /// The pods that it selects; nothing if there is no selector, which selects none, or a malformed one.
    pub(crate) selector: Option<Selector>,
    /// What it demands.
    pub(crate) limit: Result<Limit, Refused>,
}

impl<'r> Budget<'r> {
    /// The budget that an object is, and what is malformed in its selector.
    fn read(resources: &Resources, item: &'r Item) -> (Self, Vec<Finding>) {
        resources.look(item, |seen| {
            let spec = &seen.value()["spec"];
            let (selector, malformed) = match &spec["selector"] {
                Value::Null => (None, Vec::new()),
                _ => match Selector::read(seen, "/spec/selector") {
                    Ok(selector) => (Some(selector), Vec::new()),
                    Err(malformed) => (None, malformed),
                },
            };
            (Self { item, selector, limit: Limit::read(spec) }, malformed)
        })
    }

    /// A field of its `spec`; null if it is not there.
    pub(crate) fn spec_field(&self, key: &str) -> Cow<'r, Value> {
        self.item.field(&["spec", key])
    }

    /// Whether it selects pods with these labels in a namespace.
    pub(crate) fn selects(&self, namespace: &str, labels: &Labels) -> bool {
        self.item.namespace_name() == namespace && self.selector.as_ref().is_some_and(|it| it.matches(labels))
    }

    /// The field path of its limit.
    pub(crate) fn limit_path(&self) -> FieldPath {
        let key = self.limit.as_ref().ok().and_then(|limit| limit.key());
        key.map_or(FieldPath::from("spec"), |key| FieldPath::from("spec").key(key))
    }
}

/// The budgets of a build, and the workloads whose pods they select.
#[derive(Debug)]
pub(crate) struct Budgets<'b, 'r> {
    /// All of them, in the order of the build.
    pub(crate) all: Vec<Budget<'r>>,
    /// What is malformed in them.
    pub(crate) malformed: Vec<Finding>,
    build: &'b Build<'r>,
    /// The workloads by the labels of their pods, which are looked up only where a budget is there or is wanted.
    workloads: OnceCell<LabelIndex<&'b Workload<'r>>>,
    /// The places in `all` of the budgets that select the pods of a workload.
    by_workload: HashMap<ItemId, Vec<usize>>,
}

impl<'b, 'r> Budgets<'b, 'r> {
    /// Those of a build.
    pub(crate) fn of(build: &'b Build<'r>) -> Self {
        let items = build.resources.iter().filter(|item| item.is("policy", "PodDisruptionBudget"));
        let (all, malformed): (Vec<_>, Vec<_>) = items.map(|item| Budget::read(build.resources, item)).unzip();
        let malformed = malformed.concat();
        let mut budgets = Self { all, malformed, build, workloads: OnceCell::new(), by_workload: HashMap::new() };
        for (place, budget) in budgets.all.iter().enumerate() {
            let selected = budget.selector.as_ref().map(|selector| budgets.selected(budget.item, selector));
            for workload in selected.into_iter().flatten() {
                budgets.by_workload.entry(workload.item.id()).or_default().push(place);
            }
        }
        budgets
    }

    /// The budgets that select the pods of a workload, in the order of the build.
    pub(crate) fn on(&self, workload: &Workload<'_>) -> impl Iterator<Item = &Budget<'r>> {
        self.by_workload.get(&workload.item.id()).into_iter().flatten().map(|place| &self.all[*place])
    }

    /// The workloads whose pods a selector selects in the namespace of an object, in the order of the build.
    pub(crate) fn selected(&self, item: &Item, selector: &Selector) -> Vec<&'b Workload<'r>> {
        self.workloads().select(item.namespace(), selector).copied().collect()
    }

    /// Whether there are workloads in the namespace of an object.
    pub(crate) fn has_workloads_beside(&self, item: &Item) -> bool {
        self.workloads().has_namespace(item.namespace())
    }

    /// Whether a workload in the namespace of an object has pods with a label.
    pub(crate) fn is_carried_beside(&self, item: &Item, (key, value): (&str, &str)) -> bool {
        let selector = Selector::of_build(Labels::from([(key.to_owned(), value.to_owned())]));
        self.workloads().select(item.namespace(), &selector).next().is_some()
    }

    fn workloads(&self) -> &LabelIndex<&'b Workload<'r>> {
        self.workloads.get_or_init(|| {
            let mut index = LabelIndex::default();
            for workload in self.build.workloads.iter() {
                index.insert(workload.item.namespace(), workload.pod_labels(), workload);
            }
            index
        })
    }
}

/// Who makes the pods of a workload, in the eyes of the disruption controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    /// A controller with a scale.
    Scaled,
    /// A controller without a scale.
    Unscaled,
    /// None: the object is the pod.
    Bare,
    /// A controller that no manifest shows.
    Unseen,
}

impl Maker {
    /// Who makes the pods of a workload.
    pub(crate) fn of(item: &Item) -> Self {
        static ROWS: LazyLock<Vec<[&str; 3]>> =
            LazyLock::new(|| table::rows(include_str!("../data/controllers.tsv")).collect());
        match ROWS.iter().find(|[group, kind, _]| item.is(group, kind)).map(|[.., scale]| *scale) {
            Some("scaled") => Self::Scaled,
            Some("unscaled") => Self::Unscaled,
            Some("bare") => Self::Bare,
            _ => Self::Unseen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_makes_pods_has_a_maker() {
        let rows: Vec<_> = table::rows::<3>(include_str!("../data/controllers.tsv")).collect();
        let known: Vec<_> = rows.iter().map(|[group, kind, _]| (*group, *kind)).collect();
        let kinds = manifests::pods::kinds().iter().map(|kind| (kind.group, kind.kind));
        assert_eq!(known, kinds.filter(|kind| *kind != ("", "PodTemplate")).collect::<Vec<_>>());
        for [_, kind, scale] in rows {
            assert!(["scaled", "unscaled", "bare", "unseen"].contains(&scale), "{kind}: {scale}");
        }
    }
}
