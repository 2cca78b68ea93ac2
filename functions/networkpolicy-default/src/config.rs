//! The options.

use std::collections::BTreeMap;

use krm::config::PortNumber;
use platforms::Platform;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The port that the API server listens on unless it is told another one.
const API_SERVER_PORT: PortNumber = PortNumber::new(6443).expect("it is a port");

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// Whether outgoing connections are denied by default too. The allow rules for them then come along: DNS, the
    /// Services that a workload names, the API server for bound ServiceAccounts, and named hosts outside the cluster.
    pub egress: bool,
    /// The namespaces that get the policies of a whole namespace: `default-deny-ingress`, `default-deny-egress` and
    /// `allow-to-dns`.
    pub namespace_policies: NamespacePolicies,
    /// Namespaces whose Namespace object another build holds, which this function guards too. With
    /// `namespacePolicies: Declared` a build that holds pods of a namespace, and neither its Namespace nor a policy that
    /// denies by default, is reported unless the namespace is listed here.
    pub namespaces_declared_elsewhere: Vec<String>,
    /// The platform that the build goes to. It decides where the known ingress controllers run.
    pub platform: Platform,
    /// Ingress and Gateway classes and the pods that serve them, next to the known classes `traefik`, `nginx` and
    /// `haproxy`, or instead of them.
    pub ingress_controllers: BTreeMap<String, IngressController>,
    /// The class of an Ingress that names none.
    pub default_ingress_class: String,
    /// The pods that scrape metrics.
    pub prometheus: PodsInNamespace,
    /// Names or numbers of container ports that serve metrics, for ServiceMonitors that are not part of the build.
    pub metrics_ports: Vec<String>,
    /// The pods that serve DNS. Matters with `egress` only.
    pub dns: PodsInNamespace,
    /// The pods of the Strimzi cluster operator.
    pub strimzi: PodsInNamespace,
    /// The pods of the CloudNativePG operator.
    #[serde(rename = "cloudNativePG")]
    pub cloud_native_pg: PodsInNamespace,
    /// The pods of KEDA, its HTTP interceptor included.
    pub keda: PodsInNamespace,
    /// Addresses that nodes send from: their own, and the first two of the pod network of each, `10.42.0.0/31`,
    /// `10.42.1.0/31` and so on with K3s. Needed where a peer runs in the host network, because no selector matches it.
    #[serde(rename = "nodeCIDRs")]
    pub node_cidrs: Vec<String>,
    /// Where the API server is reached, as `10.0.0.2/32`. Any address if empty. Matters with `egress` only.
    #[serde(rename = "apiServerCIDRs")]
    pub api_server_cidrs: Vec<String>,
    /// The port of the API server itself, not of its Service. Matters with `egress` only.
    pub api_server_port: PortNumber,
    /// Namespaces that get no policies, besides `kube-system`, `kube-public` and `kube-node-lease`.
    pub excluded_namespaces: Vec<String>,
    /// The pod label whose value all pods of an application share.
    pub same_app_label: String,
    /// The DNS domain of the cluster.
    pub cluster_domain: String,
    /// The visibility of workloads that state none. Without it everything that the build implies is allowed.
    pub default_visibility: Option<Visibility>,
    /// What cannot be written on a workload itself; beats its annotations. A workload declared by `podLabels` is known as a
    /// Service of its name too.
    pub workloads: Vec<WorkloadSpec>,
    /// Services that are not in the build, such as those of an operator, of a chart or of another build.
    pub services: Vec<ServiceSpec>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            egress: false,
            namespace_policies: NamespacePolicies::Workloads,
            namespaces_declared_elsewhere: Vec::new(),
            platform: Platform::K3s,
            ingress_controllers: BTreeMap::new(),
            default_ingress_class: "traefik".to_owned(),
            prometheus: PodsInNamespace::new("observability", None),
            metrics_ports: Vec::new(),
            dns: PodsInNamespace::new("kube-system", Some(("k8s-app", "kube-dns"))),
            strimzi: PodsInNamespace::new("strimzi", Some(("strimzi.io/kind", "cluster-operator"))),
            cloud_native_pg: PodsInNamespace::new("cnpg-system", Some(("app.kubernetes.io/name", "cloudnative-pg"))),
            keda: PodsInNamespace::new("keda", None),
            node_cidrs: Vec::new(),
            api_server_cidrs: Vec::new(),
            api_server_port: API_SERVER_PORT,
            excluded_namespaces: [
                "argocd",
                "cert-manager",
                "cnpg-system",
                "haproxy",
                "ingress-controller",
                "ingress-nginx",
                "keda",
                "nginx",
                "observability",
                "strimzi",
                "traefik",
            ]
            .map(str::to_owned)
            .to_vec(),
            same_app_label: "app.kubernetes.io/instance".to_owned(),
            cluster_domain: "cluster.local".to_owned(),
            default_visibility: None,
            workloads: Vec::new(),
            services: Vec::new(),
        }
    }
}

