//! Whether the Strimzi of the target can run the objects of a build.

use std::collections::HashSet;

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use krm::rule::Severity;
use krm::table;
use manifests::fields::Pattern;
use serde_json::{Value, json};

use crate::apis;
use crate::cluster::{Cluster, GROUP};
use crate::rule::Rule;
use crate::strimzi::{self, LIST_ONLY, NO_ZOOKEEPER, Version};

const KAFKA_VERSION: &str = "spec.kafka.version";
/// The API version that Strimzi raised to the next by a tool, and the function raises where nothing else is to be done.
const OLD_API: &str = "v1beta1";
/// The API version after it.
const NEXT_API: &str = "v1beta2";

/// What Strimzi has for objects from before 0.23.
const OLD_CONVERSION: &str = "convert it with `api-conversion` of Strimzi 0.23";

/// Takes the suffix of Red Hat's builds off the Kafka version, raises its API version where the target needs that, and
/// says what the target cannot run.
pub(crate) fn check(
    cluster: &mut Cluster,
    target: Option<Version>,
    resources: &mut Resources,
    findings: &mut Findings,
) {
    let version = upstream_version(cluster, resources, findings);
    raise(cluster, target, resources);
    let kafka = resources.get(cluster.id);
    findings.extend(zookeeper(cluster, target, kafka).map(|finding| finding.on(kafka)));
    let of_version = version.and_then(|version| match target {
        Some(target) => unrun(&version, target),
        None => Some(releases_of(&cluster.api_version, &version)),
    });
    findings.extend(of_version.map(|finding| finding.on(kafka).at(KAFKA_VERSION)));
}

/// Says which objects the target does not have, as a kind or in their API version. What is found of a Kafka counts for
/// its node pools, which are converted with it.
pub(crate) fn check_apis(
    clusters: &[Cluster],
    target: Option<Version>,
    resources: &Resources,
    findings: &mut Findings,
) {
    let find = |item: &Item| match target {
        Some(target) => unserved(item, target),
        None => outdated(item),
    };
    let told = clusters.iter().filter(|cluster| find(resources.get(cluster.id)).is_some());
    let pools: HashSet<_> = told.flat_map(|cluster| &cluster.pools).map(|pool| pool.id).collect();
    let is_relevant =
        |item: &&Item| item.group() == GROUP && apis::is_known(item.kind()) && !pools.contains(&item.id());
    for item in resources.iter().filter(is_relevant) {
        findings.extend(find(item).map(|finding| finding.on(item)));
    }
}

/// The API version of an object, as it is by now.
fn version_of(item: &Item) -> String {
    let api_version = item.value()["apiVersion"].as_str().unwrap_or_default();
    api_version.rsplit('/').next().unwrap_or_default().to_owned()
}

/// A kind or an API version that no newer release serves.
fn outdated(item: &Item) -> Option<Finding> {
    let version = version_of(item);
    if let Some(last) = apis::last_release_with(item.kind()) {
        let finding = gone(item.kind(), &format!("no release after Strimzi {last} has the kind"));
        return Some(finding.with_severity(Severity::Warning));
    }
    apis::last_release(item.kind(), &version).filter(|last| *last < LIST_ONLY)?;
    let remedy = match lost_fields(item).as_slice() {
        _ if !is_raised(item) => format!("; {OLD_CONVERSION}"),
        [] => "; given `strimziVersion`, this function raises it".to_owned(),
        lost => format!("; {}; given `strimziVersion`, this function raises it then", moves(lost)),
    };
    let message = format!("no release from Strimzi {LIST_ONLY} on serves it{remedy}");
    let finding = Finding::new(Rule::KafkaApiNotServed, message).with_severity(Severity::Warning);
    Some(finding.at("apiVersion").current(version))
}

