//! The options.

use krm::config::ConfigError;
use manifests::images::Prefix;
use platforms::Platform;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::release::Release;

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// The platforms that the manifests were written for.
    pub from: Vec<Source>,
    /// The platform that the build goes to.
    pub platform: Option<Platform>,
    /// The minor release of Kubernetes that the cluster runs, as `1.34`.
    pub kubernetes_version: String,
    /// What serves Services of type LoadBalancer. If it is not given, `platform` decides: `ServiceLB` for `K3sLocal`,
    /// else `HCloud`, and what only matters for that is a warning and no error.
    pub load_balancer: Option<LoadBalancer>,
    /// What runs on the cluster besides K3s: names of products, as `strimzi` or `cert-manager`, and API groups, as
    /// `example.com`. The kinds of these groups are served.
    pub installed: Vec<String>,
    /// All kinds that the cluster serves: a list of `APIResourceList` objects, as `kubectl get --raw
    /// /apis/GROUP/VERSION` gives one. With it every other kind is an error.
    pub api_resource_lists: Vec<Map<String, Value>>,
    /// A ConfigMap of the build that holds the same in its data: JSON with `apiResourceLists` in it, as `crane
    /// validate` takes it.
    pub api_resource_config_map: Option<String>,
    /// What to do with kinds of which nothing is known. If it is not given, `Warn` where `installed` or
    /// `apiResourceLists` says what there is, else `Quiet`.
    pub unknown: Option<Unknown>,
    /// Domains of the old cluster, as `apps.ocp.example.com`, whose API server is `api.ocp.example.com`. Without them a host is reported if it looks like one
    /// below the apps domain of an OpenShift cluster, and no Ingress of the build serves that domain.
    pub domains: Vec<String>,
    /// Registries, or parts of them, that the new cluster does not pull from, as `gcr.io/project`.
    pub registries: Vec<String>,
    /// Names of objects that are on the cluster and not in the build.
    pub known: Known,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            from: vec![Source::OpenShift, Source::Gke],
            platform: None,
            kubernetes_version: "1.34".to_owned(),
            load_balancer: None,
            installed: Vec::new(),
            api_resource_lists: Vec::new(),
            api_resource_config_map: None,
            unknown: None,
            domains: Vec::new(),
            registries: Vec::new(),
            known: Known::default(),
        }
    }
}

/// A platform that manifests were written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Source {
    /// OpenShift, with what Red Hat adds to it.
    OpenShift,
    /// Google Kubernetes Engine.
    #[serde(rename = "GKE")]
    Gke,
}

impl Source {
    /// The name, as the config has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenShift => "OpenShift",
            Self::Gke => "GKE",
        }
    }
}

/// What serves Services of type LoadBalancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LoadBalancer {
    /// The Hetzner cloud controller.
    HCloud,
    /// ServiceLB, which comes with K3s: ports of the nodes.
    ServiceLB,
}

/// What to do with kinds of which nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Unknown {
    /// Say nothing.
    Quiet,
    /// Warn.
    Warn,
}

/// Names of objects that are on the cluster and not in the build. A list that is given says that there are no others,
/// so that every other name is an error.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Known {
    /// Namespaces.
    pub namespaces: Option<Vec<String>>,
    /// ServiceAccounts, in whatever namespace.
    pub service_accounts: Option<Vec<String>>,
    /// PriorityClasses.
    pub priority_classes: Option<Vec<String>>,
    /// RuntimeClasses.
    pub runtime_classes: Option<Vec<String>>,
    /// IngressClasses.
    pub ingress_classes: Option<Vec<String>>,
    /// GatewayClasses.
    pub gateway_classes: Option<Vec<String>>,
}

impl Spec {
    /// The release of the cluster.
    ///
    /// # Errors
    /// Text that is no release, or one that the tables do not cover.
    pub(crate) fn release(&self) -> Result<Release, ConfigError> {
        let release = Release::parse(&self.kubernetes_version).filter(|release| Release::COVERED.contains(release));
        release.ok_or_else(|| {
            let (first, last) = (Release::COVERED.start(), Release::COVERED.end());
            let message = format!("`{}` must be a release from {first} to {last}", self.kubernetes_version);
            ConfigError::new("spec.kubernetesVersion", message)
        })
    }

    /// The registries that the new cluster does not pull from.
    ///
    /// # Errors
    /// Text that is no registry or part of one.
    pub(crate) fn registries(&self) -> Result<Vec<Prefix>, ConfigError> {
        let registries = self.registries.iter();
        let prefix = |text: &String| {
            let error = |reason| ConfigError::new("spec.registries", format!("`{text}` {reason}"));
            Prefix::parse(text).map_err(error)
        };
        registries.map(prefix).collect()
    }

    /// Whether facts about this platform count: `any` is every one.
    pub(crate) fn is_from(&self, platform: &str) -> bool {
        platform == "any" || self.from.iter().any(|source| source.name() == platform)
    }

    /// What serves Services of type LoadBalancer.
    pub(crate) fn load_balancer(&self) -> LoadBalancer {
        self.load_balancer.unwrap_or(match self.platform {
            Some(Platform::K3sLocal) => LoadBalancer::ServiceLB,
            _ => LoadBalancer::HCloud,
        })
    }

    /// What to do with kinds of which nothing is known.
    pub(crate) fn unknown(&self) -> Unknown {
        let tells = !self.installed.is_empty() || !self.api_resource_lists.is_empty();
        self.unknown.unwrap_or(if tells { Unknown::Warn } else { Unknown::Quiet })
    }
}
