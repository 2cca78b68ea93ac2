//! What makes a function.

use clap::{Arg, ArgMatches};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::ConfigError;
use crate::field::FieldPath;
use crate::finding::Findings;
use crate::resource_list::Resources;
use crate::rule::RuleSet;

/// What a function does with the objects it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It changes them.
    Transformer,
    /// It only checks them. Such a function can be listed under kustomize's `validators:`.
    Validator,
    /// It makes objects from its options alone. Such a function can be listed under kustomize's `generators:`, and no
    /// objects need to come in.
    Generator,
}

/// A KRM function: a name, options and what it does. Everything about how it is called belongs to the library.
pub trait Function {
    /// The options. Their doc comments become the help text, the table in the README and the JSON Schema. What restricts a value
    /// is a matter of its type, as of [`Within`](crate::config::Within), and not of the schema alone: options that the type reads, and
    /// writes as they are given, are not held against the schema.
    type Spec: Serialize + DeserializeOwned + JsonSchema;
    /// What its findings are about.
    type Rule: RuleSet;

    /// The name of the binary and the image.
    const NAME: &'static str;
    /// The kind of the functionConfig.
    const KIND: &'static str;
    /// The version of the function.
    const VERSION: &'static str;
    /// What it does, in a sentence or two.
    const ABOUT: &'static str;
    /// What it does with the objects it sees.
    const ROLE: Role;
    /// An example of each rule: a table of rule, golden case and the finding that the case leads to. The golden tests
    /// write it to the file `rule-examples.tsv` of the crate.
    const RULE_EXAMPLES: &'static str;

    /// Does the work. An error among the findings discards every change.
    ///
    /// # Errors
    /// Options that make no sense together.
    fn run(spec: &Self::Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError>;

    /// Checks the options, at `at`, before they are held against the schema: for what a schema cannot say well. The options
    /// are as they are written.
    ///
    /// # Errors
    /// The option that is wrong.
    fn check_options(_options: &Value, _at: &FieldPath) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Arguments of the command line beyond those that every function has, for what must not be in a
    /// functionConfig. Only a person who calls the function on manifests can give them; none is positional.
    fn arguments() -> Vec<Arg> {
        Vec::new()
    }

    /// Does the work on the manifests that a person gave, with the [`Function::arguments`] as given.
    ///
    /// # Errors
    /// Options and arguments that make no sense. An error about an argument names it as its option.
    fn run_on_files(
        spec: &Self::Spec,
        _arguments: &ArgMatches,
        resources: &mut Resources,
        findings: &mut Findings,
    ) -> Result<(), ConfigError> {
        Self::run(spec, resources, findings)
    }
}
