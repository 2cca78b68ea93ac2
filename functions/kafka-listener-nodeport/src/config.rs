//! The options.

use std::collections::{BTreeMap, BTreeSet};

use krm::config::{ConfigError, PortNumber, Within};
use krm::field::FieldPath;
use manifests::names;
use platforms::Platform;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::node_ids::NodeIds;
use crate::port_slots::Slots;
use crate::ports::PortRange;
use crate::strimzi::Version;

const BASE_PORT: PortNumber = PortNumber::new(32094).expect("it is a port");
const STRIDE: Within<2, 10000> = Within::new(20).expect("it is within the bounds");
const NO_HEADROOM: Within<0, 100> = Within::new(0).expect("it is within the bounds");

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// The platform that the build goes to. It decides where Traefik runs.
    pub platform: Platform,
    /// What the listeners become.
    #[serde(rename = "type")]
    pub listener_type: ListenerType,
    /// The types of listeners that are replaced.
    pub replaces: Vec<OldType>,
    /// What happens to `listeners` written as an object with `plain`, `tls` and `external`, as before Strimzi 0.20.
    pub object_listeners: ObjectListeners,
    /// The node port of the bootstrap Service in slot 0. A recommended value is 30000: Kubernetes allocates the low
    /// ports only on request.
    pub base_port: PortNumber,
    /// The number of ports from one slot to the next: those of a listener with its bootstrap and the highest broker ID. All
    /// builds for a cluster need the same.
    pub stride: Within<2, 10000>,
    /// How the port of a broker follows from the bootstrap port.
    pub broker_ports: BrokerPorts,
    /// The number of brokers to come that get their ports now, for each pool. Strimzi gives a broker without an entry a
    /// random port.
    pub headroom: Within<0, 100>,
    /// The node ports of the cluster, as `service-node-port-range` of K3s says.
    pub node_port_range: String,
    /// Whether every KafkaNodePool gets node IDs of its own by the annotation `strimzi.io/next-node-ids`. It decides the
    /// IDs of nodes that do not run yet.
    #[serde(rename = "pinNodeIDs")]
    pub pin_node_ids: bool,
    /// The DNS name that clients use, of the text and `{cluster}`, `{namespace}` and `{listener}`. For node ports it is
    /// the name of all nodes and every broker is advertised by it.
    pub host: Option<String>,
    /// The DNS name of each broker, as `host` and with `{nodeId}`. Of listener, cluster and spec, the first that gives
    /// one of the two decides both.
    pub broker_host: Option<String>,
    /// Whether the hosts written in the listeners stay the names that clients use, where `host` does not say otherwise.
    pub keep_hosts: bool,
    /// The addresses that may reach a listener whose `networkPolicyPeers` named the OpenShift router. Kubernetes hides
    /// clients behind the node that they reach, so these are the node and pod networks.
    #[serde(rename = "clientCIDRs")]
    pub client_cidrs: Vec<String>,
    /// What differs for a cluster, by the `metadata.name` of its Kafka or by `namespace/name`.
    pub clusters: BTreeMap<String, ClusterSpec>,
    /// The version of Strimzi on the target, as `0.47`. Without it, only fields are written that every version has.
    pub strimzi_version: Option<String>,
    /// Old bootstrap addresses and the new ones that take their place in every object, as
    /// `kafka.apps.example.com:443: kafka.example.com:32094`; for clients whose Kafka is not in the build. An address that
    /// is given itself as the new one stays, and no finding speaks of it.
    pub addresses: BTreeMap<String, String>,
    /// The SealedSecrets that already hold the new addresses, by name.
    pub resealed: Vec<String>,
    /// AMQ Streams images and what takes their place in Strimzi's objects. Nothing removes the field, so that the operator
    /// chooses the image.
    pub images: BTreeMap<String, String>,
    /// The load balancers of `type: LoadBalancer`.
    pub load_balancer: LoadBalancerSpec,
    /// The Traefik of `type: ClusterIP`.
    pub traefik: TraefikSpec,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            platform: Platform::default(),
            listener_type: ListenerType::default(),
            replaces: vec![OldType::Route, OldType::Ingress],
            object_listeners: ObjectListeners::default(),
            base_port: BASE_PORT,
            stride: STRIDE,
            broker_ports: BrokerPorts::default(),
            headroom: NO_HEADROOM,
            node_port_range: "30000-32767".to_owned(),
            pin_node_ids: false,
            host: None,
            broker_host: None,
            keep_hosts: false,
            client_cidrs: Vec::new(),
            clusters: BTreeMap::new(),
            strimzi_version: None,
            addresses: BTreeMap::new(),
            resealed: Vec::new(),
            images: BTreeMap::new(),
            load_balancer: LoadBalancerSpec::default(),
            traefik: TraefikSpec::default(),
        }
    }
}

