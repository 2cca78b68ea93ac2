//! Checks that bases leave to overlays what differs between environments, and that overlays state it.

mod aspect;
mod base;
mod check;
mod config;
mod document;
mod elsewhere;
mod exceptions;
mod field_table;
mod inheritance;
mod keys;
mod missing;
mod overlay;
mod patch;
mod portable;
mod rule;
mod statement;

use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};
use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

use check::Check;
use elsewhere::Elsewhere;

pub use aspect::Aspect;
pub use config::{Exception, FieldOfKind, Layer, Spec};
pub use field_table::{KnownField, Need, known_fields};
pub use inheritance::compare;
pub use rule::Rule;

/// The function: finds what a base states and should not, or what an overlay does not state and should.
pub struct MinimalBaseCheck;

impl Function for MinimalBaseCheck {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "MinimalBaseCheck";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Validator;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let check = Check::new(spec)?;
        match spec.layer {
            Layer::Base => {
                for item in resources.iter() {
                    resources.look(item, |item| base::check(&check, item, findings));
                }
            }
            Layer::Overlay => {
                let elsewhere = Elsewhere::among(resources);
                for item in resources.iter() {
                    resources.look(item, |item| overlay::check(&check, &elsewhere, item, findings));
                }
            }
        }
        findings.extend(check.exceptions.unneeded());
        Ok(())
    }

    fn arguments() -> Vec<Arg> {
        let base = Arg::new(BASE).long(BASE).value_name("FILE").value_parser(value_parser!(PathBuf));
        vec![base.help(
            "Compares with the build of the base in FILE, and reports the values that the overlay inherits from it",
        )]
    }

    fn run_on_files(
        spec: &Spec,
        arguments: &ArgMatches,
        resources: &mut Resources,
        findings: &mut Findings,
    ) -> Result<(), ConfigError> {
        Self::run(spec, resources, findings)?;
        let Some(file) = arguments.get_one::<PathBuf>(BASE) else { return Ok(()) };
        let error = |cause: String| ConfigError::new("--base", format!("{} {cause}", file.display()));
        if spec.layer == Layer::Base {
            return Err(ConfigError::new("--base", "compares an overlay; set `layer: Overlay`"));
        }
        let text = std::fs::read_to_string(file).map_err(|cause| error(format!("cannot be read: {cause}")))?;
        let base =
            Resources::from_streams(vec![(None, text)]).map_err(|cause| error(format!("is no YAML: {cause}")))?;
        compare(spec, &base, resources, findings)
    }
}

/// The argument that names the build of a base.
const BASE: &str = "base";
