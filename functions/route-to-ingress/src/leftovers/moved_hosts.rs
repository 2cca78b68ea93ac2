//! Old hosts of Routes, wherever a build holds them.

use std::collections::BTreeMap;

use krm::field::PointerBuf;
use krm::resource_list::Item;
use krm::resource_list::bookkeeping::is_bookkeeping;
use manifests::addresses;
use manifests::fields::below;
use serde_json::Value;

use super::adaptation::Adaptation;
use crate::config::Spec;
use crate::exposure::Exposure;
use crate::hosts;
use crate::rule::Rule;

/// What the name of a host that is every host of a domain starts with.
const WILDCARD: &str = "*.";

/// Hosts that moved.
#[derive(Debug)]
pub(crate) struct Moved<'s> {
    spec: &'s Spec,
    /// Old hosts in lower case, and the new ones; `*.domain` for every host one label below a domain.
    hosts: BTreeMap<String, String>,
}

impl<'s> Moved<'s> {
    /// Nothing moved yet.
    pub(crate) fn new(spec: &'s Spec) -> Self {
        Self { spec, hosts: BTreeMap::new() }
    }

    /// Texts without which an object holds no host that moved and none in an old domain.
    pub(super) fn needles(&self) -> impl Iterator<Item = &str> {
        let hosts = self.hosts.keys().map(|host| host.strip_prefix(WILDCARD).unwrap_or(host));
        hosts.chain(self.spec.domains.keys().map(String::as_str))
    }

    /// Notes the old hosts of a Route: the one written in it, or those that OpenShift gave it in the old domains.
    pub(crate) fn note(&mut self, exposure: &Exposure<'_>) {
        let route = exposure.route;
        let old_hosts = match route.value()["spec"]["host"].as_str().filter(|host| !host.is_empty()) {
            Some(host) => vec![host.to_owned()],
            None => {
                let namespace = exposure.namespace.as_deref();
                self.spec.domains.keys().map(|domain| hosts::generated_by_openshift(route, namespace, domain)).collect()
            }
        };
        for old in old_hosts {
            let old = old.to_ascii_lowercase();
            let (old, new) = match (exposure.host.wildcard_domain(), old.split_once('.')) {
                (Some(new), Some((_, old))) => (format!("{WILDCARD}{old}"), format!("{WILDCARD}{new}")),
                _ => (old, exposure.host.name.clone()),
            };
            if old != new {
                self.hosts.insert(old, new);
            }
        }
    }

    /// The host that a host in lower case moved to.
    fn new_host(&self, host: &str) -> Option<String> {
        let of_wildcard = || {
            let (label, domain) = host.split_once('.')?;
            let new = self.hosts.get(&format!("{WILDCARD}{domain}"))?;
            Some(format!("{label}.{}", new.strip_prefix(WILDCARD)?))
        };
        self.hosts.get(host).cloned().or_else(of_wildcard)
    }

    /// Writes new hosts in the place of old ones, and reports other hosts in the old domains.
    pub(super) fn follow(&self, item: &Item, adaptation: &mut Adaptation) {
        // What is sealed or secret cannot be read here.
        if matches!(item.kind(), "Secret" | "SealedSecret") {
            return;
        }
        let mut search = Search { moved: self, changes: Vec::new(), unknown: Vec::new() };
        for (key, value) in adaptation.current(item).as_object().into_iter().flatten() {
            if !["apiVersion", "kind", "status"].contains(&key.as_str()) {
                search.value(value, &mut PointerBuf::from_tokens([key.as_str()]));
            }
        }
        let Search { changes, unknown, .. } = search;
        for (pointer, message) in unknown {
            adaptation.report(Rule::HostInOldDomain, item, &pointer, message);
        }
        for (pointer, text) in changes {
            if let Some(field) = adaptation.edit(item).pointer_mut(pointer.as_str()) {
                *field = text.into();
            }
        }
    }
}

/// A walk through an object in search of hosts.
struct Search<'s> {
    moved: &'s Moved<'s>,
    /// Texts that must change.
    changes: Vec<(PointerBuf, String)>,
    /// What to report about hosts that no Route moved.
    unknown: Vec<(PointerBuf, String)>,
}

impl Search<'_> {
    fn value(&mut self, value: &Value, pointer: &mut PointerBuf) {
        match value {
            Value::String(text) => self.text(text, pointer),
            Value::Object(object) => {
                for (key, value) in object.iter().filter(|(key, _)| !is_bookkeeping(key)) {
                    below(pointer, key, |pointer| self.value(value, pointer));
                }
            }
            Value::Array(array) => {
                for (index, value) in array.iter().enumerate() {
                    below(pointer, &index.to_string(), |pointer| self.value(value, pointer));
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, pointer: &PointerBuf) {
        let mut replaced = String::new();
        let mut copied = 0;
        for host in addresses::hosts(text) {
            let name = host.lower_name();
            if let Some(new) = self.moved.new_host(&name) {
                replaced.push_str(&text[copied..host.name.start]);
                replaced.push_str(&new);
                copied = host.name.end;
            } else if let Some(old) = hosts::old_domain(&name, self.moved.spec) {
                let message = format!(
                    "`{name}` lies in the old domain `{old}`, and no Route of this build says where it moved; correct it here if it did"
                );
                self.unknown.push((pointer.clone(), message));
            }
        }
        if copied > 0 {
            replaced.push_str(&text[copied..]);
            self.changes.push((pointer.clone(), replaced));
        }
    }
}