/// What the listeners become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum ListenerType {
    /// A node port for the bootstrap and for each broker.
    #[default]
    NodePort,
    /// A load balancer for the bootstrap and for each broker.
    LoadBalancer,
    /// Services inside the cluster, and Traefik before them: host names and port 443 stay as they were.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
}

impl ListenerType {
    /// The `type` of the listener, as Strimzi spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NodePort => "nodeport",
            Self::LoadBalancer => "loadbalancer",
            Self::ClusterIp => "cluster-ip",
        }
    }
}

/// A type of listeners that does not come up on K3s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OldType {
    /// OpenShift Routes.
    Route,
    /// Ingresses for ingress-nginx with TLS passthrough; deprecated.
    Ingress,
}

impl OldType {
    /// The `type` of the listener, as Strimzi spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Ingress => "ingress",
        }
    }
}

/// What happens to listeners in the object form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum ObjectListeners {
    /// An error shows what they would become.
    #[default]
    Refuse,
    /// They are rewritten to the list that all Strimzi versions from 0.20 on take.
    Convert,
}

/// How the port of a broker follows from the bootstrap port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum BrokerPorts {
    /// bootstrap + 1 + broker ID.
    #[default]
    #[serde(rename = "ByID")]
    ById,
    /// bootstrap + 1 + position in `brokerIDs` of the cluster, for IDs that are high or far apart.
    ByRank,
}

/// What differs for a cluster.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("additionalProperties" = false))]
pub struct ClusterSpec {
    /// What differs for all of its listeners.
    #[serde(flatten)]
    pub all: ListenerSpec,
    /// The IDs of its brokers, as `0-2, 5`, where the build does not tell them. For `ByRank` their order is the order
    /// of the ports: add new IDs at the end.
    #[serde(rename = "brokerIDs")]
    pub broker_ids: Option<String>,
    /// The node IDs to pin for its pools, as `0-9`, by the name of the KafkaNodePool.
    #[serde(rename = "nodeIDs")]
    pub node_ids: BTreeMap<String, String>,
    /// What differs for a listener, by its name.
    pub listeners: BTreeMap<String, ListenerSpec>,
}

/// What differs for listeners.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("additionalProperties" = false))]
pub struct ListenerSpec {
    /// What the listeners become.
    #[serde(rename = "type")]
    pub listener_type: Option<ListenerType>,
    /// The slot of the ports: the bootstrap port is `basePort` + `slot` × `stride`. One listener of a build needs no slot.
    pub slot: Option<Within<0, 10000>>,
    /// The bootstrap port itself, instead of a slot.
    pub base_port: Option<PortNumber>,
    /// As `host` of the spec.
    pub host: Option<String>,
    /// As `brokerHost` of the spec.
    pub broker_host: Option<String>,
}

