//! What each release of Strimzi has: API versions and Kafka versions.

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
fn releases() -> impl Iterator<Item = (Version, Vec<&'static str>)> {
    let rows = table::rows(include_str!("../data/strimzi-releases.tsv"));
    rows.map(|[release, kafka]| (Version::known(release), kafka.split(", ").collect()))
}

impl Version {
    /// The versions of the API of `Kafka` that its CRD serves.
    pub(crate) fn api_versions(self) -> &'static [&'static str] {
        match self {
            Self(0, ..=19) => &["v1alpha1", "v1beta1"],
            Self(0, 20..=21) => &["v1beta1"],
            Self(0, 22) => &["v1beta1", "v1beta2"],
            Self(0, 23..=48) => &["v1beta2"],
            Self(0, _) => &["v1beta2", "v1"],
            _ => &["v1"],
        }
    }

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

/// The releases that run this Kafka version under this version of the API, oldest first.
pub(crate) fn releases_for(api_version: &str, kafka_version: &str) -> Vec<Version> {
    let runs = |(release, versions): &(Version, Vec<&str>)| {
        versions.contains(&kafka_version) && release.api_versions().contains(&api_version)
    };
    releases().filter(runs).map(|(release, _)| release).collect()
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
    use crate::listener_fields::brought_by;

    #[test]
    fn the_readme_lists_the_releases() {
        let mut table =
            "| Strimzi | API versions | Kafka | New fields of listeners |\n| --- | --- | --- | --- |\n".to_owned();
        for (release, kafka) in releases() {
            let fields: Vec<_> = brought_by(release).map(|field| format!("`{field}`")).collect();
            let served: Vec<_> = release.api_versions().iter().map(|version| format!("`{version}`")).collect();
            table += &format!("| {release} | {} | {} | {} |\n", served.join(", "), kafka.join(", "), fields.join(", "));
        }
        let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        krm::golden::check_section(&readme, "releases", &table);
    }

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
    fn kafka_3_9_under_v1beta2_runs_from_0_45_to_0_47() {
        assert_eq!(releases_for("v1beta2", "3.9.0"), [Version(0, 45), Version(0, 46), Version(0, 47)]);
        assert_eq!(releases_for("v1", "3.9.0"), []);
    }

    #[test]
    fn every_release_serves_the_api_of_its_time() {
        let served =
            [("0.19", "v1alpha1"), ("0.20", "v1beta1"), ("0.22", "v1beta2"), ("0.51", "v1beta2"), ("0.51", "v1")];
        for (release, api_version) in served {
            let release: Version = release.parse().expect("the text is written for this test");
            assert!(release.api_versions().contains(&api_version), "{release} {api_version}");
        }
        assert_eq!(Version(1, 0).api_versions(), ["v1"]);
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
