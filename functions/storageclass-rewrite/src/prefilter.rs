//! Skips objects that are unrelated to storage by a cheap check of their text.

use krm::resource_list::Prefilter;

use crate::classes::Classes;
use crate::config::Spec;

/// Parts of keys, kinds and values, one of which is in every object that this function has anything to do with: names of
/// fields for classes and claims, sizes, sources of volumes, and kinds of storage.
const TEXTS: [&str; 10] = [
    "torage",
    "accessMode",
    "PersistentVolume",
    "size",
    "VolumeSnapshot",
    "copyMethod",
    "Disk",
    "BlockStore",
    "azureFile",
    "csi",
];

/// A prefilter that lets every object through that may be about storage.
pub(crate) fn prefilter(spec: &Spec, classes: &Classes) -> Prefilter {
    let kinds = spec.fields.iter().map(|field| field.kind.as_str());
    let mentioned = classes.sources().filter(|class| is_looked_for(class));
    Prefilter::new(TEXTS.into_iter().chain(kinds).chain(mentioned))
}

/// Whether text is searched for the name of a class: names without a hyphen are words of any language.
fn is_looked_for(class: &str) -> bool {
    class.contains('-')
}

/// The mapped class that a text mentions as a word of its own.
pub(crate) fn mentioned_class(text: &str, classes: &Classes) -> Option<String> {
    if !is_looked_for(text) {
        return None;
    }
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '/');
    let words = text.split(|letter| !is_part(letter)).filter(|word| is_looked_for(word));
    words.map(|word| word.trim_matches('.')).find(|word| classes.is_source(word)).map(str::to_owned)
}
