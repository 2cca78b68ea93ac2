//! Compose projects.

use krm::config::ConfigError;
use krm::finding::Findings;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::app::NamedApp;
use crate::target::Target;

/// A compose project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Project {}

/// The apps of the compose projects of the config, each named `PROJECT-SERVICE` or as the service.
///
/// # Errors
/// A project that is none.
pub(crate) fn apps(_target: &Target<'_>, _findings: &mut Findings) -> Result<Vec<NamedApp>, ConfigError> {
    Ok(Vec::new())
}
