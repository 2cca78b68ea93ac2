//! Old hosts of Routes, wherever a build holds them.

use std::collections::{BTreeMap, BTreeSet};

use krm::resource_list::Item;
use krm::resource_list::bookkeeping::is_bookkeeping;
use serde_json::Value;

use super::Adaptation;
use crate::config::Spec;

/// Hosts that moved: the old name and the new one.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    hosts: BTreeMap<String, String>,
    /// The domains of old hosts.
    domains: BTreeSet<String>,
}

impl Moved {
    /// Nothing moved yet, out of these domains.
    pub(crate) fn out_of(spec: &Spec) -> Self {
        Self { hosts: BTreeMap::new(), domains: spec.domains.keys().cloned().collect() }
    }

    /// Text without which an object holds no old host.
    pub(super) fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.iter().map(String::as_str)
    }

    /// Notes the old hosts of a Route: the one written in it, or those that OpenShift gave it in the old domains.
    pub(crate) fn note(&mut self, route: &Item, new_host: &str, spec: &Spec) {
        let written = route.value()["spec"]["host"].as_str().filter(|host| !host.is_empty()).map(str::to_lowercase);
        let generated = spec.domains.keys().filter(|_| written.is_none()).map(|domain| {
            let namespace = route.namespace().unwrap_or("default");
            format!("{}-{namespace}.{domain}", route.name().replace('.', "-"))
        });
        for old in written.clone().into_iter().chain(generated).filter(|old| old != new_host) {
            self.domains.extend(old.split_once('.').map(|(_, domain)| domain.to_owned()));
            self.hosts.insert(old, new_host.to_owned());
        }
    }

    /// Writes new hosts in the place of old ones, and tells of other hosts in the old domains.
    pub(super) fn follow(&self, item: &Item, spec: &Spec, adaptation: &mut Adaptation) {
        // What is sealed or secret cannot be read here.
        if matches!(item.kind(), "Secret" | "SealedSecret") {
            return;
        }
        let mut search = Search { moved: &self.hosts, spec, changes: Vec::new(), strangers: Vec::new() };
        let current = adaptation.value.as_ref().unwrap_or_else(|| item.value());
        for (key, value) in current.as_object().into_iter().flatten() {
            if !["apiVersion", "kind", "status"].contains(&key.as_str()) {
                search.value(value, &format!("/{key}"));
            }
        }
        let Search { changes, strangers, .. } = search;
        for (pointer, message) in strangers {
            adaptation.warn(item, krm::field::FieldPath::of_pointer(&pointer), message);
        }
        for (pointer, text) in changes {
            if let Some(field) = adaptation.edit(item).pointer_mut(&pointer) {
                *field = text.into();
            }
        }
    }
}

/// A walk through an object in search of hosts.
struct Search<'s> {
    moved: &'s BTreeMap<String, String>,
    spec: &'s Spec,
    /// Texts that must change, by JSON pointer.
    changes: Vec<(String, String)>,
    /// What is to be said about hosts that no Route moved.
    strangers: Vec<(String, String)>,
}

impl Search<'_> {
    fn value(&mut self, value: &Value, pointer: &str) {
        match value {
            Value::String(text) => self.text(text, pointer),
            Value::Object(object) => {
                for (key, value) in object.iter().filter(|(key, _)| !is_bookkeeping(key)) {
                    self.value(value, &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")));
                }
            }
            Value::Array(array) => {
                for (index, value) in array.iter().enumerate() {
                    self.value(value, &format!("{pointer}/{index}"));
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, pointer: &str) {
        let mut replaced = String::new();
        let mut copied = 0;
        for (start, host) in hosts(text) {
            let host = host.to_lowercase();
            if let Some(new) = self.moved.get(&host) {
                replaced.push_str(&text[copied..start]);
                replaced.push_str(new);
                copied = start + host.len();
            } else if let Some(old) =
                self.spec.domains.keys().find(|old| host == **old || host.ends_with(&format!(".{old}")))
            {
                let message = format!(
                    "`{host}` lies in the old domain `{old}`, and no Route of this build says where it moved; correct it here if it did"
                );
                self.strangers.push((pointer.to_owned(), message));
            }
        }
        if copied > 0 {
            replaced.push_str(&text[copied..]);
            self.changes.push((pointer.to_owned(), replaced));
        }
    }
}

/// The names with dots in a text, and where they start.
fn hosts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_host = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-');
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(is_host)?;
        let length = text[start..].find(|character| !is_host(character)).unwrap_or(text.len() - start);
        rest = start + length;
        let host = text[start..rest].trim_end_matches(['.', '-']);
        Some((start, host))
    })
    .filter(|(_, host)| host.contains('.'))
}
