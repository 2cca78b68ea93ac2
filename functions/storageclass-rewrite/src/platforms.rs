//! The classes of the platforms and what their volumes can do. One table for presets and properties.
//!
//! Sources: the class lists of the platforms' documentation and manifests; for abilities the drivers themselves:
//! hetznercloud/csi-driver v2.22 (`internal/driver`), rancher/local-path-provisioner v0.0.37,
//! kubernetes-sigs/gcp-compute-persistent-disk-csi-driver, openshift/csi-operator, k3s `manifests/local-storage.yaml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A platform that builds come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Google Kubernetes Engine.
    Gke,
    /// OpenShift on Google Cloud.
    OpenshiftGcp,
    /// OpenShift on AWS.
    OpenshiftAws,
    /// OpenShift on Azure.
    OpenshiftAzure,
    /// Amazon EKS.
    Eks,
    /// Azure Kubernetes Service.
    Aks,
    /// Kubernetes on Hetzner Cloud with its CSI driver.
    Hcloud,
    /// The local-path provisioner of K3s.
    LocalPath,
}

impl Platform {
    /// Its name, as the config has it.
    pub(crate) fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// The storage that claims get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// `hcloud-volumes`, of the Hetzner Cloud CSI driver.
    #[default]
    Hcloud,
    /// `local-path`, of K3s.
    LocalPath,
}

impl Target {
    /// The platform that this target is.
    pub(crate) fn platform(self) -> Platform {
        match self {
            Self::Hcloud => Platform::Hcloud,
            Self::LocalPath => Platform::LocalPath,
        }
    }

    /// The class that claims get.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Hcloud => "hcloud-volumes",
            Self::LocalPath => "local-path",
        }
    }

    /// What makes its volumes.
    pub(crate) fn provisioner(self) -> &'static str {
        match self {
            Self::Hcloud => HETZNER,
            Self::LocalPath => LOCAL_PATH,
        }
    }

    /// The platforms whose classes a cluster of this target has: K3s brings local-path wherever it runs.
    pub(crate) fn native_platforms(self) -> &'static [Platform] {
        match self {
            Self::Hcloud => &[Platform::Hcloud, Platform::LocalPath],
            Self::LocalPath => &[Platform::LocalPath],
        }
    }
}

/// A class that a platform brings, or that its guides tell people to make.
#[derive(Debug)]
pub(crate) struct KnownClass {
    pub(crate) name: &'static str,
    pub(crate) platforms: &'static [Platform],
    pub(crate) provisioner: &'static str,
    /// The kind of disk, whose speed and price a claim counts on; classes of one tier are alike.
    pub(crate) tier: &'static str,
}

/// What the volumes of a provisioner can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ability {
    /// Whether several nodes can use a volume at once (`ReadWriteMany`, `ReadOnlyMany`).
    pub(crate) shared: bool,
    /// Whether there are raw block volumes.
    pub(crate) block: bool,
    /// Whether there are snapshots.
    pub(crate) snapshots: bool,
    /// Whether a claim can start as a copy of another.
    pub(crate) clones: bool,
    /// Whether volumes can grow.
    pub(crate) expansion: bool,
    /// Whether a volume has the size that was asked for and no more.
    pub(crate) enforces_size: bool,
    /// Whether a pod can move to another node and keep its volume.
    pub(crate) moves: bool,
    /// Whether a claim may select existing volumes by label and still get a new one.
    pub(crate) selector: bool,
    /// Whether volumes are encrypted without being asked to.
    pub(crate) encrypted: bool,
    /// The smallest volume in GiB; smaller requests are rounded up.
    pub(crate) minimum_gib: u32,
    /// The largest volume in GiB.
    pub(crate) maximum_gib: Option<u32>,
    /// The number of volumes that a server can hold.
    pub(crate) per_server: Option<u32>,
}

/// A driver that makes volumes.
#[derive(Debug)]
pub(crate) struct Provisioner {
    pub(crate) name: &'static str,
    /// Where it runs.
    pub(crate) home: Home,
    pub(crate) ability: Ability,
}

/// Where a provisioner runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    Google,
    Aws,
    Azure,
    Hetzner,
    /// Any K3s cluster.
    K3s,
    /// A laptop.
    Laptop,
}

const CLOUD_DISK: Ability = Ability {
    shared: false,
    block: true,
    snapshots: true,
    clones: true,
    expansion: true,
    enforces_size: true,
    moves: true,
    selector: false,
    encrypted: true,
    minimum_gib: 1,
    maximum_gib: None,
    per_server: None,
};

const CLOUD_FILES: Ability = Ability { shared: true, block: false, clones: false, ..CLOUD_DISK };

