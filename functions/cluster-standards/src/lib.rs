//! Holds workloads against the standards of the cluster, and completes what they lack.

mod amounts;
mod autoscaler_metrics;
mod autoscalers;
mod budget_checks;
mod budgets;
mod build;
mod change;
mod charges;
mod claims;
mod config;
mod containers;
mod discovery;
mod disruption;
mod limit_range;
mod limits;
mod monitor_ports;
mod monitors;
mod namespaces;
mod new_budgets;
mod operator_budgets;
mod pod_resources;
mod pod_security;
mod pods;
mod port_names;
mod priority_class;
mod probes;
mod prometheus_rules;
mod pull_secrets;
mod quotas;
mod requirements;
mod resource_quota;
mod rule;
mod scalers;
mod security_level;
mod workloads;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

use build::Build;
use change::Change;

pub use config::Spec;
pub use rule::Rule;

/// The function, as hosts and Pipelines run it.
pub struct ClusterStandards;

impl Function for ClusterStandards {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "ClusterStandards";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        spec.check()?;
        if !spec.complete.is_empty() {
            for change in completions(&Build::of(spec, resources)) {
                change.apply(resources);
            }
        }
        check(&Build::of(spec, resources), findings);
        Ok(())
    }
}

/// What the options ask to be written, one function a subject.
fn completions(build: &Build<'_>) -> Vec<Change> {
    let subjects = [
        limits::completions,
        priority_class::completions,
        pull_secrets::completions,
        new_budgets::completions,
        discovery::completions,
    ];
    subjects.into_iter().flat_map(|subject| subject(build)).collect()
}

/// What is wrong with the build, one function a subject.
fn check(build: &Build<'_>, findings: &mut Findings) {
    let subjects = [
        requirements::check,
        limits::check,
        quotas::check,
        priority_class::check,
        pull_secrets::check,
        pod_security::check,
        budget_checks::check,
        new_budgets::check,
        discovery::check,
        monitors::check,
        monitor_ports::check,
        prometheus_rules::check,
        containers::check,
        autoscalers::check,
    ];
    for subject in subjects {
        subject(build, findings);
    }
}
