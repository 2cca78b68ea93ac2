//! Tells what is left of OpenShift and Google Cloud, and what the target cluster does not serve.

mod build;
mod commands;
mod config;
mod fields;
mod generated_secrets;
mod images;
mod keys;
mod kubernetes;
mod leftover_kinds;
mod names;
mod node_labels;
mod patterns;
mod pod_fields;
mod pods;
mod rbac;
mod release;
mod report;
mod rule;
mod search;
mod served;
mod services;
mod storage;
mod surface;
mod texts;
mod walk;

use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::function::{Function, Role};
use krm::resource_list::{Item, Resources};
use krm::rule::RuleSet;

use build::Build;
use report::{Context, Report};
use served::{Served, Verdict};
use texts::Needles;

pub use config::Spec;
pub use rule::Rule;

/// The function, as hosts and Pipelines run it.
pub struct PlatformLeftoverCheck;

impl Function for PlatformLeftoverCheck {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "PlatformLeftoverCheck";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Validator;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let (release, registries) = (spec.release()?, spec.registries()?);
        let served = Served::new(spec, release, resources)?;
        let build = Build::of(resources);
        let needles = Needles::of(spec);
        let context = Context { spec, registries: &registries, build: &build, served: &served };
        for item in resources.iter() {
            let is_searched = match served.verdict(item) {
                Verdict::Served => true,
                Verdict::Told(finding) => {
                    tell(finding, item, resources, findings);
                    true
                }
                Verdict::Refused(finding) => {
                    tell(finding, item, resources, findings);
                    false
                }
                Verdict::NotApplied => false,
            };
            if is_searched {
                let is_refused = resources.is_refused(item);
                resources.look(item, |item| {
                    check(&mut Report::new(&context, item, is_refused, findings), &needles);
                });
            }
        }
        Ok(())
    }
}

/// Reports a kind, unless the function that translates it refused the object: then it is reported already.
fn tell(finding: Finding, item: &Item, resources: &Resources, findings: &mut Findings) {
    if finding.rule() != Rule::FunctionNotRun.rule() || !resources.is_refused(item) {
        findings.push(finding);
    }
}

/// Everything that is in an object.
fn check(report: &mut Report<'_>, needles: &Needles) {
    names::check_namespace(report);
    fields::check(report);
    search::search(report, needles);
    images::check(report);
    pods::check(report);
    rbac::check(report);
    services::check(report);
}
