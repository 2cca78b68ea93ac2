//! The listeners that are replaced, and where their names come from.

use std::collections::{BTreeMap, HashMap, HashSet};

use krm::field::FieldPath;
use krm::finding::Findings;
use krm::resource_list::Resources;
use manifests::strimzi;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::config::{ListenerSpec, ListenerType, OldType, Options, Spec};
use crate::listener_refusal::Refusal;
use crate::listener_shape::{self, unreadable};
use crate::port_slots::Slots;

/// The JSON pointer of the listeners of a Kafka.
pub(crate) const LISTENERS: &str = "/spec/kafka/listeners";
/// The port of every Route.
pub(crate) const ROUTE_PORT: u16 = 443;

/// A listener that is replaced.
#[derive(Debug)]
pub(crate) struct Listener {
    /// The position in `listeners`.
    pub(crate) index: usize,
    pub(crate) name: String,
    /// The port inside the cluster.
    pub(crate) port: u64,
    pub(crate) is_tls: bool,
    pub(crate) old_type: OldType,
    pub(crate) new_type: ListenerType,
    /// Where its ports begin.
    pub(crate) base_port: BasePort,
    pub(crate) names: Names,
    /// The listener as it came.
    pub(crate) value: Value,
}

/// Where the ports of a listener begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BasePort {
    /// At this port, which is meant for this listener.
    Own(u32),
    /// At this port, which is meant for the one listener of the cluster that has none of its own.
    OfCluster(u32),
    /// At `basePort` of the spec.
    Default,
}

/// The DNS names of a listener.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Names {
    /// The name that clients begin with.
    pub(crate) bootstrap: Option<String>,
    /// The names of the brokers.
    pub(crate) brokers: BrokerNames,
}

/// The DNS names of brokers. The name of a broker's own comes before the template, as with Strimzi.
///
/// Source: Strimzi `cluster-operator/.../model/ListenersUtils.java` and `ModelUtils.renderTemplate`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BrokerNames {
    /// The names that only one broker has, by its ID.
    pub(crate) each: BTreeMap<u32, String>,
    /// The name of all others, with `{nodeId}` or `{nodePodName}` in it if they differ.
    pub(crate) template: Option<String>,
}

impl BrokerNames {
    /// One text for all brokers.
    fn of_template(template: String) -> Self {
        Self { each: BTreeMap::new(), template: Some(template) }
    }

    /// Whether no name is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.each.is_empty() && self.template.is_none()
    }

    /// The one name that all brokers have.
    pub(crate) fn shared(&self) -> Option<&str> {
        self.template.as_deref().filter(|template| self.each.is_empty() && !template.contains('{'))
    }

    /// The name of a broker. `pod_set` is the set of pods that it belongs to.
    pub(crate) fn of(&self, id: u32, pod_set: Option<&str>) -> Option<String> {
        self.each.get(&id).cloned().or_else(|| {
            let name = self.template.as_ref()?.replace("{nodeId}", &id.to_string());
            match pod_set {
                Some(pod_set) => Some(name.replace("{nodePodName}", &format!("{pod_set}-{id}"))),
                None => Some(name).filter(|name| !name.contains("{nodePodName}")),
            }
        })
    }
}

impl Listener {
    /// The field path of the listener.
    pub(crate) fn path(&self) -> FieldPath {
        path_of(self.index)
    }

    /// The listeners of a cluster that are to be replaced.
    pub(crate) fn all_of(
        cluster: &Cluster,
        options: &Options<'_>,
        resources: &Resources,
        findings: &mut Findings,
    ) -> Vec<Self> {
        let item = resources.get(cluster.id);
        let listeners = item.value().pointer(LISTENERS);
        if listeners.is_some_and(|listeners| !(listeners.is_array() || listeners.is_object() || listeners.is_null())) {
            let refusal = unreadable(FieldPath::root(), "must be a list");
            findings.push(refusal.on(item, FieldPath::of_pointer(LISTENERS)));
        }
        let listeners: Vec<_> = listeners.and_then(Value::as_array).into_iter().flatten().collect();
        let mut counts: HashMap<_, usize> = HashMap::new();
        listeners.iter().for_each(|listener| *counts.entry(listener["name"].as_str()).or_default() += 1);
        let mut replaced = Vec::new();
        for (index, value) in listeners.iter().enumerate() {
            match Self::read(cluster, options, index, value) {
                Ok(Some(listener)) if counts[&Some(listener.name.as_str())] > 1 => {
                    let refusal = unreadable("name", "is the name of another listener too, and Strimzi refuses that");
                    findings.push(refusal.on(item, path_of(index)));
                }
                Ok(listener) => replaced.extend(listener),
                Err(refusal) => findings.push(refusal.on(item, path_of(index))),
            }
        }
        replaced
    }

