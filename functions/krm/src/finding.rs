//! What a function has to say: errors, warnings and what it changed.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hasher};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::field::FieldPath;
use crate::rule::{CommonRule, Rule, RuleSet, Severity};

/// The object that a finding is about, and the file it came from as far as the host tells.
// Of a large build there are tens of thousands, which share what they have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// `apiVersion` of the object.
    pub api_version: Arc<str>,
    /// `kind` of the object.
    pub kind: Arc<str>,
    /// `metadata.name` of the object.
    pub name: Arc<str>,
    /// `metadata.namespace` of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Arc<str>>,
    /// Where the object came from.
    #[serde(skip)]
    pub file: Option<Box<File>>,
}

/// A source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    /// The path as the host gives it.
    pub path: String,
    /// The number of the object in the file, counted from zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    path: FieldPath,
    // Few findings have values, which are large.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_value: Option<Box<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposed_value: Option<Box<Value>>,
}

/// The text of a finding. One that is the same each time takes no memory.
pub type Message = Cow<'static, str>;

/// One thing that a function has to say.
///
/// A message says what is the case and what to do about it, with values in back-quotes. It never holds a secret.
/// Serialises as a `Result` of the KRM functions specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    message: Message,
    severity: Severity,
    subject: Option<Subject>,
    /// Apart, because findings are moved often and its values are large.
    field: Option<Box<Field>>,
    rule: &'static Rule,
    /// The machine-readable marks that few findings have besides the id of the rule, by name.
    tags: BTreeMap<&'static str, String>,
    /// What several findings of the rule have in common, if they are to be told as one.
    cause: Option<String>,
}

/// What a finding is about: an object, or a document that is none but has a file. The findings of an object share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(Rc<ObjectReference>);

impl Subject {
    /// The object, unless it has neither kind nor name.
    fn object(&self) -> Option<&ObjectReference> {
        Some(&*self.0).filter(|object| !object.kind.is_empty() || !object.name.is_empty())
    }
}

impl Deref for Subject {
    type Target = ObjectReference;

    fn deref(&self) -> &ObjectReference {
        &self.0
    }
}

/// As its [`ObjectReference`].
impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl From<ObjectReference> for Subject {
    fn from(object: ObjectReference) -> Self {
        Self(Rc::new(object))
    }
}

impl From<&Value> for Subject {
    fn from(object: &Value) -> Self {
        ObjectReference::from(object).into()
    }
}

/// A finding as a `Result` of the KRM functions specification.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KrmResult<'f> {
    message: &'f str,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_ref: Option<&'f ObjectReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'f Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'f File>,
    tags: Tags<'f>,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { message, severity, field, rule, tags, .. } = self;
        let tags = Tags { rule: rule.id, others: tags };
        let (resource_ref, file) = (self.object(), self.file());
        KrmResult { message, severity: *severity, resource_ref, field: field.as_deref(), file, tags }
            .serialize(serializer)
    }
}

/// All machine-readable marks of a finding, in the order of their names.
struct Tags<'f> {
    rule: &'static str,
    others: &'f BTreeMap<&'static str, String>,
}

impl Serialize for Tags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.others.is_empty() {
            return serializer.collect_map([(RULE, self.rule)]);
        }
        let others = self.others.iter().map(|(key, value)| (*key, value.as_str()));
        serializer.collect_map(others.chain([(RULE, self.rule)]).collect::<BTreeMap<_, _>>())
    }
}

/// The tag that names the rule.
const RULE: &str = "rule";
/// The tag that gives the reason why a finding was accepted.
const ACCEPTED: &str = "accepted";

impl Finding {
    /// A finding of a rule, with the rule's severity, about nothing in particular yet.
    pub fn new(rule: impl RuleSet, message: impl Into<Message>) -> Self {
        let rule = rule.rule();
        Self {
            message: message.into(),
            severity: rule.severity,
            subject: None,
            field: None,
            rule,
            tags: BTreeMap::new(),
            cause: None,
        }
    }

