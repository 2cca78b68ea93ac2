//! The addresses that clients used, and the new ones in their place, wherever an object holds them.

use std::collections::HashMap;

use k8s_openapi::ByteString;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::{Value, json};

use crate::broker_ids::Brokers;
use crate::cluster::{Cluster, GROUP};
use crate::cluster_ip::{self, is_classic_external};
use crate::config::{ListenerType, OldType, Spec};
use crate::listener::{BrokerNames, LISTENERS, Listener};
use crate::ports::Block;
use crate::walk::{self, Place};

/// What is known of an old address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    /// The new address, if it is known.
    new: Option<String>,
    /// Its port, if that alone is known.
    port: Option<u64>,
    /// What it belonged to.
    owner: String,
}

/// Old addresses, by what they are recognised by.
#[derive(Debug, Default)]
pub(crate) struct AddressBook {
    /// By the whole host.
    hosts: HashMap<String, Known>,
    /// By the first label of the host. OpenShift makes it of the name and the namespace of a Route.
    labels: HashMap<String, Known>,
    /// By the beginning of the first label, of Kafkas without a namespace.
    prefixes: Vec<(String, Known)>,
    /// By host and port, as configured.
    configured: HashMap<String, String>,
}

/// The port of every Route.
const ROUTE_PORT: &str = "443";

impl AddressBook {
    pub(crate) fn new(spec: &Spec) -> Self {
        let configured = spec.addresses.iter().map(|(old, new)| (old.clone(), new.clone())).collect();
        Self { configured, ..Self::default() }
    }

    /// Notes the addresses of a listener that is replaced, and what they become.
    pub(crate) fn add(&mut self, listener: &Listener, cluster: &Cluster, brokers: &Brokers, block: Option<&Block>) {
        let owner = format!("Kafka `{}` listener `{}`", cluster.name, listener.name);
        let port = |of_node: Option<u32>| match listener.new_type {
            ListenerType::Nodeport => of_node.map(u64::from),
            ListenerType::Loadbalancer => Some(listener.port),
            ListenerType::ClusterIp => Some(u64::from(cluster_ip::PORT)),
        };
        let address = |host: Option<String>, of_node: Option<u32>| {
            host.zip(port(of_node)).map(|(host, port)| format!("{host}:{port}"))
        };
        let written = listener.written_names();
        let base = block.map(|block| block.base);
        let new = address(listener.names.bootstrap.clone(), base);
        let is_route = listener.old_type == OldType::Route;
        let routes = cluster.names.iter().filter(|_| is_route).map(|name| {
            if is_classic_external(listener) {
                format!("{name}-kafka-bootstrap")
            } else {
                format!("{name}-kafka-{}-bootstrap", listener.name)
            }
        });
        let known = Known { new: new.clone(), port: port(base), owner: owner.clone() };
        self.note(written.bootstrap, routes, cluster, &known);
        for (id, pod_set) in &brokers.pod_sets {
            let of_node = block.and_then(|block| block.broker(*id));
            // Any broker will do for clients to begin with.
            let new = address(listener.names.brokers.of(*id), of_node).or_else(|| new.clone());
            let route =
                pod_set.iter().filter(|_| is_route).map(|pod_set| cluster_ip::broker_service(pod_set, listener, *id));
            let known = Known { new, port: port(of_node), owner: format!("{owner} broker {id}") };
            self.note(written.brokers.of(*id), route, cluster, &known);
        }
        if let BrokerNames::Each(hosts) = &written.brokers {
            for (id, host) in hosts.iter().filter(|(id, _)| !brokers.pod_sets.contains_key(*id)) {
                let known = Known { new: new.clone(), port: None, owner: format!("{owner} broker {id}") };
                self.note(Some(host.clone()), std::iter::empty(), cluster, &known);
            }
        }
    }

    fn note(&mut self, host: Option<String>, routes: impl Iterator<Item = String>, cluster: &Cluster, known: &Known) {
        if let Some(host) = host {
            let is_kept = known.new.as_ref().is_some_and(|new| *new == format!("{host}:{ROUTE_PORT}"));
            if !is_kept {
                insert(&mut self.hosts, host, known);
            }
            return;
        }
        for route in routes {
            let route = route.replace('.', "-");
            if cluster.namespaces.is_empty() {
                self.prefixes.push((format!("{route}-"), known.clone()));
            }
            for namespace in &cluster.namespaces {
                insert(&mut self.labels, format!("{route}-{namespace}"), known);
            }
        }
    }

