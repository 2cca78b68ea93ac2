//! Functions that pass objects on: what a build is without their work.

use clap::Arg;
use serde_json::Value;

use crate::config::{CheckSpec, ConfigError, Options, WiredAs};
use crate::program::{Call, Program, Verdict};
use crate::resource_list::Resources;
use crate::rule::Rule;

/// A program that is called as another and changes and reports nothing.
///
/// Called without objects it works as the other does, since what makes objects out of its config alone is a generator.
pub struct Passing<'p>(pub &'p dyn Program);

impl Program for Passing<'_> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn version(&self) -> &'static str {
        self.0.version()
    }

    fn about(&self) -> &'static str {
        self.0.about()
    }

    fn spec_schema(&self) -> Value {
        self.0.spec_schema()
    }

    fn fits(&self, options: &Value) -> bool {
        self.0.fits(options)
    }

    fn rules(&self) -> Vec<&'static Rule> {
        self.0.rules()
    }

    fn rule_examples(&self) -> Vec<[&'static str; 3]> {
        self.0.rule_examples()
    }

    fn arguments(&self) -> Vec<Arg> {
        self.0.arguments()
    }

    fn run(&self, call: Call<'_>, resources: &mut Resources) -> Result<Verdict, ConfigError> {
        if resources.iter().next().is_none() {
            return self.0.run(call, resources);
        }
        // A list of validators takes back what a function returns for a change.
        let returns_nothing = call.options.typed::<CheckSpec>()?.wired_as == WiredAs::Validators;
        Ok(Verdict { findings: Vec::new(), succeeded: true, returns_nothing })
    }

    /// The options, as far as they can be used: a config that cannot be is no matter of what was before.
    fn read(&self, config: Option<&Value>) -> Result<Options, ConfigError> {
        self.0.read(config).or_else(|_| self.0.read(None))
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::finding::{Finding, Findings};
    use crate::function::{Function, Role};
    use crate::host;
    use crate::program::Single;
    use crate::rule::CommonRule;

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Spec {}

    /// Labels every object, and finds fault with it.
    struct Labels;

    impl Function for Labels {
        type Spec = Spec;
        type Rule = CommonRule;
        const NAME: &'static str = "labels";
        const KIND: &'static str = "Labels";
        const VERSION: &'static str = "1";
        const ABOUT: &'static str = "Labels.";
        const ROLE: Role = Role::Validator;
        const RULE_EXAMPLES: &'static str = "";

        fn run(_: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
            findings.push(Finding::new(CommonRule::MalformedField, "ran"));
            for id in resources.ids_of("", "Service") {
                resources.edit(id)["metadata"]["labels"]["a"] = "b".into();
            }
            Ok(())
        }
    }

    fn list(items: &str, spec: &str) -> String {
        format!(
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: {items}\n\
             functionConfig: {{apiVersion: replatform.dev/v1alpha1, kind: Labels, metadata: {{name: l}}, spec: {spec}}}\n"
        )
    }

    fn passed(stdin: &str) -> host::Outcome {
        let call = host::Call { arguments: vec!["labels".into()], stdin: Some(stdin.into()), ..host::Call::default() };
        let labels = Single::<Labels>::new();
        host::run_of(&[&Passing(&labels)], call)
    }

    const SERVICE: &str = "[{apiVersion: v1, kind: Service, metadata: {name:   web}}]";

    #[test]
    fn every_byte_passes_and_nothing_is_said_whatever_the_config() {
        for spec in ["{}", "{unknown: 1}", "[]", "{strict: true}"] {
            let input = list(SERVICE, spec);
            let outcome = passed(&input);
            assert_eq!((outcome.stdout, outcome.stderr, outcome.succeeded), (input, String::new(), true), "{spec}");
        }
    }

    #[test]
    fn a_validator_returns_nothing() {
        let outcome = passed(&list(SERVICE, "{wiredAs: Validators}"));
        assert!(outcome.succeeded && outcome.stdout.contains("items: []"), "{}", outcome.stdout);
    }

    #[test]
    fn without_objects_the_function_works() {
        let outcome = passed(&list("[]", "{}"));
        assert!(outcome.stderr.contains("ran"), "{}", outcome.stderr);
    }
}