/// 10 TB is the largest volume of the Hetzner API, 16 volumes fit a server (`MaxVolumesPerNode`).
const HETZNER_VOLUME: Ability = Ability {
    snapshots: false,
    clones: false,
    encrypted: false,
    minimum_gib: 10,
    maximum_gib: Some(10_240),
    per_server: Some(16),
    ..CLOUD_DISK
};

const LOCAL_DIRECTORY: Ability = Ability {
    block: false,
    snapshots: false,
    clones: false,
    expansion: false,
    enforces_size: false,
    moves: false,
    encrypted: false,
    minimum_gib: 0,
    ..CLOUD_DISK
};

/// What nothing is known to be wrong with: the start for classes that a config describes.
pub(crate) const UNLIMITED: Ability =
    Ability { shared: true, selector: true, encrypted: false, minimum_gib: 0, ..CLOUD_DISK };

/// The provisioners of the platforms.
pub(crate) const PROVISIONERS: &[Provisioner] = &[
    Provisioner { name: "pd.csi.storage.gke.io", home: Home::Google, ability: CLOUD_DISK },
    Provisioner { name: "kubernetes.io/gce-pd", home: Home::Google, ability: CLOUD_DISK },
    Provisioner { name: "filestore.csi.storage.gke.io", home: Home::Google, ability: CLOUD_FILES },
    Provisioner { name: "parallelstore.csi.storage.gke.io", home: Home::Google, ability: CLOUD_FILES },
    Provisioner { name: "lustre.csi.storage.gke.io", home: Home::Google, ability: CLOUD_FILES },
    Provisioner { name: "gcsfuse.csi.storage.gke.io", home: Home::Google, ability: CLOUD_FILES },
    Provisioner { name: "ebs.csi.aws.com", home: Home::Aws, ability: CLOUD_DISK },
    Provisioner { name: "kubernetes.io/aws-ebs", home: Home::Aws, ability: CLOUD_DISK },
    Provisioner { name: "efs.csi.aws.com", home: Home::Aws, ability: CLOUD_FILES },
    Provisioner { name: "disk.csi.azure.com", home: Home::Azure, ability: CLOUD_DISK },
    Provisioner { name: "kubernetes.io/azure-disk", home: Home::Azure, ability: CLOUD_DISK },
    Provisioner { name: "file.csi.azure.com", home: Home::Azure, ability: CLOUD_FILES },
    Provisioner { name: "kubernetes.io/azure-file", home: Home::Azure, ability: CLOUD_FILES },
    Provisioner { name: "blob.csi.azure.com", home: Home::Azure, ability: CLOUD_FILES },
    Provisioner { name: HETZNER, home: Home::Hetzner, ability: HETZNER_VOLUME },
    Provisioner { name: LOCAL_PATH, home: Home::K3s, ability: LOCAL_DIRECTORY },
    Provisioner { name: "k8s.io/minikube-hostpath", home: Home::Laptop, ability: LOCAL_DIRECTORY },
];

/// The provisioner of the Hetzner Cloud CSI driver.
pub(crate) const HETZNER: &str = "csi.hetzner.cloud";
/// The class that the driver's guide makes for encrypted volumes; people add it to their cluster themselves.
pub(crate) const ENCRYPTED: &str = "hcloud-volumes-encrypted";
/// The provisioner of K3s.
pub(crate) const LOCAL_PATH: &str = "rancher.io/local-path";

const fn class(
    name: &'static str,
    platforms: &'static [Platform],
    provisioner: &'static str,
    tier: &'static str,
) -> KnownClass {
    KnownClass { name, platforms, provisioner, tier }
}

