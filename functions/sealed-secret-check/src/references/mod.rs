//! Every reference to a Secret against everything that gives one.

mod consumers;
mod paths;
mod providers;

use std::collections::{BTreeMap, BTreeSet};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings, Severity};
use krm::resource_list::{Item, ItemId, Resources};

use crate::config::Spec;
use crate::glob;
use crate::sealed;
use consumers::{Place, Reference};
use providers::{Claim, Keys, Provided};

/// The references of a build and what gives the Secrets.
pub(crate) struct References<'r> {
    resources: &'r Resources,
    /// The namespaces that the build has objects in.
    namespaces: BTreeSet<&'r str>,
    by_item: BTreeMap<ItemId, Vec<Reference>>,
    /// The providers by namespace and by each name; no namespace is `default`, as kustomize has it.
    providers: BTreeMap<(String, String), Vec<Provider<'r>>>,
}

struct Provider<'r> {
    item: &'r Item,
    provided: Provided,
}

impl<'r> References<'r> {
    /// Finds the references and providers.
    pub(crate) fn among(resources: &'r Resources) -> Self {
        let mut by_item = BTreeMap::new();
        let mut providers: BTreeMap<_, Vec<Provider<'r>>> = BTreeMap::new();
        for item in resources.iter() {
            let references = consumers::references(item);
            if !references.is_empty() {
                by_item.insert(item.id(), references);
            }
            for provided in providers::provided(item) {
                let names: BTreeSet<_> = provided.names.iter().cloned().collect();
                for name in names {
                    let place = (namespace_of(item).to_owned(), name);
                    providers.entry(place).or_default().push(Provider { item, provided: provided.clone() });
                }
            }
        }
        Self { resources, namespaces: resources.iter().map(namespace_of).collect(), by_item, providers }
    }

    /// The places in an object that name a Secret or a key of one, as JSON Pointers.
    pub(crate) fn pointers(&self, item: &Item) -> BTreeSet<String> {
        let references = self.by_item.get(&item.id()).into_iter().flatten();
        references
            .flat_map(|reference| std::iter::once(reference.pointer.clone()).chain(reference.key_pointer.clone()))
            .collect()
    }

    /// Checks every reference, every provider against the others, and what nobody uses.
    pub(crate) fn check(&self, spec: &Spec, findings: &mut Findings) {
        for (id, references) in &self.by_item {
            let item = self.resources.get(*id);
            findings.extend(references.iter().filter_map(|reference| self.problem(item, reference, spec)));
        }
        findings.extend(self.conflicts());
        if spec.report_unused {
            findings.extend(self.unused());
        }
    }

