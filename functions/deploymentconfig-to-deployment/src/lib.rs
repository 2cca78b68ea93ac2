//! Turns DeploymentConfigs of OpenShift into Deployments, and what belongs to them.
//!
//! What becomes of the objects is collected ([`plan`]) and done at the end. Images come first ([`workloads`], [`usage`]): names in image streams
//! ([`stream_tag`], [`streams`], [`builds`]) are resolved ([`resolver`]) wherever workloads use them ([`triggers`]). A
//! DeploymentConfig is read ([`deployment_config`]) and converted ([`deployment`], [`fields`], [`hooks`], [`hook_job`], [`labels`], [`selected`], [`pod_marks`], [`overlaps`]); what refers to it
//! follows ([`references`], [`access`]), and what cannot follow is reported ([`mentions`]). Other kinds of OpenShift that have one
//! counterpart become it ([`projects`], [`authorization`]), and those that have none are reported ([`templates`]).

mod access;
mod annotations;
mod authorization;
mod builds;
mod config;
mod deployment;
mod deployment_config;
mod fields;
mod hook_job;
mod hooks;
mod kinds;
mod labels;
mod mentions;
mod names;
mod overlaps;
mod plan;
mod pod_marks;
mod projects;
mod references;
mod resolver;
mod rule;
mod selected;
mod stream_tag;
mod streams;
mod templates;
mod triggers;
mod usage;
mod workloads;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

use builds::Builds;
use plan::Plan;
use resolver::Resolver;

pub use config::{Hooks, Spec};
pub use fields::{Fate, KnownField, known_fields};
pub use references::{Form, ReferenceField, reference_fields};
pub use resolver::samples;
pub use rule::Rule;

/// The function, as hosts and Pipelines run it.
pub struct DeploymentConfigToDeployment;

impl Function for DeploymentConfigToDeployment {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "DeploymentConfigToDeployment";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        spec.validate()?;
        let plan = plan(spec, resources);
        plan.apply(resources, findings);
        Ok(())
    }
}

/// What becomes of the objects. Later steps see what earlier ones wrote.
fn plan(spec: &Spec, resources: &Resources) -> Plan {
    let mut plan = Plan::default();
    let builds = Builds::of(resources);
    let usage = workloads::resolve_all(&Resolver { spec, resources, builds: &builds }, &mut plan);
    usage.settle_streams(resources, &builds, &mut plan);
    usage.report_entries(spec, &mut plan);
    builds::report(resources, &mut plan);
    let overlapping = overlaps::overlapping(resources);
    labels::add_selected(resources, &overlapping, &mut plan);
    deployment::convert_all(resources, &overlapping, &mut plan);
    hooks::handle_all(spec.hooks, resources, &mut plan);
    projects::convert_all(resources, &mut plan);
    authorization::convert_all(resources, &mut plan);
    references::follow_all(resources, &mut plan);
    access::follow_all(resources, &mut plan);
    templates::report(resources, &mut plan);
    mentions::report(resources, &mut plan);
    names::check(resources, &mut plan);
    plan
}
