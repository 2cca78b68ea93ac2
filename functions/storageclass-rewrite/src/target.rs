//! Where builds come from and where they go, as the options name it.

use platforms::Platform;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The provisioner of the Hetzner Cloud CSI driver.
pub(crate) const HETZNER: &str = "csi.hetzner.cloud";

/// The provisioner of K3s.
pub(crate) const LOCAL_PATH: &str = "rancher.io/local-path";

/// A platform or driver that brings classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Source {
    /// Google Kubernetes Engine.
    #[serde(rename = "GKE")]
    Gke,
    /// OpenShift on Google Cloud.
    #[serde(rename = "OpenShiftGCP")]
    OpenShiftGcp,
    /// OpenShift on AWS.
    #[serde(rename = "OpenShiftAWS")]
    OpenShiftAws,
    /// OpenShift on Azure.
    OpenShiftAzure,
    /// Amazon EKS.
    #[serde(rename = "EKS")]
    Eks,
    /// Azure Kubernetes Service.
    #[serde(rename = "AKS")]
    Aks,
    /// Kubernetes on Hetzner Cloud with its CSI driver.
    HCloud,
    /// The local-path provisioner of K3s.
    LocalPath,
}

impl Source {
    /// The name, as the config has it.
    pub(crate) fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The source of a name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        serde_json::from_value(Value::from(name)).ok()
    }
}

/// The storage that claims get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Target {
    /// `hcloud-volumes`, of the Hetzner Cloud CSI driver.
    HCloud,
    /// `local-path`, of K3s.
    LocalPath,
}

impl Target {
    /// The storage of a platform.
    pub(crate) fn of(platform: Platform) -> Self {
        match platform {
            Platform::K3s | Platform::KubeHetzner => Self::HCloud,
            Platform::K3sLocal => Self::LocalPath,
        }
    }

    /// The target of a name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        serde_json::from_value(Value::from(name)).ok()
    }

    /// The source that brings the class of this target.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::HCloud => Source::HCloud,
            Self::LocalPath => Source::LocalPath,
        }
    }

    /// The class that claims get.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::HCloud => "hcloud-volumes",
            Self::LocalPath => "local-path",
        }
    }

    /// The provisioner of that class.
    pub(crate) fn provisioner(self) -> &'static str {
        match self {
            Self::HCloud => HETZNER,
            Self::LocalPath => LOCAL_PATH,
        }
    }
}
