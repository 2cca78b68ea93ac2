//! The options.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::windows::Day;

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// What holds in all environments. It must be given where `environments` is. Keys below `global` and `environments` are in
    /// snake_case, as in the file that workflows read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global: Option<Global>,
    /// The environments by name. All of them have the same keys, but for what is below `match`.
    pub environments: BTreeMap<String, Environment>,
    /// The names of the environments that are production. No Application of theirs may sync by itself, whatever the gates say.
    pub production: Vec<String>,
    /// What Applications get that may sync by themselves and do not say so. Without it they stay as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automated: Option<Automated>,
    /// Whether projects also get windows that refuse syncs by Argo CD itself where an approval is required. They hold
    /// when a person turns on automated sync in the cluster.
    pub approval_windows: bool,
    /// The minor release of Argo CD, as `3.2`. What an older one refuses or drops is not written: `andOperator` needs 3.0,
    /// `description` 3.1 and `syncOverrun` 3.5, and before 3.2 a project cannot have two windows with the same kind, schedule
    /// and duration. The least is `2.13`.
    #[serde(rename = "argoCDVersion")]
    pub argo_cd_version: String,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            global: None,
            environments: BTreeMap::new(),
            production: vec!["prod".to_owned(), "production".to_owned()],
            automated: None,
            approval_windows: false,
            argo_cd_version: "2.13".to_owned(),
        }
    }
}

/// What holds in all environments.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Global {
    /// Whether anything syncs by itself: the switch for all environments.
    pub auto_deploy: bool,
}

/// An environment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Which Applications and ApplicationSets belong to it. All that is given must match.
    #[serde(rename = "match")]
    pub matched: Match,
    /// Whether it takes deployments at all. If not, a window refuses every sync, by hand too.
    pub enabled: bool,
    /// Whether its Applications may sync by themselves.
    pub auto_deploy: bool,
    /// Whether a person starts every sync. Argo CD has no other approval.
    pub require_manual_approval: bool,
    /// When it takes deployments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_windows: Option<DeploymentWindows>,
    /// Gates of single services, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<BTreeMap<String, Service>>,
}

/// Which Applications belong to an environment. Each list matches if one of its patterns does, in which `*` is any text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// Names of Applications and ApplicationSets.
    pub names: Vec<String>,
    /// Names of AppProjects.
    pub projects: Vec<String>,
    /// Paths of sources.
    pub paths: Vec<String>,
    /// Namespaces of destinations.
    pub namespaces: Vec<String>,
    /// Names or servers of destinations.
    pub clusters: Vec<String>,
    /// Labels, all of which must be there.
    pub labels: BTreeMap<String, String>,
}

/// When an environment takes deployments.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentWindows {
    /// Whether there are any. If not, it takes them at all times.
    pub enabled: bool,
    /// The days; all if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<Day>>,
    /// The hours, as `08:00-18:00`; the whole day if it is not given. Hours over midnight, as `22:00-02:00`, belong to the day
    /// on which they start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Vec<String>>,
    /// The IANA time zone of the hours, as `Europe/Berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Whether people can sync outside of the windows, which then hold only for what syncs by itself; `true` if it is not
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual_sync: Option<bool>,
}

/// Gates of one service.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Patterns of the names of its Applications or ApplicationSets; the name of the service if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applications: Option<Vec<String>>,
    /// As `enabled` of the environment, for this service.
    pub enabled: bool,
    /// As `auto_deploy` of the environment, for this service.
    pub auto_deploy: bool,
    /// As `require_manual_approval` of the environment, for this service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<bool>,
    /// Must be `false`: Argo CD rolls nothing back by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_on_failure: Option<bool>,
}

/// How an Application syncs by itself; see `spec.syncPolicy.automated` of an Application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Automated {
    /// Whether objects go that the source no longer holds.
    pub prune: bool,
    /// Whether changes in the cluster are undone.
    pub self_heal: bool,
}
