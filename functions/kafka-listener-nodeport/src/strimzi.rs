//! What each release of Strimzi has: API versions, Kafka versions and fields of listeners.
//!
//! Sources: Strimzi `kafka-versions.yaml` (entries with `supported: true`, the last patch of each release) and the
//! `GenericKafkaListenerConfiguration*` classes of the tags named.

use std::fmt;
use std::str::FromStr;

/// A release, without its patch number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u16, u16);

/// The first release whose listeners have `advertisedHostTemplate`.
pub(crate) const ADVERTISED_HOST_TEMPLATE: Version = Version(0, 44);
/// The first release that ignores the annotations for node pools and KRaft: it always has both.
const ALWAYS_POOLS: Version = Version(0, 48);
/// The first release without ZooKeeper.
pub(crate) const NO_ZOOKEEPER: Version = Version(0, 46);
/// The first release that reads listeners as a list only.
pub(crate) const LIST_ONLY: Version = Version(0, 23);

/// The Kafka versions that each release runs.
const KAFKA_VERSIONS: [(Version, &[&str]); 18] = [
    (Version(0, 36), &["3.4.0", "3.4.1", "3.5.0", "3.5.1"]),
    (Version(0, 38), &["3.5.0", "3.5.1", "3.6.0"]),
    (Version(0, 39), &["3.5.0", "3.5.1", "3.5.2", "3.6.0", "3.6.1"]),
    (Version(0, 40), &["3.6.0", "3.6.1", "3.7.0"]),
    (Version(0, 41), &["3.6.0", "3.6.1", "3.6.2", "3.7.0"]),
    (Version(0, 42), &["3.6.0", "3.6.1", "3.6.2", "3.7.0", "3.7.1"]),
    (Version(0, 43), &["3.7.0", "3.7.1", "3.8.0"]),
    (Version(0, 44), &["3.7.0", "3.7.1", "3.8.0"]),
    (Version(0, 45), &["3.8.0", "3.8.1", "3.9.0", "3.9.1", "3.9.2"]),
    (Version(0, 46), &["3.9.0", "4.0.0"]),
    (Version(0, 47), &["3.9.0", "3.9.1", "4.0.0"]),
    (Version(0, 48), &["4.0.0", "4.1.0"]),
    (Version(0, 49), &["4.0.0", "4.0.1", "4.1.0", "4.1.1"]),
    (Version(0, 50), &["4.0.0", "4.0.1", "4.1.0", "4.1.1"]),
    (Version(0, 51), &["4.1.0", "4.1.1", "4.2.0"]),
    (Version(1, 0), &["4.1.0", "4.1.1", "4.1.2", "4.2.0"]),
    (Version(1, 1), &["4.2.0", "4.2.1", "4.3.0"]),
    (Version(1, 2), &["4.2.0", "4.2.1", "4.3.0", "4.3.1"]),
];

/// Fields of `configuration` that not every release from 0.22 on has.
const FIELDS_SINCE: [(&str, Version); 13] = [
    ("finalizers", Version(0, 23)),
    ("maxConnections", Version(0, 23)),
    ("maxConnectionCreationRate", Version(0, 23)),
    ("ipFamilyPolicy", Version(0, 23)),
    ("ipFamilies", Version(0, 23)),
    ("createBootstrapService", Version(0, 28)),
    ("publishNotReadyAddresses", Version(0, 42)),
    ("hostTemplate", Version(0, 44)),
    ("advertisedHostTemplate", ADVERTISED_HOST_TEMPLATE),
    ("allocateLoadBalancerNodePorts", Version(0, 45)),
    ("advertisedPortTemplate", Version(1, 0)),
    ("perBrokerAnnotationsTemplate", Version(1, 1)),
    ("perBrokerLabelsTemplate", Version(1, 1)),
];

/// Fields of `bootstrap` and of `brokers[]` that not every release from 0.22 on has.
const ENTRY_FIELDS_SINCE: [(&str, Version); 1] = [("externalIPs", Version(0, 41))];

/// The releases of Red Hat AMQ Streams and the Strimzi releases they are made of.
const AMQ_STREAMS: [((u16, u16), Version); 6] = [
    ((2, 0), Version(0, 26)),
    ((2, 1), Version(0, 28)),
    ((2, 2), Version(0, 29)),
    ((2, 5), Version(0, 36)),
    ((2, 9), Version(0, 45)),
    ((3, 1), Version(0, 48)),
];

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
    pub(crate) fn kafka_versions(self) -> Option<&'static [&'static str]> {
        KAFKA_VERSIONS.iter().find(|(release, _)| *release == self).map(|(_, versions)| *versions)
    }

    /// Whether node pools need no annotation on the Kafka.
    pub(crate) fn always_has_pools(self) -> bool {
        self >= ALWAYS_POOLS
    }
}

/// The releases that run this Kafka version under this version of the API, oldest first.
pub(crate) fn releases_for(api_version: &str, kafka_version: &str) -> Vec<Version> {
    let runs = |(release, versions): &&(Version, &[&str])| {
        versions.contains(&kafka_version) && release.api_versions().contains(&api_version)
    };
    KAFKA_VERSIONS.iter().filter(runs).map(|(release, _)| *release).collect()
}

/// The newest release in the table.
pub(crate) fn newest() -> Version {
    KAFKA_VERSIONS[KAFKA_VERSIONS.len() - 1].0
}

/// Whether any release in the table runs this Kafka version.
pub(crate) fn is_known_kafka(kafka_version: &str) -> bool {
    KAFKA_VERSIONS.iter().any(|(_, versions)| versions.contains(&kafka_version))
}

/// The release that brought a field of a listener's `configuration`, if not all have it.
pub(crate) fn field_since(field: &str) -> Option<Version> {
    FIELDS_SINCE.iter().find(|(name, _)| *name == field).map(|(_, release)| *release)
}

/// The release that brought a field of `bootstrap` or of `brokers[]`, if not all have it.
pub(crate) fn entry_field_since(field: &str) -> Option<Version> {
    ENTRY_FIELDS_SINCE.iter().find(|(name, _)| *name == field).map(|(_, release)| *release)
}

/// The Strimzi release behind an OLM channel such as `amq-streams-2.9.x`.
pub(crate) fn behind_channel(channel: &str) -> Option<Version> {
    let mut parts = channel.strip_prefix("amq-streams-")?.split('.').map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else { return None };
    AMQ_STREAMS.iter().find(|(release, _)| *release == (major, minor)).map(|(_, version)| *version)
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
    fn the_readme_lists_the_releases() {
        let mut table =
            "| Strimzi | API versions | Kafka | New fields of listeners |\n| --- | --- | --- | --- |\n".to_owned();
        for (release, kafka) in KAFKA_VERSIONS {
            let fields = FIELDS_SINCE.iter().chain(&ENTRY_FIELDS_SINCE).filter(|(_, since)| *since == release);
            let fields: Vec<_> = fields.map(|(field, _)| format!("`{field}`")).collect();
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
        assert_eq!(behind_channel("amq-streams-2.9.x"), Some(Version(0, 45)));
        assert_eq!(behind_channel("amq-streams-9.9.x"), None);
        assert_eq!(behind_channel("stable"), None);
    }
}
