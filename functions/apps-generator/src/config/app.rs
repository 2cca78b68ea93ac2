//! An app: one workload and the objects around it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::container::{Container, EnvFrom, EnvRef, ExtraContainer, Probes, Resources};
use super::ingress::Ingress;
use super::int_or_string::IntOrString;
use super::keyed::Keyed;
use super::requirements::required_once_merged;
use super::scaling::{AntiAffinity, PodDisruptionBudget, Scaling};
use super::security::Security;
use super::volume::Volume;

/// An app: one workload and the objects around it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    /// Whether it is generated; `true` if not given.
    pub enabled: Option<bool>,
    /// The kind of its workload.
    pub kind: Kind,
    /// Its namespace; `defaults.namespace` if not given.
    pub namespace: Option<String>,
    /// Its image. Without it the image is the registry of the environment and the name of the app; its tag is set with
    /// `images:` of a kustomization.
    pub image: Option<String>,
    /// What its container runs, and its ports.
    pub container: Container,
    /// What its container needs.
    pub resources: Option<Resources>,
    /// How many pods it has, and what decides it.
    pub scaling: Scaling,
    /// The number of pods where nothing decides it, else the least number.
    pub replicas: Option<u32>,
    /// How its container is checked.
    pub probes: Probes,
    /// How it is reached from outside of the cluster.
    pub ingress: Option<Ingress>,
    /// Its Service.
    pub service: Service,
    /// Who may reach it, and what its pods may do.
    pub security: Security,
    /// Variables with their values, which are strings: quote `"true"` and `"8080"`.
    pub environment: BTreeMap<String, String>,
    /// Single variables from Secrets, ConfigMaps and fields of the pod.
    pub env_refs: Keyed<EnvRef>,
    /// All keys of Secrets and ConfigMaps as variables.
    pub env_from: Vec<EnvFrom>,
    /// Its volumes, by name.
    pub volumes: Keyed<Volume>,
    /// ConfigMaps that are made with it, by name: keys and their texts. Pods are replaced when they change.
    pub configmaps: BTreeMap<String, BTreeMap<String, String>>,
    /// Secrets with files: those of a serverless app in the document. They must be there, sealed.
    pub secrets: Keyed<SecretMount>,
    /// Containers that run beside its own, by name.
    pub sidecars: Keyed<ExtraContainer>,
    /// Containers that run before its own, by name and in this order.
    pub init_containers: Keyed<ExtraContainer>,
    /// How many pods may be missing while nodes are drained. It is written where there are at least two.
    pub pod_disruption_budget: Option<PodDisruptionBudget>,
    /// Nodes and zones that its pods do not share.
    pub anti_affinity: Option<AntiAffinity>,
    /// How pods are replaced.
    pub strategy: Option<Strategy>,
    /// When a `CronJob` runs.
    pub schedule: Option<Schedule>,
    /// How a `Job` or `CronJob` runs.
    pub job: Option<Job>,
    /// Seconds that pods get to stop; 30 if not given.
    pub termination_grace_period: Option<u32>,
    /// Names of hosts that the pods know, and their addresses.
    pub host_aliases: BTreeMap<String, String>,
    /// The name of the host in the pods.
    pub hostname: Option<String>,
    /// Whether the pods get variables for every Service of the namespace, as `DB_PORT`, which may be those of the program;
    /// `true` if not given.
    pub service_links: Option<bool>,
    /// Whether the pods use the network of the node.
    pub host_network: bool,
    /// Labels of the nodes on which the pods run.
    pub node_selector: BTreeMap<String, String>,
    /// Taints of nodes that the pods tolerate.
    pub tolerations: Vec<Toleration>,
    /// Secrets with the credentials of registries.
    pub image_pull_secrets: Vec<String>,
    /// The PriorityClass of the pods.
    pub priority_class: Option<String>,
    /// Further labels of all its objects.
    pub labels: BTreeMap<String, String>,
    /// Further annotations of its workload.
    pub annotations: BTreeMap<String, String>,
    /// Further labels of its pods.
    pub pod_labels: BTreeMap<String, String>,
    /// Further annotations of its pods.
    pub pod_annotations: BTreeMap<String, String>,
}