    fn providers_of(&self, item: &Item, reference: &Reference) -> Vec<&Provider<'r>> {
        let at =
            |namespace: &str| self.providers.get(&(namespace.to_owned(), reference.name.clone())).into_iter().flatten();
        match &reference.place {
            Place::Own => at(namespace_of(item)).collect(),
            Place::Named(namespace) => at(namespace).collect(),
            Place::Unknown => self
                .providers
                .iter()
                .filter(|((_, name), _)| *name == reference.name)
                .flat_map(|(_, all)| all)
                .collect(),
        }
    }

    fn problem(&self, item: &Item, reference: &Reference, spec: &Spec) -> Option<Finding> {
        let namespace = match &reference.place {
            Place::Own => namespace_of(item),
            Place::Named(namespace) => namespace,
            Place::Unknown => "",
        };
        let full_name = format!("{namespace}/{}", reference.name);
        if reference.is_optional || spec.externally_managed.iter().any(|pattern| glob::matches(pattern, &full_name)) {
            return None;
        }
        let on = |finding: Finding, pointer: &str, rule: &str| {
            Some(finding.on(item.reference()).at(FieldPath::of_pointer(pointer)).tag("rule", rule))
        };
        let found = self.providers_of(item, reference);
        if found.is_empty() {
            let message = format!(
                "nothing in this build gives the Secret `{}`{}",
                reference.name,
                self.hint(namespace, &reference.name)
            );
            let finding = Finding::new(self.severity_of_missing(reference, namespace, spec), message);
            return on(finding, &reference.pointer, "missing-secret");
        }
        let keys: Option<BTreeSet<_>> = found
            .iter()
            .map(|provider| match &provider.provided.keys {
                Keys::Closed(keys) => Some(keys),
                Keys::Open => None,
            })
            .collect::<Option<Vec<_>>>()
            .map(|keys| keys.into_iter().flatten().cloned().collect());
        if let (Some(key), Some(keys)) = (&reference.key, &keys)
            && !keys.contains(key)
        {
            let has: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            let has = if has.is_empty() { "none".to_owned() } else { has.join(", ") };
            let message = format!(
                "the Secret `{}` has no key `{key}`: {} `{}` gives {has}; correct the key or seal it",
                reference.name,
                found[0].item.kind(),
                found[0].item.name()
            );
            let pointer = reference.key_pointer.as_ref().unwrap_or(&reference.pointer);
            return on(Finding::error(message), pointer, "missing-key");
        }
        // kustomize renames references to Secrets in the kinds it knows, but none to a SealedSecret.
        let renamed = found.iter().find(|provider| provider.provided.names[0] != reference.name)?;
        if !renamed.item.is(sealed::GROUP, sealed::KIND)
            || found.iter().any(|provider| provider.provided.names[0] == reference.name)
        {
            return None;
        }
        let message = format!(
            "the SealedSecret of this name is `{}` by now, and kustomize does not rename references to SealedSecrets unless \
             `configurations` say so; check the finished build too: kustomize build | sealed-secret-check -",
            renamed.item.name()
        );
        on(Finding::info(message), &reference.pointer, "renamed-secret")
    }

    /// How bad it is that nothing gives a Secret. Of a namespace that the build has nothing else of, it says nothing.
    fn severity_of_missing(&self, reference: &Reference, namespace: &str, spec: &Spec) -> Severity {
        let is_complete = spec.complete_namespaces.iter().any(|pattern| glob::matches(pattern, namespace));
        let is_foreign = match reference.place {
            Place::Own => false,
            Place::Named(_) => !self.namespaces.contains(namespace),
            Place::Unknown => true,
        };
        match (is_complete && reference.place != Place::Unknown, is_foreign) {
            (true, _) => Severity::Error,
            (false, true) => Severity::Info,
            (false, false) => Severity::Warning,
        }
    }

    /// What to do about a missing Secret; a near name often is the reason.
    fn hint(&self, namespace: &str, name: &str) -> String {
        let is_prefixed = |other: &str| other.strip_suffix(name).is_some_and(|prefix| prefix.ends_with('-'));
        let is_suffixed = |other: &str| other.strip_prefix(name).is_some_and(|suffix| suffix.starts_with('-'));
        let first = (namespace.to_owned(), String::new());
        let here = self.providers.range(first..).map(|((place, other), _)| (place, other));
        let mut here = here.take_while(|(place, _)| *place == namespace);
        match here.find(|(_, other)| is_prefixed(other) || is_suffixed(other)) {
            Some((_, other)) => {
                format!("; there is `{other}`, which a prefix or suffix may have made of it: correct the reference")
            }
            None => "; add it, correct the name, or list it under `externallyManaged`".to_owned(),
        }
    }

    /// SealedSecrets whose Secret somebody else makes too.
    fn conflicts(&self) -> Vec<Finding> {
        let mut conflicts = Vec::new();
        for ((_, name), providers) in &self.providers {
            let current = providers.iter().filter(|provider| provider.provided.names[0] == *name);
            let current: Vec<_> = current.collect();
            for sealed in current.iter().filter(|provider| provider.item.is(sealed::GROUP, sealed::KIND)) {
                let other = current
                    .iter()
                    .find(|other| other.item.id() != sealed.item.id() && other.provided.claim == Claim::Owns);
                conflicts.extend(other.map(|other| {
                    let message = format!(
                        "{} `{}` gives the Secret `{name}` too, and the controller refuses a Secret that it does not own; remove one of the two",
                        other.item.kind(), other.item.name()
                    );
                    Finding::error(message).on(sealed.item.reference()).at("metadata.name").tag("rule", "conflict")
                }));
            }
        }
        conflicts
    }

    /// SealedSecrets that nothing refers to, but for those that are found by a label.
    fn unused(&self) -> Vec<Finding> {
        let mut used = BTreeSet::new();
        for (id, references) in &self.by_item {
            let item = self.resources.get(*id);
            used.extend(
                references
                    .iter()
                    .flat_map(|reference| self.providers_of(item, reference))
                    .map(|provider| provider.item.id()),
            );
        }
        let sealed = self.resources.iter().filter(|item| item.is(sealed::GROUP, sealed::KIND));
        let unused = sealed.filter(|item| {
            let metadata = &item.value()["spec"]["template"]["metadata"];
            let has_label = metadata["labels"].as_object().is_some_and(|labels| !labels.is_empty());
            let has_annotation = metadata["annotations"]
                .as_object()
                .into_iter()
                .flatten()
                .any(|(key, _)| !key.contains("sealedsecrets.bitnami.com"));
            !used.contains(&item.id()) && !has_label && !has_annotation
        });
        unused
            .map(|item| {
                let message = "nothing in this build refers to the Secret; if nothing else does, remove it";
                Finding::info(message).on(item.reference()).tag("rule", "unused")
            })
            .collect()
    }
}

fn namespace_of(item: &Item) -> &str {
    item.namespace().unwrap_or("default")
}
