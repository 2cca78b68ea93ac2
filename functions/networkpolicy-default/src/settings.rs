//! The options, checked and ready to use.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ipnet::IpNet;
use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::resource_list::namespace_name;
use manifests::names::{is_dns_subdomain, is_label_key};
use manifests::selectors::{Labels, Selector};
use platforms::{Platform, ingress_controllers};

use crate::config::{AllowedSource, IngressController, PodsInNamespace, Spec, WorkloadSpec};
use crate::policy::{Peer, Ports};
use crate::selectable;

/// Namespaces of Kubernetes itself. K3s puts the pods of its load balancer there, which must stay reachable.
const SYSTEM_NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// The label by which the pods of known ingress controllers are told apart.
const NAME_LABEL: &str = "app.kubernetes.io/name";

/// The classes that need no configuration, as a Markdown table.
pub fn controllers_table() -> String {
    let head = "| `spec.platform` | Class | `controller` of the class | Namespace | Pod label |\n";
    let mut table = format!("{head}| --- | --- | --- | --- | --- |\n");
    for platform in Platform::ALL {
        for known in ingress_controllers(platform) {
            let class = known.class.map(|class| format!("`{class}`")).unwrap_or_default();
            let controllers: Vec<_> = known.controllers().iter().map(|name| format!("`{name}`")).collect();
            let (platform, controllers) = (platform.name(), controllers.join(", "));
            let (namespace, app_name) = (known.namespace, known.app_name);
            let _ = writeln!(
                table,
                "| `{platform}` | {class} | {controllers} | `{namespace}` | `{NAME_LABEL}: {app_name}` |"
            );
        }
    }
    table
}

/// The options, checked.
pub(crate) struct Settings {
    /// The options as given.
    pub(crate) spec: Spec,
    /// The controllers that are known for the platform.
    pub(crate) known: Vec<KnownController>,
    /// The sources that each of `spec.workloads` lists.
    pub(crate) listed: Vec<Vec<Listed>>,
    nodes: Vec<IpNet>,
    api_server: Vec<IpNet>,
    excluded: BTreeSet<String>,
}

impl Settings {
    /// Checks the options.
    ///
    /// # Errors
    /// Addresses that are none, and options that need one another.
    pub(crate) fn new(spec: &Spec) -> Result<Self, ConfigError> {
        let needs_nodes = |(_, controller): &(_, &IngressController)| controller.host_network;
        if let (true, Some((class, _))) =
            (spec.node_cidrs.is_empty(), spec.ingress_controllers.iter().find(needs_nodes))
        {
            let option = FieldPath::from("spec.ingressControllers").key(class).key("hostNetwork");
            let message = "`true` needs `spec.nodeCIDRs`; no selector matches pods in the host network";
            return Err(ConfigError::new(option, message));
        }
        selectable::check(spec)?;
        if !is_label_key(&spec.same_app_label) {
            return Err(ConfigError::new(
                "spec.sameAppLabel",
                format!("`{}` is no key of a label", spec.same_app_label),
            ));
        }
        let system = SYSTEM_NAMESPACES.map(str::to_owned);
        let workloads = spec.workloads.iter().enumerate();
        let options = FieldPath::from("spec.workloads");
        Ok(Self {
            nodes: addresses("spec.nodeCIDRs", &spec.node_cidrs)?,
            api_server: addresses("spec.apiServerCIDRs", &spec.api_server_cidrs)?,
            listed: workloads
                .map(|(index, it)| checked(it, &options.clone().index(index)))
                .collect::<Result<_, _>>()?,
            excluded: spec.excluded_namespaces.iter().cloned().chain(system).collect(),
            known: ingress_controllers(spec.platform).map(KnownController::from).collect(),
            spec: spec.clone(),
        })
    }

    /// Whether workloads of a namespace get policies.
    pub(crate) fn protects(&self, namespace: Option<&str>) -> bool {
        !self.excluded.contains(namespace_name(namespace))
    }

    /// The classes that are configured or known, by name.
    pub(crate) fn class_names(&self) -> BTreeSet<&str> {
        let known = self.known.iter().filter_map(|known| known.facts.class);
        self.spec.ingress_controllers.keys().map(String::as_str).chain(known).collect()
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
        if self.api_server.is_empty() {
            return vec![Peer::Anybody];
        }
        self.api_server.iter().copied().map(Peer::from).collect()
    }

    /// The port of the API server.
    pub(crate) fn api_server_ports(&self) -> Ports {
        Ports::tcp(&[self.spec.api_server_port.get()])
    }

    /// The peers that pods in the host network, and nodes themselves, are seen as.
    pub(crate) fn node_peers(&self) -> Vec<Peer> {
        self.nodes.iter().copied().map(Peer::from).collect()
    }
}

/// An ingress controller that needs no configuration.
#[derive(Debug)]
pub(crate) struct KnownController {
    /// Its pods.
    pub(crate) pods: IngressController,
    facts: platforms::IngressController,
}

impl KnownController {
    /// The name by which its pods are told apart.
    pub(crate) fn app_name(&self) -> &str {
        self.facts.app_name
    }

    /// Whether a class with this name is its own where nothing else is said.
    pub(crate) fn serves(&self, class: &str) -> bool {
        self.facts.class == Some(class)
    }

    /// Whether a class that names this controller is its own.
    pub(crate) fn is(&self, controller: &str) -> bool {
        self.facts.is(controller)
    }

    /// Whether an annotation with this key is for it alone.
    pub(crate) fn is_told_by(&self, annotation: &str) -> bool {
        self.facts.reads(annotation)
    }
}

