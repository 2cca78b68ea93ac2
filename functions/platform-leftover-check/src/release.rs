//! Minor releases of Kubernetes.

use std::fmt;
use std::ops::RangeInclusive;

/// A minor release of Kubernetes 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Release(u32);

impl Release {
    /// The releases that the tables of kinds cover.
    pub(crate) const COVERED: RangeInclusive<Self> = Self(25)..=Self(36);

    /// Reads `1.34`, `v1.34.1` or `v1.34.1+k3s1`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts = text.split('.');
        let (major, minor) = (parts.next()?, parts.next()?);
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        (major == "1" && is_number(minor)).then(|| minor.parse().ok().map(Self)).flatten()
    }
}

/// `1.34`.
impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "1.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_in_the_forms_that_people_have_at_hand() {
        for (text, expected) in [
            ("1.34", Some("1.34")),
            ("v1.34.1+k3s1", Some("1.34")),
            ("v1.9", Some("1.9")),
            ("1", None),
            ("1.x", None),
            ("2.1", None),
            ("1.+3", None),
            ("", None),
        ] {
            assert_eq!(Release::parse(text).map(|release| release.to_string()).as_deref(), expected, "{text}");
        }
        assert!(Release::parse("1.9") < Release::parse("1.30"));
    }
}
