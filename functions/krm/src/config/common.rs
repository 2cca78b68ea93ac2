//! The options that every function has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rule::Severity;

/// The API version of all configs.
pub const API_VERSION: &str = "replatform.dev/v1alpha1";

/// The options that every function has, next to its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CommonSpec {
    /// Whether warnings fail the build too.
    pub strict: bool,
    /// The least severe findings that are reported. Errors fail the build whether reported or not.
    pub report: Report,
    /// Findings that are accepted, each with a reason. They become infos that show the reason. An object accepts findings
    /// about itself in its annotation `replatform.dev/accept`, a line `RULE: reason` for each.
    pub accept: Vec<Accept>,
}

/// Findings that are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accept {
    /// The id of the rule, as the finding prints it in brackets.
    pub rule: String,
    /// The object as the finding names it: `Kind namespace/name`, or `Kind name`. `*` is any text; alone it also accepts
    /// findings that name no object.
    pub object: String,
    /// Why this is right here.
    pub reason: String,
}

/// The least severe findings that are reported.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
pub enum Report {
    /// Errors only.
    Error,
    /// Errors and warnings.
    Warning,
    /// Everything, each change of a field included.
    #[default]
    Info,
}

impl From<Report> for Severity {
    fn from(report: Report) -> Self {
        match report {
            Report::Error => Self::Error,
            Report::Warning => Self::Warning,
            Report::Info => Self::Info,
        }
    }
}

/// The option that checking functions have besides [`CommonSpec`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CheckSpec {
    /// The list of the kustomization that names this config. kustomize refuses what comes back from a function under
    /// `validators:`, so there nothing must come back. Never say `Validators` under `transformers:`; that would delete
    /// every object, which is why the build then has no output.
    pub wired_as: WiredAs,
}

/// The list of the kustomization that names a config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum WiredAs {
    /// `transformers:`, where every object must come back.
    #[default]
    Transformers,
    /// `validators:`, where none may come back.
    Validators,
}