    /// Says what it has in common with other findings of its rule, which are then told as one: the first of them, with the
    /// number of the others and the names of some. Those that a person accepted are told apart from the rest.
    #[must_use]
    pub fn because_of(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Makes it as bad as the function knows it to be here.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Says which object it is about.
    #[must_use]
    pub fn on(mut self, object: impl Into<Subject>) -> Self {
        self.subject = Some(object.into());
        self
    }

    /// Says which field of the object it is about, as `spec.ports[0].name`.
    #[must_use]
    pub fn at(mut self, path: impl Into<FieldPath>) -> Self {
        self.field = Some(Box::new(Field { path: path.into(), current_value: None, proposed_value: None }));
        self
    }

    /// Says what the field holds. Has no effect without [`Finding::at`].
    #[must_use]
    pub fn current(mut self, value: impl Into<Value>) -> Self {
        if let Some(field) = &mut self.field {
            field.current_value = Some(Box::new(value.into()));
        }
        self
    }

    /// Says what the field should hold, or now holds. Has no effect without [`Finding::at`].
    #[must_use]
    pub fn proposed(mut self, value: impl Into<Value>) -> Self {
        if let Some(field) = &mut self.field {
            field.proposed_value = Some(Box::new(value.into()));
        }
        self
    }

    /// Adds a machine-readable mark, such as the fingerprint of a value.
    #[must_use]
    pub fn tag(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.tags.insert(key, value.into());
        self
    }

    /// Makes it an info, since a person accepted it for this reason.
    fn accept(&mut self, reason: String) {
        self.severity = Severity::Info;
        self.message = format!("{}; accepted: {reason}", self.message).into();
        self.tags.insert(ACCEPTED, reason);
    }

    /// The reason why a person accepted it.
    fn accepted(&self) -> Option<&str> {
        self.tags.get(ACCEPTED).map(String::as_str)
    }

    /// The rule that it is about.
    pub fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// The object that it is about.
    pub fn object(&self) -> Option<&ObjectReference> {
        self.subject.as_ref()?.object()
    }

    fn file(&self) -> Option<&File> {
        self.subject.as_ref()?.0.file.as_deref()
    }

    /// The finding as programs read it.
    pub fn report(&self, function: &str) -> Report {
        Report {
            function: function.to_owned(),
            rule: self.rule.id.to_owned(),
            severity: self.severity,
            object: self.object().cloned(),
            field: self.field_path().map(str::to_owned),
            file: self.file().map(|file| file.path.clone()),
            message: self.message.clone().into_owned(),
            current_value: self.field.as_ref().and_then(|field| field.current_value.as_deref().cloned()),
            proposed_value: self.field.as_ref().and_then(|field| field.proposed_value.as_deref().cloned()),
            remedy: self.rule.remedy.to_owned(),
            accepted: self.accepted().map(str::to_owned),
        }
    }

    /// Whether it says that a function leaves an object as it is. What is wrong with an acceptance says nothing of that.
    pub(crate) fn is_refusal(&self) -> bool {
        let of_acceptances = [CommonRule::AcceptanceWithoutReason, CommonRule::BindingRule];
        self.is_error() && !of_acceptances.iter().any(|rule| rule.rule() == self.rule)
    }

    /// Whether it fails the build.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The message alone.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The field path, if the finding is about a field.
    pub fn field_path(&self) -> Option<&str> {
        self.field.as_ref().map(|field| field.path.as_str())
    }
}

/// The line of its [`Report`].
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = Line {
            severity: self.severity,
            object: self.object(),
            field: self.field_path(),
            message: &self.message,
            rule: self.rule.id,
            is_accepted: self.accepted().is_some(),
            file: self.file().map(|file| file.path.as_str()),
        };
        line.fmt(formatter)
    }
}

/// A finding as programs read it, a line of JSON each: who reports it, by which rule, how bad it is, about what, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The name of the function that reports it.
    pub function: String,
    /// The id of the rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The object that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectReference>,
    /// The path of the field that it is about, as `spec.to.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The path of the file that the object comes from, as the host gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What is the case and what to do about it.
    pub message: String,
    /// What the field holds or, of a change, held before; left out where it may be secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_value: Option<Value>,
    /// What the field should hold, or now holds; left out where it may be secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_value: Option<Value>,
    /// What the rule says is to be done.
    #[serde(default)]
    pub remedy: String,
    /// The reason why a person accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

