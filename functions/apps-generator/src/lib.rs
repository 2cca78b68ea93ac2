//! Generates the objects of apps from one short config: workloads, Services, Ingresses, autoscaling, charts.

mod app;
mod charts;
mod checks;
pub mod compose;
pub mod config;
mod entries;
mod fields;
mod objects;
mod reconcile;
mod rule;
mod spec;
mod target;
mod wishes;
mod written;

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::function::{Function, Role};
use krm::resource_list::Resources;
use serde_json::Value;

use crate::config::Shared;

pub use app::NamedApp;
pub use objects::objects;
pub use rule::Rule;
pub use spec::Spec;
pub use target::Target;

/// The function.
pub struct Apps;

impl Function for Apps {
    type Spec = Shared<Spec>;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "Apps";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Generator;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn check_options(options: &Value, at: &FieldPath) -> Result<(), ConfigError> {
        written::check(options, at)
    }

    fn run(Shared(spec): &Shared<Spec>, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let target = Target::of(spec)?;
        let mut apps = entries::apps(&target)?;
        apps.extend(compose::entries::apps(&target, findings)?);
        apps.retain(|app| app.app.is_enabled());
        entries::check_names(&apps, &target)?;
        checks::check(&apps, &target, findings);
        let mut generated: Vec<Value> = apps.iter().flat_map(|app| objects(app, &target)).collect();
        generated.extend(charts::objects(&target, findings)?);
        if generated.is_empty() && !findings.has_errors() {
            let message = "nothing is generated: there is no entry that is enabled";
            findings.push(Finding::new(Rule::NothingGenerated, message));
        }
        reconcile::reconcile(generated, resources, findings);
        Ok(())
    }
}
