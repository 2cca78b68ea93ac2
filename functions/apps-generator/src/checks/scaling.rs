//! How many pods there are, and what goes with the kind of the workload.

use krm::finding::{Finding, Findings};

use crate::app::{NamedApp, Replicas};
use crate::config::{App, IntOrString, KedaHttpApi, Kind, PodDisruptionBudget, Resources, ScalingType, StrategyType};
use crate::objects::{Route, targets};
use crate::rule::Rule;
use crate::target::Target;

pub(super) fn check(app: &NamedApp, target: &Target<'_>, findings: &mut Findings) {
    check_kind(app, findings);
    check_numbers(app, findings);
    check_type(app, target, findings);
    check_budget(app, findings);
    check_strategy(app, findings);
}

/// Fields that only some kinds have, and whether they are given.
fn special_fields(app: &App) -> [(&'static str, bool, &'static [Kind]); 8] {
    const REPLICATED: &[Kind] = &[Kind::Deployment, Kind::StatefulSet];
    const SERVING: &[Kind] = &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];
    const ROLLING: &[Kind] = &[Kind::Deployment, Kind::DaemonSet];
    [
        ("schedule", app.schedule.is_some(), &[Kind::CronJob]),
        ("job", app.job.is_some(), &[Kind::Job, Kind::CronJob]),
        ("scaling", app.scaling.kind != ScalingType::None, REPLICATED),
        ("replicas", app.replicas.is_some(), REPLICATED),
        ("pod_disruption_budget", app.pod_disruption_budget.is_some(), SERVING),
        ("ingress", app.ingress.as_ref().is_some_and(|it| it.enabled.unwrap_or(true)), SERVING),
        ("service", app.service.enabled == Some(true), SERVING),
        ("strategy", app.strategy.is_some(), ROLLING),
    ]
}

fn check_kind(app: &NamedApp, findings: &mut Findings) {
    let kind = app.app.kind;
    for (field, is_given, kinds) in special_fields(&app.app) {
        if is_given && !kinds.contains(&kind) {
            let message = format!("does not go with `kind: {kind:?}`; take it out, or choose another kind");
            findings.push(Finding::new(Rule::KindMismatch, message).at(app.at(field)));
        }
    }
    if kind == Kind::CronJob && app.app.schedule.is_none() {
        let message = "must be given for `kind: CronJob`, as `{cron: \"0 3 * * *\"}`";
        findings.push(Finding::new(Rule::KindMismatch, message).at(app.at("schedule")));
    }
    if matches!(kind, Kind::Job | Kind::CronJob)
        && (app.app.probes.readiness.is_some() || app.app.probes.startup.is_some())
    {
        let message = format!("does not go with `kind: {kind:?}`, whose pods get no requests; take it out");
        findings.push(Finding::new(Rule::KindMismatch, message).at(app.at("probes")));
    }
}

fn check_numbers(app: &NamedApp, findings: &mut Findings) {
    let scaling = &app.app.scaling;
    if let (Some(replicas), Some(least)) = (app.app.replicas, scaling.min_instances)
        && replicas != least
    {
        let message = format!("is {replicas}, and `scaling.min_instances` is {least}; take one of them out");
        findings.push(Finding::new(Rule::Contradiction, message).at(app.at("replicas")));
    }
    if let Replicas::Scaled { min, max } = app.replicas()
        && min > max
    {
        let message = format!("is {max}, which is less than the {min} that must be there; raise it");
        findings.push(Finding::new(Rule::Contradiction, message).at(app.at("scaling.max_instances")));
    }
    if scaling.kind == ScalingType::Hpa && app.replicas().min() == 0 {
        let message = "must be 1 or more: a HorizontalPodAutoscaler does not scale to zero; choose a type of KEDA";
        findings.push(Finding::new(Rule::Contradiction, message).at(app.at("scaling.min_instances")));
    }
}

fn check_type(app: &NamedApp, target: &Target<'_>, findings: &mut Findings) {
    let scaling = &app.app.scaling;
    let mut incomplete = |field: &str, message: &'static str| {
        findings.push(Finding::new(Rule::ScalingIncomplete, message).at(app.at(field)));
    };
    match scaling.kind {
        ScalingType::KedaHttp => {
            if app.ports().is_empty() {
                incomplete("container.ports", "must hold a port, because `scaling.type` is `keda-http`");
            }
            if !app.is_exposed() && scaling.internal_hosts.is_empty() {
                incomplete(
                    "scaling.internal_hosts",
                    "must name a host, because there is no Ingress and nothing else would wake the app",
                );
            }
            check_old_api(app, target, findings);
        }
        ScalingType::KedaQueue if scaling.trigger.is_none() => {
            incomplete(
                "scaling.trigger",
                "must say what is waited for: the `type` of a scaler of KEDA, and its `metadata`",
            );
        }
        ScalingType::KedaCron if scaling.schedules.is_empty() => {
            incomplete("scaling.schedules", "must hold a time at which pods run");
        }
        ScalingType::KedaCron if scaling.schedules.iter().any(|schedule| schedule.start == schedule.end) => {
            incomplete("scaling.schedules", "must end at another time than they start");
        }
        ScalingType::Hpa => check_requests(app, findings),
        ScalingType::None | ScalingType::KedaQueue | ScalingType::KedaCron => {}
    }
}

