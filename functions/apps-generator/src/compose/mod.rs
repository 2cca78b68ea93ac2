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

use krm::finding::Findings;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use schema::key_tables;

/// The key of what compose cannot say. Compose ignores keys that begin with `x-`.
const EXTENSION: &str = "x-replatform";

/// A compose project as it is written. It is read by [`apps`], which says what is wrong with it in all places at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Project(Map<String, Value>);

/// The apps of the project that is below `spec.compose` by a name, each as it could be written below `spec.apps`, in the order
/// of the services.
pub fn apps(name: &str, project: &Project, findings: &mut Findings) -> Vec<(String, Map<String, Value>)> {
    let (apps, told) = project::apps(name, &Value::Object(project.0.clone()));
    findings.extend(told);
    apps
}
