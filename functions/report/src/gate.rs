//! Whether a report fails a pipeline, and what an earlier report makes of that.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::ObjectReference;

use krm::rule::RuleSet;

use crate::catalog::ReportRule;
use crate::model::{Assessment, Class, Comparison, Finding, KIND};

/// The least finding at which the exit code is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// An error, or an application that no function ran on.
    #[default]
    Error,
    /// The same, or a warning about what is left of the old platform.
    Leftover,
    /// The same, or any warning, or something else that was not looked at.
    Warning,
    /// None.
    Never,
}

impl FailOn {
    /// All of them, each with the word for it.
    pub const ALL: [(&str, Self); 4] =
        [("error", Self::Error), ("leftover", Self::Leftover), ("warning", Self::Warning), ("never", Self::Never)];

    /// The one that a word means.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(name, fail_on)| (name == word).then_some(fail_on))
    }

    /// The findings at which the exit code is 1. With a baseline these are new ones only.
    pub fn failures(self, assessment: &Assessment) -> impl Iterator<Item = &Finding> {
        assessment.findings.iter().filter(move |finding| finding.new != Some(false) && self.counts(finding))
    }

    fn counts(self, finding: &Finding) -> bool {
        match (self, finding.class) {
            (Self::Never, _) | (_, Class::Accepted | Class::Note) => false,
            (_, Class::Failure | Class::Error) => true,
            (Self::Warning, Class::Unknown | Class::Warning) => true,
            (_, Class::Unknown) => finding.rule == ReportRule::NotAdapted.rule().id,
            (Self::Error, Class::Warning) => false,
            (Self::Leftover, Class::Warning) => finding.leftover,
        }
    }
}

/// The findings of an earlier report.
#[derive(Debug)]
pub struct Baseline(BTreeMap<Identity, Class>);

/// What stays of a finding from report to report: rule, object, field and file.
type Identity = (String, Option<String>, Option<String>, String);

impl Baseline {
    /// The findings of a report in JSON.
    ///
    /// # Errors
    /// A text that is no such report.
    pub fn read(json: &str) -> Result<Self, String> {
        let assessment: Assessment =
            serde_json::from_str(json).map_err(|error| format!("is no report in JSON: {error}"))?;
        if assessment.kind != KIND {
            return Err(format!("is of kind `{}`, and a baseline is a `{KIND}`", assessment.kind));
        }
        Ok(Self(open_identities(&assessment)))
    }

    /// Says of each finding whether it is new. New is also what was accepted before, or less severe.
    pub fn apply(&self, assessment: &mut Assessment) {
        let mut comparison = Comparison::default();
        let present: BTreeSet<_> = open_identities(assessment).into_keys().collect();
        for finding in assessment.findings.iter_mut().filter(|finding| finding.class.is_open()) {
            let is_known = |identity| {
                let before = self.0.get(&identity);
                before.is_some_and(|before| before.severity() <= finding.class.severity())
            };
            let is_new = !identities(finding).all(is_known);
            *(if is_new { &mut comparison.new } else { &mut comparison.known }) += 1;
            finding.new = Some(is_new);
        }
        comparison.gone = self.0.keys().filter(|identity| !present.contains(*identity)).count();
        assessment.summary.baseline = Some(comparison);
    }
}

/// The identity of each occurrence.
fn identities(finding: &Finding) -> impl Iterator<Item = Identity> + use<'_> {
    finding.occurrences.iter().map(|occurrence| {
        let object: Option<&ObjectReference> = occurrence.object.as_ref().or(finding.object.as_ref());
        let object = object.map(ToString::to_string);
        (finding.rule.clone(), object, finding.field.clone(), finding.location.file.clone())
    })
}

/// The identities of what is open, each with the worst that it is.
fn open_identities(assessment: &Assessment) -> BTreeMap<Identity, Class> {
    let mut open = BTreeMap::new();
    for finding in assessment.findings.iter().filter(|finding| finding.class.is_open()) {
        for identity in identities(finding) {
            let class = open.entry(identity).or_insert(finding.class);
            *class = finding.class.min(*class);
        }
    }
    open
}
