//! What a host can call: one function, or several in a row.

use std::marker::PhantomData;

use clap::{Arg, ArgMatches};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::{self, CheckSpec, CommonSpec, ConfigError, WiredAs};
use crate::finding::{Finding, Findings};
use crate::function::{Function, Role};
use crate::host::MISREAD;
use crate::resource_list::{Draft, Resources};

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
    /// Does the work, but writes nothing yet.
    ///
    /// # Errors
    /// A config that cannot be used, as a line for people.
    fn step(
        &self,
        resources: Resources,
        config: Option<&Value>,
        arguments: Option<&ArgMatches>,
    ) -> Result<Step, String>;
}

/// The work of a program, not yet written.
#[derive(Debug)]
pub struct Step {
    pub(crate) resources: Resources,
    pub(crate) draft: Draft,
    /// What is reported, the most severe first, with the name of the function that says it.
    pub(crate) findings: Vec<(&'static str, Finding)>,
    pub(crate) succeeded: bool,
    /// Whether the host takes what comes back for a change.
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
        config::spec_schema::<F::Spec>(F::ROLE == Role::Validator)
    }

    fn arguments(&self) -> Vec<Arg> {
        F::arguments()
    }

    fn step(
        &self,
        mut resources: Resources,
        config: Option<&Value>,
        arguments: Option<&ArgMatches>,
    ) -> Result<Step, String> {
        let configured = |error: ConfigError| error.to_string();
        let spec = config::spec_of(config, F::KIND, &self.spec_schema()).map_err(configured)?;
        let common: CommonSpec = config::typed(&spec).map_err(configured)?;
        let check: CheckSpec = config::typed(&spec).map_err(configured)?;
        let spec = config::typed(&spec).map_err(configured)?;
        let mut findings = Findings::default();
        match arguments {
            Some(arguments) => F::run_on_files(&spec, arguments, &mut resources, &mut findings),
            None => F::run(&spec, &mut resources, &mut findings),
        }
        .map_err(configured)?;
        if common.strict {
            findings.promote_warnings();
        }
        if resources.lost_everything() {
            findings.push(Finding::error(
                "nothing is left of this build, and hosts delete what a build does not name; take the function out of it",
            ));
        }
        let mut draft = Draft::default();
        if !findings.has_errors() {
            match resources.draft() {
                Ok(drafted) => {
                    draft = drafted;
                    findings.extend(std::mem::take(&mut draft.changes));
                }
                Err(problems) => findings.extend(problems),
            }
        }
        let succeeded = !findings.has_errors();
        let findings = findings.reported(common.report.into()).into_iter().map(|finding| (F::NAME, finding)).collect();
        let returns_nothing = succeeded && F::ROLE == Role::Validator && check.wired_as == WiredAs::Validators;
        Ok(Step { resources, draft, findings, succeeded, returns_nothing })
    }
}

/// Several functions in a row, in one call of the host.
pub struct Pipeline<'p> {
    /// The name of the program.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The functions that can stand in the row.
    pub programs: Vec<&'p dyn Program>,
}

/// The `spec` of a Pipeline.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct PipelineSpec {
    /// The functions in the order in which they run.
    functions: Vec<FunctionConfig>,
}

/// One function of a Pipeline with its options.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FunctionConfig {
    /// The kind of the function's own config, such as `RouteToIngress`.
    kind: String,
    /// The `spec` of that config.
    #[serde(default)]
    spec: serde_json::Map<String, Value>,
}

impl Program for Pipeline<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> &'static str {
        "Pipeline"
    }

    fn version(&self) -> &'static str {
        self.version
    }

    fn about(&self) -> &'static str {
        "Runs several functions in one call: with the same results as one call each, but in a fraction of the time that \
         hosts need for each call."
    }

    fn spec_schema(&self) -> Value {
        let mut schema = config::spec_schema::<PipelineSpec>(false);
        let items = &mut schema["properties"]["functions"]["items"];
        items["additionalProperties"] = false.into();
        items["properties"]["kind"]["enum"] = self.programs.iter().map(|program| program.kind()).collect();
        schema
    }

    fn arguments(&self) -> Vec<Arg> {
        Vec::new()
    }

    fn step(&self, resources: Resources, config: Option<&Value>, _: Option<&ArgMatches>) -> Result<Step, String> {
        let configured = |error: ConfigError| error.to_string();
        let spec = config::spec_of(config, self.kind(), &self.spec_schema()).map_err(configured)?;
        let common: CommonSpec = config::typed(&spec).map_err(configured)?;
        let spec: PipelineSpec = config::typed(&spec).map_err(configured)?;
        let original = resources.write(Draft::default(), &[]);
        let mut row =
            Step { resources, draft: Draft::default(), findings: Vec::new(), succeeded: true, returns_nothing: false };
        for (index, function) in spec.functions.into_iter().enumerate() {
            let about = |problem: &str| format!("functionConfig: spec.functions[{index}]: {problem}");
            let Some(program) = self.programs.iter().find(|program| program.kind() == function.kind) else {
                return Err(about(&format!("`{}` is no kind of a function", function.kind)));
            };
            let mut options = function.spec;
            if common.strict {
                options.insert("strict".to_owned(), true.into());
            }
            let config = json!({"apiVersion": config::API_VERSION, "kind": function.kind, "spec": options});
            let step = program
                .step(row.resources.written(row.draft)?, Some(&config), None)
                .map_err(|cause| about(cause.trim_start_matches("functionConfig: ")))?;
            if step.returns_nothing {
                return Err(about(
                    "`validators` cannot be wiredAs in a Pipeline, whose objects must come back; take it out",
                ));
            }
            row.findings.extend(step.findings);
            (row.resources, row.draft) = (step.resources, step.draft);
            if !step.succeeded {
                row.succeeded = false;
                row.resources = row.resources.reread(original).map_err(|error| error.to_string())?;
                break;
            }
        }
        row.findings.sort_by_key(|(_, finding)| finding.severity());
        Ok(row)
    }
}

impl Resources {
    /// The objects with the changes of a draft done, read anew.
    fn written(self, draft: Draft) -> Result<Self, String> {
        let text = self.write(draft, &[]);
        if !self.reads_as_meant(&text) {
            return Err(MISREAD.to_owned());
        }
        self.reread(text).map_err(|error| error.to_string())
    }
}
