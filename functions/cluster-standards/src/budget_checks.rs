//! Budgets that hold up a drain, that no pod needs, or that two of select one pod.
//!
//! Sources: see `disruption`; kubernetes staging kubectl pkg/drain/drain.go, `evictPods`, which tries again after 429 only, and
//! `daemonSetFilter`, which leaves the pods of DaemonSets alone.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::rule::Severity;

use crate::budgets::{Budget, Budgets, Maker};
use crate::build::Build;
use crate::disruption::{Counts, Limit};
use crate::operator_budgets::OperatorBudget;
use crate::rule::Rule;
use crate::workloads::Workload;

/// Labels that controllers add to pods, so that a selector may ask for them although no template has them.
///
/// Sources: kubernetes apps/v1 and batch/v1 types.go; pkg/controller/{deployment,statefulset,job}.
const ADDED_LABELS: [&str; 8] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Checks the budgets of a build.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    let budgets = Budgets::of(build);
    findings.extend(budgets.malformed.iter().cloned());
    let operators: Vec<_> = OperatorBudget::all(build.resources).collect();
    for budget in &budgets.all {
        check_budget(budget, &budgets, &operators, findings);
    }
    second_budgets(&budgets, build, findings);
    findings.extend(operators.iter().filter_map(single_pod));
}

fn check_budget(
    budget: &Budget<'_>,
    budgets: &Budgets<'_, '_>,
    operators: &[OperatorBudget<'_>],
    findings: &mut Findings,
) {
    findings.extend(refused(budget));
    let Some(selector) = &budget.selector else {
        findings.extend(budget.spec_field("selector").is_null().then(|| without_selector(budget)));
        return;
    };
    let selected = budgets.selected(budget.item, selector);
    let owned = operators.iter().find(|operator| budget.selects(operator.item.namespace_name(), &operator.labels));
    findings.extend(owned.map(|operator| beside_operator(budget, operator)));
    if selected.is_empty() {
        findings.extend(owned.is_none().then(|| selects_nothing(budget, budgets)).flatten());
        return;
    }
    if selector.is_everything() && selected.len() > 1 {
        findings.push(selects_everything(budget, &selected));
    }
    if let Ok(limit) = budget.limit {
        findings.extend(held_up(budget, limit, &selected));
    }
}

/// What the API server refuses.
fn refused(budget: &Budget<'_>) -> Option<Finding> {
    let (key, message) = match &budget.limit {
        Err(refused) => (refused.key, refused.message.to_owned()),
        Ok(_) => {
            let policy = budget.spec_field("unhealthyPodEvictionPolicy");
            let policy = policy.as_str()?;
            let is_known = ["IfHealthyBudget", "AlwaysAllow"].contains(&policy);
            let message = format!("`{policy}` is no policy; write `IfHealthyBudget` or `AlwaysAllow`");
            ("unhealthyPodEvictionPolicy", (!is_known).then_some(message)?)
        }
    };
    let path = FieldPath::from("spec").key(key);
    let current = budget.spec_field(key).into_owned();
    Some(Finding::new(Rule::RefusedBudget, message).on(budget.item).at(path).current(current))
}

fn without_selector(budget: &Budget<'_>) -> Finding {
    let message = "has no `selector`, so it selects no pod and protects nothing; select the pods by their labels";
    Finding::new(Rule::BudgetSelectsNothing, message).on(budget.item).at("spec.selector")
}

/// A budget for pods that the build does not have. Where it has no pods in the namespace at all, they may come from elsewhere.
fn selects_nothing(budget: &Budget<'_>, budgets: &Budgets<'_, '_>) -> Option<Finding> {
    let selector = budget.selector.as_ref()?;
    if selector.required_labels().any(|(key, _)| ADDED_LABELS.contains(&key)) {
        return None;
    }
    let is_alone = !budgets.has_workloads_beside(budget.item);
    let severity = if is_alone { Severity::Info } else { Severity::Warning };
    let mut required = selector.required_labels();
    let message = match required.find(|label| !budgets.is_carried_beside(budget.item, *label)) {
        _ if is_alone => {
            "selects no pods of this build, which makes none in this namespace; see that the selector fits the pods that another build makes".to_owned()
        }
        Some((key, value)) => format!(
            "selects no pods of this build: no workload in this namespace has pods with the label `{key}: {value}`; correct the selector"
        ),
        None => "selects no pods of this build: no workload in this namespace has pods with all of these labels; correct the selector".to_owned(),
    };
    let finding = Finding::new(Rule::BudgetSelectsNothing, message).with_severity(severity);
    Some(finding.on(budget.item).at("spec.selector"))
}

fn selects_everything(budget: &Budget<'_>, selected: &[&Workload<'_>]) -> Finding {
    let message = format!(
        "an empty selector selects every pod of the namespace, those of {} too, so one limit holds for all of them together; select the pods of one workload by their labels",
        several(selected)
    );
    Finding::new(Rule::BudgetSelectsEverything, message).on(budget.item).at("spec.selector")
}

