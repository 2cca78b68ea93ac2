//! Which API versions of Strimzi's kinds each release serves.

use krm::table;

use crate::strimzi::Version;

/// An API version of a kind, and the releases that serve it.
#[derive(Debug, Clone, Copy)]
struct Api {
    kind: &'static str,
    version: &'static str,
    first: Option<Version>,
    last: Option<Version>,
}

impl Api {
    fn is_served_by(&self, release: Version) -> bool {
        self.first.is_none_or(|first| first <= release) && self.last.is_none_or(|last| release <= last)
    }
}

fn of_kind(kind: &str) -> impl Iterator<Item = Api> {
    let release = |text: &'static str| (!text.is_empty()).then(|| Version::known(text));
    let rows = table::rows(include_str!("../data/strimzi-apis.tsv"));
    let apis =
        rows.map(move |[kind, version, first, last]| Api { kind, version, first: release(first), last: release(last) });
    apis.filter(move |api| api.kind == kind)
}

/// Whether the API versions of a kind are known.
pub(crate) fn is_known(kind: &str) -> bool {
    of_kind(kind).next().is_some()
}

/// The versions of a kind that a release serves, oldest first.
pub(crate) fn served(kind: &str, release: Version) -> Vec<&'static str> {
    of_kind(kind).filter(|api| api.is_served_by(release)).map(|api| api.version).collect()
}

/// The last release that serves a version of a kind; `None` where the newest does, or where it is not known.
pub(crate) fn last_release(kind: &str, version: &str) -> Option<Version> {
    of_kind(kind).find(|api| api.version == version)?.last
}

/// The last release that has a kind at all; `None` where the newest has it.
pub(crate) fn last_release_with(kind: &str) -> Option<Version> {
    of_kind(kind).map(|api| api.last).reduce(|one, other| Some(one?.max(other?))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(text: &str) -> Version {
        Version::known(text)
    }

    #[test]
    fn every_release_serves_the_versions_of_its_time() {
        let cases: [(&str, &str, &[&str]); 9] = [
            ("Kafka", "0.19", &["v1alpha1", "v1beta1"]),
            ("Kafka", "0.22", &["v1alpha1", "v1beta1", "v1beta2"]),
            ("Kafka", "0.23", &["v1beta2"]),
            ("Kafka", "0.51", &["v1beta2", "v1"]),
            ("Kafka", "1.0", &["v1"]),
            ("KafkaUser", "0.47", &["v1alpha1", "v1beta1", "v1beta2"]),
            ("KafkaMirrorMaker", "0.45", &["v1beta2"]),
            ("KafkaMirrorMaker", "0.46", &[]),
            ("KafkaNodePool", "0.35", &[]),
        ];
        for (kind, strimzi, versions) in cases {
            assert_eq!(served(kind, release(strimzi)), versions, "{kind} {strimzi}");
        }
    }

    #[test]
    fn what_went_went_with_a_release() {
        assert_eq!(last_release("Kafka", "v1beta1"), Some(release("0.22")));
        assert_eq!(last_release("Kafka", "v1"), None);
        assert_eq!(last_release_with("KafkaMirrorMaker"), Some(release("0.45")));
        assert_eq!(last_release_with("Kafka"), None);
        assert!(is_known("KafkaTopic") && !is_known("KafkaConnectS2I"));
    }

    #[test]
    fn the_table_is_ordered_and_names_each_version_once() {
        let rows: Vec<[&str; 4]> = table::rows(include_str!("../data/strimzi-apis.tsv")).collect();
        assert!(rows.is_sorted_by_key(|[kind, ..]| *kind));
        let distinct: std::collections::BTreeSet<_> = rows.iter().map(|[kind, version, ..]| (kind, version)).collect();
        assert_eq!(distinct.len(), rows.len());
    }
}