impl From<platforms::IngressController> for KnownController {
    fn from(facts: platforms::IngressController) -> Self {
        let PodsInNamespace { namespace, pod_labels } =
            PodsInNamespace::new(facts.namespace, Some((NAME_LABEL, facts.app_name)));
        let pods = IngressController { namespace, pod_labels, host_network: false, ports: facts.ports.clone() };
        Self { pods, facts }
    }
}

/// The sources that a workload lists, checked.
fn checked(workload: &WorkloadSpec, option: &FieldPath) -> Result<Vec<Listed>, ConfigError> {
    let refused = |field: FieldPath, message: String| ConfigError::new(field, message);
    if !workload.pod_labels.is_empty() && workload.namespace.is_none() {
        let message = "must be given to declare pods by `podLabels`".to_owned();
        return Err(refused(option.clone().key("namespace"), message));
    }
    if !workload.pod_labels.is_empty() && !is_dns_subdomain(&workload.name) {
        let message = format!("`{}` is no name, and policies are named after it", workload.name);
        return Err(refused(option.clone().key("name"), message));
    }
    if workload.pod_labels.is_empty() && !workload.ports.is_empty() {
        return Err(refused(option.clone().key("ports"), "belong to pods declared by `podLabels`".to_owned()));
    }
    let sources = workload.allow_from.iter().enumerate();
    let listed = sources.map(|(index, source)| {
        Listed::try_from(source).map_err(|message| refused(option.clone().key("allowFrom").index(index), message))
    });
    listed.collect()
}

fn addresses(option: &'static str, cidrs: &[String]) -> Result<Vec<IpNet>, ConfigError> {
    let parsed = cidrs.iter().enumerate().map(|(index, cidr)| {
        let option = FieldPath::from(option).index(index);
        address_range(cidr).map_err(|message| ConfigError::new(option.clone(), message))
    });
    parsed.collect()
}

/// An address range. Bits behind the prefix are allowed, as the API server allows them in a NetworkPolicy. Numbers with a
/// sign or with leading zeros are not, which some programs read as octal.
///
/// Source: kubernetes `pkg/apis/networking/validation/validation.go`, `ValidateIPBlock`; Go `net.ParseCIDR`.
fn address_range(cidr: &str) -> Result<IpNet, String> {
    range_of(cidr).ok_or_else(|| format!("`{cidr}` must be an address range as `10.0.0.0/16`"))
}

fn range_of(cidr: &str) -> Option<IpNet> {
    let (address, prefix) = cidr.split_once('/')?;
    let length: u8 = prefix.parse().ok().filter(|length: &u8| length.to_string() == prefix)?;
    IpNet::new(address.parse().ok()?, length).ok()
}

impl From<&PodsInNamespace> for Peer {
    fn from(peer: &PodsInNamespace) -> Self {
        pods(&peer.namespace, &peer.pod_labels)
    }
}

fn pods(namespace: &str, labels: &Labels) -> Peer {
    Peer::Pods { namespace: Some(namespace.to_owned()), selector: Selector::of_others(labels) }
}

/// Who is listed as allowed to reach a workload, and on which of its ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Who.
    pub(crate) source: Source,
    /// Container ports; all that are known if empty.
    pub(crate) ports: Vec<u16>,
}

/// Where connections come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// From addresses outside the cluster.
    Addresses(IpNet),
    /// From pods with these labels, without a namespace from those of the workload's own.
    Pods { namespace: Option<String>, labels: Labels },
}

impl TryFrom<&AllowedSource> for Listed {
    type Error = String;

    fn try_from(allowed: &AllowedSource) -> Result<Self, String> {
        let (namespace, labels) = (allowed.namespace.clone(), allowed.pod_labels.clone());
        if let Some(problem) = selectable::problem(namespace.as_deref(), &labels) {
            return Err(problem);
        }
        let names_no_pods = namespace.is_none() && labels.is_empty();
        let source = match &allowed.cidr {
            Some(cidr) if names_no_pods => Source::Addresses(address_range(cidr)?),
            Some(_) => return Err("`cidr` must be given alone; addresses have no namespace and no labels".to_owned()),
            None if names_no_pods => return Err("must give `namespace`, `podLabels` or `cidr`".to_owned()),
            None => Source::Pods { namespace, labels },
        };
        Ok(Self { source, ports: allowed.ports.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_ranges_are_read_as_go_reads_them_but_for_leading_zeros_of_the_prefix() {
        // Each was given to `net.ParseCIDR` of Go 1.26, which takes `08` too.
        let taken =
            ["10.0.0.0/8", "10.0.0.5/8", "0.0.0.0/0", "::/0", "fd00::/8", "FD00::/8", "00fd::/16", "::10.0.0.0/100"];
        let refused = [
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/",
            "/8",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.0.0.0/8/8",
            "010.0.0.0/8",
            "10.00.0.0/8",
            "+10.0.0.0/8",
            "0x0a.0.0.0/8",
            "10.0.0.256/8",
            " 10.0.0.0/8",
            "10.0.0.0/8 ",
            "::ffff:010.0.0.0/104",
            "fd00::/129",
            "fd00::/8\n",
            "000fd::/16",
            "fe80::1%eth0/64",
            "[fd00::]/8",
            "fd00:::/8",
            "1:2:3:4:5:6:7:8:9/8",
            "10.0.0.0/08",
            "fd00::/08",
        ];
        assert_eq!(taken.into_iter().filter(|cidr| range_of(cidr).is_none()).collect::<Vec<_>>(), [""; 0]);
        assert_eq!(refused.into_iter().filter(|cidr| range_of(cidr).is_some()).collect::<Vec<_>>(), [""; 0]);
    }
}