/// A budget that does not let pods go.
fn held_up(budget: &Budget<'_>, limit: Limit, selected: &[&Workload<'_>]) -> Option<Finding> {
    let of = |maker: Maker| selected.iter().copied().filter(move |workload| Maker::of(workload.item) == maker);
    if limit == Limit::Absent {
        let message = "has neither `minAvailable` nor `maxUnavailable`, so the controller expects no pods and lets none go, and a drain never ends; write `maxUnavailable: 1`";
        return Some(Finding::new(Rule::BudgetWithoutLimit, message).on(budget.item).at("spec"));
    }
    let unscaled: Vec<_> = of(Maker::Unscaled).collect();
    if limit.needs_scale() && !unscaled.is_empty() {
        return Some(not_computed(budget, limit, &unscaled, selected));
    }
    // The number of their pods is not in the build.
    if of(Maker::Unseen).next().is_some() || !unscaled.is_empty() {
        return None;
    }
    let bare = of(Maker::Bare).count() as u64;
    if bare > 0 && limit.needs_scale() && of(Maker::Scaled).next().is_none() {
        return Some(bare_pods(budget, limit));
    }
    let range = Range::of(of(Maker::Scaled));
    blocked(budget, limit, &range, bare, selected)
}

/// The numbers of pods of several workloads together.
struct Range {
    least: u64,
    /// Nothing where the build cannot know it.
    most: Option<u64>,
    /// Whether an autoscaler of the build moves the number.
    is_autoscaled: bool,
    /// Whether a manifest leaves the number open, so that something else may set it.
    is_open: bool,
}

impl Range {
    fn of<'w, 'r: 'w>(workloads: impl Iterator<Item = &'w Workload<'r>>) -> Self {
        let mut range = Self { least: 0, most: Some(0), is_autoscaled: false, is_open: false };
        for workload in workloads {
            let scale = &workload.scale;
            range.least += scale.least;
            range.most = range.most.zip(scale.most).map(|(sum, most)| sum + most);
            range.is_autoscaled |= scale.is_autoscaled;
            range.is_open |= !scale.is_autoscaled && workload.item.field(&["spec", "replicas"]).is_null();
        }
        range
    }
}

fn blocked(budget: &Budget<'_>, limit: Limit, range: &Range, bare: u64, selected: &[&Workload<'_>]) -> Option<Finding> {
    if range.most == Some(0) && bare == 0 {
        return None;
    }
    // Where an autoscaler goes down to nothing, nothing is to be drained then.
    let least = if bare == 0 { range.least.max(1) } else { range.least };
    let allowed = |scaled| limit.allowed(Counts { scaled, bare });
    if allowed(least) > 0 {
        return None;
    }
    let is_always = range.most.is_some_and(|most| allowed(most) == 0);
    let counts = Counts { scaled: least, bare };
    let pods = match counts.all() {
        1 => format!("`{limit}` does not let the only pod of {} go", several(selected)),
        count => format!("`{limit}` lets none of the {count} pods of {} go", several(selected)),
    };
    let remedy = remedy(limit, counts);
    let message = match (is_always, range.is_open) {
        (true, false) => format!("{pods}, so a drain of their node never ends; {remedy}"),
        (true, true) => format!(
            "{pods}, unless something outside this build runs more, so a drain of their node never ends; {remedy}"
        ),
        (false, _) => {
            format!("{pods} while the autoscaler runs no more, so a drain of their node waits until then; {remedy}")
        }
    };
    let severity = if is_always && !range.is_open { Severity::Error } else { Severity::Warning };
    let finding = Finding::new(Rule::BudgetBlocksDrain, message).with_severity(severity).on(budget.item);
    let value = limit.key().map(|key| budget.spec_field(key).into_owned());
    Some(finding.at(budget.limit_path()).current(value.unwrap_or_default()))
}

