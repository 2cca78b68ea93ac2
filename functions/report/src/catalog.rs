//! What is known of functions and their rules. A report knows no function; whoever makes one brings this.

use std::collections::BTreeMap;

use krm::program::Program;
use krm::rule::{CommonRule, Rule, RuleSet};

krm::rules! {
    /// What a report itself finds.
    pub enum ReportRule {
        /// An application does not build, and no function says why.
        BuildFailed("build-failed", Error, Binding, "Correct what kustomize says, and report again."),
        /// No function ran on an application, or on a part of its objects, so nothing is known of these. They are as the old
        /// platform has them.
        NotAdapted(
            "not-adapted", Warning, Binding,
            "List the functions under `transformers:`, as `replatform init` does; give a Pipeline by `--pipeline`; or, if it \
             is not meant for the new cluster, leave it out by `--exclude`."
        ),
        /// An object has a name that is still to be decided: `init` writes `to-be-decided.invalid` where it cannot know.
        Undecided(
            "undecided", Error, Binding,
            "Look for `To decide:` in the function configs, and write what is right for the new cluster."
        ),
        /// Something of the repository could not be looked at.
        NotLookedAt("not-looked-at", Warning, Binding, "Do what the message says, or give the directories to report on."),
        /// An annotation has kustomize start a function as a program. kubectl, and a kustomize without `--enable-exec`, skip
        /// such a function and exit with 0: a generator makes no object there, and a transformer changes none.
        SkippedInSilence(
            "skipped-in-silence", Warning, Binding,
            "Wire the function as a plugin: take out the annotation, and set `KUSTOMIZE_PLUGIN_HOME`. A plugin that is not \
             found fails the build."
        ),
        /// An object of the build has an annotation by which kustomize adds a hash to a name or merges objects. It reads them
        /// on objects of generators alone, so this object has neither happened to it.
        UnreadAnnotation(
            "unread-annotation", Warning, Binding,
            "List the function that makes the object under `generators:`, or use `configMapGenerator` or `secretGenerator`; \
             else take the annotation out."
        ),
    }
}

/// The name under which a report says what it finds itself.
pub const OWN_NAME: &str = "report";

/// Functions and their rules.
pub struct Catalog {
    /// The name of the function whose findings are what is left of the old platform.
    leftovers: &'static str,
    functions: BTreeMap<&'static str, &'static str>,
    /// The name of the function whose configs are of a kind.
    names: BTreeMap<&'static str, &'static str>,
    rules: BTreeMap<&'static str, &'static Rule>,
}

impl Catalog {
    /// The catalogue of these programs. What `leftovers` reports is what is left of the old platform.
    pub fn new(programs: &[&dyn Program], leftovers: &'static str) -> Self {
        let of_functions = programs.iter().flat_map(|program| program.rules());
        let common = CommonRule::ALL.iter().map(|rule| rule.rule());
        let own = ReportRule::ALL.iter().map(|rule| rule.rule());
        Self {
            leftovers,
            functions: programs.iter().map(|program| (program.name(), program.about())).collect(),
            names: programs.iter().map(|program| (program.kind(), program.name())).collect(),
            rules: of_functions.chain(common).chain(own).map(|rule| (rule.id, rule)).collect(),
        }
    }

    /// The name of the function whose configs are of this kind; the kind itself if it is not known.
    pub fn name_of<'k>(&self, kind: &'k str) -> &'k str {
        self.names.get(kind).copied().unwrap_or(kind)
    }

    /// Whether what a function reports is what is left of the old platform.
    pub fn is_leftover(&self, function: &str) -> bool {
        function == self.leftovers
    }

    /// What a function does; nothing of one that is not known.
    pub fn about(&self, function: &str) -> Option<&'static str> {
        self.functions.get(function).copied()
    }

    /// A rule by its id; `None` if another version of the functions made the finding.
    pub fn rule(&self, id: &str) -> Option<&'static Rule> {
        self.rules.get(id).copied()
    }
}
