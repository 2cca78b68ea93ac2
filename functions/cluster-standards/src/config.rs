//! The options.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {}
