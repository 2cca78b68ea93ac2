//! What a host can call.

use std::marker::PhantomData;
use std::rc::Rc;

use clap::{Arg, ArgMatches};
use serde_json::Value;

use crate::accept::{self, Acceptances, Accepted};
use crate::config::schema::spec_schema;
use crate::config::{
    API_VERSION, CheckSpec, Checks, CommonSpec, ConfigError, Options, WiredAs, are_written_alike, written_as,
};
use crate::field::FieldPath;
use crate::finding::{Finding, Findings};
use crate::function::{Function, Role};
use crate::resource_list::{Item, Resources};
use crate::rule::{CommonRule, Rule, rules_of};
use crate::subcommand::Subcommand;
use crate::table;

/// What a host can call.
pub trait Program {
    /// The name of the program.
    fn name(&self) -> &'static str;
    /// The kind of its config.
    fn kind(&self) -> &'static str;
    /// The version of its crate, as `1.2.3`.
    fn version(&self) -> &'static str;
    /// What it does.
    fn about(&self) -> &'static str;
    /// The JSON Schema of the `spec` of its config.
    fn spec_schema(&self) -> Value;
    /// Whether options surely fit the schema, as can be told without it; `false` tells nothing.
    fn fits(&self, _options: &Value) -> bool {
        false
    }
    /// The rules of its findings, without those that the library has for all.
    fn rules(&self) -> Vec<&'static Rule>;
    /// An example of each of its rules: rule, golden case, finding.
    fn rule_examples(&self) -> Vec<[&'static str; 3]>;
    /// Arguments beyond those that every program has.
    fn arguments(&self) -> Vec<Arg>;
    /// Its own subcommands, beyond those that every program has.
    fn commands(&self) -> &'static [&'static dyn Subcommand] {
        &[]
    }
    /// Whether it makes objects from its config alone, so that none need to come in.
    fn is_generator(&self, _config: Option<&Value>) -> bool {
        false
    }
    /// Checks options before they are held against the schema; see [`Function::check_options`].
    ///
    /// # Errors
    /// The option that is wrong.
    fn check_options(&self, _options: &Value, _at: &FieldPath) -> Result<(), ConfigError> {
        Ok(())
    }
    /// Does the work on objects that are all settled, and settles them, after errors too. Nothing is written yet.
    ///
    /// # Errors
    /// Options that make no sense together.
    fn run(&self, call: Call<'_>, resources: &mut Resources) -> Result<Verdict, ConfigError>;

    /// The options that a functionConfig gives.
    ///
    /// # Errors
    /// A config that cannot be used.
    fn read(&self, config: Option<&Value>) -> Result<Options, ConfigError> {
        let own = |options: &Value, at: &FieldPath| self.check_options(options, at);
        let fits = |options: &Value| self.fits(options);
        let read = |checks: &Checks<'_>| Options::read(config, self.kind(), checks);
        let options = read(&Checks::new(&own, &fits, || self.spec_schema()));
        debug_assert_eq!(options, read(&Checks::new(&own, &|_| false, || self.spec_schema())));
        options
    }
}

/// What a program is called with, besides the objects.
#[derive(Debug)]
pub struct Call<'c> {
    /// The options of its config.
    pub options: Options,
    /// The arguments, if a person gave manifests in files.
    pub arguments: Option<&'c ArgMatches>,
    /// What the Pipeline accepts in which the program runs.
    pub accepted: Vec<Rc<Accepted>>,
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

    fn fits(&self, options: &Value) -> bool {
        let of_checks = (F::ROLE == Role::Validator).then_some(written_as::<CheckSpec> as fn(&Value) -> _);
        let types = [written_as::<F::Spec>, written_as::<CommonSpec>].into_iter().chain(of_checks);
        are_written_alike(options, &types.collect::<Vec<_>>())
    }