/// One line: `error: Route apps/web: spec.to.name: message [missing-service] (base/route.yaml)`. An info that no person
/// accepted has no rule to tell.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = Line {
            severity: self.severity,
            object: self.object.as_ref(),
            field: self.field.as_deref(),
            message: &self.message,
            rule: &self.rule,
            is_accepted: self.accepted.is_some(),
            file: self.file.as_deref(),
        };
        line.fmt(formatter)
    }
}

/// What the line about a finding is made of.
struct Line<'f> {
    severity: Severity,
    object: Option<&'f ObjectReference>,
    field: Option<&'f str>,
    message: &'f str,
    rule: &'f str,
    is_accepted: bool,
    file: Option<&'f str>,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.severity)?;
        if let Some(object) = self.object {
            write!(formatter, "{object}: ")?;
        }
        if let Some(field) = self.field {
            write!(formatter, "{field}: ")?;
        }
        for (index, line) in self.message.split('\n').enumerate() {
            formatter.write_str(if index > 0 { " " } else { "" })?;
            formatter.write_str(line)?;
        }
        if self.severity != Severity::Info || self.is_accepted {
            write!(formatter, " [{}]", self.rule)?;
        }
        self.file.iter().try_for_each(|file| write!(formatter, " ({file})"))
    }
}

/// The reference to an object that is a mere value.
impl From<&Value> for ObjectReference {
    fn from(object: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(Arc::from);
        Self {
            api_version: text(&object["apiVersion"]).unwrap_or_default(),
            kind: text(&object["kind"]).unwrap_or_default(),
            name: text(&object["metadata"]["name"]).unwrap_or_default(),
            namespace: text(&object["metadata"]["namespace"]),
            file: None,
        }
    }
}

/// `Kind namespace/name`.
impl fmt::Display for ObjectReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "{} {namespace}/{}", self.kind, self.name),
            None => write!(formatter, "{} {}", self.kind, self.name),
        }
    }
}

/// What findings that are reported as one have in common: rule, severity, cause, and the reason why they are accepted.
type Kinship = (&'static str, Severity, String, Option<String>);

impl Finding {
    fn kinship(&mut self) -> Option<Kinship> {
        let cause = self.cause.take()?;
        Some((self.rule.id, self.severity, cause, self.accepted().map(str::to_owned)))
    }
}

/// The findings that are reported with the first one of their cause.
#[derive(Debug, Default)]
struct Others {
    /// How findings name the objects, each once; the first is that of the finding which is reported.
    objects: HashSet<String>,
    /// The names of some others.
    examples: Vec<String>,
    /// The number of findings, the first one left out.
    count: usize,
}

impl Others {
    /// How many others are named.
    const NAMED: usize = 3;

    fn beside(first: &Finding) -> Self {
        Self { objects: first.object().map(ToString::to_string).into_iter().collect(), ..Self::default() }
    }

    fn add(&mut self, other: &Finding) {
        self.count += 1;
        let object = other.object().map(ToString::to_string).unwrap_or_default();
        if self.objects.insert(object.clone()) && self.examples.len() < Self::NAMED {
            self.examples.push(object);
        }
    }
}

/// What is put behind the message of the first finding.
impl fmt::Display for Others {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = self.objects.len().saturating_sub(1);
        let named = self.examples.join(", ");
        match (others, others.saturating_sub(self.examples.len())) {
            (0, _) if self.count == 1 => formatter.write_str(" (and in another field)"),
            (0, _) => write!(formatter, " (and in {} other fields)", self.count),
            (_, 0) => write!(formatter, " (also {named})"),
            (_, rest) => write!(formatter, " (also {named} and {rest} more)"),
        }
    }
}

/// Everything a function has to say, in the order it was said.
#[derive(Debug, Default)]
pub struct Findings {
    said: Vec<Finding>,
    /// The places of those that were said once, by a number that their lines lead to.
    once: HashMap<u64, Vec<usize>>,
}

