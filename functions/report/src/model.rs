//! What a report says. Every format shows this and nothing else.
//!
//! Nothing in it differs from run to run: the same repository and the same programs give the same bytes.

use std::collections::BTreeMap;

use krm::finding::ObjectReference;
use krm::rule::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `apiVersion` of a report.
pub const API_VERSION: &str = krm::config::API_VERSION;
/// `kind` of a report.
pub const KIND: &str = "Report";

/// What is known of the applications of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assessment {
    /// `replatform.dev/v1alpha1`.
    pub api_version: String,
    /// `Report`.
    pub kind: String,
    /// What made the report.
    pub tool: Tool,
    /// The figures over all.
    pub summary: Summary,
    /// The figures of each application, in the order of their paths.
    pub applications: Vec<Application>,
    /// The paths of the applications that were left out on request.
    #[serde(default)]
    pub excluded: Vec<String>,
    /// What was found, the worst first. What several applications take from the same place is one finding.
    pub findings: Vec<Finding>,
    /// The rules that were found, those of most findings first.
    pub rules: Vec<RuleUse>,
}

/// What made a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// The name of the program.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What built the applications, with its version: `kustomize v5.8.1`.
    pub builder: String,
}

/// Figures over all applications. Findings that applications share are counted once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The number of applications.
    pub applications: usize,
    /// How many of them do not build.
    pub failed: usize,
    /// How many have something to do: an error, or a build that fails.
    pub with_work: usize,
    /// How many build without any function. Nothing is known of these.
    #[serde(default)]
    pub not_adapted: usize,
    /// How many build with functions that do not see all of their objects. Nothing is known of the others.
    #[serde(default)]
    pub partly_adapted: usize,
    /// How many build with functions, but without the check for what is left of the old platform.
    #[serde(default)]
    pub unchecked: usize,
    /// How many build with functions that had nothing to change or to report.
    pub untouched: usize,
    /// The number of objects in all builds.
    pub objects: usize,
    /// How many of them a function changed or made.
    pub adapted: usize,
    /// The number of findings of each kind.
    #[serde(flatten)]
    pub counts: Counts,
    /// The effort of all findings; see the README for the formula.
    pub effort: u64,
    /// How the findings compare to those of a baseline, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Comparison>,
}

/// The answer to the question of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is work.
    NotYet,
    /// There is no work as far as was looked, and not all was looked at.
    NotKnown,
    /// All was looked at, and there is no work.
    Yes,
}

impl Summary {
    /// The answer. What was not looked at never counts as a yes.
    pub fn verdict(&self) -> Verdict {
        match (self.failed + self.counts.errors, self.counts.unknown) {
            (0, 0) => Verdict::Yes,
            (0, _) => Verdict::NotKnown,
            _ => Verdict::NotYet,
        }
    }
}

/// Numbers of findings. A finding is counted in one of them, and in `leftovers` besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// What stops a build: work.
    pub errors: usize,
    /// What was not looked at, so that nothing is known of it.
    #[serde(default)]
    pub unknown: usize,
    /// What asks for a decision.
    pub warnings: usize,
    /// Errors and warnings about what is left of the old platform.
    pub leftovers: usize,
    /// What a person accepted, with a reason.
    pub accepted: usize,
    /// Facts worth knowing.
    pub notes: usize,
}

/// How findings compare to those of an earlier report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Errors and warnings that the baseline does not have, or has as something less severe.
    pub new: usize,
    /// Errors and warnings that the baseline has.
    pub known: usize,
    /// Errors and warnings of the baseline that are no more, an object each.
    pub gone: usize,
}

/// An application: a kustomization that is built by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Its directory, from that of the repository; `.` is the repository itself.
    pub path: String,
    /// The Argo CD Applications and the like that name the directory.
    pub names: Vec<String>,
    /// Why it does not build; left out if it does. The figures of a build that failed are a minimum: what comes
    /// after the failure was not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The numbers of objects by kind.
    pub objects: BTreeMap<String, usize>,
    /// Whether functions ran on it.
    #[serde(default)]
    pub functions_ran: Ran,
    /// The names of the functions that its kustomizations list, or that the Pipeline has.
    #[serde(default)]
    pub functions: Vec<String>,
    /// What functions adapted.
    pub adapted: Vec<Adaptation>,
    /// The number of objects that a function changed or made.
    pub adapted_objects: usize,
    /// The numbers of findings. Those that it shares with others count in each.
    #[serde(flatten)]
    pub counts: Counts,
    /// Its effort; see the README for the formula. Left out where no function ran, so that it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<u64>,
    /// The objects that differ before and after the functions; empty if that was not asked for.
    pub changes: Vec<Change>,
}

impl Application {
    /// The number of its objects.
    pub fn object_count(&self) -> usize {
        self.objects.values().sum()
    }