/// The classes of the platforms.
pub(crate) const CLASSES: &[KnownClass] = &{
    use Platform::{Aks, Eks, Gke, Hcloud, LocalPath, OpenshiftAws, OpenshiftAzure, OpenshiftGcp};
    const PD: &str = "pd.csi.storage.gke.io";
    const FILESTORE: &str = "filestore.csi.storage.gke.io";
    const EBS: &str = "ebs.csi.aws.com";
    const DISK: &str = "disk.csi.azure.com";
    const FILE: &str = "file.csi.azure.com";
    const BLOB: &str = "blob.csi.azure.com";
    [
        class("standard-rwo", &[Gke], PD, "pd-balanced"),
        class("premium-rwo", &[Gke], PD, "pd-ssd"),
        class("standard", &[Gke, OpenshiftGcp], "kubernetes.io/gce-pd", "pd-standard"),
        class("dynamic-rwo", &[Gke], PD, "dynamic"),
        class("standard-rwx", &[Gke], FILESTORE, "filestore basic HDD"),
        class("premium-rwx", &[Gke], FILESTORE, "filestore basic SSD"),
        class("zonal-rwx", &[Gke], FILESTORE, "filestore zonal"),
        class("enterprise-rwx", &[Gke], FILESTORE, "filestore enterprise"),
        class("enterprise-multishare-rwx", &[Gke], FILESTORE, "filestore enterprise"),
        class("parallelstore-rwx", &[Gke], "parallelstore.csi.storage.gke.io", "parallelstore"),
        class("standard-csi", &[OpenshiftGcp], PD, "pd-standard"),
        class("ssd-csi", &[OpenshiftGcp], PD, "pd-ssd"),
        class("hyperdisk-balanced", &[OpenshiftGcp], PD, "hyperdisk-balanced"),
        class("gp3-csi", &[OpenshiftAws], EBS, "gp3"),
        class("gp2-csi", &[OpenshiftAws], EBS, "gp2"),
        class("gp3", &[Eks], EBS, "gp3"),
        class("gp2", &[Eks, OpenshiftAws], "kubernetes.io/aws-ebs", "gp2"),
        class("efs-sc", &[Eks, OpenshiftAws], "efs.csi.aws.com", "efs"),
        class("managed-csi", &[OpenshiftAzure, Aks], DISK, "standard SSD"),
        class("azurefile-csi", &[OpenshiftAzure, Aks], FILE, "azurefile"),
        class("default", &[Aks], DISK, "standard SSD"),
        class("managed", &[Aks], DISK, "standard SSD"),
        class("managed-csi-premium", &[Aks], DISK, "premium SSD"),
        class("managed-premium", &[Aks], DISK, "premium SSD"),
        class("azurefile", &[Aks], FILE, "azurefile"),
        class("azurefile-csi-premium", &[Aks], FILE, "azurefile premium"),
        class("azurefile-premium", &[Aks], FILE, "azurefile premium"),
        class("azureblob-nfs-premium", &[Aks], BLOB, "blob premium"),
        class("azureblob-fuse-premium", &[Aks], BLOB, "blob premium"),
        class("hcloud-volumes", &[Hcloud], HETZNER, "hcloud volume"),
        class(ENCRYPTED, &[Hcloud], HETZNER, "hcloud volume"),
        class("local-path", &[LocalPath], LOCAL_PATH, "local disk"),
    ]
};

impl KnownClass {
    /// What its volumes can do.
    pub(crate) fn ability(&self) -> Option<&'static Ability> {
        provisioner(self.provisioner).map(|provisioner| &provisioner.ability)
    }
}

/// The provisioner of that name.
pub(crate) fn provisioner(name: &str) -> Option<&'static Provisioner> {
    PROVISIONERS.iter().find(|provisioner| provisioner.name == name)
}

/// The class of that name. No name has two meanings among the platforms.
pub(crate) fn known_class(name: &str) -> Option<&'static KnownClass> {
    CLASSES.iter().find(|class| class.name == name)
}

/// The classes of the platforms, as a table for the README.
pub fn platforms_table() -> String {
    let mut platforms: Vec<Platform> = CLASSES.iter().flat_map(|class| class.platforms).copied().collect();
    platforms.sort_unstable();
    platforms.dedup();
    let mut table = "| Platform | Classes | That nodes can share |\n| --- | --- | --- |\n".to_owned();
    for platform in platforms {
        let of_platform = CLASSES.iter().filter(|class| class.platforms.contains(&platform));
        let (shared, own): (Vec<_>, Vec<_>) =
            of_platform.partition(|class| class.ability().is_some_and(|ability| ability.shared));
        let [own, shared] = [own, shared]
            .map(|classes| classes.iter().map(|class| format!("`{}`", class.name)).collect::<Vec<_>>().join(", "));
        table.push_str(&format!("| `{}` | {own} | {shared} |\n", platform.name()));
    }
    table
}

/// Whether volumes of this provisioner cannot be had on the target.
pub(crate) fn is_foreign(provisioner_name: &str, target: Target) -> bool {
    let Some(provisioner) = provisioner(provisioner_name) else { return false };
    match provisioner.home {
        Home::K3s => false,
        Home::Hetzner => target != Target::Hcloud,
        Home::Google | Home::Aws | Home::Azure | Home::Laptop => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_class_has_a_provisioner_and_one_meaning() {
        let names: BTreeSet<_> = CLASSES.iter().map(|class| class.name).collect();
        assert_eq!(names.len(), CLASSES.len());
        for class in CLASSES {
            assert!(class.ability().is_some(), "{}", class.name);
            assert!(!class.platforms.is_empty(), "{}", class.name);
        }
    }

    #[test]
    fn targets_name_their_own_class() {
        for target in [Target::Hcloud, Target::LocalPath] {
            let class = known_class(target.class()).expect("a target is in the table");
            assert_eq!(class.platforms, [target.platform()]);
            assert!(!is_foreign(class.provisioner, target));
        }
    }
}
