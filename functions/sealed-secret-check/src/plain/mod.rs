//! Secrets in the clear, in every string of every object.

mod secret;

use std::collections::BTreeSet;

use krm::resource_list::Item;
use serde_json::Value;

use crate::config::Spec;
use crate::leak::{Leak, Rule};
use crate::sealed;
use crate::text::{self, Hit, pairs};

/// Annotations that hold a copy of the object as it was applied. Sources: kubectl `v1.LastAppliedConfigAnnotation`,
/// kubecfg `AnnotationOrigObject`.
const LAST_APPLIED: [&str; 2] =
    ["kubectl.kubernetes.io/last-applied-configuration", "kubecfg.ksonnet.io/last-applied-configuration"];

/// Fields that hold random text by nature.
const OPAQUE: &[&str] = &["caBundle", "managedFields", "status"];

/// The leaks of an object. `references` are the places in it that name a Secret or a key of one.
pub(crate) fn leaks(item: &Item, spec: &Spec, references: &BTreeSet<String>) -> Vec<Leak> {
    let kind = Kind::of(item);
    let mut walk = Walk { kind, references, leaks: Vec::new() };
    if kind == Kind::Secret {
        walk.leaks.extend(secret::leaks(item, spec));
    }
    if let Value::Object(object) = item.value() {
        for (key, value) in object.iter().filter(|(key, _)| !kind.skips(key)) {
            walk.enter(value, &format!("/{}", escaped(key)), key);
        }
    }
    let mut leaks = walk.leaks;
    leaks.sort_by_key(|leak| leak.rule != Rule::SealingKey);
    leaks
}

/// What the kind of an object means for its strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Data and string data are looked at apart.
    Secret,
    /// The sealed values are no plain text.
    SealedSecret,
    /// It documents fields and has none itself.
    Definition,
    /// `secretKey` names a key.
    ExternalSecret,
    Other,
}

impl Kind {
    fn of(item: &Item) -> Self {
        match (item.group(), item.kind()) {
            ("", "Secret") => Self::Secret,
            // Other operators seal too, under the same kind.
            (_, sealed::KIND) => Self::SealedSecret,
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Self::Definition,
            ("external-secrets.io", _) => Self::ExternalSecret,
            _ => Self::Other,
        }
    }

    /// Whether a field at the top of the object is somebody else's affair.
    fn skips(self, key: &str) -> bool {
        matches!(key, "apiVersion" | "kind" | "sops")
            || OPAQUE.contains(&key)
            || (self == Self::Secret && matches!(key, "data" | "stringData" | "type"))
    }
}

struct Walk<'r> {
    kind: Kind,
    references: &'r BTreeSet<String>,
    leaks: Vec<Leak>,
}

impl Walk<'_> {
    /// Looks into a value under a name.
    fn enter(&mut self, value: &Value, pointer: &str, key: &str) {
        match value {
            Value::Object(object) => {
                // `{name: X, value: Y}` stands for `X: Y`: environment variables, parameters of charts and templates.
                let named = ["name", "key"].iter().find_map(|field| object.get(*field)?.as_str());
                for (field, value) in object {
                    let below = format!("{pointer}/{}", escaped(field));
                    if self.is_opaque(field, &below) {
                        continue;
                    }
                    let name = if field == "value" { named.unwrap_or(field) } else { field };
                    self.enter(value, &below, name);
                }
            }
            Value::Array(items) if matches!(key, "args" | "command") => self.arguments(items, pointer),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.enter(item, &format!("{pointer}/{index}"), "");
                }
            }
            Value::String(text) => self.text(text, pointer, key),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn is_opaque(&self, field: &str, pointer: &str) -> bool {
        OPAQUE.contains(&field)
            || (self.kind == Kind::SealedSecret && matches!(pointer, "/spec/encryptedData" | "/spec/data"))
            || (pointer.starts_with("/metadata/annotations/") && krm::resource_list::bookkeeping::is_bookkeeping(field))
    }

    fn text(&mut self, text: &str, pointer: &str, key: &str) {
        if LAST_APPLIED.contains(&key) {
            let is_leak = last_applied_leaks(text);
            self.leaks.extend(is_leak.then(|| Leak {
                rule: Rule::LastApplied,
                pointer: pointer.to_owned(),
                inside: None,
                what: "a copy of the object with its secret values".to_owned(),
                value: text.to_owned(),
            }));
            return;
        }
        let is_reference =
            self.references.contains(pointer) || (self.kind == Kind::ExternalSecret && key == "secretKey");
        let hits = text::hits(if is_reference { "" } else { key }, text);
        self.add(pointer, hits);
    }

    fn arguments(&mut self, items: &[Value], pointer: &str) {
        let words: Vec<_> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
        let mut hits: Vec<Vec<Hit>> = words.iter().map(|word| text::hits("", word)).collect();
        for (index, pair) in pairs::arguments(&words) {
            hits[index].extend(text::under_name(&pair.key, &pair.value));
        }
        for (index, hits) in hits.into_iter().enumerate() {
            self.add(&format!("{pointer}/{index}"), text::once_each(hits));
        }
    }

    fn add(&mut self, pointer: &str, hits: Vec<Hit>) {
        // A definition describes credentials; only what is one by its form counts there.
        let counts = |hit: &Hit| self.kind != Kind::Definition || matches!(hit.rule, Rule::PrivateKey | Rule::Token);
        let leaks = hits.into_iter().filter(counts).map(|hit| Leak {
            rule: hit.rule,
            pointer: pointer.to_owned(),
            inside: hit.inside,
            what: hit.what.into_owned(),
            value: hit.value,
        });
        self.leaks.extend(leaks.collect::<Vec<_>>());
    }
}

/// Whether the copy of an object in an annotation holds secret values.
fn last_applied_leaks(text: &str) -> bool {
    let Ok(object) = serde_json::from_str::<Value>(text) else {
        return !text::hits("", text).is_empty();
    };
    let has_data = |field: &str| object[field].as_object().is_some_and(|data| !data.is_empty());
    if object["apiVersion"] == "v1" && object["kind"] == "Secret" {
        return has_data("data") || has_data("stringData");
    }
    let is_sealed = object["kind"] == sealed::KIND;
    let references = BTreeSet::new();
    let kind = if is_sealed { Kind::SealedSecret } else { Kind::Other };
    let mut walk = Walk { kind, references: &references, leaks: Vec::new() };
    walk.enter(&object, "", "");
    walk.leaks.iter().any(|leak| !matches!(leak.rule, Rule::Random | Rule::Placeholder))
}

/// A key as a segment of a JSON Pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