/// What lets one of the pods go.
fn remedy(limit: Limit, counts: Counts) -> String {
    let more = if counts.scaled > 0 {
        Counts { scaled: counts.scaled + 1, ..counts }
    } else {
        Counts { bare: counts.bare + 1, ..counts }
    };
    let run_more = (limit.allowed(more) > 0).then(|| format!("run at least {} pods", more.all()));
    // Of pods without a controller nothing says how many may be missing.
    let one = (counts.scaled > 0).then(|| "write `maxUnavailable: 1`".to_owned());
    let ways: Vec<_> = one.into_iter().chain(run_more).collect();
    if ways.is_empty() { "take the budget out".to_owned() } else { ways.join(", or ") }
}

/// A budget that has to know a scale, over pods of controllers that have none.
fn not_computed(budget: &Budget<'_>, limit: Limit, unscaled: &[&Workload<'_>], selected: &[&Workload<'_>]) -> Finding {
    let others = selected.len() > unscaled.len();
    let consequence = if others {
        "so the controller gives up, and a drain never ends for any pod that the budget selects"
    } else if unscaled.iter().any(|workload| workload.kind.is_short_lived) {
        "so the controller gives up, and a drain waits until they end by themselves"
    } else {
        "so the controller gives up, and the budget has no effect; a drain leaves these pods alone anyway"
    };
    let message = format!(
        "`{limit}` needs to know how many pods there should be, and {} has no scale, {consequence}; select other pods only",
        several(unscaled)
    );
    let severity = if others { Severity::Error } else { Severity::Warning };
    Finding::new(Rule::BudgetWithoutScale, message).with_severity(severity).on(budget.item).at("spec.selector")
}

fn bare_pods(budget: &Budget<'_>, limit: Limit) -> Finding {
    let message = format!(
        "`{limit}` needs to know how many pods there should be, and nothing says so of pods without a controller, so none may go and a drain never ends; write `minAvailable` with a number, or make the pods by a Deployment"
    );
    Finding::new(Rule::BudgetWithoutScale, message).on(budget.item).at(budget.limit_path())
}

/// The second of two budgets that select the pods of one workload.
fn second_budgets(budgets: &Budgets<'_, '_>, build: &Build<'_>, findings: &mut Findings) {
    for workload in build.workloads.iter() {
        let mut own = budgets.on(workload);
        let Some(first) = own.next() else { continue };
        for other in own {
            let message = format!(
                "selects the pods of {}, which `{}` selects too, and the eviction of a pod with two budgets fails with an internal error; take one of them out, or tell the pods apart by a label",
                workload.item.reference(),
                first.item.name()
            );
            let finding = Finding::new(Rule::SecondBudget, message).on(other.item).at("spec.selector");
            findings.push(finding.because_of(format!("{} {}", first.item.name(), other.item.reference())));
        }
    }
}

fn beside_operator(budget: &Budget<'_>, operator: &OperatorBudget<'_>) -> Finding {
    let message = format!(
        "selects the pods of {}, whose operator makes a budget of its own, and the eviction of a pod with two budgets fails with an internal error; take this one out",
        operator.item.reference()
    );
    Finding::new(Rule::SecondBudget, message).on(budget.item).at("spec.selector")
}

/// The budget that an operator makes for the only pod of a resource.
fn single_pod(operator: &OperatorBudget<'_>) -> Option<Finding> {
    let path = operator.single_pod()?;
    let remedy = match operator.off() {
        Some((field, value)) => format!("write `{field}: {value}`, or run two"),
        None => "run two".to_owned(),
    };
    let message = format!(
        "runs one pod, and its operator makes a budget that does not let it go, so a drain of its node never ends; {remedy}"
    );
    Some(Finding::new(Rule::OperatorBudgetBlocksDrain, message).on(operator.item).at(path))
}

/// `Deployment shop/web`, `Deployment shop/web and 2 others`.
fn several(workloads: &[&Workload<'_>]) -> String {
    let first = workloads.first().map(|workload| workload.item.reference().to_string()).unwrap_or_default();
    match workloads.len() {
        0 | 1 => first,
        2 => format!("{first} and another"),
        count => format!("{first} and {} others", count - 1),
    }
}
