//! What functions report about: rules, each with a name that stays.
//!
//! A rule is API: people accept findings by its id, and programs count by it. The wording of a message is not.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad a finding is. An error fails the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The result would be wrong or incomplete.
    Error,
    /// The result is usable, but behaves differently or needs a look.
    Warning,
    /// What was changed, or a fact worth knowing.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// Whether people can accept what a rule reports; see [`accept`](crate::accept).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// The build is usable as it is. An accepted finding becomes an info.
    Acceptable,
    /// There is nothing that the build could fall back to, or nothing to accept in an info.
    Binding,
}

/// A rule: what all findings about one kind of matter have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name in kebab-case. It never changes, and no other function has a rule of this name.
    pub id: &'static str,
    /// How bad a finding is where the function does not say otherwise.
    pub severity: Severity,
    /// Whether people can accept it.
    pub acceptance: Acceptance,
    /// What is found, in a sentence or two.
    pub summary: &'static str,
    /// What to do about it, in a sentence or two.
    pub remedy: &'static str,
}

impl Rule {
    /// Whether people can accept what it reports.
    pub fn is_acceptable(&self) -> bool {
        self.acceptance == Acceptance::Acceptable
    }
}

/// The rules of a function; [`rules!`](crate::rules) makes one.
pub trait RuleSet: Copy + 'static {
    /// All of them, in the order of the documents.
    const ALL: &'static [Self];

    /// What the rule is.
    fn rule(self) -> &'static Rule;
}

/// The rules of a set.
pub(crate) fn rules_of<R: RuleSet>() -> impl Iterator<Item = &'static Rule> {
    R::ALL.iter().map(|rule| rule.rule())
}

/// Makes the rules of a function: an enum and what is to be known about each. The doc comment of a rule says what is
/// found; after its id come the severity, whether the finding can be accepted, and the remedy.
///
/// ```
/// krm::rules! {
///     /// What image-map reports.
///     pub enum Rule {
///         /// An image comes from a registry that no option maps.
///         UnmappedRegistry("unmapped-registry", Warning, Acceptable, "Map the registry in `spec.registries`."),
///     }
/// }
/// use krm::rule::RuleSet;
/// assert_eq!(Rule::UnmappedRegistry.rule().id, "unmapped-registry");
/// ```
#[macro_export]
macro_rules! rules {
    (
        $(#[$about:meta])*
        $visibility:vis enum $name:ident {
            $(
                $(#[doc = $summary:literal])+
                $rule:ident($id:literal, $severity:ident, $acceptance:ident, $remedy:literal),
            )*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $visibility enum $name {
            $(
                $(#[doc = $summary])+
                $rule,
            )*
        }

        impl $crate::rule::RuleSet for $name {
            const ALL: &'static [Self] = &[$(Self::$rule),*];

            fn rule(self) -> &'static $crate::rule::Rule {
                match self {
                    $(
                        Self::$rule => &$crate::rule::Rule {
                            id: $id,
                            severity: $crate::rule::Severity::$severity,
                            acceptance: $crate::rule::Acceptance::$acceptance,
                            summary: concat!($($summary),+),
                            remedy: $remedy,
                        },
                    )*
                }
            }
        }
    };
}

rules! {
    /// What the library itself reports, for every function.
    pub enum CommonRule {
        /// A function changed a field.
        Changed("changed", Info, Binding, "Nothing is to be done."),
        /// A function added an object, or a field.
        Added("added", Info, Binding, "Nothing is to be done."),
        /// A function removed an object, or a field.
        Removed("removed", Info, Binding, "Nothing is to be done."),
        /// A function put another object in the place of one.
        Replaced("replaced", Info, Binding, "Nothing is to be done."),
        /// A field does not have the form that the API of the object demands, so no function understands it.
        MalformedField("malformed-field", Warning, Acceptable, "Correct the field; the API server would refuse it."),
        /// A value must change, but the text where it is written does not allow that.
        UnchangeableText("unchangeable-text", Error, Binding, "Write the value out where the message says."),
        /// An object must go, but other objects use a YAML anchor in it.
        AnchorInUse("anchor-in-use", Error, Binding, "Write the value out where the alias is."),
        /// A document is no object: it has no kind or no name. No function looks at it.
        NoObject("no-object", Warning, Binding, "Give it a kind and a name, or take it out of the manifests."),
        /// A directory holds files that are no manifests. They are not read.
        SkippedFiles("skipped-files", Info, Binding, "Name a file to work on it."),
        /// Nothing is left of the build. Hosts delete what a build does not name.
        EmptyBuild("empty-build", Error, Binding, "Take the function out of this build."),
        /// An option is written in a spelling of an earlier version.
        FormerSpelling("former-spelling", Warning, Binding, "Write the present spelling, which the message names."),
        /// A config of a function is one of the objects of the build, so that it would go to the cluster.
        StrayConfig(
            "stray-config",
            Warning,
            Acceptable,
            "List it under `transformers:` and not under `resources:`; in a kpt package, mark it `config.kubernetes.io/local-config`."
        ),
        /// A checking function returned no object, because its config says `wiredAs: Validators`.
        ReturnsNothing(
            "returns-nothing",
            Info,
            Binding,
            "Nothing is to be done under `validators:`. Under `transformers:`, take `wiredAs` out."
        ),
        /// The functionConfig cannot be used.
        InvalidConfig("invalid-config", Error, Binding, "Correct the option that the message names."),
        /// The input is not what the function can work on.
        InvalidInput("invalid-input", Error, Binding, "Correct the text that the message names, or give another."),
        /// The output or the file of findings cannot be written.
        UnwritableOutput("unwritable-output", Error, Binding, "Make room, or give another place to write to."),
        /// The program has a fault. Nothing was written.
        InternalError("internal-error", Error, Binding, "Report the message together with the input that leads to it."),
        /// An acceptance gives no reason, or its line is not `RULE: reason`.
        AcceptanceWithoutReason("acceptance-without-reason", Error, Binding, "Write `RULE: reason` in a line of its own."),
        /// An acceptance names a rule whose findings cannot be accepted.
        BindingRule("binding-rule", Error, Binding, "Take the acceptance out, and do what the finding says."),
        /// An acceptance names a rule that there is not.
        UnknownRule("unknown-rule", Warning, Binding, "Correct the id; `explain` lists the rules."),
        /// An acceptance accepts nothing, since there is no such finding.
        UnneededAcceptance("unneeded-acceptance", Warning, Binding, "Take the acceptance out."),
        /// A function of a Pipeline saw an object that a function before it refused, and not what it becomes.
        NotJudged("not-judged", Warning, Binding, "Correct the errors of the earlier function, and build again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_what_it_is_written_with() {
        let rule = CommonRule::MalformedField.rule();
        assert_eq!((rule.id, rule.severity, rule.is_acceptable()), ("malformed-field", Severity::Warning, true));
        assert!(rule.summary.trim().ends_with("understands it."), "{}", rule.summary);
        assert_eq!(rules_of::<CommonRule>().count(), CommonRule::ALL.len());
    }
}
