//! The addresses that clients used, and the new ones that take their place.

use std::collections::HashMap;

use krm::resource_list::Prefilter;
use manifests::addresses::{Host, hosts};

use crate::cluster::Cluster;
use crate::config::{ListenerType, OldType, Spec};
use crate::listener::{BrokerNames, ROUTE_PORT};
use crate::ports::Block;
use crate::replacement::Replacement;

/// A part of every host that OpenShift generates for a Route: `apps` begins the default domain of its router.
const ROUTE_DOMAIN: &str = ".apps.";

/// What is known of an old address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// The new address, if it is known.
    new: Option<String>,
    /// Its port, if that alone is known.
    port: Option<u64>,
    /// What it belonged to.
    owner: String,
}

/// What an old address is recognised by.
enum Sign {
    /// The host that the listener holds.
    Host(String),
    /// The names of the Route, as Strimzi gives them. OpenShift makes the host of name and namespace.
    Routes(Vec<String>),
}

/// Old addresses, by what they are recognised by. All keys are in lower case: DNS knows no other (RFC 4343).
#[derive(Debug, Default)]
pub(crate) struct AddressBook {
    /// By the whole host.
    hosts: HashMap<String, Known>,
    /// By the first label of the host.
    labels: HashMap<String, Known>,
    /// By the beginning of the first label, of Kafkas without a namespace.
    prefixes: Vec<(String, Known)>,
    /// By host and port, as configured.
    configured: HashMap<String, String>,
}

/// What becomes of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rewrite<'b> {
    /// The new text, if it differs.
    pub(crate) text: Option<String>,
    /// The old addresses in it that stay.
    pub(crate) stale: Vec<&'b Known>,
}

