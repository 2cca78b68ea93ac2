//! Every reference to a Secret against everything that makes one.

mod consumers;
mod kind_table;
mod providers;
mod reference;
#[cfg(test)]
mod sample;
mod secret_fields;
mod secrets;
mod usage;

use std::collections::{BTreeMap, HashSet};

use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::glob;
use krm::resource_list::{Item, ItemId, Resources};

use crate::config::Spec;
use crate::rule::Rule;
use crate::sealed;
use reference::Reference;
use secrets::Secrets;
use usage::Usage;

/// The references of a build and what makes the Secrets.
pub(crate) struct References<'r> {
    resources: &'r Resources,
    by_item: BTreeMap<ItemId, Vec<Reference>>,
    secrets: Secrets<'r>,
}

impl<'r> References<'r> {
    /// Those of a build, of whose objects none is read yet.
    pub(crate) fn of(resources: &'r Resources) -> Self {
        Self { resources, by_item: BTreeMap::new(), secrets: Secrets::default() }
    }

    /// Reads the references in an object and the Secrets that it makes.
    pub(crate) fn read(&mut self, item: &Item) {
        let references = consumers::references(item);
        if !references.is_empty() {
            self.by_item.insert(item.id(), references);
        }
        // What is kept is the object of the build: the one that is read may be gone soon.
        self.secrets.add(self.resources.get(item.id()), providers::provided(item));
    }

    /// The fields of an object that name a Secret or a key of one.
    pub(crate) fn pointers(&self, item: &Item) -> HashSet<&PointerBuf> {
        self.by_item.get(&item.id()).into_iter().flatten().flat_map(Reference::pointers).collect()
    }

    /// Checks every reference, every provider against the others, and which SealedSecrets nothing uses.
    pub(crate) fn check(&self, spec: &Spec, findings: &mut Findings) {
        let usages: Vec<_> = self.usages().collect();
        findings.extend(usages.iter().filter_map(|usage| usage.problem(&self.secrets, spec)));
        findings.extend(self.secrets.conflicts());
        if spec.report_unused {
            findings.extend(self.unused(&usages));
        }
        findings.extend(self.idle(&usages, spec));
    }

    /// The entries of the options that match nothing.
    fn idle(&self, usages: &[Usage<'_>], spec: &Spec) -> Vec<Finding> {
        let is_used = |pattern: &str| usages.iter().any(|usage| usage.is_named(pattern));
        let is_here = |pattern: &str| {
            let mut namespaces = self.secrets.namespaces().chain(usages.iter().map(Usage::namespace));
            namespaces.any(|namespace| glob::matches(pattern, namespace))
        };
        let external = idle_entries("spec.externallyManaged", &spec.externally_managed, is_used);
        external.chain(idle_entries("spec.completeNamespaces", &spec.complete_namespaces, is_here)).collect()
    }

    fn usages(&self) -> impl Iterator<Item = Usage<'_>> {
        let references = self.by_item.iter().flat_map(|(id, references)| {
            let item = self.resources.get(*id);
            references.iter().map(move |reference| (item, reference))
        });
        references.map(|(item, reference)| Usage::new(item, reference, &self.secrets))
    }

    /// SealedSecrets that nothing refers to, but for those that are found by a label or annotation.
    fn unused(&self, usages: &[Usage<'_>]) -> Vec<Finding> {
        let used: HashSet<_> = usages.iter().flat_map(Usage::providers).map(Item::id).collect();
        let sealed = self.resources.iter().filter(|item| item.is(sealed::GROUP, sealed::KIND));
        let unused = sealed.filter(|item| !used.contains(&item.id()) && !is_found_otherwise(item));
        let message = "nothing in this build refers to the Secret; if nothing else does, remove it";
        unused.map(|item| Finding::new(Rule::UnusedSealedSecret, message).on(item)).collect()
    }
}

fn idle_entries<'e>(
    option: &'static str,
    entries: &'e [String],
    is_used: impl Fn(&str) -> bool + 'e,
) -> impl Iterator<Item = Finding> + 'e {
    let idle = entries.iter().enumerate().filter(move |(_, entry)| !is_used(entry));
    idle.map(move |(index, entry)| {
        let message = format!("`{entry}` matches nothing in this build; take it out, unless another build needs it");
        Finding::new(Rule::EntryWithoutEffect, message).at(FieldPath::from(option).index(index))
    })
}

/// Whether the Secret of a SealedSecret has labels or annotations, by which other tools find it.
fn is_found_otherwise(sealed: &Item) -> bool {
    let metadata = &sealed.value()["spec"]["template"]["metadata"];
    let keys = |field: &str| metadata[field].as_object().into_iter().flatten().map(|(key, _)| key);
    keys("labels").next().is_some() || keys("annotations").any(|key| !key.contains("sealedsecrets.bitnami.com"))
}
