//! The way through the strings of an object.

use std::collections::HashSet;

use krm::field::PointerBuf;
use krm::resource_list::bookkeeping::{ACCEPT, is_bookkeeping};
use serde_json::{Map, Value};

use super::finding::PlainValue;
use crate::rule::Rule;
use crate::sealed;
use crate::text::names::{Siblings, has_stem};
use crate::text::secret;
use crate::text::words::reads_like_words;
use crate::text::{self, Hit, Scanner};

/// Annotations that hold a copy of the object as it was applied. Sources: kubectl `v1.LastAppliedConfigAnnotation`,
/// kubecfg `AnnotationOrigObject`.
const LAST_APPLIED: [&str; 2] =
    ["kubectl.kubernetes.io/last-applied-configuration", "kubecfg.ksonnet.io/last-applied-configuration"];

/// Fields that hold random text by nature.
const OPAQUE: &[&str] = &["caBundle", "managedFields", "status"];

/// Fields that describe something.
const PROSE: &[&str] = &["description", "displayName", "summary", "longDescription"];

/// What the kind of an object means for its strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ObjectKind {
    /// Data and string data have rules of their own.
    Secret,
    /// The sealed values are no plain text.
    SealedSecret,
    /// It documents fields and has none itself.
    Definition,
    /// `secretKey` names a key.
    ExternalSecret,
    Other,
}

impl ObjectKind {
    /// Whether an entry of the object itself is not looked into.
    fn skips(self, key: &str) -> bool {
        matches!(key, "apiVersion" | "kind" | "sops")
            || OPAQUE.contains(&key)
            || (self == Self::Secret && matches!(key, "data" | "stringData" | "type"))
    }

    /// Whether a text under a name is written for people. A definition describes credentials; only what is one by its form
    /// counts there.
    fn is_prose(self, key: &str) -> bool {
        self == Self::Definition || PROSE.contains(&key)
    }
}

/// A way through an object.
pub(super) struct Walk<'r> {
    kind: ObjectKind,
    references: &'r HashSet<&'r PointerBuf>,
    scanner: &'r mut Scanner,
    /// The field where it is.
    pointer: PointerBuf,
    found: Vec<PlainValue>,
}

impl<'r> Walk<'r> {
    /// What the strings of an object give away. `references` are the fields that name a Secret or a key of one.
    pub(super) fn through(
        object: &Value,
        kind: ObjectKind,
        references: &'r HashSet<&'r PointerBuf>,
        scanner: &'r mut Scanner,
    ) -> Vec<PlainValue> {
        let mut walk = Self { kind, references, scanner, pointer: PointerBuf::new(), found: Vec::new() };
        for (key, value) in object.as_object().into_iter().flatten().filter(|(key, _)| !kind.skips(key)) {
            walk.at(key, |walk| walk.enter(value, key));
        }
        walk.found
    }

    /// Does something at an entry or item of the field.
    fn at(&mut self, key: &str, inside: impl FnOnce(&mut Self)) {
        self.pointer.push_back(key);
        inside(self);
        self.pointer.pop_back();
    }