    fn known(&self, host: &str) -> Option<&Known> {
        let label = || host.split_once('.').map(|(label, _)| label);
        let by_prefix = || {
            let label = label().filter(|_| host.contains(".apps."))?;
            self.prefixes.iter().find(|(prefix, _)| label.starts_with(prefix.as_str())).map(|(_, known)| known)
        };
        self.hosts.get(host).or_else(|| self.labels.get(label()?)).or_else(by_prefix)
    }

    /// What a text becomes, and the old addresses in it that stay.
    fn rewrite(&self, text: &str) -> (Option<String>, Vec<&Known>) {
        let mut rewritten = String::new();
        let mut copied = 0;
        let mut left = Vec::new();
        for found in hosts(text) {
            let host = &text[found.host.clone()];
            let address = &text[found.host.start..found.end];
            let configured = self.configured.get(address).filter(|_| found.is_whole);
            let known = if configured.is_none() { self.known(host) } else { None };
            let is_entry = found.is_whole && found.port == Some(ROUTE_PORT);
            let new = configured.or_else(|| known.filter(|_| is_entry).and_then(|known| known.new.as_ref()));
            match (new, known) {
                (Some(new), _) => {
                    rewritten.push_str(&text[copied..found.host.start]);
                    rewritten.push_str(new);
                    copied = found.end;
                }
                // A name that stays may well be written with its new port.
                (None, Some(known)) if known.new.as_deref() != Some(address) => left.push(known),
                (None, _) => {}
            }
        }
        left.dedup();
        let rewritten = (copied > 0).then(|| rewritten + &text[copied..]);
        (rewritten.filter(|rewritten| rewritten != text), left)
    }

    /// Puts the new addresses in the place of the old ones, and reports those that stay.
    pub(crate) fn apply(&self, resources: &mut Resources, findings: &mut Findings) {
        let mut changes: Vec<(ItemId, String, String)> = Vec::new();
        let is_worth_reading =
            |item: &&Item| item.is("", "Secret") || walk::is_worth_reading(item, |text| self.mentions_any(text));
        for item in resources.iter().filter(is_worth_reading) {
            let skipped = if item.is(GROUP, "Kafka") { LISTENERS } else { "" };
            walk::scalars(item.value(), skipped, &mut |place, value| {
                let Value::String(text) = value else { return };
                if item.is("", "Secret") && place.pointer.starts_with("/data/") {
                    self.report_encoded(item, place, value, findings);
                    return;
                }
                let (new, left) = self.rewrite(text);
                if let Some(new) = new {
                    changes.push((item.id(), place.pointer.clone(), new));
                }
                for known in &left {
                    let hint = match (&known.new, known.port) {
                        (Some(new), _) => format!(", `{new}`"),
                        (None, Some(port)) => format!(", with port {port}"),
                        (None, None) => String::new(),
                    };
                    let message =
                        format!("still leads to {}, whose old address ends; write the new one here{hint}", known.owner);
                    findings.push(Finding::warning(message).on(item.reference()).at(place.path()));
                }
                if left.is_empty() && self.is_strange_bootstrap(place, text) {
                    let message = "looks like the Route of a Kafka that is not in this build; if that Kafka moves, name its old and \
                                   new address in `addresses`";
                    findings.push(Finding::warning(message).on(item.reference()).at(place.path()));
                }
            });
        }
        for (id, pointer, new) in changes {
            if let Some(value) = resources.edit(id).pointer_mut(&pointer) {
                *value = json!(new);
            }
        }
    }

    fn report_encoded(&self, item: &Item, place: &Place<'_>, value: &Value, findings: &mut Findings) {
        let decoded = serde_json::from_value::<ByteString>(value.clone()).ok();
        let Some(text) = decoded.and_then(|bytes| String::from_utf8(bytes.0).ok()) else { return };
        let (new, left) = self.rewrite(&text);
        if new.is_some() || !left.is_empty() {
            let message = "holds an old address of a Kafka, encoded; encode the new one";
            findings.push(Finding::warning(message).on(item.reference()).at(place.path()));
        }
    }

    /// Whether there is a host in a text that an address may be of.
    fn mentions_any(&self, text: &str) -> bool {
        hosts(text).any(|found| {
            let host = &text[found.host.clone()];
            host.contains(".apps.")
                || self.known(host).is_some()
                || self.configured.contains_key(&text[found.host.start..found.end])
        })
    }

    /// Whether a bootstrap address leads to a Route that nothing in the build explains.
    fn is_strange_bootstrap(&self, place: &Place<'_>, text: &str) -> bool {
        is_bootstrap_key(place.key)
            && hosts(text).any(|found| {
                let host = &text[found.host.clone()];
                found.port == Some(ROUTE_PORT)
                    && host.contains(".apps.")
                    && self.known(host).is_none()
                    && !self.configured.contains_key(&text[found.host.start..found.end])
            })
    }
}

