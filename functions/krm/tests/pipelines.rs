//! Several functions in one call, tried with small ones: one that labels every ConfigMap or refuses it, and one that looks
//! at the outcome.

use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::function::{Function, Role};
use krm::host::{Call, Outcome, run_of};
use krm::pipeline::{Order, Pipeline};
use krm::program::Single;
use krm::resource_list::Resources;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    /// A label that must not be empty.
    label: Option<String>,
}

krm::rules! {
    /// What `maker` reports.
    enum MakerRule {
        /// A ConfigMap is refused.
        Refused("refused", Error, Acceptable, "Take its name away."),
    }
}

krm::rules! {
    /// What `looker` reports.
    enum LookerRule {
        /// A ConfigMap has no label.
        Unlabelled("unlabelled", Error, Binding, "Run `maker` before."),
    }
}

struct Maker;

impl Function for Maker {
    type Spec = Spec;
    type Rule = MakerRule;
    const NAME: &'static str = "maker";
    const KIND: &'static str = "Maker";
    const VERSION: &'static str = "1.2.3";
    const ABOUT: &'static str = "Labels every ConfigMap but those that it refuses.";
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = "rule\tcase\tfinding\n";

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        if spec.label.as_deref() == Some("") {
            return Err(ConfigError::new("spec.label", "must not be empty"));
        }
        for id in resources.ids_of("", "ConfigMap") {
            if resources.get(id).name().starts_with("bad") {
                findings.push(Finding::new(MakerRule::Refused, "is refused").on(resources.get(id)));
            } else {
                resources.edit(id)["metadata"]["labels"]["seen"] = "yes".into();
            }
        }
        Ok(())
    }
}

struct Looker;

impl Function for Looker {
    type Spec = Spec;
    type Rule = LookerRule;
    const NAME: &'static str = "looker";
    const KIND: &'static str = "Looker";
    const VERSION: &'static str = "1.2.3";
    const ABOUT: &'static str = "Looks for labels.";
    const ROLE: Role = Role::Validator;
    const RULE_EXAMPLES: &'static str = "rule\tcase\tfinding\n";

    fn run(_: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let unlabelled = resources.iter().filter(|item| item.value()["metadata"]["labels"].is_null());
        let unlabelled = unlabelled.filter(|item| !resources.is_refused(item));
        findings.extend(unlabelled.map(|item| Finding::new(LookerRule::Unlabelled, "has no label").on(item)));
        Ok(())
    }
}

fn run(names: &[&str], spec: &str) -> Outcome {
    let object = |name: &&str| format!("- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: {name}}}\n");
    run_on(&names.iter().map(object).collect::<String>(), spec)
}

fn run_on(items: &str, spec: &str) -> Outcome {
    let (maker, looker) = (Single::<Maker>::new(), Single::<Looker>::new());
    let pipeline = Pipeline {
        name: "row",
        version: "1.2.3",
        programs: vec![&maker, &looker],
        shared: &[],
        order: &[Order { first: "Maker", then: "Looker", what: "the labels that it makes" }],
        commands: &[],
    };
    let list = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}functionConfig:\n  apiVersion: \
         replatform.dev/v1alpha1\n  kind: Pipeline\n  metadata: {{name: x}}\n  spec: {spec}\n"
    );
    run_of(&[&pipeline], Call { stdin: Some(list.into_bytes()), ..Call::default() })
}

const BOTH: &str = "{functions: [{kind: Maker}, {kind: Looker}]}";

#[test]
fn all_functions_report_before_the_build_fails() {
    let outcome = run(&["bad-one", "good"], "{functions: [{kind: Looker, spec: {}}]}");
    assert_eq!(outcome.stderr.matches("has no label").count(), 2, "{}", outcome.stderr);
    let outcome = run(&["bad-one", "good"], BOTH);
    assert!(!outcome.succeeded);
    // The good one is looked at as it would be. The report says that the bad one could not be judged.
    assert_eq!(
        outcome.stderr,
        "maker: error: ConfigMap bad-one: is refused [refused]\n\
         row: warning: ConfigMap bad-one: `looker` saw it as it is, since `maker` refused it; what they report may change when \
         that is corrected [not-judged]\n"
    );
    assert!(!outcome.stdout.contains("seen"), "{}", outcome.stdout);
}

#[test]
fn what_a_function_with_a_wrong_config_would_have_done_is_not_missed() {
    let outcome = run(&["good"], "{functions: [{kind: Maker, spec: {label: ''}}, {kind: Looker}]}");
    assert!(!outcome.succeeded);
    assert_eq!(
        outcome.stderr,
        "maker: error: functionConfig: spec.functions[0]: spec.label: must not be empty [invalid-config]\n\
         row: warning: `looker` saw the objects as they were before `maker`, which did not run; what they report may change \
         when that is corrected [not-judged]\n"
    );
}

#[test]
fn a_function_does_not_come_before_one_whose_work_it_looks_at() {
    let outcome = run(&["good"], "{functions: [{kind: Looker}, {kind: Maker}]}");
    assert_eq!(
        outcome.stderr,
        "row: error: functionConfig: spec.functions[1]: `Maker` must come before `Looker`, which looks at the labels that it \
         makes; change the order [invalid-config]\n"
    );
}

#[test]
fn a_pipeline_accepts_for_all_its_functions() {
    let accept = |entries: &str| format!("{{functions: [{{kind: Maker}}, {{kind: Looker}}], accept: [{entries}]}}");
    let accepted = run(&["bad-one"], &accept("{rule: refused, object: ConfigMap bad-*, reason: it stays}"));
    assert!(accepted.stderr.contains("info: ConfigMap bad-one: is refused; accepted: it stays [refused]"));
    for (entries, expected) in [
        (
            "{rule: refused, object: ConfigMap x, reason: r}",
            "row: warning: spec.accept[0]: accepts `refused`, but there is no",
        ),
        (
            "{rule: refussd, object: '*', reason: r}",
            "row: error: functionConfig: spec.accept[0].rule: `refussd` is no rule; did",
        ),
        ("{rule: unlabelled, object: '*', reason: r}", "spec.accept[0].rule: `unlabelled` cannot be accepted"),
    ] {
        let outcome = run(&["good"], &accept(entries));
        assert!(outcome.stderr.contains(expected), "{entries}: {}", outcome.stderr);
    }
}

#[test]
fn a_rule_that_no_function_has_is_told_once() {
    let items = "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a, annotations: {replatform.dev/accept: 'nonsense: r'}}\n";
    let outcome = run_on(items, BOTH);
    let expected = "`nonsense` is no rule here; `explain` lists the rules [unknown-rule]\n";
    assert_eq!(outcome.stderr.matches("unknown-rule").count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
}
