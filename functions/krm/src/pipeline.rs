//! Several functions in a row, in one call of the host.

use clap::{Arg, ArgMatches};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::schema::spec_schema;
use crate::config::{API_VERSION, ConfigError, Options};
use crate::field::FieldPath;
use crate::program::{Program, Verdict};
use crate::resource_list::Resources;

/// Several functions in a row, in one call of the host. They share the objects, which are read, written and checked once.
pub struct Pipeline<'p> {
    /// The name of the program.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The functions that a Pipeline can run.
    pub programs: Vec<&'p dyn Program>,
    /// The options that mean one thing for all functions: given once, they reach every function that has them.
    pub shared: &'static [&'static str],
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

/// A function with the options it runs with.
struct Step<'p> {
    program: &'p dyn Program,
    options: Options,
}

impl<'p> Pipeline<'p> {
    fn step(&self, index: usize, function: &FunctionConfig) -> Result<Step<'p>, ConfigError> {
        let about = |error: ConfigError| error.inside(FieldPath::from("spec.functions").index(index));
        let program = self.programs.iter().copied().find(|program| program.kind() == function.kind);
        let program = program.ok_or_else(|| about(ConfigError::new("kind", "is no kind of a function")))?;
        let config = json!({"apiVersion": API_VERSION, "kind": function.kind, "spec": function.spec});
        let options = program.read(Some(&config)).map_err(about)?;
        Ok(Step { program, options })
    }

    /// Gives every function what the Pipeline, or one of the functions, says of a shared option.
    ///
    /// # Errors
    /// Two functions that say different things.
    fn share(&self, own: &Options, steps: &mut [Step<'_>]) -> Result<(), ConfigError> {
        for option in self.shared {
            let of_steps = steps.iter().enumerate().filter_map(|(index, step)| {
                Some((
                    FieldPath::from("spec.functions").index(index).key("spec").key(option),
                    step.options.get(option)?,
                ))
            });
            let of_pipeline = own.get(option).map(|value| (FieldPath::from("spec").key(option), value));
            let mut given = of_pipeline.into_iter().chain(of_steps);
            let Some((place, value)) = given.next() else { continue };
            if let Some((other_place, other)) = given.find(|(_, other)| *other != value) {
                let message = format!(
                    "{other} differs from {value} in {place}, and the functions of a Pipeline must agree; give it once, as spec.{option}"
                );
                return Err(ConfigError::new(other_place, message));
            }
            let value = value.clone();
            for step in &mut *steps {
                if step.options.knows(option) {
                    step.options.set(option, value.clone());
                }
            }
        }
        Ok(())
    }
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
        let mut schema = spec_schema::<PipelineSpec>(false);
        let items = &mut schema["properties"]["functions"]["items"];
        items["additionalProperties"] = false.into();
        items["properties"]["kind"]["enum"] = self.programs.iter().map(|program| program.kind()).collect();
        let schemas: Vec<_> = self.programs.iter().map(|program| program.spec_schema()).collect();
        for option in self.shared {
            let property = schemas.iter().find_map(|schema| schema["properties"].get(option));
            if let Some(property) = property {
                schema["properties"][*option] = property.clone();
            }
        }
        schema
    }

    fn arguments(&self) -> Vec<Arg> {
        Vec::new()
    }

    fn run(&self, options: Options, resources: &mut Resources, _: Option<&ArgMatches>) -> Result<Verdict, ConfigError> {
        let spec: PipelineSpec = options.typed()?;
        let steps = spec.functions.iter().enumerate().map(|(index, function)| self.step(index, function));
        let mut steps = steps.collect::<Result<Vec<_>, _>>()?;
        self.share(&options, &mut steps)?;
        let respelt = options.respelt.iter().map(|finding| (self.name, finding.clone())).collect();
        let mut verdict = Verdict { findings: respelt, succeeded: true, returns_nothing: false };
        for (index, mut step) in steps.into_iter().enumerate() {
            let about = |error: ConfigError| error.inside(FieldPath::from("spec.functions").index(index));
            step.options.inherit(&options);
            let of_step = step.program.run(step.options, resources, None).map_err(about)?;
            if of_step.returns_nothing {
                let message = "`Validators` cannot be wiredAs in a Pipeline, whose objects must come back; take it out";
                return Err(about(ConfigError::new("", message)));
            }
            verdict.findings.extend(of_step.findings);
            verdict.succeeded = of_step.succeeded;
            if !verdict.succeeded {
                break;
            }
        }
        verdict.findings.sort_by_key(|(_, finding)| finding.severity());
        Ok(verdict)
    }
}
