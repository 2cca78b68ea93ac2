//! The platforms that builds go to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The platform that the build goes to. It decides where the ingress controllers run and which storage there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum Platform {
    /// K3s, installed by hand, on Hetzner Cloud: Traefik in `kube-system`, other controllers in the namespaces of their
    /// own charts.
    #[default]
    K3s,
    /// The kube-hetzner Terraform module: each controller in the namespace of its own name.
    KubeHetzner,
    /// K3s on one machine, as by k3d or podman: Traefik in `kube-system`, volumes on the disk of the machine.
    K3sLocal,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 3] = [Self::K3s, Self::KubeHetzner, Self::K3sLocal];

    /// The name, as the config has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::K3s => "K3s",
            Self::KubeHetzner => "KubeHetzner",
            Self::K3sLocal => "K3sLocal",
        }
    }

    /// The platform of a name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.name() == name)
    }
}
