//! Whether the Strimzi of the target can run a Kafka.

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use krm::rule::Severity;
use serde_json::json;

use crate::cluster::Cluster;
use crate::rule::Rule;
use crate::strimzi::{self, NO_ZOOKEEPER, Version};

const KAFKA_VERSION: &str = "spec.kafka.version";

/// Takes the suffix of Red Hat's builds off the Kafka version, and says what the target cannot run.
pub(crate) fn check(cluster: &Cluster, target: Option<Version>, resources: &mut Resources, findings: &mut Findings) {
    let version = upstream_version(cluster, resources, findings);
    let kafka = resources.get(cluster.id);
    match target {
        Some(target) => {
            findings.extend(unserved(cluster, target).map(|finding| finding.on(kafka)));
            findings.extend(zookeeper(cluster, target, kafka).map(|finding| finding.on(kafka)));
        }
        None => findings.extend(outdated(cluster).map(|finding| finding.on(kafka))),
    }
    let of_version = version.and_then(|version| match target {
        Some(target) => unrun(&version, target),
        None => Some(releases_of(&cluster.api_version, &version)),
    });
    findings.extend(of_version.map(|finding| finding.on(kafka).at(KAFKA_VERSION)));
}

/// An API version that no newer release serves.
fn outdated(cluster: &Cluster) -> Option<Finding> {
    let api_version = cluster.api_version.as_str();
    let message = "no release from Strimzi 0.23 on serves it; set `kafka.strimzi.io/v1beta2` once the other fields fit";
    let finding = || Finding::new(Rule::KafkaApiNotServed, message).with_severity(Severity::Warning);
    ["v1alpha1", "v1beta1"].contains(&api_version).then(|| finding().at("apiVersion").current(api_version))
}

/// An API version that the target does not serve.
fn unserved(cluster: &Cluster, target: Version) -> Option<Finding> {
    let api_version = cluster.api_version.as_str();
    if target.api_versions().contains(&api_version) {
        return None;
    }
    let served = target.api_versions().iter().map(|served| format!("`{served}`")).collect::<Vec<_>>().join(" and ");
    let remedy = if target.api_versions() == ["v1"] {
        "; convert the objects with Strimzi's `v1-api-conversion`"
    } else {
        "; change it, or install another release"
    };
    let message = format!("Strimzi {target} does not serve `{api_version}`, only {served}{remedy}");
    Some(Finding::new(Rule::KafkaApiNotServed, message).at("apiVersion").current(api_version))
}

fn zookeeper(cluster: &Cluster, target: Version, kafka: &Item) -> Option<Finding> {
    let runs_kraft = kafka.annotation("strimzi.io/kraft") == Some("enabled");
    let is_needed = cluster.has_zookeeper && !runs_kraft && target >= NO_ZOOKEEPER;
    let message = || {
        format!(
            "Strimzi {target} does not run ZooKeeper, which went with {NO_ZOOKEEPER}; move the cluster to KRaft and node pools"
        )
    };
    is_needed.then(|| Finding::new(Rule::ZooKeeperNotRun, message()).at("spec.zookeeper"))
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
    let releases = strimzi::releases_for(api_version, version);
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
