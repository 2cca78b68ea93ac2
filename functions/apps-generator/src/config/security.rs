//! Who may reach an app, and what its pods may do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::requirements::required_once_merged;

/// Who may reach an app, and what its pods may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// Who may reach it. networkpolicy-default reads it from the annotation `replatform.dev/visibility`.
    pub visibility: Option<Visibility>,
    /// Who may reach it besides those that the build shows. networkpolicy-default reads it from the annotation
    /// `replatform.dev/allow-from`.
    pub allowed_sources: Vec<AllowedSource>,
    /// What the document has for network policies. networkpolicy-default writes them.
    pub network_policy: Option<NetworkPolicy>,
    /// The ServiceAccount of the pods.
    pub service_account: Option<String>,
    /// Whether the ServiceAccount is made; if not given, it is made where its name is not `default`.
    pub create_service_account: Option<bool>,
    /// The annotations of the ServiceAccount.
    pub service_account_annotations: BTreeMap<String, String>,
    /// Whether pods get a token for the API server; `false` if not given.
    pub automount_service_account_token: Option<bool>,
    /// What the pods may do.
    pub pod_security_context: Option<PodSecurityContext>,
    /// What the container may do.
    pub container_security_context: Option<ContainerSecurityContext>,
}

/// Who may reach an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// The world, through the ingress controller.
    Public,
    /// Whoever in the cluster the build shows to need it.
    Internal,
    /// Pods of the same app.
    Private,
    /// Only who is listed.
    Restricted,
}

/// Pods or addresses that may reach an app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all(serialize = "camelCase"), deny_unknown_fields)]
pub struct AllowedSource {
    /// The namespace of the pods; that of the app if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Labels of the pods; all pods of the namespace if empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub pod_labels: BTreeMap<String, String>,
    /// Addresses outside of the cluster, as `192.0.2.0/24`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
    /// Container ports; all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u16>,
}

/// What the document has for network policies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkPolicy {
    /// Must be `true`: networkpolicy-default decides for a whole namespace, and no app opts out.
    pub enabled: Option<bool>,
    /// As `allowed_sources`.
    pub allow_from: Vec<AllowedSource>,
}

/// What the pods may do; see `spec.securityContext` of a Pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all(serialize = "camelCase"), deny_unknown_fields)]
pub struct PodSecurityContext {
    /// Whether no container runs as root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_non_root: Option<bool>,
    /// The user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_user: Option<u32>,
    /// The group id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_group: Option<u32>,
    /// The group that owns the volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fs_group: Option<u32>,
    /// When the owner of the volumes is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fs_group_change_policy: Option<FsGroupChangePolicy>,
    /// Further groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supplemental_groups: Vec<u32>,
    /// The system calls that are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp_profile: Option<SeccompProfile>,
    /// Settings of the kernel, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "as_list")]
    pub sysctls: BTreeMap<String, String>,
}

/// When the owner of volumes is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FsGroupChangePolicy {
    /// If the top directory has another owner.
    OnRootMismatch,
    /// At each start.
    Always,
}

/// What a container may do; see `securityContext` of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all(serialize = "camelCase"), deny_unknown_fields)]
pub struct ContainerSecurityContext {
    /// Whether a process may gain more than its parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_privilege_escalation: Option<bool>,
    /// Whether the file system of the image cannot be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only_root_filesystem: Option<bool>,
    /// Whether it may do all that the node may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// Whether it does not run as root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_non_root: Option<bool>,
    /// The user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_user: Option<u32>,
    /// The group id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_group: Option<u32>,
    /// Its capabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
    /// The system calls that are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp_profile: Option<SeccompProfile>,
}

/// The capabilities of a container, as `NET_BIND_SERVICE`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all(serialize = "camelCase"), deny_unknown_fields)]
pub struct Capabilities {
    /// Those it gets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// Those it loses; `ALL` is all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
}

/// The system calls that are allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all(serialize = "camelCase"), deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct SeccompProfile {
    /// Which profile.
    #[serde(rename = "type")]
    pub kind: SeccompType,
    /// The file on the node, with `Localhost`.
    #[serde(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub localhost_profile: Option<String>,
}

/// A kind of profile for system calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SeccompType {
    /// That of the container runtime.
    RuntimeDefault,
    /// None.
    Unconfined,
    /// A file on the node.
    Localhost,
}

/// Settings of the kernel as the API has them.
fn as_list<S: Serializer>(sysctls: &BTreeMap<String, String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(sysctls.iter().map(|(name, value)| serde_json::json!({"name": name, "value": value})))
}
