//! Compose projects, which become apps: what a person could have written by hand.
//!
//! What becomes of each key is a row of `data/compose-keys.tsv`. What compose cannot say is in `x-replatform`: of a service, what
//! its app has besides; of a volume, its size; of the project, its variables and profiles.

mod app;
mod deploy;
mod extends;
mod files;
mod host_paths;
mod interpolation;
mod keys;
mod labels;
mod mounts;
mod names;
mod neighbours;
mod node;
mod order;
mod ports;
mod project;
mod schema;
mod security;
mod service;
mod units;
mod volumes;
mod words;

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::finding::Findings;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::app::NamedApp;
use crate::entries::{of_environment, typed};
use crate::target::Target;

pub use schema::{key_summary, key_tables};

/// The key of what compose cannot say. Compose ignores keys that begin with `x-`.
const EXTENSION: &str = "x-replatform";

/// A compose project as it is written. It is read by [`apps`], which says what is wrong with it in all places at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Project(Map<String, Value>);

/// The apps of the compose projects of the config. The app of a service has its name, and the project is its group.
///
/// # Errors
/// An environment that there is not, and what `x-replatform` of a service says if it is no part of an app.
pub(crate) fn apps(target: &Target<'_>, findings: &mut Findings) -> Result<Vec<NamedApp>, ConfigError> {
    let mut apps = Vec::new();
    for (name, entry) in target.spec.compose.iter() {
        let place = FieldPath::from("spec.compose").key(name);
        let Project(project) = of_environment(entry, target, &place)?;
        let made = project::apps(name, &Value::Object(project));
        for finding in made.findings {
            findings.push(finding);
        }
        for app in made.apps {
            let place = place.clone().key("services").key(&app.key).key(EXTENSION);
            let group = made.group.clone();
            apps.push(NamedApp { name: app.name, group, app: typed(app.app, &place)?, place });
        }
    }
    Ok(apps)
}