/// Two listeners with the same old address: nothing tells where its clients belong.
fn insert(map: &mut HashMap<String, Known>, key: String, known: &Known) {
    let slot = map.entry(key).or_insert_with(|| known.clone());
    if slot.new != known.new {
        slot.new = None;
    }
}

/// Whether a key is one that bootstrap addresses stand at.
pub(crate) fn is_bootstrap_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let is_server = ["server", "url", "host", "address", "endpoint"].iter().any(|word| key.contains(word));
    key.contains("bootstrap") || key.contains("broker") || key.contains("kafka") && is_server
}

/// A host name in a text, perhaps with a port behind it.
struct FoundHost<'t> {
    host: std::ops::Range<usize>,
    port: Option<&'t str>,
    /// The end of the port, else of the host.
    end: usize,
    /// Whether it stands apart, as an entry of a list of bootstrap servers does.
    is_whole: bool,
}

/// The host names with a dot in them.
fn hosts(text: &str) -> impl Iterator<Item = FoundHost<'_>> {
    let bytes = text.as_bytes();
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let mut position = 0;
    std::iter::from_fn(move || {
        loop {
            let start = position + bytes[position..].iter().position(|byte| is_of_host(*byte))?;
            let length = bytes[start..].iter().position(|byte| !is_of_host(*byte)).unwrap_or(bytes.len() - start);
            position = start + length;
            let host = start..position;
            if !text[host.clone()].contains('.') {
                continue;
            }
            let digits = match bytes.get(position) {
                Some(b':') => bytes[position + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
                _ => 0,
            };
            let port = (digits > 0).then(|| &text[position + 1..position + 1 + digits]);
            let end = if digits > 0 { position + 1 + digits } else { position };
            position = end;
            let before = start.checked_sub(1).map(|index| bytes[index]);
            let is_whole = before.is_none_or(|byte| byte.is_ascii_whitespace() || b"=,;\"'[({".contains(&byte))
                && bytes.get(end).is_none_or(|byte| byte.is_ascii_whitespace() || b",;\"'])}\\".contains(byte));
            return Some(FoundHost { host, port, end, is_whole });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> AddressBook {
        let mut book = AddressBook::default();
        let known = |new: Option<&str>| Known { new: new.map(str::to_owned), port: None, owner: "k".to_owned() };
        book.labels.insert("orders-kafka-bootstrap-kafka".to_owned(), known(Some("kafka.example.com:32094")));
        book.hosts.insert("b.example.com".to_owned(), known(None));
        book.prefixes.push(("audit-kafka-bootstrap-".to_owned(), known(Some("audit.example.com:32114"))));
        book.configured.insert("old.example.com:443".to_owned(), "new.example.com:1".to_owned());
        book
    }

    #[test]
    fn whole_entries_are_rewritten_and_others_are_told() {
        let old = "orders-kafka-bootstrap-kafka.apps.ocp.example.com:443";
        let new = "kafka.example.com:32094";
        let cases = [
            (old.to_owned(), Some(new.to_owned()), 0),
            (format!("{old},{old}"), Some(format!("{new},{new}")), 0),
            (format!("bootstrap.servers={old}\nacks=all\n"), Some(format!("bootstrap.servers={new}\nacks=all\n")), 0),
            (format!("{{\"servers\":\"{old}\"}}"), Some(format!("{{\"servers\":\"{new}\"}}")), 0),
            (format!("https://{old}/topics"), None, 1),
            (old.replace(":443", ":9094"), None, 1),
            (old.replace(":443", ""), None, 1),
            ("b.example.com:443".to_owned(), None, 1),
            (
                "audit-kafka-bootstrap-any.apps.example.com:443".to_owned(),
                Some("audit.example.com:32114".to_owned()),
                0,
            ),
            ("audit-kafka-bootstrap-any.example.com:443".to_owned(), None, 0),
            ("old.example.com:443 x".to_owned(), Some("new.example.com:1 x".to_owned()), 0),
            ("old.example.com:4430".to_owned(), None, 0),
            ("x-orders-kafka-bootstrap-kafka.apps.example.com:443".to_owned(), None, 0),
            ("1.2.3".to_owned(), None, 0),
            (String::new(), None, 0),
        ];
        let book = book();
        for (text, expected, left) in cases {
            let (rewritten, stay) = book.rewrite(&text);
            assert_eq!((rewritten, stay.len()), (expected, left), "{text}");
        }
    }
}
