//! A glance at the text of an object, to leave the many alone that have nothing to do with storage.

use std::collections::BTreeSet;

use krm::resource_list::Item;

use crate::classes::Classes;
use crate::config::Spec;

/// What the text of an object holds, in one spelling or another, if anything in it concerns this function: names of
/// classes and claims, sizes, and sources of volumes. `*` and `\` may stand for anything.
const SIGNS: [&str; 13] = [
    "lass",
    "LASS",
    "torage",
    "accessMode",
    "VolumeClaim",
    "size:",
    "\"size\"",
    "Disk",
    "BlockStore",
    "azureFile",
    "csi",
    "*",
    "\\",
];

/// Which objects to leave alone.
pub(crate) struct Glance<'g> {
    classes: &'g Classes,
    /// Kinds of which the config names fields.
    kinds: BTreeSet<&'g str>,
}

impl<'g> Glance<'g> {
    /// Reads the config.
    pub(crate) fn new(spec: &'g Spec, classes: &'g Classes) -> Self {
        Self { classes, kinds: spec.fields.iter().map(|field| field.kind.as_str()).collect() }
    }

    /// Whether an object may concern this function. Cheap, and never wrong about those that do.
    pub(crate) fn is_worthwhile(&self, item: &Item) -> bool {
        let text = item.text();
        self.kinds.contains(item.kind())
            || is_of_storage(item)
            || SIGNS.iter().any(|sign| text.contains(sign))
            || mentioned_class(text, self.classes).is_some()
    }
}

/// Whether objects of this kind always concern this function.
fn is_of_storage(item: &Item) -> bool {
    matches!(
        (item.group(), item.kind()),
        ("", "PersistentVolume" | "PersistentVolumeClaim" | "LimitRange" | "ResourceQuota")
            | ("postgresql.cnpg.io" | "velero.io" | "volsync.backube" | "kafka.strimzi.io", _)
    )
}

/// The mapped class that a text mentions as a word of its own. Names without a hyphen are words of any language and
/// are not looked for.
pub(crate) fn mentioned_class(text: &str, classes: &Classes) -> Option<String> {
    if !text.contains('-') {
        return None;
    }
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '/');
    let words = text.split(|letter| !is_part(letter)).filter(|word| word.contains('-'));
    words.map(|word| word.trim_matches('.')).find(|word| classes.is_source(word)).map(str::to_owned)
}
