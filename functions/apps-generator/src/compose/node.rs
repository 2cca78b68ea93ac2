//! A value of a compose project with its place, and what is reported about it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use krm::config::API_VERSION;
use krm::field::FieldPath;
use krm::finding::{Finding, Message, ObjectReference};
use serde_json::Value;

use super::interpolation::interpolate;
use super::keys::{Key, Treatment, keys_of};
use super::units;
use crate::rule::Rule;

/// What all values of a project share: the variables, and what was told.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// The name below `spec.compose`.
    pub(super) name: String,
    /// What `x-replatform.variables` says.
    pub(super) variables: BTreeMap<String, String>,
    told: RefCell<Vec<Finding>>,
}

impl Project {
    /// A project without variables.
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// All that was told about the values.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.told.into_inner()
    }
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node<'p> {
    value: &'p Value,
    path: FieldPath,
    /// The service that it belongs to.
    service: Option<&'p str>,
    project: &'p Project,
}

impl<'p> Node<'p> {
    /// The value of a project.
    pub(super) fn root(value: &'p Value, project: &'p Project) -> Self {
        Self { value, path: FieldPath::from("spec.compose").key(&project.name), service: None, project }
    }

    /// A service of the project, which findings then name.
    pub(super) fn service(&self, key: &'p str, value: &'p Value) -> Self {
        let path = self.path.clone().key("services").key(key);
        Self { value, path, service: Some(key), project: self.project }
    }