/// A kind or an API version that the target does not serve.
fn unserved(item: &Item, target: Version) -> Option<Finding> {
    let version = version_of(item);
    let served = apis::served(item.kind(), target);
    if served.is_empty() {
        return Some(gone(item.kind(), &format!("Strimzi {target} does not have the kind")));
    }
    if served.contains(&version.as_str()) {
        return None;
    }
    let remedy = match lost_fields(item).as_slice() {
        _ if served == ["v1"] => "convert the objects with `v1-api-conversion` of Strimzi 0.49 to 0.51".to_owned(),
        lost @ [_, ..] if is_raised(item) => format!("{}; this function raises it then", moves(lost)),
        _ if apis::last_release(item.kind(), &version).is_some_and(|last| last < LIST_ONLY) => {
            OLD_CONVERSION.to_owned()
        }
        _ => "write one of these, or install another release".to_owned(),
    };
    let listed = served.iter().map(|served| format!("`{served}`")).collect::<Vec<_>>().join(" and ");
    let message = format!("Strimzi {target} does not serve `{version}`, only {listed}; {remedy}");
    Some(Finding::new(Rule::KafkaApiNotServed, message).at("apiVersion").current(version))
}

fn gone(kind: &str, release: &str) -> Finding {
    let successor = match kind {
        "KafkaMirrorMaker" => "write a KafkaMirrorMaker2, which takes its place",
        _ => "install a release that has it",
    };
    Finding::new(Rule::StrimziKindGone, format!("{release} `{kind}`; {successor}"))
}

/// Whether the function raises the API version of an object of this kind.
fn is_raised(item: &Item) -> bool {
    item.kind() == "Kafka" && version_of(item) == OLD_API
}

/// Raises the API version of a Kafka that the target does not serve, if no other field has to change with it.
fn raise(cluster: &mut Cluster, target: Option<Version>, resources: &mut Resources) {
    let served = target.map(|target| apis::served("Kafka", target)).unwrap_or_default();
    let item = resources.get(cluster.id);
    let is_needed = !served.contains(&OLD_API) && served.contains(&NEXT_API);
    if is_needed && is_raised(item) && lost_fields(item).is_empty() {
        resources.edit(cluster.id)["apiVersion"] = json!(format!("{GROUP}/{NEXT_API}"));
        NEXT_API.clone_into(&mut cluster.api_version);
    }
}

/// A field that an API version does not have any more, and the field that took its place; empty where none did.
type LostField = (&'static str, &'static str);

/// The fields of a Kafka that the next API version does not have.
fn lost_fields(item: &Item) -> Vec<LostField> {
    let value: &Value = item.value();
    let rows = table::rows(include_str!("../data/v1beta1-fields.tsv")).filter(|_| is_raised(item));
    rows.filter(|[field, _]| !Pattern::known(field).matches(value).is_empty())
        .map(|[field, successor]| (field, successor))
        .collect()
}

