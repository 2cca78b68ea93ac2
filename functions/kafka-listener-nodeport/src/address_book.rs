//! The addresses that clients used, and the new ones that take their place.

use std::collections::{BTreeSet, HashMap, HashSet};

use krm::resource_list::Prefilter;
use manifests::addresses::{Host, hosts};

use crate::cluster::Cluster;
use crate::config::{ListenerType, OldType, Spec};
use crate::listener::ROUTE_PORT;
use crate::mirrors::is_source_in_text;
use crate::old_address::{Kept, Known, Reason};
use crate::ports::Block;
use crate::replacement::Replacement;

/// A part of every host that OpenShift generates for a Route: `apps` begins the default domain of its router.
const ROUTE_DOMAIN: &str = ".apps.";

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
    prefixes: HashMap<String, Known>,
    /// As configured, by host and port and by the host alone.
    configured: HashMap<String, Known>,
    /// Addresses, and their hosts, that the config gives as old and new: they stay.
    staying: HashSet<String>,
    /// Hosts that the new listener has too, with the port of a Route.
    unchanged: HashSet<String>,
    /// The number of listeners that were added.
    listeners: usize,
    /// The domains in which the build has Routes of a listener. Where the Kafka has no namespace, that of the Route is before
    /// the domain.
    domains: HashMap<usize, BTreeSet<String>>,
    /// The configured addresses that the build does not have.
    unmatched: BTreeSet<String>,
}

/// What becomes of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rewrite<'b> {
    /// The new text, if it differs.
    pub(crate) text: Option<String>,
    /// The old addresses in it that stay.
    pub(crate) kept: Vec<Kept<'b>>,
}

