//! Old hosts of Routes, wherever a build holds them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use krm::field::{PointerBuf, value_at};
use krm::finding::Finding;
use krm::resource_list::Item;
use krm::resource_list::bookkeeping::is_bookkeeping;
use krm::table;
use manifests::addresses::{self, Host};
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
    pub(super) fn needles(&self) -> BTreeSet<&str> {
        let domains = self.hosts.keys().map(|host| domain_around(host));
        domains.chain(self.spec.domains.keys().map(String::as_str)).collect()
    }

    /// Whether nothing can have moved.
    pub(super) fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.spec.domains.is_empty()
    }

    /// Notes the old hosts of a Route: the one written in it, or those that OpenShift gave it in the old domains.
    pub(crate) fn note(&mut self, exposure: &Exposure<'_>) {
        let route = exposure.route;
        let old_hosts = match route.field(&["spec", "host"]).as_str().filter(|host| !host.is_empty()) {
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

    /// Writes new hosts in the place of old ones, and reports other hosts in the old domains, hosts that are names, and those
    /// in Secrets.
    pub(super) fn follow(&self, item: &Item, adaptation: &mut Adaptation) {
        if matches!(item.kind(), "Secret" | "SealedSecret") {
            return self.tell_of_secret(item, adaptation);
        }
        let mut search = Search::new(self);
        for (key, value) in adaptation.current(item).as_object().into_iter().flatten() {
            if !["apiVersion", "kind", "status"].contains(&key.as_str()) {
                // The keys of files and settings are no fields of an API.
                let place = if FREE.contains(&key.as_str()) { Place::Free } else { Place::of(key, Place::Field) };
                search.value(value, place, &mut PointerBuf::from_tokens([key.as_str()]));
            }
        }
        let Search { changes, told, .. } = search;
        for (pointer, rule, message) in told {
            adaptation.report(rule, item, &pointer, message);
        }
        for (pointer, text) in changes {
            if let Some(field) = adaptation.edit(item).pointer_mut(pointer.as_str()) {
                *field = text.into();
            }
        }
    }

    /// Writes new hosts into what a Route becomes: into the annotations that people wrote on it, and its headers. What is to be
    /// said about them.
    pub(crate) fn follow_made(&self, route: &Item, object: &mut Value) -> Vec<Finding> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut search = Search::new(self);
        for pointer in MADE {
            if let Some(value) = value_at(object, pointer) {
                search.value(value, Place::Free, &mut PointerBuf::parse(*pointer).unwrap_or_default());
            }
        }
        let Search { changes, told, .. } = search;
        for (pointer, text) in changes {
            if let Some(field) = object.pointer_mut(pointer.as_str()) {
                *field = text.into();
            }
        }
        let told = told.into_iter().map(|(pointer, rule, message)| Finding::new(rule, message).on(route).at(&pointer));
        told.collect()
    }

    /// Reports old hosts in a Secret. What is in it is not shown, but for hosts of Routes of the build, which are in the build
    /// anyway.
    fn tell_of_secret(&self, item: &Item, adaptation: &mut Adaptation) {
        for (pointer, text) in SECRET.iter().flat_map(|pointer| texts(item.value(), pointer)) {
            let text = if pointer.as_str().starts_with("/data") { decoded(text) } else { Some(text.to_owned()) };
            for message in text.map(|text| self.old_hosts_in(&text)).unwrap_or_default() {
                adaptation.report(Rule::HostInSecret, item, &pointer, message);
            }
        }
    }

    /// The finding about each old host in a text, once.
    fn old_hosts_in(&self, text: &str) -> BTreeSet<String> {
        let rest = "what is secret is not changed here, so change it where the Secret is made";
        let message = |host: Host<'_>| {
            let name = host.lower_name();
            if let Some(new) = self.new_host(&name) {
                return Some(format!("holds the host `{name}`, which moved to `{new}`; {rest}"));
            }
            let old = hosts::old_domain(&name, self.spec)?;
            Some(format!("holds a host in the old domain `{old}`; {rest}"))
        };
        addresses::hosts(text).filter_map(message).collect()
    }
}

/// The domain that a host is in, which thousands of hosts can share: to search for it costs less than to search for each of
/// them. It is the host itself where its domain is a top-level one, which many texts hold.
fn domain_around(host: &str) -> &str {
    match host.split_once('.') {
        Some((_, domain)) if domain.contains('.') => domain,
        _ => host.strip_prefix(WILDCARD).unwrap_or(host),
    }
}

/// Fields whose keys people choose.
const FREE: [&str; 3] = ["data", "binaryData", "stringData"];

/// Where an object that a Route becomes holds what people wrote on the Route.
const MADE: &[&str] = &["/metadata/annotations", "/spec/headers", "/spec/rules/0/filters"];

