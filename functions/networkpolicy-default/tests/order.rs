//! What comes before the function: ways into the cluster that earlier functions replace.

use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::function::{Function, Role};
use krm::host::{Call, run_of};
use krm::pipeline::Pipeline;
use krm::program::{Program, Single};
use krm::resource_list::Resources;
use networkpolicy_default::NetworkPolicyDefault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
struct NoOptions {}

krm::rules! {
    /// What the earlier function reports.
    enum EarlierRule {
        /// A Route cannot become anything else.
        Refused("earlier-refused", Error, Binding, "Remove the Route."),
    }
}

/// A function that refuses every Route but the one named `fine`.
struct Earlier;

impl Function for Earlier {
    type Spec = NoOptions;
    type Rule = EarlierRule;
    const NAME: &'static str = "earlier";
    const KIND: &'static str = "Earlier";
    const VERSION: &'static str = "0";
    const ABOUT: &'static str = "Refuses Routes.";
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = "rule\tcase\tfinding\n";

    fn run(_: &NoOptions, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        for item in resources.iter().filter(|item| item.kind() == "Route" && item.name() != "fine") {
            findings.push(Finding::new(EarlierRule::Refused, "is refused").on(item));
        }
        Ok(())
    }
}

const PROGRAMS: &[&dyn Program] = &[&Single::<Earlier>::new(), &Single::<NetworkPolicyDefault>::new()];

/// The errors of a Pipeline of these functions over a build with two Routes: function, rule, object.
fn errors(functions: &[&str]) -> Vec<(&'static str, &'static str, String)> {
    let route = |name: &str| {
        format!("- apiVersion: route.openshift.io/v1\n  kind: Route\n  metadata: {{name: {name}, namespace: shop}}\n")
    };
    let functions: String = functions.iter().map(|kind| format!("    - kind: {kind}\n")).collect();
    let list = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{}{}functionConfig:\n  apiVersion: \
         replatform.dev/v1alpha1\n  kind: Pipeline\n  metadata: {{name: p}}\n  spec:\n    functions:\n{functions}",
        route("web"),
        route("fine"),
    );
    let pipeline =
        Pipeline { name: "p", version: "0", programs: PROGRAMS.to_vec(), shared: &[], order: &[], commands: &[] };
    let outcome = run_of(&[&pipeline], Call { stdin: Some(list.into_bytes()), ..Call::default() });
    assert!(!outcome.succeeded, "{outcome:?}");
    let errors = outcome.findings.iter().filter(|(_, finding)| finding.severity() == krm::rule::Severity::Error);
    let object = |finding: &Finding| finding.object().map(ToString::to_string).unwrap_or_default();
    errors.map(|(function, finding)| (*function, finding.rule().id, object(finding))).collect()
}

#[test]
fn what_an_earlier_function_refused_is_not_reported_once_more() {
    let web = || "Route shop/web".to_owned();
    let fine = || "Route shop/fine".to_owned();
    let own = |object| ("networkpolicy-default", "route-not-adapted", object);
    assert_eq!(errors(&["NetworkPolicyDefault"]), [own(web()), own(fine())]);
    assert_eq!(errors(&["Earlier", "NetworkPolicyDefault"]), [("earlier", "earlier-refused", web()), own(fine())]);
}
