//! The listeners that are replaced, and where their names come from.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::config::{ListenerSpec, ListenerType, OldType, Spec};

/// Where the listeners of a Kafka stand.
pub(crate) const LISTENERS: &str = "/spec/kafka/listeners";

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
    /// Where the config puts its ports, if it does.
    pub(crate) place: Place,
    pub(crate) names: Names,
    /// The listener as it came.
    pub(crate) value: Value,
}

/// Where the ports of a listener begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
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

/// The DNS names of brokers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum BrokerNames {
    /// Not known.
    #[default]
    None,
    /// One text for all, with `{nodeId}` in it if they differ.
    Template(String),
    /// Each on its own.
    Each(BTreeMap<u32, String>),
}

impl BrokerNames {
    /// The names of these brokers, each once.
    pub(crate) fn among(&self, ids: impl IntoIterator<Item = u32>) -> BTreeSet<String> {
        ids.into_iter().filter_map(|id| self.of(id)).collect()
    }

    /// The name of a broker.
    pub(crate) fn of(&self, id: u32) -> Option<String> {
        match self {
            Self::None => None,
            Self::Template(template) => Some(template.replace("{nodeId}", &id.to_string())),
            Self::Each(names) => names.get(&id).cloned(),
        }
    }
}

impl Listener {
    /// The field path of the listener.
    pub(crate) fn path(&self) -> String {
        format!("spec.kafka.listeners[{}]", self.index)
    }

    /// A finding's path below the listener.
    pub(crate) fn path_to(&self, field: &str) -> String {
        format!("{}.{field}", self.path())
    }

    /// The listeners of a cluster that are to be replaced.
    pub(crate) fn all_of(cluster: &Cluster, spec: &Spec, resources: &Resources, findings: &mut Findings) -> Vec<Self> {
        let item = resources.get(cluster.id);
        let listeners = item.value().pointer(LISTENERS).and_then(Value::as_array);
        let mut replaced = Vec::new();
        for (index, value) in listeners.into_iter().flatten().enumerate() {
            let Some(old_type) = spec.replaces.iter().copied().find(|old| value["type"] == old.name()) else {
                continue;
            };
            match Self::new(cluster, spec, index, old_type, value) {
                Ok(listener) => replaced.push(listener),
                Err((field, message)) => {
                    let path = format!("spec.kafka.listeners[{index}].{field}");
                    findings.push(Finding::error(message).on(item.reference()).at(path));
                }
            }
        }
        replaced
    }

    fn new(
        cluster: &Cluster,
        spec: &Spec,
        index: usize,
        old_type: OldType,
        value: &Value,
    ) -> Result<Self, (String, String)> {
        check_shape(value)?;
        let name = value["name"].as_str().filter(|name| !name.is_empty());
        let name =
            name.ok_or_else(|| ("name".to_owned(), "must be given; ports and Services are named by it".to_owned()))?;
        let port = value["port"].as_u64().filter(|port| (1..=65535).contains(port));
        let port = port.ok_or_else(|| ("port".to_owned(), "must be a port number".to_owned()))?;
        let own = cluster.options(spec);
        let listener = own.and_then(|cluster| cluster.listeners.get(name));
        let new_type = listener.and_then(|listener| listener.listener_type).or(own.and_then(|own| own.listener_type));
        let mut made = Self {
            index,
            name: name.to_owned(),
            port,
            is_tls: value["tls"] == true,
            old_type,
            new_type: new_type.unwrap_or(spec.listener_type),
            place: place(cluster, spec, listener, value),
            names: Names::default(),
            value: value.clone(),
        };
        made.names = made.names_of(cluster, spec, listener);
        Ok(made)
    }

