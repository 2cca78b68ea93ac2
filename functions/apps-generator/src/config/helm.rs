//! Charts of others.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::requirements::required_once_merged;

/// A chart of others.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct Chart {
    /// The chart, as `REPOSITORY/CHART` with an alias from `repositories`.
    pub chart: String,
    /// Its exact version.
    pub version: String,
    /// The namespace it goes to; `defaults.namespace` if not given.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its values.
    #[serde(default)]
    pub values: Map<String, Value>,
    /// Whether it is generated; `true` if not given.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Whether its namespace is made where it is missing.
    #[serde(default)]
    pub create_namespace: bool,
}

/// What installs charts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HelmInstaller {
    /// What installs them.
    pub target: HelmTarget,
    /// The namespace of the objects; `argocd` for Applications and `kube-system` for HelmCharts if not given.
    pub namespace: Option<String>,
    /// The AppProject of the Applications.
    pub project: String,
    /// The API server to which Applications deploy.
    pub server: String,
}

impl Default for HelmInstaller {
    fn default() -> Self {
        Self {
            target: HelmTarget::Argocd,
            namespace: None,
            project: "default".to_owned(),
            server: "https://kubernetes.default.svc".to_owned(),
        }
    }
}

/// What installs charts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HelmTarget {
    /// Argo CD, by an Application.
    #[default]
    Argocd,
    /// The Helm controller of K3s, by a HelmChart.
    K3s,
}
