//! Volumes and where they are mounted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::requirements::required_once_merged;

/// A volume of an app, and where its container mounts it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct Volume {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: VolumeType,
    /// Where the container mounts it. Without it the volume is only for other containers.
    #[serde(default)]
    pub mount_path: Option<String>,
    /// The file or directory of the volume that is mounted.
    #[serde(default)]
    pub sub_path: Option<String>,
    /// Whether it cannot be written.
    #[serde(default)]
    pub read_only: bool,
    /// Further places where the container mounts it.
    #[serde(default)]
    pub mounts: Vec<Mount>,
    /// The size of a claim, as `10Gi`. With `type: pvc`.
    #[serde(default)]
    pub size: Option<String>,
    /// The storage class of a claim; that of the cluster if not given. storageclass-rewrite maps classes of other platforms.
    #[serde(default)]
    pub storage_class: Option<String>,
    /// Who may mount a claim; `ReadWriteOnce` if empty.
    #[serde(default)]
    pub access_modes: Vec<AccessMode>,
    /// A claim that is there already. With `type: pvc`, instead of `size`.
    #[serde(default)]
    pub existing_claim: Option<String>,
    /// Where an `emptyDir` is kept.
    #[serde(default)]
    pub medium: Medium,
    /// How large an `emptyDir` may get, as `1Gi`.
    #[serde(default)]
    pub size_limit: Option<String>,
    /// The Secret, with `type: secret`.
    #[serde(default)]
    pub secret_name: Option<String>,
    /// The ConfigMap, with `type: configmap`.
    #[serde(default)]
    pub configmap_name: Option<String>,
    /// The keys of the Secret or ConfigMap that become files; all if empty.
    #[serde(default)]
    pub items: Vec<KeyToPath>,
    /// The permissions of the files, as `0440`.
    #[serde(default)]
    pub default_mode: Option<String>,
    /// Whether the pods start without the Secret or ConfigMap.
    #[serde(default)]
    pub optional: bool,
    /// What a `projected` volume joins in one directory.
    #[serde(default)]
    pub sources: Vec<ProjectedSource>,
    /// The path on the node, with `type: hostPath`.
    #[serde(default)]
    pub host_path: Option<String>,
}

/// A kind of volume.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum VolumeType {
    /// A directory that lives as long as the pod.
    #[default]
    #[serde(rename = "emptyDir")]
    EmptyDir,
    /// A PersistentVolumeClaim, which stays.
    #[serde(rename = "pvc")]
    Pvc,
    /// The keys of a Secret as files.
    #[serde(rename = "secret")]
    Secret,
    /// The keys of a ConfigMap as files.
    #[serde(rename = "configmap")]
    Configmap,
    /// Several Secrets and ConfigMaps in one directory.
    #[serde(rename = "projected")]
    Projected,
    /// A directory of the node.
    #[serde(rename = "hostPath")]
    HostPath,
}

/// Where an `emptyDir` is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Medium {
    /// On the disk of the node.
    #[default]
    #[serde(rename = "")]
    Disk,
    /// In memory, which counts as memory of the container.
    Memory,
}

/// Who may mount a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AccessMode {
    /// Pods of one node.
    ReadWriteOnce,
    /// One pod.
    ReadWriteOncePod,
    /// Pods of many nodes, which only read.
    ReadOnlyMany,
    /// Pods of many nodes.
    ReadWriteMany,
}

/// A key that becomes a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct KeyToPath {
    /// The key.
    pub key: String,
    /// The path of the file in the volume.
    pub path: String,
    /// The permissions of the file, as `0440`.
    #[serde(default)]
    pub mode: Option<String>,
}

/// A part of a `projected` volume.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectedSource {
    /// The Secret; or `configmap_name`.
    #[serde(default)]
    pub secret_name: Option<String>,
    /// The ConfigMap; or `secret_name`.
    #[serde(default)]
    pub configmap_name: Option<String>,
    /// The keys that become files; all if empty.
    #[serde(default)]
    pub items: Vec<KeyToPath>,
    /// Whether the pods start without it.
    #[serde(default)]
    pub optional: bool,
}

/// A place where a container mounts a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct Mount {
    /// The path in the container.
    pub mount_path: String,
    /// The file or directory of the volume that is mounted.
    #[serde(default)]
    pub sub_path: Option<String>,
    /// Whether it cannot be written.
    #[serde(default)]
    pub read_only: bool,
}

impl Volume {
    /// Whether only pods of one node can mount it.
    pub fn is_of_one_node(&self) -> bool {
        let is_shared = |mode: &AccessMode| matches!(mode, AccessMode::ReadOnlyMany | AccessMode::ReadWriteMany);
        self.existing_claim.is_none() && !self.access_modes.iter().any(is_shared)
    }
}