/// An HTTPScaledObject has one path and one set of headers for all of its hosts, so that requests from inside would have to
/// come as those from outside do.
fn check_old_api(app: &NamedApp, target: &Target<'_>, findings: &mut Findings) {
    let Some(route) = Route::of(app, target) else { return };
    let is_old = target.spec.keda.http_api == KedaHttpApi::HTTPScaledObject;
    let is_special = route.seen_path() != "/" || route.mark(target).is_some();
    if is_old && is_special && !app.app.scaling.internal_hosts.is_empty() {
        let message = "must be empty beside a path of the Ingress: an HTTPScaledObject has one path and one set of headers for \
                       all hosts; take `keda.http_api` out, or the path of the Ingress";
        findings.push(Finding::new(Rule::Contradiction, message).at(app.at("scaling.internal_hosts")));
    }
}

/// A HorizontalPodAutoscaler takes its share of the requests of all containers.
fn check_requests(app: &NamedApp, findings: &mut Findings) {
    let own = (app.at("resources"), app.app.resources.as_ref());
    let sidecars = app
        .app
        .sidecars
        .iter()
        .map(|(name, it)| (app.at("sidecars").key(name).key("resources"), it.resources.as_ref()));
    for (place, resources) in std::iter::once(own).chain(sidecars) {
        for (name, _) in targets(&app.app.scaling) {
            let amount = |resources: &Resources| match name {
                "cpu" => resources.cpu.is_some() || resources.cpu_limit.is_some(),
                _ => resources.memory.is_some() || resources.memory_limit.is_some(),
            };
            if !resources.is_some_and(amount) {
                let message = format!(
                    "must be given: the HorizontalPodAutoscaler aims at a share of the requested `{name}` of every container"
                );
                findings.push(Finding::new(Rule::TargetWithoutRequest, message).at(place.clone().key(name)));
            }
        }
    }
}

fn check_budget(app: &NamedApp, findings: &mut Findings) {
    let Some(budget) = &app.app.pod_disruption_budget else { return };
    let place = app.at("pod_disruption_budget");
    let least = app.replicas().min();
    if budget.min_available.is_some() == budget.max_unavailable.is_some() {
        let message = "must have `min_available` or `max_unavailable`, and not both";
        findings.push(Finding::new(Rule::Contradiction, message).at(place));
    } else if app.has_replicas() && least < 2 {
        let message = format!(
            "is left out, because the app may have {least} pod{}: it would block every drain, or protect nothing; set two instances or more, or take it out",
            if least == 1 { "" } else { "s" }
        );
        findings.push(Finding::new(Rule::BudgetLeftOut, message).at(place));
    } else if blocks(budget, least) {
        let message =
            format!("lets none of {least} pods go, so that nodes cannot be drained; set `max_unavailable: 1`");
        findings.push(Finding::new(Rule::BudgetBlocks, message).at(place));
    }
}

/// Whether no pod may go where there are so many.
fn blocks(budget: &PodDisruptionBudget, least: u32) -> bool {
    let is = |share: &Option<IntOrString>, text: &str| {
        share.as_ref().is_some_and(|it| *it == IntOrString::String(text.to_owned()))
    };
    let count = |share: &Option<IntOrString>| match share {
        Some(IntOrString::Int(count)) => Some(*count),
        _ => None,
    };
    is(&budget.min_available, "100%")
        || is(&budget.max_unavailable, "0%")
        || count(&budget.min_available).is_some_and(|count| count >= least)
        || count(&budget.max_unavailable) == Some(0)
}

fn check_strategy(app: &NamedApp, findings: &mut Findings) {
    let Some(strategy) = &app.app.strategy else { return };
    let is_rolling = strategy.max_surge.is_some() || strategy.max_unavailable.is_some();
    let is_recreate =
        strategy.kind == Some(StrategyType::Recreate) || strategy.kind.is_none() && app.has_claim_of_one_node();
    let message = match app.app.kind {
        Kind::Deployment if is_rolling && is_recreate => {
            "has `max_surge` or `max_unavailable`, and all pods are replaced at once; take them out, or set `type: RollingUpdate`"
        }
        Kind::DaemonSet if is_recreate => "must not be `Recreate` for `kind: DaemonSet`; take it out",
        _ => return,
    };
    findings.push(Finding::new(Rule::Contradiction, message).at(app.at("strategy")));
}
