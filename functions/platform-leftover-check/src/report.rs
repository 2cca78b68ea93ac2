//! What the checks of one object share: what they know, and where they report.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use krm::rule::Severity;
use manifests::images::Prefix;

use crate::build::Build;
use crate::config::Spec;
use crate::rule::Rule;
use crate::served::Served;

/// What the checks know.
pub(crate) struct Context<'c> {
    /// The options.
    pub(crate) spec: &'c Spec,
    /// The registries that the cluster does not pull from.
    pub(crate) registries: &'c [Prefix],
    /// What the build makes.
    pub(crate) build: &'c Build,
    /// What the cluster serves.
    pub(crate) served: &'c Served<'c>,
}

/// The checks of one object.
pub(crate) struct Report<'r> {
    /// What the checks know.
    pub(crate) context: &'r Context<'r>,
    /// The object.
    pub(crate) item: &'r Item,
    /// Whether an earlier function of a Pipeline refused the object, and so reported what it does not translate.
    pub(crate) is_refused: bool,
    findings: &'r mut Findings,
    /// The fields whose values say enough.
    settled: Vec<FieldPath>,
}

/// What is the case, wherever it is.
#[derive(Debug)]
pub(crate) struct Fact {
    rule: Rule,
    severity: Option<Severity>,
    cause: String,
    message: String,
}

impl Fact {
    /// A fact that is as bad as its rule says. Facts of a rule that have a cause in common are reported as one.
    pub(crate) fn new(rule: Rule, cause: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, severity: None, cause: cause.into(), message: message.into() }
    }

    /// A fact that is as bad as this.
    pub(crate) fn of_severity(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }
}

impl<'r> Report<'r> {
    /// The checks of an object.
    pub(crate) fn new(context: &'r Context<'r>, item: &'r Item, is_refused: bool, findings: &'r mut Findings) -> Self {
        Self { context, item, is_refused, findings, settled: Vec::new() }
    }

    /// Reports a fact about a field, of whose text nothing else is to be told.
    pub(crate) fn settle(&mut self, path: FieldPath, fact: Fact) {
        self.settled.push(path.clone());
        self.tell(path, fact);
    }

    /// Notes that there is nothing to tell of the text of a field.
    pub(crate) fn leave(&mut self, path: FieldPath) {
        self.settled.push(path);
    }

    /// Whether everything is told of the text of a field.
    pub(crate) fn is_settled(&self, path: &FieldPath) -> bool {
        self.settled.contains(path)
    }

    /// Reports a fact about a field.
    pub(crate) fn tell(&mut self, path: impl Into<FieldPath>, fact: Fact) {
        let finding = Finding::new(fact.rule, fact.message).on(self.item).at(path).because_of(fact.cause);
        self.findings.push(match fact.severity {
            Some(severity) => finding.with_severity(severity),
            None => finding,
        });
    }
}
