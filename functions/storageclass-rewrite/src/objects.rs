//! Objects of storage that are no claims: volumes, snapshots, their classes, and what operators say of snapshots.

use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::{Item, ItemId, Referent, Resources};
use serde_json::Value;

use crate::checks::Rules;
use crate::config::Snapshots;
use crate::platforms::{HETZNER, LOCAL_PATH, Target, is_foreign};
use crate::pod_volumes;
use crate::quantity::{self, GIB};
use crate::rewrite::Scene;

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

/// Node labels that say where a disk of the old cloud is.
const ZONE_LABELS: [&str; 6] = [
    "topology.gke.io/zone",
    "topology.ebs.csi.aws.com/zone",
    "topology.disk.csi.azure.com/zone",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
];

/// Fields by which operators ask for snapshots.
struct SnapshotField {
    group: &'static str,
    kinds: &'static [&'static str],
    pointers: &'static [&'static str],
    /// The values that ask for them; none if every value does.
    values: &'static [&'static str],
}

const SNAPSHOT_FIELDS: [SnapshotField; 4] = [
    SnapshotField {
        group: "postgresql.cnpg.io",
        kinds: &["Cluster"],
        pointers: &["/spec/backup/volumeSnapshot", "/spec/bootstrap/recovery/volumeSnapshots"],
        values: &[],
    },
    SnapshotField {
        group: "postgresql.cnpg.io",
        kinds: &["Backup", "ScheduledBackup"],
        pointers: &["/spec/method"],
        values: &["volumeSnapshot"],
    },
    SnapshotField {
        group: "volsync.backube",
        kinds: &["ReplicationSource", "ReplicationDestination"],
        pointers: &[
            "/spec/restic/copyMethod",
            "/spec/rsync/copyMethod",
            "/spec/rsyncTLS/copyMethod",
            "/spec/rclone/copyMethod",
        ],
        values: &["Snapshot", "Clone"],
    },
    SnapshotField {
        group: "velero.io",
        kinds: &["VolumeSnapshotLocation"],
        pointers: &["/spec/provider"],
        values: &["gcp", "aws", "azure", "velero.io/gcp", "velero.io/aws", "velero.io/azure"],
    },
];

/// Looks at an object; what must go is returned.
pub(crate) fn check(resources: &Resources, item: &Item, rules: Rules<'_>, findings: &mut Findings) -> Option<ItemId> {
    match (item.group(), item.kind()) {
        ("", "PersistentVolume") => volume(item, rules.classes.target(), findings),
        ("snapshot.storage.k8s.io" | "groupsnapshot.storage.k8s.io", _) => return unserved(item, rules, findings),
        ("storage.k8s.io", "VolumeAttributesClass") => return unserved(item, rules, findings),
        ("apps", "Deployment") => deployment(resources, item, findings),
        _ => {}
    }
    if matches!((item.group(), item.kind()), ("", "PersistentVolume" | "PersistentVolumeClaim")) {
        state(item, findings);
    }
    if item.is("", "LimitRange") {
        limit_range(item, rules, findings);
    }
    if !rules.classes.may_snapshot() {
        snapshot_fields(item, findings);
    }
    None
}

fn scene_of<'s>(item: &'s Item, reference: &'s ObjectReference) -> Scene<'s> {
    Scene { root: item.value(), object: reference, prefix: "" }
}

fn snapshot_fields(item: &Item, findings: &mut Findings) {
    let of_object =
        SNAPSHOT_FIELDS.iter().filter(|field| item.group() == field.group && field.kinds.contains(&item.kind()));
    for field in of_object {
        for pointer in field.pointers {
            let asks = |value: &&Value| match value {
                Value::String(text) => field.values.is_empty() || field.values.contains(&text.as_str()),
                value => field.values.is_empty() && !value.is_null(),
            };
            if item.value().pointer(pointer).as_ref().is_some_and(asks) {
                let message =
                    "asks for copies of volumes, which no class of the new cluster makes; back up to an object store";
                findings.push(scene_of(item, &item.reference()).at(Finding::error(message), pointer));
            }
        }
    }
}

/// A limit for claims below the smallest volume: what claims ask for and what they get differ for good.
fn limit_range(item: &Item, rules: Rules<'_>, findings: &mut Findings) {
    let class = rules.classes.target().class();
    let minimum = rules.classes.ability(class).map_or(0, |ability| i128::from(ability.minimum_gib)) * GIB;
    let limits = item.value()["spec"]["limits"].as_array().into_iter().flatten().enumerate();
    for (index, limit) in limits.filter(|(_, limit)| limit["type"] == "PersistentVolumeClaim") {
        let most = &limit["max"]["storage"];
        if quantity::parse(most).is_some_and(|most| most < minimum) {
            let message = format!(
                "`{class}` makes volumes of `{}` and more, which claims may not ask for here; raise the limit",
                quantity::format(minimum)
            );
            let finding =
                Finding::warning(message).on(item.reference()).at(format!("spec.limits[{index}].max.storage"));
            findings.push(finding.current(most.clone()));
        }
    }
}

