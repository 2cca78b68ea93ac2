//! Releases of Argo CD, and what they brought.

use std::fmt;

/// A minor release of Argo CD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32);

/// What not every release has.
///
/// Source: argoproj/argo-cd `pkg/apis/application/v1alpha1/{types,app_project_types}.go`, tags v2.13.0 to v3.5.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    /// `andOperator` of a sync window. Without it, targets of several sorts reach what any of them matches.
    AndOperator,
    /// `enabled` of `automated`. Without it, the rest of `automated` counts, and that is on.
    AutomatedEnabled,
    /// `description` of a sync window.
    Description,
    /// Targets and time zones count when a project is searched for duplicate windows.
    TargetsCount,
    /// `syncOverrun` of a sync window. Without it, a sync that runs when the window closes is stuck until it opens.
    SyncOverrun,
}

impl Feature {
    /// The release that brought it.
    pub(crate) const fn since(self) -> Version {
        match self {
            Self::AndOperator => Version(3, 0),
            Self::AutomatedEnabled | Self::Description => Version(3, 1),
            Self::TargetsCount => Version(3, 2),
            Self::SyncOverrun => Version(3, 5),
        }
    }
}

impl Version {
    /// The oldest release that the facts were looked up for.
    pub(crate) const OLDEST: Self = Self(2, 13);

    /// Reads `3.2`, `v3.2` or `v3.2.1`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let mut number = || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
        Some(Self(number()?, number()?))
    }

    /// Whether it has something.
    pub(crate) fn has(self, feature: Feature) -> bool {
        self >= feature.since()
    }
}

/// `3.2`.
impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_and_compared_by_number() {
        for (text, expected) in [
            ("3.2", Some(Version(3, 2))),
            ("v3.2.1", Some(Version(3, 2))),
            ("2.13", Some(Version(2, 13))),
            ("3", None),
            ("", None),
            ("3.", None),
            ("3.x", None),
            ("latest", None),
        ] {
            assert_eq!(Version::parse(text), expected, "{text}");
        }
        assert!(Version(2, 9) < Version::OLDEST && Version::OLDEST < Version(3, 0));
        assert!(Version(3, 10).has(Feature::SyncOverrun) && !Version(3, 4).has(Feature::SyncOverrun));
    }
}
