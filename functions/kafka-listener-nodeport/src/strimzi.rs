//! The releases of Strimzi, and the Kafka versions that each runs.

use std::fmt;
use std::str::FromStr;

use krm::table;

/// A release, without its patch number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u16, u16);

/// The first release that ignores the annotations for node pools and KRaft: it always has both.
const ALWAYS_POOLS: Version = Version(0, 48);
/// The first release without ZooKeeper.
pub(crate) const NO_ZOOKEEPER: Version = Version(0, 46);
/// The first release that reads listeners as a list only.
pub(crate) const LIST_ONLY: Version = Version(0, 23);

/// The releases with the Kafka versions that each runs, oldest first.
pub(crate) fn releases() -> impl Iterator<Item = (Version, Vec<&'static str>)> {
    let rows = table::rows(include_str!("../data/strimzi-releases.tsv"));
    rows.map(|[release, kafka]| (Version::known(release), kafka.split(", ").collect()))
}

impl Version {
    /// The Kafka versions it runs, as far as known.
    pub(crate) fn kafka_versions(self) -> Option<Vec<&'static str>> {
        releases().find(|(release, _)| *release == self).map(|(_, versions)| versions)
    }

    /// The release of a table.
    pub(crate) fn known(text: &str) -> Self {
        text.parse().unwrap_or_else(|()| unreachable!("`{text}` is no release"))
    }

    /// Whether node pools need no annotation on the Kafka.
    pub(crate) fn always_has_pools(self) -> bool {
        self >= ALWAYS_POOLS
    }
}

/// The releases that run this Kafka version, oldest first.
pub(crate) fn releases_for(kafka_version: &str) -> impl Iterator<Item = Version> {
    releases().filter(move |(_, versions)| versions.contains(&kafka_version)).map(|(release, _)| release)
}

/// The newest release in the table.
pub(crate) fn newest() -> Option<Version> {
    releases().last().map(|(release, _)| release)
}

/// Whether any release in the table runs this Kafka version.
pub(crate) fn is_known_kafka(kafka_version: &str) -> bool {
    releases().any(|(_, versions)| versions.contains(&kafka_version))
}

/// The Strimzi release behind an OLM channel such as `amq-streams-2.9.x`.
pub(crate) fn behind_channel(channel: &str) -> Option<Version> {
    let mut rows = table::rows(include_str!("../data/amq-streams-releases.tsv"));
    rows.find(|[known, _]| *known == channel).map(|[_, release]| Version::known(release))
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let numbers: Vec<u16> = text.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| ())?;
        match numbers.as_slice() {
            [major, minor] | [major, minor, _] => Ok(Self(*major, *minor)),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_named_with_or_without_their_patch() {
        for text in ["0.47", "0.47.0", "0.47.3"] {
            assert_eq!(text.parse(), Ok(Version(0, 47)));
        }
        for wrong in ["", "1", "v1.0", "0.47.0.1", "0.x"] {
            assert_eq!(wrong.parse::<Version>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn channels_of_amq_streams_lead_to_releases() {
        for [channel, _] in table::rows(include_str!("../data/amq-streams-releases.tsv")) {
            assert!(behind_channel(channel).is_some(), "{channel}");
        }
        assert_eq!(behind_channel("amq-streams-2.9.x"), Some(Version(0, 45)));
        assert_eq!(behind_channel("amq-streams-9.9.x"), None);
        assert_eq!(behind_channel("stable"), None);
    }
}