impl Findings {
    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.said.push(finding);
    }

    /// Adds a finding that several things may lead to, unless one that reads the same was added so before.
    pub fn push_once(&mut self, finding: Finding) {
        let places = self.once.entry(hash_of(&finding)).or_default();
        let line = || finding.to_string();
        if places.iter().all(|place| self.said[*place].to_string() != line()) {
            places.push(self.said.len());
            self.said.push(finding);
        }
    }

    /// Whether the build must fail.
    pub fn has_errors(&self) -> bool {
        self.said.iter().any(Finding::is_error)
    }

    /// The findings in the order they were said.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.said.iter()
    }

    /// Makes infos of those that people accepted; `reason` gives the reason of each.
    pub(crate) fn accept(&mut self, reason: impl Fn(&Finding) -> Option<String>) {
        for finding in &mut self.said {
            if let Some(reason) = reason(finding) {
                finding.accept(reason);
            }
        }
    }

    /// Makes every warning an error.
    pub(crate) fn promote_warnings(&mut self) {
        for finding in &mut self.said {
            if finding.severity == Severity::Warning {
                finding.severity = Severity::Error;
            }
        }
    }

    /// Makes one of the findings with the same cause.
    pub(crate) fn join_causes(&mut self) {
        let mut places: HashMap<Kinship, usize> = HashMap::new();
        let mut others: HashMap<usize, Others> = HashMap::new();
        let mut told: Vec<Finding> = Vec::with_capacity(self.said.len());
        for mut finding in self.said.drain(..) {
            match finding.kinship().map(|kinship| *places.entry(kinship).or_insert(told.len())) {
                Some(place) if place < told.len() => {
                    others.entry(place).or_insert_with(|| Others::beside(&told[place])).add(&finding);
                }
                _ => told.push(finding),
            }
        }
        for (place, others) in others {
            told[place].message.to_mut().push_str(&others.to_string());
        }
        self.said = told;
    }

    /// The findings of at least this severity, the most severe first; hosts cut long lists.
    pub(crate) fn reported(mut self, least: Severity) -> Vec<Finding> {
        self.said.retain(|finding| finding.severity <= least);
        self.said.sort_by_key(Finding::severity);
        self.said
    }
}

/// A number that the line of a finding leads to. Others may lead to it too.
fn hash_of(finding: &Finding) -> u64 {
    struct Hash(DefaultHasher);
    impl fmt::Write for Hash {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut hash = Hash(DefaultHasher::new());
    let _ = write!(hash, "{finding}");
    hash.0.finish()
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        self.said.extend(findings);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn finding(name: &str, cause: Option<&str>) -> Finding {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}});
        let finding = Finding::new(CommonRule::MalformedField, "is wrong").on(&object);
        match cause {
            Some(cause) => finding.because_of(cause),
            None => finding,
        }
    }

    fn told(findings: Vec<Finding>) -> Vec<String> {
        let mut findings = Findings { said: findings, ..Findings::default() };
        findings.join_causes();
        findings.iter().map(|finding| finding.message().to_owned()).collect()
    }

    #[test]
    fn findings_of_one_cause_are_told_as_one() {
        let cases: [(&[&str], &str); 5] = [
            (&["a"], "is wrong"),
            (&["a", "a"], "is wrong (and in another field)"),
            (&["a", "a", "a"], "is wrong (and in 2 other fields)"),
            (&["a", "b", "a", "c"], "is wrong (also Pod b, Pod c)"),
            (&["a", "b", "c", "d", "e", "f"], "is wrong (also Pod b, Pod c, Pod d and 2 more)"),
        ];
        for (names, expected) in cases {
            let findings = names.iter().map(|name| finding(name, Some("x"))).collect();
            assert_eq!(told(findings), [expected], "{names:?}");
        }
    }

    #[test]
    fn findings_of_other_causes_or_none_are_told_apart_in_their_order() {
        let findings = vec![
            finding("a", Some("x")),
            finding("b", None),
            finding("c", Some("y")),
            finding("d", Some("x")),
            finding("e", None),
        ];
        assert_eq!(told(findings), ["is wrong (also Pod d)", "is wrong", "is wrong", "is wrong"]);
    }

    #[test]
    fn what_is_accepted_is_told_apart() {
        let said = vec![finding("a", Some("x")), finding("b", Some("x")), finding("c", Some("x"))];
        let mut findings = Findings { said, ..Findings::default() };
        findings.accept(|finding| {
            (finding.object().is_some_and(|object| &*object.name == "b")).then(|| "it is known".to_owned())
        });
        findings.join_causes();
        let told: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "warning: Pod a: is wrong (also Pod c) [malformed-field]",
                "info: Pod b: is wrong; accepted: it is known [malformed-field]"
            ]
        );
    }
}
