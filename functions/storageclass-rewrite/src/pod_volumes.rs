//! Volumes that name a disk or driver of the old platform themselves.

use krm::finding::Finding;
use serde_json::Value;

use crate::path::child;
use crate::platforms::{Target, is_foreign};
use crate::rewrite::Scene;

/// Sources of volumes that only one platform has.
///
/// Source: `core/v1` `VolumeSource` and `PersistentVolumeSource`.
const DISKS: [(&str, &str); 4] = [
    ("gcePersistentDisk", "a disk of Google Cloud"),
    ("awsElasticBlockStore", "a disk of AWS"),
    ("azureDisk", "a disk of Azure"),
    ("azureFile", "a file share of Azure"),
];

/// What is wrong with the volume at `pointer` of a pod or PersistentVolume, once it leaves its platform.
pub(crate) fn problem(scene: Scene<'_>, pointer: &str, target: Target) -> Option<Finding> {
    let volume = scene.root.pointer(pointer)?;
    for (field, meaning) in DISKS {
        let Some(source) = volume.get(field).filter(|source| !source.is_null()) else { continue };
        let name = ["pdName", "volumeID", "diskName", "shareName"].iter().find_map(|key| source[*key].as_str());
        let message = format!("is {meaning}, which the new cluster cannot reach; copy the data to a claim of its own");
        return Some(scene.at(Finding::error(message), &child(pointer, field)).current(name.unwrap_or_default()));
    }
    let driver = volume["csi"]["driver"].as_str().filter(|driver| is_foreign(driver, target))?;
    let handle = volume["csi"]["volumeHandle"].as_str();
    let message = match handle {
        Some(handle) => format!(
            "the volume `{handle}` of `{driver}` cannot be reached by the new cluster; copy its data to a new volume"
        ),
        None => format!("`{driver}` does not run on the new cluster; mount a claim in its place"),
    };
    Some(scene.at(Finding::error(message), &child(&child(pointer, "csi"), "driver")).current(Value::from(driver)))
}