    /// The value as it is, without values for its variables.
    pub(super) fn raw(&self) -> &'p Value {
        self.value
    }

    fn child(&self, value: &'p Value, path: FieldPath) -> Self {
        Self { value, path, service: self.service, project: self.project }
    }

    /// The value of a key; nothing if it is absent or null.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(self.child(value, self.path.clone().key(key)))
    }

    /// The place of a key, whether or not it is there.
    pub(super) fn at(&self, key: &str) -> Self {
        self.child(self.value.get(key).unwrap_or(&Value::Null), self.path.clone().key(key))
    }

    /// The value of a key that must be there; nothing but a finding if it is not.
    pub(super) fn required(&self, key: &str) -> Option<Self> {
        let value = self.get(key);
        if value.is_none() {
            self.at(key).tell(Rule::ComposeValue, "must be given");
        }
        value
    }

    /// The entries of a mapping without its extensions; nothing but a finding if it is none.
    pub(super) fn entries(&self) -> Vec<(&'p str, Self)> {
        let Some(map) = self.value.as_object() else {
            self.malformed("a mapping");
            return Vec::new();
        };
        let entry =
            |(key, value): (&'p String, &'p Value)| (key.as_str(), self.child(value, self.path.clone().key(key)));
        map.iter().filter(|(key, _)| !key.starts_with("x-")).map(entry).collect()
    }

    /// The items of a list; a text is a list of one. Nothing but a finding if it is neither.
    pub(super) fn items(&self) -> Vec<Self> {
        match self.value {
            Value::Array(items) => {
                let item = |(index, value)| self.child(value, self.path.clone().index(index));
                items.iter().enumerate().map(item).collect()
            }
            Value::String(_) | Value::Number(_) => vec![self.clone()],
            _ => {
                self.malformed("a list");
                Vec::new()
            }
        }
    }

    /// The texts of a list, or the one text.
    pub(super) fn texts(&self) -> Vec<String> {
        self.items().iter().filter_map(Self::text).collect()
    }

    /// The entries `NAME: value` of a mapping, or the items `NAME=value` of a list. Variables, labels, and names of networks
    /// and services are written so.
    pub(super) fn pairs(&self) -> Vec<Pair<'p>> {
        if let Some(map) = self.value.as_object() {
            let pair = |(key, value): (&'p String, &'p Value)| {
                let node = self.child(value, self.path.clone().key(key));
                Pair { name: key.clone(), node, is_item: false }
            };
            return map.iter().map(pair).collect();
        }
        let pair = |node: Self| {
            let text = node.plain()?;
            let name = text.split_once('=').map_or(text.as_str(), |(name, _)| name).to_owned();
            Some(Pair { name, node, is_item: true })
        };
        self.items().into_iter().filter_map(pair).collect()
    }

    /// The names of [`Node::pairs`].
    pub(super) fn names(&self) -> Vec<String> {
        self.pairs().into_iter().map(|pair| pair.name).collect()
    }

    /// The value as text, without values for its variables.
    pub(super) fn plain(&self) -> Option<String> {
        match self.value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => {
                self.malformed("a text");
                None
            }
        }
    }

    /// The value as text, with the values of its variables. Nothing but a finding if it is no text, or if a variable has
    /// no value.
    pub(super) fn text(&self) -> Option<String> {
        self.interpolated(&self.plain()?)
    }

    fn interpolated(&self, text: &str) -> Option<String> {
        let found = match interpolate(text, &self.project.variables) {
            Ok(found) => found,
            Err(problem) => {
                self.tell(Rule::ComposeValue, problem);
                return None;
            }
        };
        for name in &found.missing {
            let message = format!(
                "`{name}` has no value, since a build has no environment and reads no `.env` file; set it in \
                 `spec.compose.{}.x-replatform.variables`, or if it is secret take the variable of the container from a Secret in \
                 `x-replatform.env_refs` of the service",
                self.project.name
            );
            self.tell_because(Rule::ComposeVariable, message, name);
        }
        for name in &found.defaulted {
            let message = format!(
                "`{name}` has no value, and its default is taken; set it in `spec.compose.{}.x-replatform.variables` if that is wrong",
                self.project.name
            );
            self.tell_because(Rule::ComposeVariableDefault, message, name);
        }
        found.missing.is_empty().then_some(found.text)
    }

    /// The text of a key.
    pub(super) fn text_of(&self, key: &str) -> Option<String> {
        self.get(key).and_then(|value| value.text())
    }

    /// Whether it says yes.
    pub(super) fn is_true(&self) -> bool {
        match self.text().as_deref() {
            Some("true" | "yes" | "on") => true,
            Some("false" | "no" | "off") | None => false,
            Some(_) => {
                self.malformed("`true` or `false`");
                false
            }
        }
    }

    /// A number that is not negative.
    pub(super) fn number<N: std::str::FromStr>(&self) -> Option<N> {
        self.parsed("a whole number that is not negative", |text| text.parse().ok())
    }

    /// A duration in whole seconds, rounded up.
    pub(super) fn seconds(&self) -> Option<u64> {
        let duration = self.parsed("a duration as `1m30s`", units::microseconds)?;
        if !duration.is_multiple_of(1_000_000) {
            let message = format!("Kubernetes counts whole seconds; it becomes {} s", duration.div_ceil(1_000_000));
            self.tell(Rule::ComposeKeyIgnored, message);
        }
        Some(duration.div_ceil(1_000_000))
    }

    /// An amount of memory as a quantity.
    pub(super) fn memory(&self) -> Option<String> {
        self.parsed("an amount of memory as `128M`", units::memory)
    }

    /// What a reader makes of the text; nothing but a finding if it makes nothing of it.
    pub(super) fn parsed<T>(&self, expected: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text()?;
        let value = read(&text);
        if value.is_none() {
            self.tell(Rule::ComposeValue, format!("`{text}` must be {expected}"));
        }
        value
    }

    /// Tells about each key that the table does not map, or does not know.
    pub(super) fn check_keys(&self, scope: &str) {
        let Some(map) = self.value.as_object() else { return self.malformed("a mapping") };
        for key in map.keys().filter(|key| !key.starts_with("x-")) {
            let place = self.child(&map[key], self.path.clone().key(key));
            match keys_of(scope).find(|known| known.name == key) {
                Some(known) => place.tell_treatment(known),
                None => place.tell_unknown(key, scope),
            }
        }
    }

    fn tell_treatment(&self, key: Key) {
        let remedy = key.remedy.trim_end_matches('.');
        match key.treatment {
            Treatment::Mapped => {}
            _ if has_no_meaning(self.value) => {}
            Treatment::Refused => self.tell(Rule::ComposeKeyRefused, format!("{}; {}", key.meaning, lower(remedy))),
            Treatment::Lost => {
                self.tell(Rule::ComposeKeyLost, format!("is dropped: {}; {}", key.meaning, lower(remedy)));
            }
            Treatment::Ignored => self.tell(Rule::ComposeKeyIgnored, format!("is dropped: {}", key.meaning)),
        }
    }

    fn tell_unknown(&self, key: &str, scope: &str) {
        let near = |known: &Key| strsim::jaro_winkler(key, known.name);
        let nearest = keys_of(scope).max_by(|one, other| near(one).total_cmp(&near(other)));
        let hint =
            nearest.filter(|nearest| near(nearest) > 0.75).map(|nearest| format!("; did you mean `{}`?", nearest.name));
        let message = format!("is no key of compose here{}", hint.unwrap_or_default());
        self.tell(Rule::ComposeKeyUnknown, message);
    }

    /// Tells that the value is not what it must be.
    pub(super) fn malformed(&self, expected: &str) {
        self.tell(Rule::ComposeValue, format!("must be {expected}"));
    }

    /// Tells something about the value.
    pub(super) fn tell(&self, rule: Rule, message: impl Into<Message>) {
        self.project.told.borrow_mut().push(self.finding(rule, message));
    }

    /// Tells something that has one cause in many places.
    pub(super) fn tell_because(&self, rule: Rule, message: impl Into<Message>, cause: &str) {
        self.project.told.borrow_mut().push(self.finding(rule, message).because_of(cause));
    }

    fn finding(&self, rule: Rule, message: impl Into<Message>) -> Finding {
        let finding = Finding::new(rule, message).at(self.path.clone());
        match self.service {
            Some(service) => finding.on(ObjectReference {
                api_version: API_VERSION.into(),
                kind: "App".into(),
                name: super::names::object_name(service).into(),
                ..ObjectReference::default()
            }),
            None => finding,
        }
    }
}

/// An entry `NAME: value`, or an item `NAME=value`.
#[derive(Debug)]
pub(super) struct Pair<'p> {
    /// The name.
    pub(super) name: String,
    /// The value of the entry, or the item.
    pub(super) node: Node<'p>,
    is_item: bool,
}

impl Pair<'_> {
    /// Whether there is a value, if only an empty one.
    pub(super) fn has_value(&self) -> bool {
        match self.node.value {
            Value::Null => false,
            Value::String(text) => !self.is_item || text.contains('='),
            _ => true,
        }
    }

    /// The value; nothing if there is none, and nothing but a finding if it is no text.
    pub(super) fn value(&self) -> Option<String> {
        if !self.has_value() {
            return None;
        }
        match self.node.value {
            Value::String(text) if self.is_item => self.node.interpolated(text.split_once('=')?.1),
            _ => self.node.text(),
        }
    }
}

/// Whether a key is there without a value: compose then behaves as if it was absent.
fn has_no_meaning(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::String(_) | Value::Bool(true) | Value::Number(_) => false,
    }
}

/// A sentence as part of another.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
