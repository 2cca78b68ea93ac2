//! The options of the first level.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::compose::schema::Project;
use crate::config::{App, Chart, Defaults, Entry, Environment, HelmInstaller, Keda, Keyed, Serverless};

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Spec {
    /// The version of the format: `"2"`.
    pub version: Option<String>,
    /// The environment that is generated: one of `environments`. An overlay sets it with a patch.
    pub environment: Option<String>,
    /// What holds for all apps.
    pub defaults: Defaults,
    /// The environments, by name.
    pub environments: BTreeMap<String, Environment>,
    /// The apps, by name.
    pub apps: Keyed<Entry<App>>,
    /// Functions that scale to zero, by name: each of `functions` is an app with `scaling.type: keda-http`, or with
    /// `kind: CronJob` where it has a `schedule`, unless it says otherwise.
    pub serverless: Keyed<Entry<Serverless>>,
    /// Compose projects, by name.
    pub compose: Keyed<Entry<Project>>,
    /// Charts of others, by name.
    pub helm: Keyed<Entry<Chart>>,
    /// What installs charts.
    pub helm_installer: HelmInstaller,
    /// The addresses of chart repositories, by alias.
    pub repositories: BTreeMap<String, String>,
    /// Where the HTTP add-on of KEDA is.
    pub keda: Keda,
}