    /// Whether functions ran on it, in a word; `-` where it does not build.
    pub fn ran_name(&self) -> &'static str {
        if self.failure.is_some() { "-" } else { self.functions_ran.name() }
    }

    /// Whether it builds with functions, and none of them changed or reported anything.
    pub fn is_untouched(&self) -> bool {
        self.failure.is_none()
            && matches!(self.functions_ran, Ran::All)
            && self.adapted.is_empty()
            && self.changes.is_empty()
            && self.counts == Counts::default()
    }
}

/// Whether functions ran on an application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ran {
    /// They ran on all of its objects.
    #[default]
    All,
    /// They ran on some of its objects.
    Some,
    /// None ran.
    None,
    /// None has to run: it builds only what Argo CD itself reads, as Applications.
    Unneeded,
}

impl Ran {
    /// The word for it in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "ran",
            Self::Some => "part",
            Self::None => "none",
            Self::Unneeded => "-",
        }
    }
}

/// What a function adapted in an application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Adaptation {
    /// The name of the function.
    pub function: String,
    /// The number of objects in which it changed, added or removed fields.
    pub changed: usize,
    /// The number of those fields.
    pub fields: usize,
    /// The number of objects that it added.
    pub added: usize,
    /// The number of objects that it removed.
    pub removed: usize,
    /// The number of objects in the place of which it put another.
    pub replaced: usize,
}

/// An object that differs before and after the functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The object.
    pub object: ObjectReference,
    /// What became of it.
    pub outcome: Outcome,
    /// The functions that say so; empty if none tells.
    pub functions: Vec<String>,
    /// A unified diff. Values that may be secret are not shown.
    pub diff: String,
}

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is there before and after.
    Changed,
    /// It is there only after.
    Added,
    /// It is there only before.
    Removed,
}

/// What a finding means for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A build that fails without a finding of a function.
    Failure,
    /// What stops a build: work.
    Error,
    /// What was not looked at.
    Unknown,
    /// What asks for a decision.
    Warning,
    /// What a person accepted.
    Accepted,
    /// A fact worth knowing.
    Note,
}

impl Class {
    /// All of them, the worst first.
    pub const ALL: [Self; 6] = [Self::Failure, Self::Error, Self::Unknown, Self::Warning, Self::Accepted, Self::Note];

    /// Whether something is to be done or decided.
    pub fn is_open(self) -> bool {
        self.severity() != Severity::Info
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::Failure | Self::Error => Severity::Error,
            Self::Unknown | Self::Warning => Severity::Warning,
            Self::Accepted | Self::Note => Severity::Info,
        }
    }

    /// The name in the table of weights, as `failure`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Accepted => "accepted",
            Self::Note => "note",
        }
    }
}

/// Something that was found: in one application, or in several that take it from the same place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// A fingerprint of rule, file, object and field. It stays when the wording of messages or the lines of files change.
    pub id: String,
    /// What it means.
    pub class: Class,
    /// The name of the function.
    pub function: String,
    /// The id of the rule.
    pub rule: String,
    /// Whether it is about what is left of the old platform.
    pub leftover: bool,
    /// The object, as the first application builds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectReference>,
    /// The path of the field, as `spec.to.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Where it is written.
    pub location: Location,
    /// What is the case and what to do about it, as the first application reports it.
    pub message: String,
    /// What the rule says is to be done.
    pub remedy: String,
    /// The reason why a person accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// Whether the baseline does not have it; left out without a baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<bool>,
    /// Where it occurs: an application each.
    pub occurrences: Vec<Occurrence>,
}

/// A place in a file of the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The path of the file, from the directory of the repository. It is the kustomization of the application where the file of
    /// the object is not known.
    pub file: String,
    /// The line, counted from one; the first where nothing better is known.
    pub line: usize,
    /// The object as the file names it, where a function gave it another kind: `DeploymentConfig web`. A patch has to name it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

/// A finding in an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Occurrence {
    /// The path of the application; left out for what is found in the repository as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The object, if the application builds it under another name or namespace than the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectReference>,
    /// The message, if it differs from that of the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How often a rule was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleUse {
    /// The name of the function.
    pub function: String,
    /// The id of the rule.
    pub rule: String,
    /// What its worst finding means.
    pub class: Class,
    /// What the rule finds.
    pub about: String,
    /// What is to be done.
    pub remedy: String,
    /// The number of findings that are open.
    pub open: usize,
    /// The number of findings that are accepted, or notes.
    pub settled: usize,
    /// The number of applications that have one.
    pub applications: usize,
}

impl Assessment {
    /// The applications, those of most effort first, and those whose effort is not known last.
    pub fn ranking(&self) -> Vec<&Application> {
        let mut ranking: Vec<_> = self.applications.iter().collect();
        // No effort is less than any.
        ranking.sort_by_key(|application| std::cmp::Reverse(application.effort));
        ranking
    }
}
