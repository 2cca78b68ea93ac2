//! What is decided because something does not match, or has no counterpart.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::rule::Severity;

use crate::build::{Build, NotGated};
use crate::config::Service;
use crate::deployment::Deployment;
use crate::environments::{Checked, Environments, option_of};
use crate::matching::is_of_service;
use crate::rule::Rule;

/// Reports Applications without an environment, environments and services without Applications, and keys without counterpart.
pub(crate) fn check(environments: &Environments<'_>, build: &Build<'_>, findings: &mut Findings) {
    if environments.all.is_empty() {
        let message = "is not held back: the config describes no environment; describe them in `spec.environments`";
        let tell = |deployment: &Deployment| {
            Finding::new(Rule::NoEnvironment, message).on(deployment.object.clone()).because_of("no environment")
        };
        findings.extend(build.deployments().map(tell));
        return;
    }
    if !environments.all.iter().any(|it| it.is_production) && !environments.spec.production.is_empty() {
        let message = "names no environment, so none is kept from syncing by itself whatever its gates say";
        findings.push(Finding::new(Rule::NoProduction, message).at("spec.production"));
    }
    for (deployment, why) in &build.others {
        findings.push(not_gated(why).on(deployment.object.clone()));
    }
    for environment in &environments.all {
        if build.gated.iter().any(|gated| gated.gate.environment == environment.name) {
            check_services(environments, environment, build, findings);
        } else if build.deployments().next().is_some() {
            let message = "has no Applications in this build, so nothing of it is applied here";
            findings.push(Finding::new(Rule::EmptyEnvironment, message).at(option_of(environment.name)));
        }
    }
}

fn not_gated(why: &NotGated) -> Finding {
    match why {
        NotGated::Unmatched => Finding::new(
            Rule::UnmatchedApplication,
            "belongs to no environment, so no gate holds it back; match it below `spec.environments`",
        ),
        NotGated::Ambiguous(names) => Finding::new(
            Rule::AmbiguousEnvironment,
            format!("belongs to several environments: {}; make their patterns exclude each other", quoted(names)),
        ),
        NotGated::Unclear(names) => Finding::new(
            Rule::UnclearEnvironment,
            format!(
                "may belong to {}: a generator fills in what decides it; write a set for each environment, and match it by `names` or `labels`",
                quoted(names)
            ),
        ),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn check_services(
    environments: &Environments<'_>,
    environment: &Checked<'_>,
    build: &Build<'_>,
    findings: &mut Findings,
) {
    let of_environment = || build.gated.iter().filter(|gated| gated.gate.environment == environment.name);
    for (name, service) in environment.config.services.iter().flatten() {
        let option = option_of(environment.name).key("services").key(name);
        if service.rollback_on_failure == Some(true) {
            findings.push(rollback(option.clone()));
        }
        if !of_environment().any(|gated| is_of_service(name, service, &gated.deployment)) {
            findings.push(without_application(environments.is_auto, environment, service, option));
        }
    }
}

fn rollback(option: FieldPath) -> Finding {
    let message = "must be `false`: Argo CD does not roll back when a sync fails, and refuses `argocd app rollback` while an \
                   Application syncs by itself; a Rollout of Argo Rollouts goes back by itself";
    Finding::new(Rule::RollbackWithoutCounterpart, message).at(option.key("rollback_on_failure"))
}

/// A service that nothing is of is an error where its gate should hold back what the environment does not.
fn without_application(is_auto: bool, environment: &Checked<'_>, service: &Service, option: FieldPath) -> Finding {
    let config = environment.config;
    let is_open = is_auto && config.enabled && config.auto_deploy && !config.require_manual_approval;
    let is_closed = !service.auto_deploy || service.require_approval == Some(true);
    let should_hold = (is_open && is_closed) || (config.enabled && !service.enabled);
    let finding = Finding::new(
        Rule::ServiceWithoutApplication,
        "no Application of the environment is of this service, so its gates hold nothing back; name its Applications in `applications`",
    );
    finding.with_severity(if should_hold { Severity::Error } else { Severity::Info }).at(option)
}
