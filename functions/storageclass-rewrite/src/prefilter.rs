//! Skips objects that are unrelated to storage by a cheap check of their text.

use krm::resource_list::Prefilter;

use crate::classes::Classes;
use crate::config::Spec;
use crate::mentions::is_looked_for;

/// Parts of keys, kinds and values, one of which is in every object that this function has anything to do with: names of
/// fields for classes and claims, sizes, sources of volumes, and kinds of storage.
const TEXTS: [&str; 15] = [
    "torage",
    "STORAGE",
    "accessMode",
    "PersistentVolume",
    "size",
    "Size",
    "apacity",
    "napshot",
    "copyMethod",
    "Disk",
    "BlockStore",
    "azureFile",
    "csi",
    "Quota",
    "PVC",
];

/// A prefilter that lets every object through that may be about storage.
pub(crate) fn prefilter(spec: &Spec, classes: &Classes) -> Prefilter {
    let kinds = spec.fields.iter().map(|field| field.kind.as_str());
    let mentioned = classes.sources().filter(|class| is_looked_for(class));
    Prefilter::new(TEXTS.into_iter().chain(kinds).chain(mentioned))
}