    fn rules(&self) -> Vec<&'static Rule> {
        rules_of::<F::Rule>().collect()
    }

    fn rule_examples(&self) -> Vec<[&'static str; 3]> {
        table::rows(F::RULE_EXAMPLES).collect()
    }

    fn arguments(&self) -> Vec<Arg> {
        F::arguments()
    }

    fn is_generator(&self, _: Option<&Value>) -> bool {
        F::ROLE == Role::Generator
    }

    fn check_options(&self, options: &Value, at: &FieldPath) -> Result<(), ConfigError> {
        F::check_options(options, at)
    }

    fn run(&self, call: Call<'_>, resources: &mut Resources) -> Result<Verdict, ConfigError> {
        resources.set_config_name(&call.options.name);
        let common: CommonSpec = call.options.typed()?;
        let check: CheckSpec = call.options.typed()?;
        let spec = call.options.typed()?;
        let own_rules = self.rules();
        let rules = known_rules(&own_rules);
        let own = Accepted::of_config(&common.accept, &rules)?;
        let of_configs = own.iter().chain(&call.accepted).cloned().collect();
        let mut findings = Findings::default();
        let acceptances = Acceptances::read(of_configs, resources, &rules, &mut findings);
        findings.extend(resources.iter().filter_map(stray_config));
        match call.arguments {
            Some(arguments) => F::run_on_files(&spec, arguments, resources, &mut findings)?,
            None => F::run(&spec, resources, &mut findings)?,
        }
        acceptances.apply(&mut findings);
        accept::discharge(resources, &own_rules);
        if common.strict {
            findings.promote_warnings();
        }
        // How a config is spelt is no reason to fail a build, nor is an acceptance that its own work made unneeded: a
        // second run over the outcome must pass.
        findings.extend(call.options.respelt);
        findings.extend(acceptances.unneeded(&own_rules));
        findings.extend(own.iter().filter_map(|accepted| accepted.unneeded()));
        settle(resources, &mut findings);
        let returns_nothing =
            F::ROLE == Role::Validator && check.wired_as == WiredAs::Validators && !findings.has_errors();
        if returns_nothing {
            let message =
                "returns no object, as `wiredAs: Validators` says; under `transformers:` that empties the build";
            findings.push(Finding::new(CommonRule::ReturnsNothing, message));
        }
        let succeeded = !findings.has_errors();
        findings.join_causes();
        let findings = findings.reported(common.report.into()).into_iter().map(|finding| (F::NAME, finding)).collect();
        Ok(Verdict { findings, succeeded, returns_nothing })
    }
}

/// That an object is a config of a function, which no cluster knows.
fn stray_config(item: &Item) -> Option<Finding> {
    let (group, _) = API_VERSION.split_once('/')?;
    let message = "is a config of a function, but the build lists it as an object; list it under `transformers:` and not \
                   under `resources:`, or mark it `config.kubernetes.io/local-config` in a kpt package";
    (item.group() == group).then(|| Finding::new(CommonRule::StrayConfig, message).on(item))
}

/// These rules and those of the library.
pub(crate) fn known_rules(own: &[&'static Rule]) -> Vec<&'static Rule> {
    own.iter().copied().chain(rules_of::<CommonRule>()).collect()
}

/// Settles what a function did. If it failed, nothing of it will be written, but the functions behind it in a Pipeline
/// look at the objects as they would be.
fn settle(resources: &mut Resources, findings: &mut Findings) {
    let has_failed = findings.has_errors();
    resources.note_refused(findings.iter().filter(|finding| finding.is_refusal()).filter_map(Finding::object));
    match resources.settle() {
        Ok(changes) if !has_failed => findings.extend(changes),
        Ok(_) => {}
        Err(problems) => findings.extend(problems),
    }
    if !has_failed && resources.lost_everything() {
        findings.push(Finding::new(
            CommonRule::EmptyBuild,
            "nothing is left of this build, and hosts delete what a build does not name; take the function out of it",
        ));
    }
}