/// What becomes of a host in a text.
enum Outcome<'b> {
    Replaced(&'b str),
    Kept(Kept<'b>),
    Unrelated,
}

impl AddressBook {
    pub(crate) fn new(spec: &Spec) -> Self {
        let mut book = Self::default();
        for (old, new) in &spec.addresses {
            let old = old.to_ascii_lowercase();
            let host = old.rsplit_once(':').map_or(old.clone(), |(host, _)| host.to_owned());
            if old.eq_ignore_ascii_case(new) {
                book.staying.extend([host, old.clone()]);
            } else {
                let known = Known::configured(new);
                book.configured.extend([(host, known.clone()), (old.clone(), known)]);
            }
            book.unmatched.insert(old);
        }
        book
    }

    /// Notes the addresses of a listener that is replaced, and what they become.
    pub(crate) fn add(&mut self, replaced: &Replacement<'_>, block: Option<&Block>) {
        let Replacement { cluster, brokers, listener, .. } = replaced;
        self.listeners += 1;
        let owner = format!("Kafka `{}` listener `{}`", cluster.name, listener.name);
        let is_route = listener.old_type == OldType::Route;
        let known = |host: Option<String>, node_port: Option<u32>, part: &str| {
            let port = port_of(replaced, node_port);
            let new = host.zip(port).map(|(host, port)| format!("{host}:{port}"));
            Known { new, port, owner: format!("{owner}{part}"), listener: None }
        };
        let bootstrap = known(listener.names.bootstrap.clone(), block.map(|block| block.base), "");
        let routes = cluster.names.iter().filter(|_| is_route).map(|name| listener.bootstrap_route(name)).collect();
        let written = listener.written_names();
        self.note(written.bootstrap.clone().map_or(Sign::Routes(routes), Sign::Host), cluster, &bootstrap);
        for (id, pod_set) in &brokers.pod_sets {
            let node_port = block.and_then(|block| block.broker(*id));
            let mut broker = known(replaced.broker_name(*id), node_port, &format!(" broker {id}"));
            // Any broker will do for clients to begin with.
            broker.new = broker.new.or_else(|| bootstrap.new.clone());
            let routes = pod_set.iter().filter(|_| is_route).map(|set| listener.broker_service(set, *id)).collect();
            let host = written.brokers.of(*id, pod_set.as_deref());
            self.note(host.map_or(Sign::Routes(routes), Sign::Host), cluster, &broker);
        }
        for (id, host) in written.brokers.each.into_iter().filter(|(id, _)| !brokers.pod_sets.contains_key(id)) {
            let gone = Known { port: None, owner: format!("{owner} broker {id}"), ..bootstrap.clone() };
            self.note(Sign::Host(host), cluster, &gone);
        }
    }

    fn note(&mut self, sign: Sign, cluster: &Cluster, known: &Known) {
        match sign {
            Sign::Host(host) => {
                insert(&mut self.hosts, &host, known);
                if known.leads_to(&format!("{host}:{ROUTE_PORT}")) {
                    self.unchanged.insert(host.to_ascii_lowercase());
                }
            }
            Sign::Routes(routes) => {
                let known = Known { listener: Some(self.listeners), ..known.clone() };
                routes.iter().for_each(|route| self.note_route(&route.replace('.', "-"), cluster, &known));
            }
        }
    }

    fn note_route(&mut self, route: &str, cluster: &Cluster, known: &Known) {
        if cluster.namespaces.is_empty() {
            insert(&mut self.prefixes, &format!("{route}-"), known);
        }
        for namespace in &cluster.namespaces {
            insert(&mut self.labels, &format!("{route}-{namespace}"), known);
        }
    }

    fn known(&self, host: &Host<'_>) -> Option<&Known> {
        self.known_in(host).map(|(known, _)| known)
    }

    /// What is known of a host, and the domain in which it is.
    fn known_in(&self, host: &Host<'_>) -> Option<(&Known, String)> {
        let name = host.lower_name();
        let (label, domain) = name.split_once('.')?;
        let by_name = self.hosts.get(&name).or_else(|| self.labels.get(label));
        by_name.map(|known| (known, domain.to_owned())).or_else(|| self.known_by_prefix(&name, label))
    }

    fn known_by_prefix(&self, name: &str, label: &str) -> Option<(&Known, String)> {
        if self.prefixes.is_empty() || !name.contains(ROUTE_DOMAIN) {
            return None;
        }
        let prefixes = label.match_indices('-').rev();
        prefixes
            .map(|(end, _)| name.split_at(end + 1))
            .find_map(|(prefix, rest)| self.prefixes.get(prefix).map(|known| (known, rest.to_owned())))
    }

    /// Notes what has to be known of all texts of the build before one of them is rewritten. `is_source` says whether
    /// the field names what a mirror copies from.
    pub(crate) fn survey(&mut self, text: &str, is_source: bool) {
        for host in hosts(text) {
            let address = host.lower_address();
            self.unmatched.remove(&address);
            let is_replaced = host.is_whole && is_of_route(&host) && !self.staying.contains(&address);
            let found = self.known_in(&host).and_then(|(known, domain)| Some((known.listener?, domain)));
            let is_client = || !is_source && !is_source_in_text(text, host.range().start);
            if let Some((listener, domain)) = found.filter(|_| is_replaced && is_client()) {
                self.domains.entry(listener).or_default().insert(domain);
            }
        }
    }

    /// What a text becomes, and the old addresses in it that stay. `is_source` is as for [`AddressBook::survey`].
    pub(crate) fn rewrite(&self, text: &str, is_source: bool) -> Rewrite<'_> {
        let mut rewritten = String::new();
        let mut copied = 0;
        let mut kept = Vec::new();
        for host in hosts(text) {
            match self.outcome(&host, || is_source || is_source_in_text(text, host.range().start)) {
                Outcome::Replaced(new) => {
                    rewritten.push_str(&text[copied..host.range().start]);
                    rewritten.push_str(new);
                    copied = host.range().end;
                }
                Outcome::Kept(one) => kept.push(one),
                Outcome::Unrelated => {}
            }
        }
        kept.dedup();
        rewritten.push_str(&text[copied..]);
        Rewrite { text: Some(rewritten).filter(|rewritten| rewritten != text), kept }
    }

    fn outcome(&self, host: &Host<'_>, is_source: impl Fn() -> bool) -> Outcome<'_> {
        let address = host.lower_address();
        let configured = self.configured.get(&address);
        let Some(known) = configured.or_else(|| self.known(host)) else { return Outcome::Unrelated };
        // A host that stays may well have its new port already.
        if self.staying.contains(&address) || known.leads_to(&address) && !is_of_route(host) {
            return Outcome::Unrelated;
        }
        if is_source() {
            let reason = if known.is_at(host.name()) { Reason::MovingSource } else { Reason::Source };
            return Outcome::Kept(Kept { known, reason });
        }
        if self.unchanged.contains(&host.lower_name()) {
            return Outcome::Unrelated;
        }
        let has_its_port = if configured.is_some() { host.port.is_some() } else { is_of_route(host) };
        let new = known.new.as_deref().filter(|_| host.is_whole && has_its_port);
        let other = if configured.is_some() { None } else { self.other_domain(host) };
        match new.map(|new| (new, other)) {
            Some((new, None)) => Outcome::Replaced(new),
            Some((_, Some(other))) => Outcome::Kept(Kept { known, reason: Reason::OtherDomain(other) }),
            None => Outcome::Kept(Kept { known, reason: Reason::Around }),
        }
    }

    /// Another domain in which the build has the Route of this host, so that nothing tells which of the two moves.
    fn other_domain(&self, host: &Host<'_>) -> Option<&str> {
        let (known, domain) = self.known_in(host)?;
        let domains = self.domains.get(&known.listener?)?;
        domains.iter().map(String::as_str).find(|other| *other != domain)
    }

    /// Whether a text holds the address of a Route that is in no way known.
    pub(crate) fn holds_unknown_route(&self, text: &str) -> bool {
        hosts(text).any(|host| {
            let address = host.lower_address();
            let is_configured = self.configured.contains_key(&address) || self.staying.contains(&address);
            let is_route = is_of_route(&host) && host.lower_name().contains(ROUTE_DOMAIN);
            is_route && !is_configured && self.known(&host).is_none()
        })
    }

    /// The configured addresses that no surveyed text holds.
    pub(crate) fn unmatched(&self) -> impl Iterator<Item = &str> {
        self.unmatched.iter().map(String::as_str)
    }

    /// Skips objects in whose texts nothing is to rewrite or to report, unless they are encoded.
    pub(crate) fn prefilter(&self) -> Prefilter {
        let known = self.hosts.keys().chain(self.labels.keys()).chain(self.prefixes.keys());
        let configured = self.configured.keys().chain(&self.staying).filter(|address| !address.contains(':'));
        Prefilter::new(known.chain(configured).map(String::as_str).chain([ROUTE_DOMAIN, BINARY_DATA]))
    }
}

/// The field of a ConfigMap with values in base64.
const BINARY_DATA: &str = "binaryData";

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
    let addresses = std::collections::BTreeMap::from([
        ("old.example.com:443".to_owned(), "new.example.com:1".to_owned()),
        ("stays.example.com:443".to_owned(), "Stays.example.com:443".to_owned()),
    ]);
    let known = |new: Option<&str>| Known { new: new.map(str::to_owned), ..Known::default() };
    let mut book = AddressBook::new(&Spec { addresses, ..Spec::default() });
    let orders = Known { listener: Some(1), ..known(Some("kafka.example.com:32094")) };
    book.labels.insert("orders-kafka-bootstrap-kafka".to_owned(), orders);
    book.hosts.insert("b.example.com".to_owned(), known(None));
    book.prefixes.insert("audit-kafka-bootstrap-".to_owned(), known(Some("audit.example.com:32114")));
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
            ("SASL_SSL://old.example.com:443".to_owned(), None, 1),
            ("old.example.com".to_owned(), None, 1),
            ("stays.example.com:443 https://stays.example.com".to_owned(), None, 0),
            ("source.bootstrap.servers=old.example.com:443".to_owned(), None, 1),
            ("x-orders-kafka-bootstrap-kafka.apps.example.com:443".to_owned(), None, 0),
            ("x_orders-kafka-bootstrap-kafka.apps.example.com:443".to_owned(), None, 0),
            ("1.2.3".to_owned(), None, 0),
            (String::new(), None, 0),
        ];
        let book = example();
        for (text, expected, stale) in cases {
            let rewrite = book.rewrite(&text, false);
            assert_eq!((rewrite.text, rewrite.kept.len()), (expected, stale), "{text}");
        }
    }

    #[test]
    fn two_namespaces_are_two_domains_where_the_kafka_has_none() {
        let mut book = example();
        let known = Known { listener: Some(2), ..book.prefixes["audit-kafka-bootstrap-"].clone() };
        book.prefixes.insert("audit-kafka-bootstrap-".to_owned(), known);
        let old = |namespace: &str| format!("audit-kafka-bootstrap-{namespace}.apps.example.com:443");
        book.survey(&old("test"), false);
        assert!(book.rewrite(&old("test"), false).text.is_some());
        book.survey(&old("live"), false);
        assert_eq!(book.rewrite(&old("test"), false).text, None);
    }

    #[test]
    fn an_address_of_another_domain_keeps_both() {
        let mut book = example();
        let old = |domain: &str| format!("orders-kafka-bootstrap-kafka.apps.{domain}:443");
        book.survey(&old("one.example.com"), false);
        assert!(book.rewrite(&old("one.example.com"), false).text.is_some());
        book.survey(&old("two.example.com"), true);
        assert!(book.rewrite(&old("one.example.com"), false).text.is_some(), "the source of a mirror does not count");
        book.survey(&old("two.example.com"), false);
        for domain in ["one.example.com", "two.example.com"] {
            let rewrite = book.rewrite(&old(domain), false);
            assert_eq!((rewrite.text, rewrite.kept.len()), (None, 1), "{domain}");
        }
    }
}
