//! Whether the Strimzi of the target can run a Kafka.

use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::Resources;
use serde_json::json;

use crate::cluster::Cluster;
use crate::strimzi::{self, NO_ZOOKEEPER, Version};

const KAFKA_VERSION: &str = "spec.kafka.version";

/// Takes the suffix of Red Hat's builds off the Kafka version, and says what the target cannot run.
pub(crate) fn check(cluster: &Cluster, target: Option<Version>, resources: &mut Resources, findings: &mut Findings) {
    let kafka = resources.get(cluster.id).reference();
    let version = upstream_version(cluster, resources, findings);
    let api_version = cluster.api_version.as_str();
    let Some(target) = target else {
        if ["v1alpha1", "v1beta1"].contains(&api_version) {
            let message =
                "no release from Strimzi 0.23 on serves it; set `kafka.strimzi.io/v1beta2` once the other fields fit";
            findings.push(Finding::warning(message).on(kafka.clone()).at("apiVersion").current(api_version));
        }
        if let Some(version) = version.filter(|version| strimzi::is_known_kafka(version)) {
            report_releases(api_version, &version, kafka, findings);
        }
        return;
    };
    if !target.api_versions().contains(&api_version) {
        let served = target.api_versions().iter().map(|served| format!("`{served}`")).collect::<Vec<_>>().join(" and ");
        let remedy = if target.api_versions() == ["v1"] {
            "; convert the objects with Strimzi's `v1-api-conversion`"
        } else {
            ""
        };
        let message = format!("Strimzi {target} does not serve `{api_version}`, only {served}{remedy}");
        findings.push(Finding::error(message).on(kafka.clone()).at("apiVersion").current(api_version));
    }
    let runs_kraft = resources.get(cluster.id).annotation("strimzi.io/kraft") == Some("enabled");
    if cluster.has_zookeeper && !runs_kraft && target >= NO_ZOOKEEPER {
        let message = format!(
            "Strimzi {target} does not run ZooKeeper, which went with {NO_ZOOKEEPER}; move the cluster to KRaft and node pools"
        );
        findings.push(Finding::error(message).on(kafka.clone()).at("spec.zookeeper"));
    }
    if let (Some(version), Some(runs)) = (version, target.kafka_versions())
        && !runs.contains(&version.as_str())
    {
        let message = format!("Strimzi {target} does not run Kafka `{version}`, only {}", runs.join(", "));
        findings.push(Finding::error(message).on(kafka).at(KAFKA_VERSION).current(version));
    }
}

fn report_releases(api_version: &str, version: &str, kafka: ObjectReference, findings: &mut Findings) {
    let releases = strimzi::releases_for(api_version, version);
    let finding = match (releases.first(), releases.last()) {
        (Some(first), Some(last)) if Some(*last) == strimzi::newest() => Finding::info(format!(
            "Kafka `{version}` under `{api_version}` runs on Strimzi from {first} on, as far as known up to {last}; \
             `strimziVersion` holds the rest against the release you install"
        )),
        (Some(first), Some(last)) if first != last => Finding::info(format!(
            "Kafka `{version}` under `{api_version}` runs on Strimzi {first} to {last} only; `strimziVersion` holds the \
             rest against the release you install"
        )),
        (Some(only), _) => {
            Finding::info(format!("Kafka `{version}` under `{api_version}` runs on Strimzi {only} only"))
        }
        _ => Finding::warning(format!(
            "no release of Strimzi runs Kafka `{version}` under `{api_version}`; change one of them"
        )),
    };
    findings.push(finding.on(kafka).at(KAFKA_VERSION));
}

/// The Kafka version; `3.9.0.redhat-00003` is `3.9.0`.
fn upstream_version(cluster: &Cluster, resources: &mut Resources, findings: &mut Findings) -> Option<String> {
    let item = resources.get(cluster.id);
    let version = item.value()["spec"]["kafka"]["version"].as_str()?.to_owned();
    let Some((upstream, _)) = version.split_once(".redhat").or_else(|| version.split_once("-redhat")) else {
        return Some(version);
    };
    let message = format!("`{version}` is a build of Red Hat, and Strimzi knows `{upstream}` only; it is set to that");
    findings.push(Finding::warning(message).on(item).at(KAFKA_VERSION));
    resources.edit(cluster.id)["spec"]["kafka"]["version"] = json!(upstream);
    Some(upstream.to_owned())
}