    /// Looks into a value under a name.
    fn enter(&mut self, value: &Value, key: &str) {
        match value {
            Value::Object(object) if text::is_secret(object) => {
                self.secret(value);
                self.mapping(object);
            }
            Value::Object(object) => self.mapping(object),
            Value::Array(items) if matches!(key, "args" | "command") => self.arguments(items),
            Value::Array(items) => self.items(items, key),
            Value::String(text) => self.text(text, key),
            Value::Number(number) => self.number(&number.to_string(), key),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// A number counts where a credential is expected only.
    fn number(&mut self, number: &str, key: &str) {
        self.add(text::under_name(key, number).filter(|hit| hit.rule == Rule::PlainCredential));
    }

    /// The values of a Secret in the object.
    fn secret(&mut self, value: &Value) {
        for found in secret::values(value) {
            self.at(found.field, |walk| walk.at(found.key, |walk| walk.add([found.hit])));
        }
    }

    fn mapping(&mut self, object: &Map<String, Value>) {
        // `{name: X, value: Y}` is `X: Y`: environment variables, parameters of charts and templates.
        let named = || ["name", "key"].iter().find_map(|field| object.get(*field)?.as_str());
        let first = self.found.len();
        for (field, value) in object.iter().filter(|(field, _)| !text::is_secret_data(object, field)) {
            let name = if field == "value" { named().unwrap_or(field) } else { text::name_in(object, field, value) };
            if is_silent(name, value) {
                continue;
            }
            self.at(field, |walk| {
                if !walk.is_opaque(field) {
                    walk.enter(value, name);
                }
            });
        }
        if self.found.len() > first && refers_to_a_secret(object) {
            self.found[first..].iter_mut().for_each(PlainValue::identify);
        }
        let siblings = || object.keys().map(String::as_str).collect();
        self.identify_access_keys(first, 1, siblings, |entry| Some(entry.to_owned()));
    }

    /// The items of a list, which may be called by a name in them.
    fn items(&mut self, items: &[Value], key: &str) {
        let first = self.found.len();
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !is_silent(key, item)) {
            self.at(&index.to_string(), |walk| walk.enter(item, key));
        }
        let siblings = || items.iter().filter_map(|item| item["name"].as_str()).collect();
        let name_of = |index: &str| items.get(index.parse::<usize>().ok()?)?["name"].as_str().map(str::to_owned);
        self.identify_access_keys(first, 2, siblings, name_of);
    }

    /// Access keys whose secrets are beside them are no credentials by themselves. They are so many steps below, and `name_of`
    /// tells how the entry or item of the first step is called.
    fn identify_access_keys(
        &mut self,
        first: usize,
        steps: usize,
        siblings: impl FnOnce() -> Siblings,
        name_of: impl Fn(&str) -> Option<String>,
    ) {
        if self.found.len() == first {
            return;
        }
        let siblings = siblings();
        let depth = self.pointer.count();
        let is_value = |found: &&mut PlainValue| found.pointer.count() == depth + steps && found.hit.inside.is_none();
        for found in self.found[first..].iter_mut().filter(is_value) {
            let step = found.pointer.tokens().nth(depth).map(|token| token.decoded().into_owned());
            if step.is_some_and(|step| name_of(&step).is_some_and(|name| siblings.hold_the_secret_of(&name))) {
                found.hit.identify();
            }
        }
    }

    /// Whether the field, an entry of this name, is not looked into.
    fn is_opaque(&self, field: &str) -> bool {
        let pointer = self.pointer.as_str();
        OPAQUE.contains(&field)
            || (self.kind == ObjectKind::SealedSecret && matches!(pointer, "/spec/encryptedData" | "/spec/data"))
            || (pointer.starts_with("/metadata/annotations/") && is_bookkeeping(field))
    }

    fn text(&mut self, text: &str, key: &str) {
        if LAST_APPLIED.contains(&key) {
            if is_copy_with_secrets(text) {
                self.add([Hit::new(Rule::LastAppliedSecret, "a copy of the object with its secret values", text)]);
            }
            return;
        }
        if key == ACCEPT {
            self.add(text.lines().flat_map(|line| text::hits("", reason(line))));
            return;
        }
        if self.kind.is_prose(key) {
            self.add(text::hits_in_prose(text));
            return;
        }
        let is_reference = self.references.contains(&self.pointer)
            || (self.kind == ObjectKind::ExternalSecret && key == "secretKey")
            || (self.is_label() && reads_like_words(text));
        let hits = self.scanner.hits(if is_reference { "" } else { key }, text);
        self.add(hits);
    }

    /// Whether the field is a label or selects one. A label sorts objects, whatever its name is.
    fn is_label(&self) -> bool {
        let parent = self.pointer.parent().and_then(|parent| parent.last());
        parent.is_some_and(|parent| matches!(parent.decoded().as_ref(), "labels" | "matchLabels"))
    }

    fn arguments(&mut self, items: &[Value]) {
        let words: Vec<_> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
        let mut hits: Vec<Vec<Hit>> = words.iter().map(|word| text::hits("", word)).collect();
        for (index, hit) in text::in_arguments(&words) {
            hits[index].push(hit);
        }
        for (index, hits) in hits.into_iter().enumerate() {
            self.at(&index.to_string(), |walk| walk.add(text::once_each(hits)));
        }
    }

    fn add(&mut self, hits: impl IntoIterator<Item = Hit>) {
        let hits = hits.into_iter();
        self.found.extend(hits.map(|hit| PlainValue { pointer: self.pointer.clone(), hit }));
    }
}

/// Whether a value under a name gives nothing away, wherever it is. Most do not, and the way to them need not be kept.
fn is_silent(name: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(_) => !has_stem(name),
        Value::String(text) => text::is_silent(name, text),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether a mapping holds the identifier of an account whose secret is referred to, as `secretAccessKeySecretRef`.
fn refers_to_a_secret(object: &Map<String, Value>) -> bool {
    let is_reference = |value: &Value| value.get("name").is_some_and(Value::is_string);
    object.iter().any(|(field, value)| is_reference(value) && field.to_ascii_lowercase().ends_with("ref"))
}

/// The reason in a line of acceptance. The rule before it may be called like a credential.
fn reason(line: &str) -> &str {
    line.split_once(':').map_or(line, |(_, reason)| reason)
}

/// Whether the copy of an object in an annotation holds secret values.
fn is_copy_with_secrets(text: &str) -> bool {
    let Ok(object) = serde_json::from_str::<Value>(text) else {
        return !text::hits("", text).is_empty();
    };
    let has_data = |field: &str| object[field].as_object().is_some_and(|data| !data.is_empty());
    if object["apiVersion"] == "v1" && object["kind"] == "Secret" {
        return has_data("data") || has_data("stringData");
    }
    let kind = if object["kind"] == sealed::KIND { ObjectKind::SealedSecret } else { ObjectKind::Other };
    let found = Walk::through(&object, kind, &HashSet::new(), &mut Scanner::default());
    found.iter().any(|found| found.hit.rule.outranks(Rule::DummyCredential))
}
