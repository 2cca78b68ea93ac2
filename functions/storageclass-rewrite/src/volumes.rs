//! Volumes of the old platform: in pods and in PersistentVolumes.

use krm::field::{FieldPath, Pointer};
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use serde_json::Value;

use crate::document::{Document, Review};
use crate::known_classes::is_foreign;
use crate::rule::Rule;
use crate::target::Target;

/// Sources of volumes that only one platform has.
///
/// Source: `core/v1` `VolumeSource` and `PersistentVolumeSource`.
const DISKS: [(&str, &str); 4] = [
    ("gcePersistentDisk", "a disk of Google Cloud"),
    ("awsElasticBlockStore", "a disk of AWS"),
    ("azureDisk", "a disk of Azure"),
    ("azureFile", "a file share of Azure"),
];

/// Annotations that a cluster writes on claims and volumes; exported manifests carry them by mistake.
///
/// Source: `component-helpers/storage/volume/pv_helpers.go`.
const STATE: [&str; 7] = [
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "pv.kubernetes.io/provisioned-by",
    "pv.kubernetes.io/migrated-to",
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
];

/// Node labels that name the zone of a disk in the old cloud.
const ZONE_LABELS: [&str; 6] = [
    "topology.gke.io/zone",
    "topology.ebs.csi.aws.com/zone",
    "topology.disk.csi.azure.com/zone",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
];

/// What is wrong with the source of a volume, of a pod or PersistentVolume, once it leaves its platform.
pub(crate) fn check_source(pointer: &Pointer, target: Target, review: &mut Review<'_, '_>) {
    let Some(volume) = review.document.value.pointer(pointer.as_str()) else { return };
    let path = FieldPath::from(pointer);
    if let Some((field, meaning)) = DISKS.iter().find(|(field, _)| !volume[*field].is_null()) {
        let source = &volume[*field];
        let name = ["pdName", "volumeID", "diskName", "shareName"].iter().find_map(|key| source[*key].as_str());
        let message = format!("is {meaning}, which the new cluster cannot reach; copy the data to a claim of its own");
        let finding = Finding::new(Rule::VolumeOfOldPlatform, message);
        return review.report_current(finding, path.key(field), name.unwrap_or_default());
    }
    let csi = &volume["csi"];
    let Some(driver) = csi["driver"].as_str().filter(|driver| is_foreign(driver, target)) else { return };
    let message = match csi["volumeHandle"].as_str() {
        Some(handle) => format!(
            "the volume `{handle}` of `{driver}` cannot be reached by the new cluster; copy its data to a new volume"
        ),
        None => format!("`{driver}` does not run on the new cluster; mount a claim, or a Secret, in its place"),
    };
    review.report_current(Finding::new(Rule::VolumeOfOldPlatform, message), path.key("csi").key("driver"), driver);
}

/// Whether a PersistentVolume is a disk that the new cluster cannot reach.
pub(crate) fn is_of_old_platform(spec: &Value, target: Target) -> bool {
    DISKS.iter().any(|(field, _)| !spec[*field].is_null())
        || spec["csi"]["driver"].as_str().is_some_and(|driver| is_foreign(driver, target))
}

/// What is wrong with a PersistentVolume.
pub(crate) fn check_volume(item: &Item, target: Target, findings: &mut Findings) {
    let document = Document::of(item);
    let mut review = Review::new(&document, findings);
    let spec = &item.value()["spec"];
    check_source(Pointer::from_static("/spec"), target, &mut review);
    if let Some(server) = spec["nfs"]["server"].as_str() {
        let message = "the server must answer from the new cluster too; a Filestore of Google Cloud does not";
        review.report_current(Finding::new(Rule::VolumeOnNfsServer, message), "spec.nfs.server", server);
    }
    for zone in zone_labels(spec) {
        let message = format!(
            "no node of the new cluster has the `{zone}` that this asks for; bind the volume to `csi.hetzner.cloud/location` or a node"
        );
        review.report(Finding::new(Rule::VolumeInOldZone, message), "spec.nodeAffinity");
    }
}

/// The labels of zones in the node affinity of a volume.
fn zone_labels(spec: &Value) -> impl Iterator<Item = &str> {
    let terms = spec["nodeAffinity"]["required"]["nodeSelectorTerms"].as_array().into_iter().flatten();
    let expressions = terms.flat_map(|term| term["matchExpressions"].as_array().into_iter().flatten());
    expressions.filter_map(|expression| expression["key"].as_str()).filter(|key| ZONE_LABELS.contains(key))
}

/// What a cluster wrote on a claim or volume.
pub(crate) fn check_state(item: &Item, findings: &mut Findings) {
    let annotations = item.annotations();
    let found = annotations.keys().filter(|key| STATE.contains(&key.as_str()));
    let listed: Vec<_> = found.map(|key| format!("`{key}`")).collect();
    if !listed.is_empty() {
        let message = format!(
            "the old cluster wrote {}, which may mislead the new one; take out what it wrote",
            listed.join(", ")
        );
        findings.push(Finding::new(Rule::VolumeStateAnnotations, message).on(item).at("metadata.annotations"));
    }
}
