//! Several functions in a row, in one call of the host.

use std::cell::LazyCell;
use std::collections::HashSet;
use std::rc::Rc;

use clap::Arg;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::accept::{self, Accepted};
use crate::config::schema::spec_schema;
use crate::config::{API_VERSION, CommonSpec, ConfigError, Options};
use crate::field::FieldPath;
use crate::finding::{Finding, Findings, ObjectReference};
use crate::program::{Call, Program, Verdict, known_rules};
use crate::resource_list::Resources;
use crate::rule::{CommonRule, Rule, Severity, rules_of};
use crate::subcommand::Subcommand;

/// Several functions in a row, in one call of the host. They share the objects, which are read, written and checked once.
pub struct Pipeline<'p> {
    /// The name of the program.
    pub name: &'static str,
    /// The version of the program, as `1.2.3`.
    pub version: &'static str,
    /// The functions that a Pipeline can run.
    pub programs: Vec<&'p dyn Program>,
    /// The options that mean one thing for all functions: given once, they reach every function that has them.
    pub shared: &'static [&'static str],
    /// Which function must run before which, by their kinds.
    pub order: &'static [Order],
    /// The program's own subcommands.
    pub commands: &'static [&'static dyn Subcommand],
}

/// One function must run before another, which looks at what it made.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// The kind of the function that makes something.
    pub first: &'static str,
    /// The kind of the function that looks at it.
    pub then: &'static str,
    /// What is looked at, as in `the Ingresses that it makes`.
    pub what: &'static str,
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
    spec: Option<serde_json::Map<String, Value>>,
}

/// A function with the options it runs with.
struct Step<'p> {
    program: &'p dyn Program,
    options: Options,
    /// Where the Pipeline names it.
    place: FieldPath,
}

impl Step<'_> {
    /// Whether its function has an option of this name.
    fn knows(&self, option: &str) -> bool {
        self.program.spec_schema()["properties"].get(option).is_some()
    }
}

/// Where a Pipeline names a function.
fn place_of(index: usize) -> FieldPath {
    FieldPath::from("spec.functions").index(index)
}

