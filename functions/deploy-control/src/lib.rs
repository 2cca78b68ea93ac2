//! Applies the gates of deployment to the Applications of Argo CD.

mod application_checks;
mod build;
mod config;
mod deployment;
mod environments;
mod gate;
mod gating;
mod matching;
mod project_windows;
mod projects;
mod reach;
mod rule;
mod set_checks;
mod unmatched;
mod version;
#[cfg(test)]
mod window_table;
mod windows;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

use build::Build;
use environments::Environments;

pub use config::Spec;
pub use rule::Rule;

/// The function, as hosts and Pipelines run it.
pub struct DeployControl;

impl Function for DeployControl {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "DeployControl";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let environments = Environments::of(spec)?;
        let build = Build::of(&environments, resources, findings);
        unmatched::check(&environments, &build, findings);
        for gated in &build.gated {
            set_checks::check(gated, findings);
            application_checks::check(environments.version, gated, findings);
        }
        application_checks::check_approvers(&build, findings);
        application_checks::check_parents(&environments, &build, findings);
        let windows = project_windows::plan(&environments, &build, findings);
        for gated in &build.gated {
            gating::apply(spec, gated, resources, findings);
        }
        projects::write(windows, resources);
        Ok(())
    }
}
