//! Containers: what they run, their ports, resources, probes and variables.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::int_or_string::IntOrString;
use super::keyed::Keyed;
use super::requirements::required_once_merged;
use super::security::ContainerSecurityContext;
use super::volume::Mount;

/// What the container of an app runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Container {
    /// What runs instead of the entry point of the image.
    pub command: Option<Vec<String>>,
    /// The arguments, instead of those of the image.
    pub args: Option<Vec<String>>,
    /// The working directory.
    pub working_dir: Option<String>,
    /// The ports, by name. Names have at most 15 characters.
    pub ports: Keyed<Port>,
    /// Whether standard input is kept open.
    pub stdin: bool,
    /// Whether it has a terminal.
    pub tty: bool,
    /// When the image is pulled.
    pub image_pull_policy: Option<ImagePullPolicy>,
    /// What runs before it is stopped.
    pub pre_stop: Option<Vec<String>>,
    /// What runs beside its process once it has started.
    pub post_start: Option<Vec<String>>,
}

/// A port of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct Port {
    /// The port on which the container listens.
    #[schemars(range(min = 1, max = 65535))]
    pub container_port: u16,
    /// The port of the Service; that of the container if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65535))]
    pub service_port: Option<u16>,
    /// The protocol; `TCP` if not given.
    #[serde(default)]
    pub protocol: Protocol,
    /// What is spoken on it, as `http` or `kubernetes.io/h2c`.
    #[serde(default)]
    pub app_protocol: Option<String>,
}

/// A protocol of the transport layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Protocol {
    /// TCP.
    #[default]
    TCP,
    /// UDP.
    UDP,
    /// SCTP.
    SCTP,
}

/// When an image is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ImagePullPolicy {
    /// At each start.
    Always,
    /// If the node does not have it.
    IfNotPresent,
    /// Never.
    Never,
}

/// A container beside that of the app: a sidecar, or one that runs before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct ExtraContainer {
    /// Its image.
    pub image: String,
    /// As `container` of an app: what it runs and its ports.
    #[serde(default)]
    pub container: Container,
    /// What it needs.
    #[serde(default)]
    pub resources: Option<Resources>,
    /// How it is checked.
    #[serde(default)]
    pub probes: Probes,
    /// Variables with their values.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Single variables from Secrets, ConfigMaps and fields of the pod.
    #[serde(default)]
    pub env_refs: Keyed<EnvRef>,
    /// All keys of Secrets and ConfigMaps as variables.
    #[serde(default)]
    pub env_from: Vec<EnvFrom>,
    /// Volumes of the app that it mounts too, by the name of the volume.
    #[serde(default)]
    pub mounts: Keyed<Mount>,
    /// What it may do.
    #[serde(default)]
    pub container_security_context: Option<ContainerSecurityContext>,
    /// Whether a container that starts before the app keeps running beside it (`restartPolicy: Always`).
    #[serde(default)]
    pub keeps_running: bool,
}

/// What a container asks for and may use, as quantities of Kubernetes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Resources {
    /// Memory, as `256Mi`.
    pub memory: Option<String>,
    /// Processor time, as `100m`.
    pub cpu: Option<String>,
    /// The memory above which it is killed.
    pub memory_limit: Option<String>,
    /// The processor time above which it is throttled. Often left out.
    pub cpu_limit: Option<String>,
    /// Storage on the node, as `1Gi`.
    pub ephemeral_storage: Option<String>,
    /// The storage on the node above which it is evicted.
    pub ephemeral_storage_limit: Option<String>,
    /// GPUs, which are requested and limited alike.
    pub gpu: Option<Gpu>,
}

/// GPUs of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct Gpu {
    /// The extended resource, as `nvidia.com/gpu`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many.
    #[schemars(range(min = 1))]
    pub count: u32,
}

/// How a container is checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Probes {
    /// Whether it has started; until then the others wait.
    pub startup: Option<Probe>,
    /// Whether it gets requests.
    pub readiness: Option<Probe>,
    /// Whether it is restarted.
    pub liveness: Option<Probe>,
}

/// A check of a container. Without numbers those of the API hold: a period of 10 s, a timeout of 1 s, 3 failures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Probe {
    /// What is done; if not given, what the other fields say: `exec` with a command, `http` with a path, else `tcp`.
    #[serde(rename = "type")]
    pub kind: Option<ProbeType>,
    /// The path of an HTTP request.
    pub path: Option<String>,
    /// The number or the name of a port; the first port of the app if not given.
    pub port: Option<IntOrString>,
    /// The scheme of an HTTP request.
    pub scheme: Option<Scheme>,
    /// The headers of an HTTP request.
    pub headers: BTreeMap<String, String>,
    /// The command, and its exit code 0 is success.
    pub command: Option<Vec<String>>,
    /// The service that a gRPC check asks for.
    pub service: Option<String>,
    /// Seconds before the first check.
    pub initial_delay: Option<u32>,
    /// Seconds between checks.
    #[schemars(range(min = 1))]
    pub period: Option<u32>,
    /// Seconds after which a check has failed.
    #[schemars(range(min = 1))]
    pub timeout: Option<u32>,
    /// How many checks in a row must succeed. It must be 1 but for readiness.
    #[schemars(range(min = 1))]
    pub success_threshold: Option<u32>,
    /// How many checks in a row must fail.
    #[schemars(range(min = 1))]
    pub failure_threshold: Option<u32>,
}

/// What a check does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProbeType {
    /// An HTTP GET that must be answered by 200 to 399.
    Http,
    /// A connection.
    Tcp,
    /// A command in the container.
    Exec,
    /// The health protocol of gRPC. The port must be a number.
    Grpc,
}

/// The scheme of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Scheme {
    /// Plain.
    HTTP,
    /// Over TLS; the certificate is not checked.
    HTTPS,
}

/// A variable that gets its value from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct EnvRef {
    /// Where the value is.
    pub from: EnvSource,
    /// The Secret, with `from: secret`.
    #[serde(default)]
    pub secret_name: Option<String>,
    /// The ConfigMap, with `from: configmap`.
    #[serde(default)]
    pub configmap_name: Option<String>,
    /// The key in the Secret or ConfigMap; the field of the pod with `from: field`, as `status.podIP`; the resource of the
    /// container with `from: resource`, as `limits.memory`.
    pub key: String,
    /// Whether the container starts without it.
    #[serde(default)]
    pub optional: bool,
}

/// Where the value of a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnvSource {
    /// In a Secret.
    Secret,
    /// In a ConfigMap.
    Configmap,
    /// In a field of the pod.
    Field,
    /// In the requests or limits of the container.
    Resource,
}

/// All keys of an object as variables.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct EnvFrom {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EnvFromType,
    /// Its name.
    pub name: String,
    /// What the names of the variables begin with.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Whether the container starts without it.
    #[serde(default)]
    pub optional: bool,
}

/// What holds variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnvFromType {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    Configmap,
}
