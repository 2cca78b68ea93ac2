//! Generates the objects of apps from one short config: workloads, Services, Ingresses, autoscaling, charts.

pub mod compose;
pub mod config;
mod rule;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

pub use config::Spec;
pub use rule::Rule;

/// The function.
pub struct Apps;

impl Function for Apps {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "Apps";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(_spec: &Spec, _resources: &mut Resources, _findings: &mut Findings) -> Result<(), ConfigError> {
        Ok(())
    }
}