/// The load balancers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LoadBalancerSpec {
    /// What makes them.
    pub provider: Provider,
    /// The Hetzner location of the load balancers, as `fsn1`. It or `networkZone` is needed unless the cloud controller
    /// has a default.
    pub location: Option<String>,
    /// The Hetzner network zone, as `eu-central`, instead of a location.
    pub network_zone: Option<String>,
    /// The Hetzner type, as `lb21`. The default of the cloud controller is `lb11`.
    #[serde(rename = "type")]
    pub load_balancer_type: Option<String>,
    /// Whether they reach the nodes over the private network, past the Hetzner firewall.
    #[serde(rename = "usePrivateIP")]
    pub use_private_ip: bool,
    /// Whether the node ports behind them are fixed too, for firewalls between the load balancers and the nodes.
    pub fixed_node_ports: bool,
    /// Further annotations of every Service.
    pub annotations: BTreeMap<String, String>,
}

/// What makes load balancers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Provider {
    /// The Hetzner cloud controller manager.
    #[default]
    Hetzner,
    /// MetalLB, or another that gives each Service an address of its own.
    #[serde(rename = "MetalLB")]
    MetalLb,
    /// ServiceLB of K3s. It is refused: all Services of a listener have the same port, and it can open a port of a node
    /// only once.
    #[serde(rename = "ServiceLB")]
    ServiceLb,
}

/// The Traefik in front.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TraefikSpec {
    /// The entry points that listen on port 443.
    pub entry_points: Vec<String>,
    /// The namespace of its pods, for `networkPolicyPeers` that named the OpenShift router. By default `platform` decides.
    pub namespace: Option<String>,
}

impl Default for TraefikSpec {
    fn default() -> Self {
        Self { entry_points: vec!["websecure".to_owned()], namespace: None }
    }
}

/// The options, with what is text in them understood.
#[derive(Debug)]
pub(crate) struct Options<'s> {
    pub(crate) spec: &'s Spec,
    pub(crate) node_port_range: PortRange,
    /// The version of Strimzi on the target, if it is known.
    pub(crate) strimzi: Option<Version>,
}

impl Options<'_> {
    /// The slots for the ports of listeners.
    pub(crate) fn slots(&self) -> Slots {
        let Spec { base_port, stride, .. } = *self.spec;
        Slots { base: base_port.into(), stride: stride.into(), range: self.node_port_range }
    }
}

impl Spec {
    /// Checks what the schema cannot.
    pub(crate) fn parse(&self) -> Result<Options<'_>, ConfigError> {
        let node_port_range = self.node_port_range.parse().map_err(|()| {
            let message = format!("`{}` must be two ports as `30000-32767`", self.node_port_range);
            ConfigError::new("spec.nodePortRange", message)
        })?;
        let strimzi = self.strimzi_version.as_deref().map(|version| {
            let message = || format!("`{version}` must be a release of Strimzi, as `0.47.0`");
            version.parse().map_err(|()| ConfigError::new("spec.strimziVersion", message()))
        });
        self.check_load_balancer()?;
        check_hosts(&FieldPath::from("spec"), &self.host, &self.broker_host)?;
        for (name, cluster) in &self.clusters {
            cluster.check(&FieldPath::from("spec.clusters").key(name))?;
        }
        self.check_addresses()?;
        Ok(Options { spec: self, node_port_range, strimzi: strimzi.transpose()? })
    }

    fn check_load_balancer(&self) -> Result<(), ConfigError> {
        let error = |option: &str, message: &str| {
            Err(ConfigError::new(FieldPath::from("spec.loadBalancer").key(option), message))
        };
        if self.load_balancer.provider == Provider::ServiceLb && self.has_load_balancers() {
            return error(
                "provider",
                "`ServiceLB` cannot carry Kafka: the Services of a listener all have its port, ServiceLB opens a port of \
                 a node for one Service only, and Strimzi waits for the others until it gives up; use `type: NodePort`, \
                 or a provider with an address for each Service",
            );
        }
        if self.load_balancer.location.is_some() && self.load_balancer.network_zone.is_some() {
            return error("networkZone", "must not be given together with `location`; a load balancer has one place");
        }
        Ok(())
    }

    /// Whether a listener may become one with load balancers.
    fn has_load_balancers(&self) -> bool {
        let levels =
            self.clusters.values().flat_map(|cluster| std::iter::once(&cluster.all).chain(cluster.listeners.values()));
        let mut types = levels.filter_map(|level| level.listener_type).chain([self.listener_type]);
        types.any(|listener_type| listener_type == ListenerType::LoadBalancer)
    }

    fn check_addresses(&self) -> Result<(), ConfigError> {
        let sources: BTreeSet<_> = self.addresses.keys().map(|old| old.to_ascii_lowercase()).collect();
        for (old, new) in &self.addresses {
            let option = FieldPath::from("spec.addresses").key(without_user(old));
            if let Some(wrong) = [old, new].into_iter().find(|address| !is_address(address)) {
                let message = format!("`{}` must be an address as `host:port`", without_user(wrong));
                return Err(ConfigError::new(option, message));
            }
            if !old.eq_ignore_ascii_case(new) && sources.contains(&new.to_ascii_lowercase()) {
                let message = format!("`{new}` is an old address too; name the last address of the chain directly");
                return Err(ConfigError::new(option, message));
            }
        }
        Ok(())
    }
}

