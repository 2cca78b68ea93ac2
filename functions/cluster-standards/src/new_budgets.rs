//! Budgets for workloads of two pods and more that have none. Such a budget lets one pod go at a time, so it never holds up
//! a drain, and it lets pods go that are not ready anyway.

use krm::finding::{Finding, Findings};
use krm::resource_list::bookkeeping::MANAGED_BY;
use krm::resource_list::namespace_name;
use manifests::pods::OwnPods;
use manifests::selectors::Selector;
use serde_json::{Value, json};

use crate::budgets::{Budgets, Maker, pod_labels};
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
    let mut plans: Vec<(&Workload<'_>, Result<Value, String>)> = Vec::new();
    for workload in build.workloads.iter().filter(|workload| needs_one(workload, &budgets)) {
        let Ok(selector) = Selector::read(workload.item, "/spec/selector") else { continue };
        let labels = pod_labels(workload);
        let is_operated = operators.iter().any(|operator| {
            workload.item.is_in_namespace(operator.item.namespace())
                && selector.matches(&operator.labels)
                && operator.labels.iter().all(|label| labels.get(label.0) == Some(label.1))
        });
        if selector.is_everything()
            || !selector.matches(&labels)
            || is_operated
            || build.resources.is_refused(workload.item)
        {
            continue;
        }
        let is_planned = plans.iter().any(|(other, plan)| {
            plan.is_ok() && other.namespace() == workload.namespace() && other.item.name() == workload.item.name()
        });
        plans.push((workload, plan(workload, &selector, &budgets, is_planned)));
    }
    plans
}

fn needs_one(workload: &Workload<'_>, budgets: &Budgets<'_, '_>) -> bool {
    let labels = pod_labels(workload);
    Maker::of(workload.item) == Maker::Scaled
        && workload.template.kind.own_pods == OwnPods::Selector
        && workload.scale.least >= WORTH
        && !budgets.all.iter().any(|budget| budget.selects(workload.namespace(), &labels))
}

fn plan(
    workload: &Workload<'_>,
    selector: &Selector,
    budgets: &Budgets<'_, '_>,
    is_planned: bool,
) -> Result<Value, String> {
    let selected = budgets.selected(workload.item, selector);
    if let Some(other) = selected.iter().find(|other| other.item.id() != workload.item.id()) {
        return Err(format!(
            "its selector selects the pods of {} too; give the pods and selectors of both a label that tells them apart",
            other.item.reference()
        ));
    }
    let name = workload.item.name();
    let is_namesake =
        |namespace: Option<&str>, other: &str| namespace_name(namespace) == workload.namespace() && other == name;
    if is_planned || budgets.all.iter().any(|budget| is_namesake(budget.item.namespace(), budget.item.name())) {
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
            "selector": workload.item.value()["spec"]["selector"],
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    })
}
