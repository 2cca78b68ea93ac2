//! Holds workloads against the standards of the cluster, and completes what they lack.

mod build;
mod change;
mod config;
mod namespaces;
mod priority_class;
mod rule;
mod workloads;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

use build::Build;
use change::Change;

pub use config::Spec;
pub use rule::Rule;

/// The function.
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
    [priority_class::completions].into_iter().flat_map(|subject| subject(build)).collect()
}

/// What is wrong with the build, one function a subject.
fn check(build: &Build<'_>, findings: &mut Findings) {
    for subject in [priority_class::check] {
        subject(build, findings);
    }
}