impl ClusterSpec {
    fn check(&self, path: &FieldPath) -> Result<(), ConfigError> {
        self.all.check(path)?;
        for (name, listener) in &self.listeners {
            listener.check(&path.clone().key("listeners").key(name))?;
        }
        let ranges = self.node_ids.iter().map(|(pool, ids)| (path.clone().key("nodeIDs").key(pool), ids));
        let broker_ids = self.broker_ids.iter().map(|ids| (path.clone().key("brokerIDs"), ids));
        for (option, ids) in ranges.chain(broker_ids) {
            if !ids.parse::<NodeIds>().is_ok_and(|ids| !ids.is_empty()) {
                return Err(ConfigError::new(option, format!("`{ids}` must be node IDs, as `0-2, 5`")));
            }
        }
        Ok(())
    }
}

impl ListenerSpec {
    fn check(&self, path: &FieldPath) -> Result<(), ConfigError> {
        if self.slot.is_some() && self.base_port.is_some() {
            let message = "must not be given together with `basePort`; both say where the ports begin";
            return Err(ConfigError::new(path.clone().key("slot"), message));
        }
        check_hosts(path, &self.host, &self.broker_host)
    }
}

fn check_hosts(path: &FieldPath, host: &Option<String>, broker_host: &Option<String>) -> Result<(), ConfigError> {
    if let Some(host) = host.as_deref().filter(|host| !is_host_name(host)) {
        let message = format!("`{host}` must be a DNS name without port");
        return Err(ConfigError::new(path.clone().key("host"), message));
    }
    let names_each = |host: &&str| host.contains("{nodeId}") && is_host_name(&host.replace("{nodeId}", "0"));
    if let Some(host) = broker_host.as_deref().filter(|host| !names_each(host)) {
        let message =
            format!("`{host}` must be a DNS name with `{{nodeId}}` in it; one name for all brokers is `host`");
        return Err(ConfigError::new(path.clone().key("brokerHost"), message));
    }
    Ok(())
}

/// Whether a text is a DNS name or an IPv4 address, once its placeholders are filled in. Certificates and advertised
/// addresses take no dot at the end.
fn is_host_name(host: &str) -> bool {
    let filled = ["{cluster}", "{namespace}", "{listener}"]
        .iter()
        .fold(host.to_owned(), |host, placeholder| host.replace(placeholder, "a"));
    names::is_host_name(&filled) && !filled.ends_with('.')
}

fn is_address(address: &str) -> bool {
    let parts = address.rsplit_once(':');
    parts.is_some_and(|(host, port)| is_host_name(host) && port.parse().is_ok_and(|port: u16| port > 0))
}

/// An address without the user and password before it, which no message may show.
fn without_user(address: &str) -> &str {
    address.rsplit('@').next().unwrap_or(address)
}