    fn names_of(&self, cluster: &Cluster, spec: &Spec, listener: Option<&ListenerSpec>) -> Names {
        let own = cluster.options(spec);
        // The most specific place that gives one of the two decides both, so that names of two places never mix.
        let levels = [
            listener.map(|listener| (&listener.host, &listener.broker_host)),
            own.map(|cluster| (&cluster.host, &cluster.broker_host)),
            Some((&spec.host, &spec.broker_host)),
        ];
        let level = levels.into_iter().flatten().find(|(host, broker_host)| host.is_some() || broker_host.is_some());
        let (host, broker_host) = level.unwrap_or((&None, &None));
        let filled = |template: &Option<String>| template.as_ref().map(|template| self.filled(cluster, template));
        let (host, broker_host) = (filled(host), filled(broker_host));
        let keeps = spec.keep_hosts || self.new_type == ListenerType::ClusterIp;
        let written = if keeps { self.written_names() } else { Names::default() };
        let shared = host.clone().filter(|_| self.new_type == ListenerType::Nodeport);
        let brokers = match (broker_host, shared) {
            (Some(template), _) | (None, Some(template)) => BrokerNames::Template(template),
            (None, None) => written.brokers,
        };
        Names { bootstrap: host.or(written.bootstrap), brokers }
    }

    /// The hosts that the listener itself holds.
    pub(crate) fn written_names(&self) -> Names {
        let configuration = &self.value["configuration"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let each: BTreeMap<_, _> =
            entries(&self.value).filter_map(|entry| Some((broker_of(entry)?, text(&entry["host"])?))).collect();
        let template = text(&configuration["hostTemplate"]).filter(|template| !template.contains("{nodePodName}"));
        let brokers = match template {
            _ if !each.is_empty() => BrokerNames::Each(each),
            Some(template) => BrokerNames::Template(template),
            None => BrokerNames::None,
        };
        Names { bootstrap: text(&configuration["bootstrap"]["host"]), brokers }
    }

    fn filled(&self, cluster: &Cluster, template: &str) -> String {
        template
            .replace("{cluster}", &cluster.name)
            .replace("{namespace}", cluster.namespace.as_deref().unwrap_or("default"))
            .replace("{listener}", &self.name)
    }
}

/// Where the ports begin: where the manifest says, then the config.
fn place(cluster: &Cluster, spec: &Spec, listener: Option<&ListenerSpec>, value: &Value) -> Place {
    let at = |slot: Option<u16>, base: Option<u16>| {
        let of_slot = slot.map(|slot| slot_base(spec, u32::from(slot)));
        base.map(u32::from).or(of_slot)
    };
    let written = value["configuration"]["bootstrap"]["nodePort"].as_u64().and_then(|port| u32::try_from(port).ok());
    let own = written.or_else(|| listener.and_then(|listener| at(listener.slot, listener.base_port)));
    let of_cluster = || cluster.options(spec).and_then(|cluster| at(cluster.slot, cluster.base_port));
    own.map(Place::Own).or_else(|| of_cluster().map(Place::OfCluster)).unwrap_or(Place::Default)
}

/// The bootstrap port of a slot.
pub(crate) fn slot_base(spec: &Spec, slot: u32) -> u32 {
    u32::from(spec.base_port) + slot * u32::from(spec.stride)
}

/// The entries of `configuration.brokers`.
pub(crate) fn entries(listener: &Value) -> impl Iterator<Item = &Value> {
    listener["configuration"]["brokers"].as_array().into_iter().flatten()
}

/// The broker that an entry is about.
pub(crate) fn broker_of(entry: &Value) -> Option<u32> {
    entry["broker"].as_u64().and_then(|id| u32::try_from(id).ok())
}

/// Refuses what cannot be read as a listener, before anything is built on it.
fn check_shape(listener: &Value) -> Result<(), (String, String)> {
    let refuse = |field: &str, message: &str| Err((field.to_owned(), message.to_owned()));
    let is_mapping = |value: &Value| value.is_null() || value.is_object();
    let configuration = &listener["configuration"];
    if !is_mapping(configuration) {
        return refuse("configuration", "must be a mapping");
    }
    if !is_mapping(&configuration["bootstrap"]) {
        return refuse("configuration.bootstrap", "must be a mapping");
    }
    if !configuration["brokers"].is_null() && !configuration["brokers"].is_array() {
        return refuse("configuration.brokers", "must be a list");
    }
    for (index, entry) in entries(listener).enumerate() {
        if broker_of(entry).is_none() {
            return refuse(&format!("configuration.brokers[{index}].broker"), "must be the ID of a broker");
        }
    }
    Ok(())
}
