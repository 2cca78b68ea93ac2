//! A reference in its object, held against what makes the Secret.

use std::collections::BTreeSet;

use krm::field::PointerBuf;
use krm::finding::Finding;
use krm::glob;
use krm::resource_list::Item;
use krm::rule::Severity;

use super::providers::Keys;
use super::reference::{Namespace, Reference};
use super::secrets::{Provider, Secrets};
use crate::config::Spec;
use crate::rule::Rule;

/// A reference in its object, with what makes the Secret.
pub(super) struct Usage<'a> {
    item: &'a Item,
    reference: &'a Reference,
    providers: Vec<&'a Provider<'a>>,
}

impl<'a> Usage<'a> {
    /// Looks up what makes the Secret.
    pub(super) fn new(item: &'a Item, reference: &'a Reference, secrets: &'a Secrets<'a>) -> Self {
        let providers = secrets.providers(item, &reference.namespace, &reference.name);
        Self { item, reference, providers }
    }

    /// The objects that make the Secret.
    pub(super) fn providers(&self) -> impl Iterator<Item = &'a Item> {
        self.providers.iter().map(|provider| provider.item)
    }

    /// What is wrong with the reference.
    pub(super) fn problem(&self, secrets: &Secrets<'_>, spec: &Spec) -> Option<Finding> {
        if self.reference.is_optional || self.is_managed_elsewhere(spec) {
            return None;
        }
        if self.providers.is_empty() {
            return Some(self.missing(secrets, spec));
        }
        self.missing_key().or_else(|| self.renamed())
    }

    /// The namespace of the Secret; empty if the build does not tell.
    pub(super) fn namespace(&self) -> &str {
        match &self.reference.namespace {
            Namespace::Own => self.item.namespace_name(),
            Namespace::Named(namespace) => namespace,
            Namespace::Unknown => "",
        }
    }

    fn is_managed_elsewhere(&self, spec: &Spec) -> bool {
        spec.externally_managed.iter().any(|pattern| self.is_named(pattern))
    }

    /// Whether a pattern of `namespace/name` is about the Secret.
    pub(super) fn is_named(&self, pattern: &str) -> bool {
        glob::matches(pattern, &format!("{}/{}", self.namespace(), self.reference.name))
    }

    fn finding(&self, rule: Rule, message: String, pointer: &PointerBuf) -> Finding {
        Finding::new(rule, message).on(self.item).at(pointer)
    }

    fn missing(&self, secrets: &Secrets<'_>, spec: &Spec) -> Finding {
        let remedy = match secrets.renamed(self.namespace(), &self.reference.name) {
            Some(other) => {
                format!("there is `{other}`, which a prefix or suffix may have made of it: correct the reference")
            }
            None => "add it, correct the name, or list it under `externallyManaged`".to_owned(),
        };
        let message = format!("nothing in this build gives the Secret `{}`; {remedy}", self.reference.name);
        let finding = self.finding(Rule::MissingSecret, message, &self.reference.pointer);
        finding.with_severity(self.severity_of_missing(secrets, spec))
    }

    /// How bad it is that nothing makes the Secret. The build may have nothing else of its namespace; then another build
    /// is likely to make it.
    fn severity_of_missing(&self, secrets: &Secrets<'_>, spec: &Spec) -> Severity {
        let namespace = self.namespace();
        let is_complete = || spec.complete_namespaces.iter().any(|pattern| glob::matches(pattern, namespace));
        match self.reference.namespace {
            Namespace::Unknown => Severity::Info,
            _ if is_complete() => Severity::Error,
            Namespace::Named(_) if !secrets.has_namespace(namespace) => Severity::Info,
            Namespace::Own | Namespace::Named(_) => Severity::Warning,
        }
    }

    /// The key is none of those that the Secret has, if they are known.
    fn missing_key(&self) -> Option<Finding> {
        let key = self.reference.key.as_ref()?;
        let mut keys = BTreeSet::new();
        for provider in &self.providers {
            match &provider.provided.keys {
                Keys::Closed(closed) => keys.extend(closed),
                Keys::Open => return None,
            }
        }
        if keys.contains(key) {
            return None;
        }
        let has: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
        let has = if has.is_empty() { "none".to_owned() } else { has.join(", ") };
        let provider = self.providers[0].item;
        let message = format!(
            "the Secret `{}` has no key `{key}`: {} `{}` gives {has}; correct the key or seal it",
            self.reference.name,
            provider.kind(),
            provider.name()
        );
        let pointer = self.reference.key_pointer.as_ref().unwrap_or(&self.reference.pointer);
        Some(self.finding(Rule::MissingSecretKey, message, pointer))
    }

    /// The name is a former one of a SealedSecret. kustomize renames references to Secrets in the kinds it knows, but none
    /// to a SealedSecret.
    fn renamed(&self) -> Option<Finding> {
        let name = &self.reference.name;
        if self.providers.iter().any(|provider| provider.is_named(name)) {
            return None;
        }
        let renamed = self.providers.first().filter(|provider| provider.is_sealed())?;
        let message = format!(
            "the SealedSecret of this name is `{}` by now, and kustomize does not rename references to SealedSecrets unless \
             `configurations` say so; check the finished build too: kustomize build | sealed-secret-check -",
            renamed.item.name()
        );
        Some(self.finding(Rule::RenamedSecret, message, &self.reference.pointer))
    }
}