/// Where Secrets, and the templates of sealed ones, hold what is no name.
const SECRET: [&str; 5] =
    ["/stringData", "/data", "/metadata/annotations", "/spec/template/data", "/spec/template/metadata/annotations"];

/// The texts below a field.
fn texts<'v>(value: &'v Value, pointer: &str) -> Vec<(PointerBuf, &'v str)> {
    let mut found = Vec::new();
    if let (Some(value), Ok(mut pointer)) = (value.pointer(pointer), PointerBuf::parse(pointer)) {
        collect(value, &mut pointer, &mut found);
    }
    found
}

fn collect<'v>(value: &'v Value, pointer: &mut PointerBuf, found: &mut Vec<(PointerBuf, &'v str)>) {
    match value {
        Value::String(text) => found.push((pointer.clone(), text)),
        Value::Object(object) => {
            for (key, value) in object {
                below(pointer, key, |pointer| collect(value, pointer, found));
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                below(pointer, &index.to_string(), |pointer| collect(value, pointer, found));
            }
        }
        _ => {}
    }
}

/// What a value of a Secret means, if it is text.
fn decoded(value: &str) -> Option<String> {
    let packed: String = value.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}

/// What a text is for, by where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A field of an API.
    Field,
    /// A name, a label or a selector.
    Identity,
    /// The same, and all below it.
    Identities,
    /// A file or a setting, or something in it.
    Free,
}

impl Place {
    /// The place of a key in a mapping.
    fn of(key: &str, around: Self) -> Self {
        static ROWS: LazyLock<Vec<(&str, bool)>> = LazyLock::new(|| {
            let rows = table::rows(include_str!("../../data/identity-fields.tsv"));
            rows.map(|[key, below]| (key, below == "yes")).collect()
        });
        let is_row = |name: &str| match name.strip_prefix('*') {
            Some(end) => key.ends_with(end),
            None => key == name,
        };
        match (around, ROWS.iter().find(|(name, _)| is_row(name))) {
            (Self::Free | Self::Identities, _) => around,
            (_, Some((_, true))) => Self::Identities,
            (_, Some((_, false))) => Self::Identity,
            (_, None) if key == "annotations" => Self::Free,
            (_, None) => Self::Field,
        }
    }
}

/// A walk through an object in search of hosts.
struct Search<'s> {
    moved: &'s Moved<'s>,
    /// Texts that must change.
    changes: Vec<(PointerBuf, String)>,
    /// What to report.
    told: Vec<(PointerBuf, Rule, String)>,
}

impl<'s> Search<'s> {
    fn new(moved: &'s Moved<'s>) -> Self {
        Self { moved, changes: Vec::new(), told: Vec::new() }
    }

    fn value(&mut self, value: &Value, place: Place, pointer: &mut PointerBuf) {
        match value {
            Value::String(text) if matches!(place, Place::Identity | Place::Identities) => self.name(text, pointer),
            Value::String(text) => self.text(text, pointer),
            Value::Object(object) => {
                for (key, value) in object.iter().filter(|(key, _)| !is_bookkeeping(key)) {
                    below(pointer, key, |pointer| self.value(value, Place::of(key, place), pointer));
                }
            }
            Value::Array(array) => {
                let place = if place == Place::Identity { Place::Field } else { place };
                for (index, value) in array.iter().enumerate() {
                    below(pointer, &index.to_string(), |pointer| self.value(value, place, pointer));
                }
            }
            _ => {}
        }
    }

    /// A host that is a name stays, as what names it does.
    fn name(&mut self, text: &str, pointer: &PointerBuf) {
        let moved =
            addresses::hosts(text).find_map(|host| Some((host.lower_name(), self.moved.new_host(&host.lower_name())?)));
        if let Some((old, new)) = moved {
            let message = format!("is a name, so `{old}` stays in it, though that host moved to `{new}`");
            self.told.push((pointer.clone(), Rule::HostAsName, message));
        }
    }

    fn text(&mut self, text: &str, pointer: &PointerBuf) {
        let mut replaced = String::new();
        let mut copied = 0;
        for host in addresses::hosts(text) {
            let name = host.lower_name();
            if let Some(new) = self.moved.new_host(&name) {
                replaced.push_str(&text[copied..host.name.start]);
                replaced.push_str(&host.spelled(&new));
                copied = host.name.end;
            } else if let Some(old) = hosts::old_domain(&name, self.moved.spec) {
                let message = format!(
                    "`{name}` lies in the old domain `{old}`, and no Route of this build says where it moved; correct it here if it did"
                );
                self.told.push((pointer.clone(), Rule::HostInOldDomain, message));
            }
        }
        if copied > 0 {
            replaced.push_str(&text[copied..]);
            self.changes.push((pointer.clone(), replaced));
        }
    }
}
