//! Budgets for workloads of two pods and more that have none. Such a budget lets one pod go at a time, so it never holds up
//! a drain, and it lets pods go that are not ready anyway.

use std::collections::HashSet;

use krm::finding::{Finding, Findings};
use krm::resource_list::bookkeeping::MANAGED_BY;
use manifests::pods::OwnPods;
use manifests::selectors::{Labels, Selector};
use serde_json::{Value, json};

use crate::budgets::{Budgets, Maker};
use crate::build::Build;
use crate::change::Change;
use crate::config::Completion;
use crate::operator_budgets::OperatorBudget;
use crate::rule::Rule;
use crate::workloads::Workload;

/// The least number of pods that a budget is worth having for.
const WORTH: u64 = 2;

/// Adds the budgets.
pub(crate) fn completions(build: &Build<'_>) -> Vec<Change> {
    let plans = plans(build).into_iter();
    plans
        .filter_map(|(workload, plan)| Some(Change::AddBeside { id: workload.item.id(), object: plan.ok()? }))
        .collect()
}

/// Reports the workloads that can be given none.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    for (workload, plan) in plans(build) {
        if let Err(reason) = plan {
            let message = format!("gets no PodDisruptionBudget: {reason}");
            findings.push(Finding::new(Rule::BudgetNotAdded, message).on(workload.item).at("spec.selector"));
        }
    }
}

/// The workloads without a budget, and the budget of each or why it can have none.
fn plans<'b, 'r>(build: &'b Build<'r>) -> Vec<(&'b Workload<'r>, Result<Value, String>)> {
    if !build.spec.completes(Completion::PodDisruptionBudgets) {
        return Vec::new();
    }
    let budgets = Budgets::of(build);
    let operators: Vec<_> = OperatorBudget::all(build.resources).collect();
    let mut taken: HashSet<_> =
        budgets.all.iter().map(|budget| (budget.item.namespace_name(), budget.item.name())).collect();
    let mut plans = Vec::new();
    for workload in build.workloads.iter().filter(|workload| needs_one(workload, &budgets)) {
        let selector = build.resources.look(workload.item, |item| Selector::read(item, "/spec/selector"));
        let Ok(selector) = selector else { continue };
        let labels = workload.pod_labels();
        let is_told = build.resources.is_refused(workload.item) || !selector.matches(&labels);
        if selector.is_everything() || is_told || is_operated(workload, &labels, &operators) {
            continue;
        }
        let planned = plan(workload, &selector, &budgets, &taken);
        if planned.is_ok() {
            taken.insert((workload.item.namespace_name(), workload.item.name()));
        }
        plans.push((workload, planned));
    }
    plans
}

/// Whether an operator made the workload for a custom resource whose pods have a budget.
fn is_operated(workload: &Workload<'_>, labels: &Labels, operators: &[OperatorBudget<'_>]) -> bool {
    operators.iter().any(|operator| {
        workload.item.is_in_namespace(operator.item.namespace())
            && operator.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
    })
}

fn needs_one(workload: &Workload<'_>, budgets: &Budgets<'_, '_>) -> bool {
    Maker::of(workload.item) == Maker::Scaled
        && workload.kind.own_pods == OwnPods::Selector
        && workload.scale.least >= WORTH
        && budgets.on(workload).next().is_none()
}

/// The budget of a workload, unless it would select other pods too or its name is taken.
fn plan(
    workload: &Workload<'_>,
    selector: &Selector,
    budgets: &Budgets<'_, '_>,
    taken: &HashSet<(&str, &str)>,
) -> Result<Value, String> {
    let selected = budgets.selected(workload.item, selector);
    if let Some(other) = selected.iter().find(|other| other.item.id() != workload.item.id()) {
        return Err(format!(
            "its selector selects the pods of {} too; give the pods and selectors of both a label that tells them apart",
            other.item.reference()
        ));
    }
    let name = workload.item.name();
    if taken.contains(&(workload.namespace(), name)) {
        return Err(format!("another budget has the name `{name}`; write one by hand"));
    }
    Ok(object(workload))
}

fn object(workload: &Workload<'_>) -> Value {
    let mut metadata = json!({ "name": workload.item.name() });
    if let Some(namespace) = workload.item.namespace() {
        metadata["namespace"] = namespace.into();
    }
    metadata["labels"] = json!({ MANAGED_BY: env!("CARGO_PKG_NAME") });
    json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": {
            "maxUnavailable": 1,
            "selector": *workload.item.field(&["spec", "selector"]),
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    })
}