/// The namespaces that get the policies of a whole namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum NamespacePolicies {
    /// Those that have workloads in the build.
    Workloads,
    /// Those whose Namespace object is in the build. For applications that share a namespace and are built and deployed
    /// apart: the one build that holds the Namespace gives it these policies. The others name it under
    /// `namespacesDeclaredElsewhere`.
    Declared,
}

/// Pods by their namespace and labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodsInNamespace {
    /// The namespace they run in.
    pub namespace: String,
    /// Labels that they carry; all pods of the namespace if empty.
    #[serde(default)]
    pub pod_labels: BTreeMap<String, String>,
}

impl PodsInNamespace {
    pub(crate) fn new(namespace: &str, label: Option<(&str, &str)>) -> Self {
        let pod_labels = label.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Self { namespace: namespace.to_owned(), pod_labels }
    }
}

/// The pods behind a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IngressController {
    /// The namespace its pods run in.
    pub namespace: String,
    /// Labels that its pods carry; all pods of the namespace if empty.
    #[serde(default)]
    pub pod_labels: BTreeMap<String, String>,
    /// Whether it runs in the host network. Needs `nodeCIDRs`.
    #[serde(default)]
    pub host_network: bool,
    /// The container ports of its entry points, for workloads that call a public name of the same cluster. Matters
    /// with `egress` only.
    #[serde(default)]
    pub ports: Vec<u16>,
}

/// Who may reach a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Visibility {
    /// The world, through the ingress controller, and whoever the build shows to need it.
    Public,
    /// Whoever in the cluster the build shows to need it, and who is listed. Exposing it is an error.
    Internal,
    /// Pods of the same application, who is listed, and Prometheus. Other clients are an error.
    Private,
    /// Only who is listed. Any other client is an error.
    Restricted,
}

impl Visibility {
    const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Private, Self::Restricted];

    /// The visibility of a name, in any case.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|visibility| visibility.name().eq_ignore_ascii_case(name))
    }

    /// The name, as annotations have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Private => "private",
            Self::Restricted => "restricted",
        }
    }
}

/// Pods or addresses that may reach a workload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AllowedSource {
    /// The namespace the pods run in; that of the workload if not given.
    pub namespace: Option<String>,
    /// Labels that the pods carry; all pods of the namespace if empty.
    pub pod_labels: BTreeMap<String, String>,
    /// Addresses outside the cluster, as `192.0.2.0/24`; not together with `namespace` or `podLabels`.
    pub cidr: Option<String>,
    /// Container ports; all that the workload and its Services declare if empty.
    pub ports: Vec<u16>,
}

/// A workload and what it cannot or does not say itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadSpec {
    /// The name of the workload, as it is or was before kustomize renamed it.
    pub name: String,
    /// Its namespace; any if not given.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Declares pods that are not in the build, such as those an operator makes, by labels that they carry. Needs
    /// `namespace`.
    #[serde(default)]
    pub pod_labels: BTreeMap<String, String>,
    /// The container ports of declared pods.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Who may reach it.
    #[serde(default)]
    pub visibility: Option<Visibility>,
    /// Who may reach it besides those that the build implies.
    #[serde(default)]
    pub allow_from: Vec<AllowedSource>,
}

/// A Service that is not in the build.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceSpec {
    /// Its name.
    pub name: String,
    /// Its namespace; that of the objects without one if not given.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Labels of the pods behind it, if they are in the build or declared under `workloads`. Without them its pods are
    /// somewhere else, and what leads to it opens nothing.
    #[serde(default)]
    pub pod_labels: BTreeMap<String, String>,
    /// Its ports.
    #[serde(default)]
    pub ports: Vec<ServicePortSpec>,
}

/// A port of a Service that is not in the build.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePortSpec {
    /// Its number.
    pub port: PortNumber,
    /// Its name, if references use it.
    #[serde(default)]
    pub name: Option<String>,
    /// The port of the pods; the same number if not given.
    #[serde(default)]
    pub target_port: Option<PortNumber>,
}
