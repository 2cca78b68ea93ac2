//! What a host can call.

use std::marker::PhantomData;

use clap::{Arg, ArgMatches};
use serde_json::Value;

use crate::config::schema::spec_schema;
use crate::config::{CheckSpec, CommonSpec, ConfigError, Options, WiredAs};
use crate::finding::{Finding, Findings};
use crate::function::{Function, Role};
use crate::resource_list::Resources;

/// What a host can call.
pub trait Program {
    /// The name of the program.
    fn name(&self) -> &'static str;
    /// The kind of its config.
    fn kind(&self) -> &'static str;
    /// Its version.
    fn version(&self) -> &'static str;
    /// What it does.
    fn about(&self) -> &'static str;
    /// The JSON Schema of the `spec` of its config.
    fn spec_schema(&self) -> Value;
    /// Arguments beyond those that every program has.
    fn arguments(&self) -> Vec<Arg>;
    /// Does the work on objects that are all settled, and settles them. Nothing is written yet.
    ///
    /// # Errors
    /// Options that make no sense together.
    fn run(
        &self,
        options: Options,
        resources: &mut Resources,
        arguments: Option<&ArgMatches>,
    ) -> Result<Verdict, ConfigError>;

    /// The options that a functionConfig gives.
    ///
    /// # Errors
    /// A config that cannot be used.
    fn read(&self, config: Option<&Value>) -> Result<Options, ConfigError> {
        Options::read(config, self.kind(), &self.spec_schema())
    }
}

/// What comes of the work of a program, besides the objects.
#[derive(Debug)]
pub struct Verdict {
    /// What is reported, the most severe first, with the name of the function that reports it.
    pub(crate) findings: Vec<(&'static str, Finding)>,
    /// Whether the objects are as they should be. Otherwise every change is discarded.
    pub(crate) succeeded: bool,
    /// Whether the host takes what comes back for a change, so that nothing must come back.
    pub(crate) returns_nothing: bool,
}

/// One function as a program.
#[derive(Debug, Clone, Copy)]
pub struct Single<F>(PhantomData<F>);

impl<F> Single<F> {
    /// The function as a program.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<F> Default for Single<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Function> Program for Single<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn kind(&self) -> &'static str {
        F::KIND
    }

    fn version(&self) -> &'static str {
        F::VERSION
    }

    fn about(&self) -> &'static str {
        F::ABOUT
    }

    fn spec_schema(&self) -> Value {
        spec_schema::<F::Spec>(F::ROLE == Role::Validator)
    }

    fn arguments(&self) -> Vec<Arg> {
        F::arguments()
    }

    fn run(
        &self,
        options: Options,
        resources: &mut Resources,
        arguments: Option<&ArgMatches>,
    ) -> Result<Verdict, ConfigError> {
        let common: CommonSpec = options.typed()?;
        let check: CheckSpec = options.typed()?;
        let spec = options.typed()?;
        let mut findings = Findings::default();
        match arguments {
            Some(arguments) => F::run_on_files(&spec, arguments, resources, &mut findings)?,
            None => F::run(&spec, resources, &mut findings)?,
        }
        if common.strict {
            findings.promote_warnings();
        }
        // How a config is spelt is no reason to fail a build.
        findings.extend(options.respelt);
        settle(resources, &mut findings);
        let succeeded = !findings.has_errors();
        let findings = findings.reported(common.report.into()).into_iter().map(|finding| (F::NAME, finding)).collect();
        let returns_nothing = succeeded && F::ROLE == Role::Validator && check.wired_as == WiredAs::Validators;
        Ok(Verdict { findings, succeeded, returns_nothing })
    }
}

/// Settles what a function did, unless it failed.
fn settle(resources: &mut Resources, findings: &mut Findings) {
    if findings.has_errors() {
        return;
    }
    match resources.settle() {
        Ok(changes) => findings.extend(changes),
        Err(problems) => findings.extend(problems),
    }
    if resources.lost_everything() {
        findings.push(Finding::error(
            "nothing is left of this build, and hosts delete what a build does not name; take the function out of it",
        ));
    }
}