impl<'p> Pipeline<'p> {
    fn step(&self, index: usize, function: &FunctionConfig) -> Result<Step<'p>, ConfigError> {
        let about = |error: ConfigError| error.inside(place_of(index));
        let program = self.programs.iter().copied().find(|program| program.kind() == function.kind);
        let program = program.ok_or_else(|| about(ConfigError::new("kind", "is no kind of a function")))?;
        let config = json!({"apiVersion": API_VERSION, "kind": function.kind, "spec": function.spec});
        let options = program.read(Some(&config)).map_err(about)?;
        Ok(Step { program, options, place: place_of(index) })
    }

    /// # Errors
    /// A generator that runs a second time: it would take out what it made the first time.
    fn check_generators(steps: &[Step<'_>]) -> Result<(), ConfigError> {
        for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.program.is_generator(None)) {
            if steps[..index].iter().any(|earlier| earlier.program.kind() == step.program.kind()) {
                let message =
                    "runs once in a Pipeline, because a second run takes out what the first one made; write one config";
                return Err(ConfigError::new(step.place.clone(), message));
            }
        }
        Ok(())
    }

    /// # Errors
    /// A function that comes after one that looks at what it makes.
    fn check_order(&self, steps: &[Step<'_>]) -> Result<(), ConfigError> {
        for Order { first, then, what } in self.order {
            let is_first = |step: &&Step<'_>| step.program.kind() == *first;
            let early = steps.iter().position(|step| step.program.kind() == *then);
            let late = early.and_then(|early| steps[early..].iter().find(is_first));
            if let Some(late) = late {
                let message = format!("`{first}` must come before `{then}`, which looks at {what}; change the order");
                return Err(ConfigError::new(late.place.clone(), message));
            }
        }
        Ok(())
    }

    /// Gives every function what the Pipeline, or one of the functions, says of a shared option.
    ///
    /// # Errors
    /// Two functions that say different things.
    fn share(&self, own: &Options, steps: &mut [Step<'_>]) -> Result<(), ConfigError> {
        for option in self.shared {
            let of_steps = steps
                .iter()
                .filter_map(|step| Some((step.place.clone().key("spec").key(option), step.options.get(option)?)));
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
                if step.knows(option) {
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
        // Made when they are looked at: each call needs a few of them, and the schema of a generator, the last, is large.
        let (generators, others): (Vec<&dyn Program>, Vec<_>) =
            self.programs.iter().copied().partition(|program| program.is_generator(None));
        let programs = others.into_iter().chain(generators);
        let schemas: Vec<_> = programs.map(|program| LazyCell::new(move || program.spec_schema())).collect();
        for option in self.shared {
            let property = schemas.iter().find_map(|schema| schema["properties"].get(option));
            if let Some(property) = property {
                schema["properties"][*option] = property.clone();
            }
        }
        schema
    }

    fn rules(&self) -> Vec<&'static Rule> {
        self.programs.iter().flat_map(|program| program.rules()).collect()
    }

    fn rule_examples(&self) -> Vec<[&'static str; 3]> {
        self.programs.iter().flat_map(|program| program.rule_examples()).collect()
    }

    fn arguments(&self) -> Vec<Arg> {
        Vec::new()
    }

    fn commands(&self) -> &'static [&'static dyn Subcommand] {
        self.commands
    }

    fn is_generator(&self, config: Option<&Value>) -> bool {
        let functions = config.and_then(|config| config.pointer("/spec/functions")).and_then(Value::as_array);
        let is_run = |kind: &str| functions.into_iter().flatten().any(|function| function["kind"] == kind);
        self.programs.iter().any(|program| program.is_generator(None) && is_run(program.kind()))
    }

    fn run(&self, call: Call<'_>, resources: &mut Resources) -> Result<Verdict, ConfigError> {
        let options = call.options;
        let spec: PipelineSpec = options.typed()?;
        let common: CommonSpec = options.typed()?;
        let rules = known_rules(&self.rules());
        let accepted = Accepted::of_config(&common.accept, &rules)?;
        let steps = spec.functions.iter().enumerate().map(|(index, function)| self.step(index, function));
        let mut steps = steps.collect::<Result<Vec<_>, _>>()?;
        self.share(&options, &mut steps)?;
        self.check_order(&steps)?;
        Self::check_generators(&steps)?;
        resources.serve_several();
        let mut own = Findings::default();
        own.extend(accept::unknown_rules(resources, &rules));
        let mut run = Run::default();
        let names: Vec<_> = steps.iter().map(|step| step.program.name()).collect();
        for (index, mut step) in steps.into_iter().enumerate() {
            step.options.inherit(&options);
            let unfinished = run.step(step, &accepted, resources)?;
            own.extend(not_judged(unfinished, names[index], &names[index + 1..]));
        }
        if common.strict {
            own.promote_warnings();
        }
        // See `Single::run` for why these two never fail a build.
        own.extend(options.respelt);
        own.extend(accepted.iter().filter_map(|accepted| accepted.unneeded()));
        let succeeded = run.succeeded && !own.has_errors();
        let own = own.reported(common.report.into()).into_iter().map(|finding| (self.name, finding));
        let mut findings: Vec<_> = own.chain(run.findings).collect();
        findings.sort_by_key(|(_, finding)| finding.severity());
        Ok(Verdict { findings, succeeded, returns_nothing: false })
    }
}

/// What the functions report that ran so far.
struct Run {
    findings: Vec<(&'static str, Finding)>,
    /// What the library reported for a function, to tell it once.
    common: HashSet<String>,
    succeeded: bool,
}

impl Default for Run {
    fn default() -> Self {
        Self { findings: Vec::new(), common: HashSet::new(), succeeded: true }
    }
}

impl Run {
    /// Runs a function.
    fn step(
        &mut self,
        step: Step<'_>,
        accepted: &[Rc<Accepted>],
        resources: &mut Resources,
    ) -> Result<Unfinished, ConfigError> {
        let Step { program, options, place } = step;
        let call = Call { options, arguments: None, accepted: accepted.to_vec() };
        let verdict = match program.run(call, resources) {
            Ok(verdict) => verdict,
            Err(error) => {
                self.add(program.name(), Finding::new(CommonRule::InvalidConfig, error.inside(place).to_string()));
                self.succeeded = false;
                resources.note_all_refused();
                return Ok(Unfinished::Everything);
            }
        };
        if verdict.returns_nothing {
            let message = "`Validators` cannot be wiredAs in a Pipeline, whose objects must come back; take it out";
            return Err(ConfigError::new("", message).inside(place));
        }
        self.succeeded &= verdict.succeeded;
        let refused = verdict.findings.iter().filter(|(_, finding)| finding.is_refusal());
        let mut refused: Vec<_> = refused.filter_map(|(_, finding)| finding.object().cloned()).collect();
        refused.dedup();
        for (name, finding) in verdict.findings {
            self.add(name, finding);
        }
        Ok(Unfinished::Objects(refused))
    }

    /// Several functions may look at one field and find it malformed.
    fn add(&mut self, name: &'static str, finding: Finding) {
        let is_change = finding.severity() == Severity::Info;
        let is_common = !is_change && rules_of::<CommonRule>().any(|rule| rule == finding.rule());
        if !is_common || self.common.insert(finding.to_string()) {
            self.findings.push((name, finding));
        }
    }
}

/// What a function leaves undone, so that those behind it see something else than they would.
enum Unfinished {
    /// It did not run.
    Everything,
    /// It refused these objects.
    Objects(Vec<ObjectReference>),
}

/// What functions could not judge, since one before them left it undone.
fn not_judged(unfinished: Unfinished, by: &str, later: &[&str]) -> Vec<Finding> {
    let Some((last, others)) = later.split_last() else { return Vec::new() };
    let later = if others.is_empty() { format!("`{last}`") } else { format!("`{}` and `{last}`", others.join("`, `")) };
    let finding = |why: &str| {
        let message = format!("{later} saw {why}; what they report may change when that is corrected");
        Finding::new(CommonRule::NotJudged, message)
    };
    match unfinished {
        Unfinished::Everything => vec![finding(&format!("the objects as they were before `{by}`, which did not run"))],
        Unfinished::Objects(objects) => {
            let why = format!("it as it is, since `{by}` refused it");
            objects.into_iter().map(|object| finding(&why).on(object)).collect()
        }
    }
}