/// What to do with lost fields.
fn moves(lost: &[LostField]) -> String {
    let parts = lost.iter().map(|(field, successor)| match *successor {
        "" => format!("take `{field}` out"),
        successor => format!("move `{field}` to `{successor}`"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// A Kafka that needs ZooKeeper, where the target does not run it or is not known to.
fn zookeeper(cluster: &Cluster, target: Option<Version>, kafka: &Item) -> Option<Finding> {
    let runs_kraft = kafka.annotation("strimzi.io/kraft") == Some("enabled");
    let is_needed = cluster.has_zookeeper && !runs_kraft && target.is_none_or(|target| target >= NO_ZOOKEEPER);
    let (severity, release) = match target {
        Some(target) => {
            (Severity::Error, format!("Strimzi {target} does not run ZooKeeper, which went with {NO_ZOOKEEPER}"))
        }
        None => (Severity::Warning, format!("no release from Strimzi {NO_ZOOKEEPER} on runs ZooKeeper")),
    };
    let message = format!(
        "{release}; move the cluster to KRaft and node pools, or install an earlier release and name it in `strimziVersion`"
    );
    is_needed.then(|| Finding::new(Rule::ZooKeeperNotRun, message).with_severity(severity).at("spec.zookeeper"))
}

/// A Kafka version that the target does not run, or is not known to run.
fn unrun(version: &str, target: Version) -> Option<Finding> {
    let Some(runs) = target.kafka_versions() else {
        let message = format!(
            "the versions of Kafka that Strimzi {target} runs are not known here, so `{version}` is not held against them; \
             look into its release notes"
        );
        return Some(Finding::new(Rule::KafkaReleases, message));
    };
    let message =
        || format!("Strimzi {target} does not run Kafka `{version}`, only {}; change one of them", runs.join(", "));
    (!runs.contains(&version)).then(|| Finding::new(Rule::KafkaVersionNotRun, message()))
}

/// The releases that run a Kafka version, as far as known.
fn releases_of(api_version: &str, version: &str) -> Finding {
    let known = |message| Finding::new(Rule::KafkaReleases, message);
    let is_served = |release: &Version| apis::served("Kafka", *release).contains(&api_version);
    let releases: Vec<_> = strimzi::releases_for(version).filter(is_served).collect();
    match (releases.first(), releases.last()) {
        (Some(first), Some(last)) if Some(*last) == strimzi::newest() => known(format!(
            "Kafka `{version}` under `{api_version}` runs on Strimzi from {first} on, as far as known up to {last}; \
             `strimziVersion` holds the rest against the release you install"
        )),
        (Some(first), Some(last)) if first != last => known(format!(
            "Kafka `{version}` under `{api_version}` runs on Strimzi {first} to {last} only; `strimziVersion` holds the \
             rest against the release you install"
        )),
        (Some(only), _) => known(format!("Kafka `{version}` under `{api_version}` runs on Strimzi {only} only")),
        _ if strimzi::is_known_kafka(version) => {
            let message =
                format!("no release of Strimzi runs Kafka `{version}` under `{api_version}`; change one of them");
            Finding::new(Rule::KafkaVersionNotRun, message).with_severity(Severity::Warning)
        }
        _ => known(format!(
            "no release of Strimzi that is known here runs Kafka `{version}`; look into the release notes of the one \
             you install"
        )),
    }
}

/// The Kafka version; `3.9.0.redhat-00003` is `3.9.0`.
fn upstream_version(cluster: &Cluster, resources: &mut Resources, findings: &mut Findings) -> Option<String> {
    let item = resources.get(cluster.id);
    let version = item.value()["spec"]["kafka"]["version"].as_str()?.to_owned();
    let Some((upstream, _)) = version.split_once(".redhat").or_else(|| version.split_once("-redhat")) else {
        return Some(version);
    };
    let message = format!("`{version}` is a build of Red Hat, and Strimzi knows `{upstream}` only; it is set to that");
    findings.push(Finding::new(Rule::RedHatKafkaVersion, message).on(item).at(KAFKA_VERSION));
    resources.edit(cluster.id)["spec"]["kafka"]["version"] = json!(upstream);
    Some(upstream.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener_fields::brought_by;

    #[test]
    fn the_readme_lists_the_releases() {
        let mut table =
            "| Strimzi | API versions | Kafka | New fields of listeners |\n| --- | --- | --- | --- |\n".to_owned();
        for (release, kafka) in strimzi::releases() {
            let fields: Vec<_> = brought_by(release).map(|field| format!("`{field}`")).collect();
            let served: Vec<_> = apis::served("Kafka", release).iter().map(|version| format!("`{version}`")).collect();
            table += &format!("| {release} | {} | {} | {} |\n", served.join(", "), kafka.join(", "), fields.join(", "));
        }
        let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        krm::golden::check_section(&readme, "releases", &table);
    }

    #[test]
    fn kafka_3_9_runs_under_the_api_of_three_releases() {
        for (api_version, expected) in [("v1beta2", "Strimzi 0.45 to 0.47 only"), ("v1", "no release of Strimzi runs")]
        {
            let finding = releases_of(api_version, "3.9.0");
            assert!(finding.message().contains(expected), "{finding}");
        }
    }

    #[test]
    fn every_lost_field_is_found_and_has_another_successor() {
        for [field, successor] in table::rows(include_str!("../data/v1beta1-fields.tsv")) {
            let mut kafka = Pattern::known(field).example(json!("x"));
            kafka["apiVersion"] = json!("kafka.strimzi.io/v1beta1");
            kafka["kind"] = json!("Kafka");
            kafka["metadata"] = json!({"name": "orders"});
            let resources = Resources::from_streams(vec![(None, kafka.to_string())]).expect("it is YAML");
            let item = resources.iter().next().expect("it is an object");
            assert_eq!(lost_fields(item), [(field, successor)]);
            assert_ne!(field, successor);
        }
    }
}