fn volume(item: &Item, target: Target, findings: &mut Findings) {
    let reference = item.reference();
    let scene = scene_of(item, &reference);
    let spec = &item.value()["spec"];
    findings.extend(pod_volumes::problem(scene, "/spec", target));
    if let Some(server) = spec["nfs"]["server"].as_str() {
        let message = "the server must answer from the new cluster too; a Filestore of Google Cloud does not";
        findings.push(scene.at(Finding::warning(message), "/spec/nfs/server").current(server));
    }
    let terms = spec["nodeAffinity"]["required"]["nodeSelectorTerms"].as_array().into_iter().flatten();
    let keys = terms.flat_map(|term| term["matchExpressions"].as_array().into_iter().flatten());
    let zones = keys.filter_map(|expression| expression["key"].as_str()).filter(|key| ZONE_LABELS.contains(key));
    for zone in zones {
        let message = format!(
            "no node of the new cluster has the `{zone}` that this asks for; bind the volume to `csi.hetzner.cloud/location` or a node"
        );
        findings.push(scene.at(Finding::error(message), "/spec/nodeAffinity"));
    }
}

fn state(item: &Item, findings: &mut Findings) {
    let found: Vec<_> = item.annotations().keys().filter(|key| STATE.contains(&key.as_str())).collect();
    if !found.is_empty() {
        let listed: Vec<_> = found.iter().map(|key| format!("`{key}`")).collect();
        let message = format!("{} tell of the old cluster and mislead the new one; take them out", listed.join(", "));
        findings.push(Finding::warning(message).on(item.reference()).at("metadata.annotations"));
    }
}

/// Snapshots, their classes and contents, and VolumeAttributesClasses, of drivers that are not there.
fn unserved(item: &Item, rules: Rules<'_>, findings: &mut Findings) -> Option<ItemId> {
    let value = item.value();
    let driver =
        [&value["driver"], &value["driverName"], &value["spec"]["driver"]].iter().find_map(|driver| driver.as_str());
    let is_unserved = match driver {
        Some(driver) => is_foreign(driver, rules.classes.target()) || [HETZNER, LOCAL_PATH].contains(&driver),
        // A snapshot names no driver; it may be of a class that the config describes.
        None => !rules.classes.may_snapshot(),
    };
    if !is_unserved {
        return None;
    }
    if rules.spec.snapshots == Snapshots::Drop {
        return Some(item.id());
    }
    let message = match driver {
        Some(driver) => format!(
            "is of `{driver}`, and the new cluster has nothing like it; take the object out, or set `spec.snapshots` to `drop`"
        ),
        None => "no class of the new cluster makes snapshots; take the object out, or set `spec.snapshots` to `drop`"
            .to_owned(),
    };
    findings.push(Finding::error(message).on(item.reference()));
    None
}

/// Pods on several nodes cannot share a claim of one node.
fn deployment(resources: &Resources, item: &Item, findings: &mut Findings) {
    let spec = &item.value()["spec"];
    let replicas = spec["replicas"].as_u64().unwrap_or(1);
    for (index, volume) in spec["template"]["spec"]["volumes"].as_array().into_iter().flatten().enumerate() {
        let Some(name) = volume["persistentVolumeClaim"]["claimName"].as_str() else { continue };
        let Referent::Found(claim) = resources.referent(item.id(), "", "PersistentVolumeClaim", name) else { continue };
        if is_shared(resources.get(claim).value()) {
            continue;
        }
        let at = format!("spec.template.spec.volumes[{index}].persistentVolumeClaim.claimName");
        let finding = if replicas > 1 {
            let message = format!(
                "{replicas} replicas share a claim of one node, so all of them must fit on that node; use a StatefulSet, or a class that several nodes share"
            );
            Finding::warning(message)
        } else if spec["strategy"]["type"] != "Recreate" {
            Finding::info(
                "a rolling update starts a pod while the old one holds the volume of one node; `strategy.type: Recreate` avoids the wait",
            )
        } else {
            continue;
        };
        findings.push(finding.on(item.reference()).at(at).current(name));
    }
}

fn is_shared(claim: &Value) -> bool {
    let modes = claim["spec"]["accessModes"].as_array().into_iter().flatten();
    modes.into_iter().any(|mode| mode == "ReadWriteMany" || mode == "ReadOnlyMany")
}
