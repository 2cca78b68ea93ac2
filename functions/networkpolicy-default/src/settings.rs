//! The options, checked and ready to use.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;

use krm::config::ConfigError;

use crate::config::{AllowedSource, IngressController, Platform, PodsInNamespace, Spec};
use crate::policy::Peer;
use crate::selector::Selector;

/// Namespaces of Kubernetes itself. K3s puts the pods of its load balancer there, which must stay reachable.
const SYSTEM_NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// The namespace of workloads that name none.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// Where the known ingress controllers run: platform, class, namespace, `app.kubernetes.io/name`, entry points.
///
/// Sources: K3s `manifests/traefik.yaml` and the charts of ingress-nginx and HAProxy's kubernetes-ingress; kube-hetzner
/// `locals.tf`, `default_ingress_namespace_mapping`.
const KNOWN_CONTROLLERS: [(Platform, &str, &str, &str, [u16; 2]); 6] = [
    (Platform::K3s, "traefik", "kube-system", "traefik", [8000, 8443]),
    (Platform::K3s, "nginx", "ingress-nginx", "ingress-nginx", [80, 443]),
    (Platform::K3s, "haproxy", "haproxy", "kubernetes-ingress", [8080, 8443]),
    (Platform::KubeHetzner, "traefik", "traefik", "traefik", [8000, 8443]),
    (Platform::KubeHetzner, "nginx", "nginx", "ingress-nginx", [80, 443]),
    (Platform::KubeHetzner, "haproxy", "haproxy", "kubernetes-ingress", [8080, 8443]),
];

/// The classes that need no configuration, as a Markdown table.
pub fn controllers_table() -> String {
    let mut table = "| `spec.platform` | Class | Namespace | Pod label |\n| --- | --- | --- | --- |\n".to_owned();
    for (platform, class, namespace, name, _) in KNOWN_CONTROLLERS {
        let platform = if platform == Platform::K3s { "k3s" } else { "kube-hetzner" };
        let _ = writeln!(table, "| `{platform}` | `{class}` | `{namespace}` | `app.kubernetes.io/name: {name}` |");
    }
    table
}

/// The options, checked.
pub(crate) struct Settings {
    /// The options as given.
    pub(crate) spec: Spec,
    /// The pods behind each class.
    pub(crate) controllers: BTreeMap<String, IngressController>,
    excluded: BTreeSet<String>,
}

impl Settings {
    /// Checks the options.
    ///
    /// # Errors
    /// Addresses that are none, and options that need one another.
    pub(crate) fn new(spec: &Spec) -> Result<Self, ConfigError> {
        for (option, cidrs) in [("nodeCidrs", &spec.node_cidrs), ("apiServerCidrs", &spec.api_server_cidrs)] {
            for (index, cidr) in cidrs.iter().enumerate() {
                check_cidr(cidr).map_err(|message| ConfigError::new(format!("spec.{option}[{index}]"), message))?;
            }
        }
        for (class, controller) in &spec.ingress_controllers {
            if controller.host_network && spec.node_cidrs.is_empty() {
                return Err(ConfigError::new(
                    format!("spec.ingressControllers.{class}.hostNetwork"),
                    "`true` needs `spec.nodeCidrs`; no selector matches pods in the host network",
                ));
            }
        }
        for (index, workload) in spec.workloads.iter().enumerate() {
            let option = format!("spec.workloads[{index}]");
            if !workload.pod_labels.is_empty() && workload.namespace.is_none() {
                return Err(ConfigError::new(
                    format!("{option}.namespace"),
                    "must be given to declare pods by `podLabels`",
                ));
            }
            if workload.pod_labels.is_empty() && !workload.ports.is_empty() {
                return Err(ConfigError::new(format!("{option}.ports"), "belong to pods declared by `podLabels`"));
            }
            for (source, allowed) in workload.allow_from.iter().enumerate() {
                check_source(allowed)
                    .map_err(|message| ConfigError::new(format!("{option}.allowFrom[{source}]"), message))?;
            }
        }
        let known = KNOWN_CONTROLLERS.iter().filter(|known| known.0 == spec.platform);
        let known = known.map(|(_, class, namespace, name, ports)| {
            let pods = PodsInNamespace::new(namespace, Some(("app.kubernetes.io/name", name)));
            let (namespace, pod_labels) = (pods.namespace, pods.pod_labels);
            (
                (*class).to_owned(),
                IngressController { namespace, pod_labels, host_network: false, ports: ports.to_vec() },
            )
        });
        let mut controllers: BTreeMap<_, _> = known.collect();
        controllers.extend(spec.ingress_controllers.clone());
        let system = SYSTEM_NAMESPACES.map(str::to_owned);
        let excluded = spec.excluded_namespaces.iter().cloned().chain(system).collect();
        Ok(Self { spec: spec.clone(), controllers, excluded })
    }

    /// Whether workloads of a namespace get policies.
    pub(crate) fn protects(&self, namespace: Option<&str>) -> bool {
        !self.excluded.contains(namespace.unwrap_or(DEFAULT_NAMESPACE))
    }

    /// The peers that an ingress controller is seen as.
    pub(crate) fn controller_peers(&self, controller: &IngressController) -> Vec<Peer> {
        if controller.host_network {
            return self.node_peers();
        }
        vec![pods(&controller.namespace, &controller.pod_labels)]
    }

    /// The peers that the API server is seen as.
    pub(crate) fn api_server_peers(&self) -> Vec<Peer> {
        let cidrs = &self.spec.api_server_cidrs;
        if cidrs.is_empty() { vec![Peer::Anybody] } else { addresses(cidrs) }
    }

    /// The peers that pods in the host network, and nodes themselves, are seen as.
    pub(crate) fn node_peers(&self) -> Vec<Peer> {
        addresses(&self.spec.node_cidrs)
    }
}

impl From<&PodsInNamespace> for Peer {
    fn from(peer: &PodsInNamespace) -> Self {
        pods(&peer.namespace, &peer.pod_labels)
    }
}

fn addresses(cidrs: &[String]) -> Vec<Peer> {
    cidrs.iter().map(|cidr| Peer::Addresses { cidr: cidr.clone(), except: Vec::new() }).collect()
}

fn pods(namespace: &str, labels: &BTreeMap<String, String>) -> Peer {
    Peer::Pods { namespace: Some(namespace.to_owned()), selector: Selector::of_others(labels) }
}

/// What is wrong with an address range.
///
/// # Errors
/// What it should look like.
pub(crate) fn check_cidr(cidr: &str) -> Result<(), String> {
    let parts = cidr.split_once('/');
    let parsed =
        parts.and_then(|(address, length)| Some((address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?)));
    match parsed {
        Some((IpAddr::V4(_), 0..=32) | (IpAddr::V6(_), 0..=128)) => Ok(()),
        _ => Err(format!("`{cidr}` must be an address range as `10.0.0.0/16`")),
    }
}

/// What is wrong with a listed source.
///
/// # Errors
/// What it should look like.
pub(crate) fn check_source(source: &AllowedSource) -> Result<(), String> {
    match &source.cidr {
        Some(_) if source.namespace.is_some() || !source.pod_labels.is_empty() => {
            Err("`cidr` must stand alone; addresses have no namespace and no labels".to_owned())
        }
        Some(cidr) => check_cidr(cidr),
        None if source.namespace.is_none() && source.pod_labels.is_empty() => {
            Err("must give `namespace`, `podLabels` or `cidr`".to_owned())
        }
        None => Ok(()),
    }
}
