//! The options.

use std::collections::BTreeMap;

use platforms::Platform;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::known_classes::{Ability, UNLIMITED};
use crate::target::{Source, Target};

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// The platform that the build goes to.
    pub platform: Option<Platform>,
    /// The platforms that the bases are written for; their classes become the class of `to`.
    pub from: Vec<Source>,
    /// The storage that claims get. If it is not given, `platform` decides: `LocalPath` for `K3sLocal`, else `HCloud`.
    pub to: Option<Target>,
    /// Classes and what becomes of them, before anything that `from` says. A class that maps to itself stays.
    pub mapping: BTreeMap<String, String>,
    /// The class for claims that several nodes use at once (`ReadWriteMany`, `ReadOnlyMany`), such as one of Longhorn or
    /// NFS. Without it such a claim is an error where its new class cannot serve it.
    pub rwx_class: Option<String>,
    /// The class to write where a claim names none. Without it such claims stay with the default class of the cluster.
    pub default_class: Option<String>,
    /// What to do with a class that neither `from` nor `mapping` knows.
    pub unknown: Unknown,
    /// What to do with StorageClass objects whose provisioner the target does not have.
    pub storage_classes: StorageClasses,
    /// What to do with snapshots, their classes and VolumeAttributesClasses, which the target cannot serve.
    pub snapshots: Snapshots,
    /// Whether to raise the size of claims to what the target makes of it anyway, so that the manifest tells the truth.
    pub round_up: bool,
    /// Whether to make claims of several nodes claims of one (`ReadWriteOnce`) where the new class can do no more and
    /// there is no `rwxClass`. Pods on other nodes then wait for the volume.
    pub reduce_access_modes: bool,
    /// The number of servers, to check that they can hold all volumes.
    pub servers: Option<u32>,
    /// Other classes of the target cluster and what they can do. Each is known and stays as it is.
    pub classes: BTreeMap<String, ClassAbility>,
    /// More fields that name storage classes.
    pub fields: Vec<ClassField>,
    /// Fields that look as if they named storage classes and do not.
    pub ignored_fields: Vec<IgnoredField>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            platform: None,
            from: vec![Source::Gke, Source::OpenShiftGcp],
            to: None,
            mapping: BTreeMap::new(),
            rwx_class: None,
            default_class: None,
            unknown: Unknown::default(),
            storage_classes: StorageClasses::default(),
            snapshots: Snapshots::default(),
            round_up: false,
            reduce_access_modes: false,
            servers: None,
            classes: BTreeMap::new(),
            fields: Vec::new(),
            ignored_fields: Vec::new(),
        }
    }
}

impl Spec {
    /// The storage that claims get.
    pub(crate) fn target(&self) -> Target {
        self.to.unwrap_or_else(|| Target::of(self.platform.unwrap_or_default()))
    }
}

/// What to do with a class that nothing is known of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Unknown {
    /// Fail the build.
    #[default]
    #[schemars(extend("x-former" = ["error"]))]
    Refuse,
    /// Leave it and warn.
    Warn,
    /// Leave it.
    Keep,
}

/// What to do with StorageClass objects of the old platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum StorageClasses {
    /// Remove them; claims get the classes of the target.
    #[default]
    Drop,
    /// Give them the provisioner of the target and strip what it does not understand. A class that is mapped takes the
    /// name of its target, and goes where the target cluster has that class already.
    Convert,
    /// Leave all names as they are, and define each old class that is used as an alias of the class it maps to.
    Alias,
}

/// What to do with snapshot objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Snapshots {
    /// Fail the build.
    #[default]
    #[schemars(extend("x-former" = ["error"]))]
    Refuse,
    /// Remove them.
    Drop,
}

/// What a class of the target cluster can do. What is not said is taken to be possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ClassAbility {
    /// Its provisioner; needed to make aliases of it.
    pub provisioner: Option<String>,
    /// Whether several nodes can use a volume at once.
    pub shared: bool,
    /// Whether there are raw block volumes.
    pub block: bool,
    /// Whether there are snapshots.
    pub snapshots: bool,
    /// Whether a claim can start as a copy of another.
    pub clones: bool,
    /// Whether volumes can grow.
    pub expansion: bool,
    /// The smallest volume in GiB.
    #[serde(rename = "minimumGiB")]
    pub minimum_gib: u32,
    /// The largest volume in GiB.
    #[serde(rename = "maximumGiB")]
    pub maximum_gib: Option<u32>,
    /// The number of volumes that a server can hold.
    pub per_server: Option<u32>,
}

impl Default for ClassAbility {
    fn default() -> Self {
        let Ability { shared, block, snapshots, clones, expansion, minimum_gib, maximum_gib, per_server, .. } =
            UNLIMITED;
        Self { provisioner: None, shared, block, snapshots, clones, expansion, minimum_gib, maximum_gib, per_server }
    }
}

impl From<&ClassAbility> for Ability {
    fn from(declared: &ClassAbility) -> Self {
        let ClassAbility { shared, block, snapshots, clones, expansion, minimum_gib, maximum_gib, per_server, .. } =
            *declared;
        Self { shared, block, snapshots, clones, expansion, minimum_gib, maximum_gib, per_server, ..UNLIMITED }
    }
}

/// A field that names a storage class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClassField {
    /// The API group of the object; every group if it is not given.
    #[serde(default)]
    pub group: Option<String>,
    /// The kind of the object.
    pub kind: String,
    /// The path of the field, as `spec.disks[].class`. `[]` is every item, `*` every entry, `**` any depth; names with
    /// dots are in brackets, as in `data[values.yaml]`.
    pub path: String,
    /// What the field holds.
    #[serde(default)]
    pub holds: Holds,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Holds {
    /// The name of a class, or a list of names.
    #[default]
    Class,
    /// A mapping whose keys are names of classes.
    Keys,
    /// Values of a Helm chart.
    Values,
    /// Values of a Helm chart, as text.
    ValuesText,
    /// YAML of any other sort, as text.
    #[serde(rename = "YAML")]
    Yaml,
}

/// A field that does not name a storage class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IgnoredField {
    /// The API group of the object; every group if it is not given.
    #[serde(default)]
    pub group: Option<String>,
    /// The kind of the object.
    pub kind: String,
    /// The path of the field, as in `fields`.
    pub path: String,
}