impl App {
    /// Whether it is generated.
    pub fn is_enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }
}

/// The kind of a workload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// Pods that are alike.
    #[default]
    Deployment,
    /// Pods with a name and volumes of their own.
    StatefulSet,
    /// A pod on each node.
    DaemonSet,
    /// Pods that run at times.
    CronJob,
    /// Pods that run once.
    Job,
}

/// The Service of an app. It has the ports of its containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Service {
    /// Whether there is one; if not given, where a container has a port, and for every `StatefulSet`.
    pub enabled: Option<bool>,
    /// Its type; `ClusterIP` if not given.
    #[serde(rename = "type")]
    pub kind: ServiceType,
    /// Whether its name leads to the pods themselves (`clusterIP: None`); `true` for a `StatefulSet` if not given.
    pub headless: Option<bool>,
    /// Further annotations.
    pub annotations: BTreeMap<String, String>,
    /// Further names by which other apps call it: each is a Service too.
    pub aliases: Vec<String>,
}

/// The type of a Service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ServiceType {
    /// Inside of the cluster.
    #[default]
    ClusterIP,
    /// On a port of each node.
    NodePort,
    /// On an address of its own.
    LoadBalancer,
}

/// A Secret whose keys are files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct SecretMount {
    /// The directory of the files.
    pub mount_path: String,
}

/// How pods are replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Strategy {
    /// All at once or one after the other. If not given, `Recreate` where a volume can be mounted on one node only.
    #[serde(rename = "type")]
    pub kind: Option<StrategyType>,
    /// How many pods more may be there, as a number or a share.
    pub max_surge: Option<IntOrString>,
    /// How many pods may be missing, as a number or a share.
    pub max_unavailable: Option<IntOrString>,
}

/// How pods are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StrategyType {
    /// One after the other.
    RollingUpdate,
    /// The old ones go first.
    Recreate,
}

/// When a CronJob runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct Schedule {
    /// The times, as a cron expression.
    pub cron: String,
    /// The IANA time zone, as `Europe/Berlin`; that of the cluster if not given.
    #[serde(default)]
    pub timezone: Option<String>,
    /// What happens if the last one still runs; `Forbid` if not given.
    #[serde(default)]
    pub concurrency: Concurrency,
    /// Whether it does not run for now.
    #[serde(default)]
    pub suspend: bool,
    /// The seconds for which a missed start is made up for.
    #[serde(default)]
    pub starting_deadline: Option<u32>,
}

/// What happens if the last run of a CronJob has not ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Concurrency {
    /// Both run.
    Allow,
    /// The next one is left out.
    #[default]
    Forbid,
    /// The last one is stopped.
    Replace,
}

/// How a Job or CronJob runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Job {
    /// How many times it is tried again; 6 if not given.
    pub backoff_limit: Option<u32>,
    /// How many pods must end well; 1 if not given.
    pub completions: Option<u32>,
    /// How many pods run at a time; 1 if not given.
    pub parallelism: Option<u32>,
    /// The seconds after which it is stopped.
    pub active_deadline: Option<u32>,
    /// The seconds after which it is deleted once it has ended.
    pub ttl_after_finished: Option<u32>,
    /// Whether a container that fails is started again in its pod; otherwise a new pod is made.
    pub restart_on_failure: bool,
}

/// A taint of nodes that pods tolerate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Toleration {
    /// Its key; any if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its value; any if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its effect; any if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<TaintEffect>,
}

/// What a taint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TaintEffect {
    /// Keeps new pods away.
    NoSchedule,
    /// Keeps new pods away where possible.
    PreferNoSchedule,
    /// Drives pods out.
    NoExecute,
}