/// What becomes of a host in a text.
enum Outcome<'b> {
    Replaced(&'b str),
    Stale(&'b Known),
    Unrelated,
}

impl AddressBook {
    pub(crate) fn new(spec: &Spec) -> Self {
        let configured = spec.addresses.iter().map(|(old, new)| (old.to_ascii_lowercase(), new.clone())).collect();
        Self { configured, ..Self::default() }
    }

    /// Notes the addresses of a listener that is replaced, and what they become.
    pub(crate) fn add(&mut self, replaced: &Replacement<'_>, block: Option<&Block>) {
        let Replacement { cluster, brokers, listener, .. } = replaced;
        let owner = format!("Kafka `{}` listener `{}`", cluster.name, listener.name);
        let is_route = listener.old_type == OldType::Route;
        let known = |host: Option<String>, node_port: Option<u32>, part: &str| {
            let port = port_of(replaced, node_port);
            let new = host.zip(port).map(|(host, port)| format!("{host}:{port}"));
            Known { new, port, owner: format!("{owner}{part}") }
        };
        let written = listener.written_names();
        let bootstrap = known(listener.names.bootstrap.clone(), block.map(|block| block.base), "");
        let routes = cluster.names.iter().filter(|_| is_route).map(|name| listener.bootstrap_route(name)).collect();
        self.note(written.bootstrap.map_or(Sign::Routes(routes), Sign::Host), cluster, &bootstrap);
        for (id, pod_set) in &brokers.pod_sets {
            let node_port = block.and_then(|block| block.broker(*id));
            let mut broker = known(listener.names.brokers.of(*id), node_port, &format!(" broker {id}"));
            // Any broker will do for clients to begin with.
            broker.new = broker.new.or_else(|| bootstrap.new.clone());
            let routes = pod_set.iter().filter(|_| is_route).map(|set| listener.broker_service(set, *id)).collect();
            self.note(written.brokers.of(*id).map_or(Sign::Routes(routes), Sign::Host), cluster, &broker);
        }
        if let BrokerNames::Each(hosts) = written.brokers {
            for (id, host) in hosts.into_iter().filter(|(id, _)| !brokers.pod_sets.contains_key(id)) {
                let gone = Known { port: None, owner: format!("{owner} broker {id}"), ..bootstrap.clone() };
                self.note(Sign::Host(host), cluster, &gone);
            }
        }
    }

    fn note(&mut self, sign: Sign, cluster: &Cluster, known: &Known) {
        match sign {
            // The address stays as it is.
            Sign::Host(host) if known.leads_to(&format!("{host}:{ROUTE_PORT}")) => {}
            Sign::Host(host) => insert(&mut self.hosts, &host, known),
            Sign::Routes(routes) => {
                routes.iter().for_each(|route| self.note_route(&route.replace('.', "-"), cluster, known));
            }
        }
    }

    fn note_route(&mut self, route: &str, cluster: &Cluster, known: &Known) {
        if cluster.namespaces.is_empty() {
            self.prefixes.push((format!("{route}-").to_ascii_lowercase(), known.clone()));
        }
        for namespace in &cluster.namespaces {
            insert(&mut self.labels, &format!("{route}-{namespace}"), known);
        }
    }

    fn known(&self, host: &Host<'_>) -> Option<&Known> {
        let name = host.lower_name();
        let (label, _) = name.split_once('.')?;
        let is_route = name.contains(ROUTE_DOMAIN);
        let by_prefix = || self.prefixes.iter().find(|(prefix, _)| is_route && label.starts_with(prefix));
        let by_name = self.hosts.get(&name).or_else(|| self.labels.get(label));
        by_name.or_else(|| by_prefix().map(|(_, known)| known))
    }

    /// What a text becomes, and the old addresses in it that stay.
    pub(crate) fn rewrite(&self, text: &str) -> Rewrite<'_> {
        let mut rewritten = String::new();
        let mut copied = 0;
        let mut stale = Vec::new();
        for host in hosts(text) {
            match self.outcome(&host) {
                Outcome::Replaced(new) => {
                    rewritten.push_str(&text[copied..host.range().start]);
                    rewritten.push_str(new);
                    copied = host.range().end;
                }
                Outcome::Stale(known) => stale.push(known),
                Outcome::Unrelated => {}
            }
        }
        stale.dedup();
        rewritten.push_str(&text[copied..]);
        Rewrite { text: Some(rewritten).filter(|rewritten| rewritten != text), stale }
    }

    fn outcome(&self, host: &Host<'_>) -> Outcome<'_> {
        let address = host.lower_address();
        if let Some(new) = self.configured.get(&address).filter(|_| host.is_whole) {
            return Outcome::Replaced(new);
        }
        match self.known(host) {
            Some(Known { new: Some(new), .. }) if host.is_whole && is_of_route(host) => Outcome::Replaced(new),
            // A host that stays may well have its new port already.
            Some(known) if known.leads_to(&address) => Outcome::Unrelated,
            Some(known) => Outcome::Stale(known),
            None => Outcome::Unrelated,
        }
    }

    /// Whether a text holds the address of a Route that is in no way known.
    pub(crate) fn holds_unknown_route(&self, text: &str) -> bool {
        hosts(text).any(|host| {
            is_of_route(&host)
                && host.lower_name().contains(ROUTE_DOMAIN)
                && self.known(&host).is_none()
                && !self.configured.contains_key(&host.lower_address())
        })
    }

    /// Skips objects in whose texts nothing is to rewrite or to report.
    pub(crate) fn prefilter(&self) -> Prefilter {
        let configured = self.configured.keys().filter_map(|address| address.rsplit_once(':')).map(|(host, _)| host);
        let known = self.hosts.keys().chain(self.labels.keys()).chain(self.prefixes.iter().map(|(prefix, _)| prefix));
        Prefilter::new(known.map(String::as_str).chain(configured).chain([ROUTE_DOMAIN]))
    }
}

impl Known {
    /// Whether the new address is this one.
    fn leads_to(&self, address: &str) -> bool {
        self.new.as_ref().is_some_and(|new| new.eq_ignore_ascii_case(address))
    }

    /// What a client that still uses the old address is told.
    pub(crate) fn advice(&self) -> String {
        let hint = match (&self.new, self.port) {
            (Some(new), _) => format!(", `{new}`"),
            (None, Some(port)) => format!(", with port {port}"),
            (None, None) => String::new(),
        };
        format!("still leads to {}, whose old address ends; write the new one here{hint}", self.owner)
    }
}

fn is_of_route(host: &Host<'_>) -> bool {
    host.port.as_ref().is_some_and(|port| port.number == ROUTE_PORT)
}

/// The port that clients of a new listener dial.
fn port_of(replaced: &Replacement<'_>, node_port: Option<u32>) -> Option<u64> {
    match replaced.listener.new_type {
        ListenerType::NodePort => node_port.map(u64::from),
        ListenerType::LoadBalancer => Some(replaced.listener.port),
        ListenerType::ClusterIp => Some(ROUTE_PORT.into()),
    }
}

/// Two listeners with the same old address: nothing tells where its clients belong.
fn insert(map: &mut HashMap<String, Known>, key: &str, known: &Known) {
    let entry = map.entry(key.to_ascii_lowercase()).or_insert_with(|| known.clone());
    if entry.new != known.new {
        entry.new = None;
    }
}

/// A book with addresses of each sort.
#[cfg(test)]
pub(crate) fn example() -> AddressBook {
    let known = |new: Option<&str>| Known { new: new.map(str::to_owned), port: None, owner: "k".to_owned() };
    let mut book = AddressBook::default();
    book.labels.insert("orders-kafka-bootstrap-kafka".to_owned(), known(Some("kafka.example.com:32094")));
    book.hosts.insert("b.example.com".to_owned(), known(None));
    book.prefixes.push(("audit-kafka-bootstrap-".to_owned(), known(Some("audit.example.com:32114"))));
    book.configured.insert("old.example.com:443".to_owned(), "new.example.com:1".to_owned());
    book
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_entries_are_rewritten_and_others_are_told() {
        let old = "orders-kafka-bootstrap-kafka.apps.ocp.example.com:443";
        let new = "kafka.example.com:32094";
        let cases = [
            (old.to_owned(), Some(new.to_owned()), 0),
            (old.to_ascii_uppercase(), Some(new.to_owned()), 0),
            (old.replace(":443", ".:443"), Some(new.to_owned()), 0),
            (format!("{old},{old}"), Some(format!("{new},{new}")), 0),
            (format!("bootstrap.servers={old}\nacks=all\n"), Some(format!("bootstrap.servers={new}\nacks=all\n")), 0),
            (format!("{{\"servers\":\"{old}\"}}"), Some(format!("{{\"servers\":\"{new}\"}}")), 0),
            (format!("https://{old}/topics"), None, 1),
            (format!("https://{}/topics", old.to_ascii_uppercase()), None, 1),
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
            ("Old.Example.com:443".to_owned(), Some("new.example.com:1".to_owned()), 0),
            ("old.example.com:4430".to_owned(), None, 0),
            ("x-orders-kafka-bootstrap-kafka.apps.example.com:443".to_owned(), None, 0),
            ("x_orders-kafka-bootstrap-kafka.apps.example.com:443".to_owned(), None, 0),
            ("1.2.3".to_owned(), None, 0),
            (String::new(), None, 0),
        ];
        let book = example();
        for (text, expected, stale) in cases {
            let rewrite = book.rewrite(&text);
            assert_eq!((rewrite.text, rewrite.stale.len()), (expected, stale), "{text}");
        }
    }
}
