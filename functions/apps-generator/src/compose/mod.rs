//! Compose projects.

use schemars::JsonSchema;
use serde::Deserialize;

/// A compose project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Project {}
