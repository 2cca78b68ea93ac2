//! What claims are judged by.

use crate::build_volumes::BuildVolumes;
use crate::classes::Classes;
use crate::config::Spec;
use crate::snapshot_classes::SnapshotClasses;

/// What claims are judged by.
#[derive(Clone, Copy)]
pub(crate) struct Context<'r> {
    pub(crate) spec: &'r Spec,
    pub(crate) classes: &'r Classes,
    /// The PersistentVolumes of the build.
    pub(crate) volumes: &'r BuildVolumes,
    /// The classes of snapshots that the target serves.
    pub(crate) snapshots: &'r SnapshotClasses,
}

impl Context<'_> {
    /// The number of volumes of a class that only PersistentVolumes of the build have.
    pub(crate) fn static_volumes(self, class: &str) -> Option<u64> {
        let is_made = self.classes.ability(class).is_some() || self.classes.provisioner(class).is_some();
        self.volumes.count(class).filter(|_| !is_made)
    }
}