    /// A listener, if it is to be replaced.
    fn read(cluster: &Cluster, options: &Options<'_>, index: usize, value: &Value) -> Result<Option<Self>, Refusal> {
        let spec = options.spec;
        let Some(old_type) = spec.replaces.iter().copied().find(|old| value["type"] == old.name()) else {
            return Ok(None);
        };
        listener_shape::check(value)?;
        let name = value["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| unreadable("name", "must be given; ports and Services are named by it"))?;
        let port = value["port"].as_u64().filter(|port| (1..=65535).contains(port));
        let port = port.ok_or_else(|| unreadable("port", "must be a port number"))?;
        let levels = Levels::of(cluster, spec, name);
        let mut made = Self {
            index,
            name: name.to_owned(),
            port,
            is_tls: value["tls"] == true,
            old_type,
            new_type: levels.listener_type().unwrap_or(spec.listener_type),
            base_port: levels.base_port(options.slots(), value),
            names: Names::default(),
            value: value.clone(),
        };
        made.names = made.names_of(cluster, spec, &levels);
        Ok(Some(made))
    }

    fn names_of(&self, cluster: &Cluster, spec: &Spec, levels: &Levels<'_>) -> Names {
        let (host, broker_host) = levels.hosts(spec);
        let filled = |template: &Option<String>| template.as_ref().map(|template| self.filled(cluster, template));
        let (host, broker_host) = (filled(host), filled(broker_host));
        let keeps = spec.keep_hosts || self.new_type == ListenerType::ClusterIp;
        let written = if keeps { self.written_names() } else { Names::default() };
        let shared = host.clone().filter(|_| self.new_type == ListenerType::NodePort);
        let brokers = match (broker_host, shared) {
            (Some(template), _) | (None, Some(template)) => BrokerNames::of_template(template),
            (None, None) => written.brokers,
        };
        Names { bootstrap: host.or(written.bootstrap), brokers }
    }

    /// The hosts that the listener itself holds.
    pub(crate) fn written_names(&self) -> Names {
        let configuration = &self.value["configuration"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut brokers = BrokerNames { each: BTreeMap::new(), template: text(&configuration["hostTemplate"]) };
        for (id, host) in entries(&self.value).filter_map(|entry| Some((broker_of(entry)?, text(&entry["host"])?))) {
            // Of several entries for a broker the first that has a host counts.
            brokers.each.entry(id).or_insert(host);
        }
        Names { bootstrap: text(&configuration["bootstrap"]["host"]), brokers }
    }

    /// The Route that Strimzi makes for the bootstrap of a listener, in a Kafka of this name.
    pub(crate) fn bootstrap_route(&self, kafka: &str) -> String {
        if strimzi::is_classic_external(&self.name, self.port) {
            format!("{kafka}-kafka-bootstrap")
        } else {
            self.bootstrap_service(kafka)
        }
    }

    /// The bootstrap Service that Strimzi makes for the listener, in a Kafka of this name.
    pub(crate) fn bootstrap_service(&self, kafka: &str) -> String {
        strimzi::bootstrap_service(kafka, &self.name)
    }

    /// The Service, and the Route, that Strimzi makes for a broker.
    pub(crate) fn broker_service(&self, pod_set: &str, id: u32) -> String {
        strimzi::broker_service(pod_set, &self.name, self.port, id)
    }

    fn filled(&self, cluster: &Cluster, template: &str) -> String {
        template
            .replace("{cluster}", &cluster.name)
            .replace("{namespace}", cluster.namespace.as_deref().unwrap_or("default"))
            .replace("{listener}", &self.name)
    }
}

/// What the config says of a listener, from the most specific level on.
struct Levels<'s> {
    listener: Option<&'s ListenerSpec>,
    cluster: Option<&'s ListenerSpec>,
}

impl<'s> Levels<'s> {
    fn of(cluster: &Cluster, spec: &'s Spec, name: &str) -> Self {
        let own = cluster.options(spec);
        Self { listener: own.and_then(|own| own.listeners.get(name)), cluster: own.map(|own| &own.all) }
    }

    fn listener_type(&self) -> Option<ListenerType> {
        [self.listener, self.cluster].into_iter().flatten().find_map(|level| level.listener_type)
    }

    /// `host` and `brokerHost`. The first level that gives one of the two decides both, so that names of two levels never
    /// mix.
    fn hosts(&self, spec: &'s Spec) -> (&'s Option<String>, &'s Option<String>) {
        let levels = [self.listener, self.cluster].into_iter().flatten();
        let mut hosts = levels.map(|level| (&level.host, &level.broker_host));
        let first = hosts.find(|(host, broker_host)| host.is_some() || broker_host.is_some());
        first.unwrap_or((&spec.host, &spec.broker_host))
    }

    /// Where the ports begin: where the manifest says, then the config.
    fn base_port(&self, slots: Slots, listener: &Value) -> BasePort {
        let at = |level: &ListenerSpec| {
            let of_slot = level.slot.map(|slot| slots.base_of(slot.into()));
            level.base_port.map(u32::from).or(of_slot)
        };
        let written = listener["configuration"]["bootstrap"]["nodePort"].as_u64();
        let written = written.and_then(|port| u32::try_from(port).ok());
        let own = written.or_else(|| self.listener.and_then(at)).map(BasePort::Own);
        own.or_else(|| self.cluster.and_then(at).map(BasePort::OfCluster)).unwrap_or(BasePort::Default)
    }
}

fn path_of(index: usize) -> FieldPath {
    FieldPath::from("spec.kafka.listeners").index(index)
}

/// The entries of `configuration.brokers`.
pub(crate) fn entries(listener: &Value) -> impl Iterator<Item = &Value> {
    listener["configuration"]["brokers"].as_array().into_iter().flatten()
}

/// The brokers with a field in one of their entries.
pub(crate) fn brokers_with(listener: &Value, field: &str) -> HashSet<u32> {
    entries(listener).filter(|entry| !entry[field].is_null()).filter_map(broker_of).collect()
}

/// `configuration.bootstrap` and the entries of `configuration.brokers`, with their paths below the listener.
pub(crate) fn all_entries(listener: &Value) -> impl Iterator<Item = (FieldPath, &Value)> {
    let bootstrap = (FieldPath::from("configuration.bootstrap"), &listener["configuration"]["bootstrap"]);
    let brokers = entries(listener).enumerate();
    let path = FieldPath::from("configuration.brokers");
    std::iter::once(bootstrap).chain(brokers.map(move |(index, entry)| (path.clone().index(index), entry)))
}

/// The broker that an entry is about.
pub(crate) fn broker_of(entry: &Value) -> Option<u32> {
    entry["broker"].as_u64().and_then(|id| u32::try_from(id).ok())
}
