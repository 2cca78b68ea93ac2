//! What there is to say of the build as a whole.

use std::collections::{BTreeMap, BTreeSet};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings, ObjectReference};

use crate::document::Document;
use crate::mapping::{EntryId, Mapping};
use crate::rule::Rule;

/// Things of one sort: the number of them, and the first.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) count: usize,
    /// The object of the first.
    pub(crate) object: ObjectReference,
    /// The field of the first.
    pub(crate) field: FieldPath,
    /// The text of the first.
    pub(crate) text: String,
}

impl Group {
    /// How many things there are, as `1 image` and `2 images`.
    pub(crate) fn counted(&self, thing: &str) -> String {
        if self.count == 1 { format!("1 {thing}") } else { format!("{} {thing}s", self.count) }
    }

    /// The first thing as one of so many: `this workload, as 2 others,`.
    pub(crate) fn of_many(&self, thing: &str) -> String {
        match self.count - 1 {
            0 => format!("this {thing}"),
            1 => format!("this {thing}, as 1 other,"),
            others => format!("this {thing}, as {others} others,"),
        }
    }
}

/// Groups by what they have in common, in the order of their first members.
#[derive(Debug)]
pub(crate) struct Groups<K> {
    groups: Vec<(K, Group)>,
    places: BTreeMap<K, usize>,
}

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self { groups: Vec::new(), places: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Groups<K> {
    /// Adds a thing.
    pub(crate) fn add(&mut self, key: K, object: &ObjectReference, field: FieldPath, text: &str) {
        if let Some(place) = self.places.get(&key) {
            self.groups[*place].1.count += 1;
            return;
        }
        self.places.insert(key.clone(), self.groups.len());
        let group = Group { count: 1, object: object.clone(), field, text: text.to_owned() };
        self.groups.push((key, group));
    }

    /// The groups.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, Group)> {
        self.groups.iter()
    }
}

/// What was found in the build.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// The entries of which something was found.
    used: BTreeSet<EntryId>,
    /// The images that move and keep their digests, those of objects that accept findings by object.
    digests: Groups<(EntryId, Option<String>)>,
}

impl Usage {
    /// Notes that something is of an entry.
    pub(crate) fn record(&mut self, entry: EntryId) {
        self.used.insert(entry);
    }

    /// Notes that an image of a document moves and keeps its digest.
    pub(crate) fn record_digest(&mut self, entry: EntryId, document: &Document<'_>, field: FieldPath, image: &str) {
        let apart = document.accepts.then(|| document.object.to_string());
        self.digests.add((entry, apart), &document.object, field, image);
    }

    /// Says what concerns the whole build.
    pub(crate) fn report(&self, mapping: &Mapping, findings: &mut Findings) {
        for ((entry, _), group) in self.digests.iter() {
            let (key, image) = (mapping.key(*entry), &group.text);
            let images = match group.count {
                1 => format!("the image `{image}` of `{key}` moves and keeps its digest"),
                count => format!("{count} images of `{key}` move and keep their digests, the first is `{image}`"),
            };
            let message = format!(
                "{images}; a digest is right where the image was copied as it is, as by `crane copy` or `skopeo copy --all`; an \
                 image that was built again has another, so write that one"
            );
            let finding = Finding::new(Rule::DigestOfMovedImage, message);
            findings.push(finding.on(group.object.clone()).at(group.field.clone()));
        }
        let unused = mapping.ids().filter(|entry| !self.used.contains(entry) && !mapping.stays(*entry));
        let unused: Vec<_> = unused.map(|entry| format!("`{}`", mapping.key(entry))).collect();
        findings.extend(unused_entries("registries", &unused));
    }
}

/// The finding about entries of an option of which the build has no image.
pub(crate) fn unused_entries(option: &str, entries: &[String]) -> Option<Finding> {
    let message = || {
        let names = if entries.len() == 1 { "names a registry" } else { "names registries" };
        format!("`spec.{option}` {names} of which this build has no image: {}", entries.join(", "))
    };
    (!entries.is_empty()).then(|| Finding::new(Rule::UnusedRegistry, message()))
}
