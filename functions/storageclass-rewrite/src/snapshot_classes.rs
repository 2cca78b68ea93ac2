//! The classes of snapshots in a build, and the drivers that make snapshots.

use std::collections::BTreeSet;

use krm::resource_list::{Item, Resources};
use serde_json::Value;

use crate::known_classes::is_foreign;
use crate::target::{HETZNER, LOCAL_PATH, Target};

/// The classes of snapshots in a build whose driver may run on the target.
#[derive(Debug, Default)]
pub(crate) struct SnapshotClasses(BTreeSet<String>);

impl SnapshotClasses {
    /// Reads the classes of a build.
    pub(crate) fn of(resources: &Resources, target: Target) -> Self {
        let classes = resources.iter().filter(|item| item.kind().ends_with("SnapshotClass") && is_one(item));
        let served = classes.filter(|item| driver(item.value()).is_some_and(|driver| is_served(driver, target)));
        Self(served.flat_map(Item::names).collect())
    }

    /// Whether one of them makes a snapshot that names this class, or none.
    pub(crate) fn serve(&self, class: Option<&str>) -> bool {
        class.map_or(!self.0.is_empty(), |class| self.0.contains(class))
    }
}

/// Whether an object is a snapshot, the class or content of one, or a VolumeAttributesClass.
pub(crate) fn is_one(item: &Item) -> bool {
    matches!(item.group(), "snapshot.storage.k8s.io" | "groupsnapshot.storage.k8s.io")
        || item.is("storage.k8s.io", "VolumeAttributesClass")
}

/// Whether a driver that makes snapshots may run on the target.
pub(crate) fn is_served(driver: &str, target: Target) -> bool {
    !is_foreign(driver, target) && ![HETZNER, LOCAL_PATH].contains(&driver)
}

/// The driver that an object names.
pub(crate) fn driver(object: &Value) -> Option<&str> {
    [&object["driver"], &object["driverName"], &object["spec"]["driver"]].iter().find_map(|driver| driver.as_str())
}
