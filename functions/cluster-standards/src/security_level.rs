//! Pod Security levels and their versions, as labels write them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Pod Security level, from the one that forbids nothing to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Forbids nothing.
    Privileged,
    /// Forbids what is known to lead out of a container.
    Baseline,
    /// Demands what hardens pods.
    Restricted,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Privileged, Self::Baseline, Self::Restricted];
        let found = all.into_iter().find(|level| level.to_string() == text);
        found.ok_or_else(|| format!("`{text}` is none of `privileged`, `baseline` and `restricted`"))
    }
}

/// The version of the levels: a minor version of Kubernetes 1, or the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(u32);

/// The newest version whose checks the table has. The API server takes a later one for its own.
const NEWEST: u32 = 34;

impl Version {
    /// The minor version.
    pub(crate) fn minor(self) -> u32 {
        self.0.min(NEWEST)
    }
}

impl Default for Version {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("v1.").filter(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_digit()) && (*digits == "0" || !digits.starts_with('0'))
        });
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(minor) => Ok(Self(minor)),
            None if text == "latest" => Ok(Self::default()),
            None => Err(format!("`{text}` is neither `latest` nor a version such as `v1.33`")),
        }
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(Version(minor): Version) -> Self {
        if minor == u32::MAX { "latest".to_owned() } else { format!("v1.{minor}") }
    }
}
