//! The Secrets that exist once the build is applied.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use krm::finding::Finding;
use krm::resource_list::Item;

use super::providers::{Claim, Provided};
use super::reference::Namespace;
use crate::rule::Rule;
use crate::sealed;

/// What makes the Secrets of a build, by namespace and by each name of the Secret.
#[derive(Default)]
pub(super) struct Secrets<'r> {
    by_namespace: BTreeMap<&'r str, BTreeMap<String, Vec<Rc<Provider<'r>>>>>,
    /// The namespaces that the build has objects in.
    namespaces: BTreeSet<&'r str>,
}

/// An object that makes a Secret.
pub(super) struct Provider<'r> {
    pub(super) item: &'r Item,
    pub(super) provided: Provided,
}

impl Provider<'_> {
    /// Whether the Secret has this name now.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.provided.names[0] == name
    }

    /// Whether it is a SealedSecret.
    pub(super) fn is_sealed(&self) -> bool {
        self.item.is(sealed::GROUP, sealed::KIND)
    }

    /// Whether it is an ExternalSecret.
    fn is_external(&self) -> bool {
        self.item.is("external-secrets.io", "ExternalSecret")
    }

    /// Why it cannot make the Secret while the other does.
    fn refusal(&self, other: &Self) -> Option<&'static str> {
        let is_other = other.item.id() != self.item.id() && other.provided.claim == Claim::Owns;
        match is_other {
            true if self.is_sealed() => Some("the controller refuses a Secret that it does not own"),
            true if self.is_external() && other.is_external() && self.provided.claim == Claim::Owns => {
                Some("External Secrets lets one of them own it and fails for the other")
            }
            _ => None,
        }
    }
}

impl<'r> Secrets<'r> {
    /// Adds an object and the Secrets that it makes.
    pub(super) fn add(&mut self, item: &'r Item, provided: Vec<Provided>) {
        let namespace = item.namespace_name();
        self.namespaces.insert(namespace);
        for provided in provided {
            let provider = Rc::new(Provider { item, provided });
            let here = self.by_namespace.entry(namespace).or_default();
            for name in provider.provided.names.iter().collect::<BTreeSet<_>>() {
                here.entry(name.clone()).or_default().push(Rc::clone(&provider));
            }
        }
    }

    /// What makes the Secret that an object refers to.
    pub(super) fn providers(&self, item: &Item, namespace: &Namespace, name: &str) -> Vec<&Provider<'r>> {
        let in_namespace = |namespace: &str| self.by_namespace.get(namespace).and_then(|here| here.get(name));
        let found: Vec<_> = match namespace {
            Namespace::Own => in_namespace(item.namespace_name()).into_iter().collect(),
            Namespace::Named(namespace) => in_namespace(namespace).into_iter().collect(),
            Namespace::Unknown => self.by_namespace.values().filter_map(|here| here.get(name)).collect(),
        };
        found.into_iter().flatten().map(Rc::as_ref).collect()
    }

    /// The namespaces that the build has objects in.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &'r str> {
        self.namespaces.iter().copied()
    }

    /// Whether the build has objects in a namespace.
    pub(super) fn has_namespace(&self, namespace: &str) -> bool {
        self.namespaces.contains(namespace)
    }

    /// A Secret in the namespace that a prefix or suffix may have made of this name.
    pub(super) fn renamed(&self, namespace: &str, name: &str) -> Option<&str> {
        let is_prefixed = |other: &str| other.strip_suffix(name).is_some_and(|prefix| prefix.ends_with('-'));
        let is_suffixed = |other: &str| other.strip_prefix(name).is_some_and(|suffix| suffix.starts_with('-'));
        let mut names = self.by_namespace.get(namespace)?.keys().map(String::as_str);
        names.find(|other| is_prefixed(other) || is_suffixed(other))
    }

    /// Objects that cannot make their Secret, because another makes it too.
    pub(super) fn conflicts(&self) -> Vec<Finding> {
        let by_name = self.by_namespace.values().flatten();
        by_name.flat_map(|(name, providers)| conflicts_over(name, providers)).collect()
    }
}

fn conflicts_over(name: &str, providers: &[Rc<Provider<'_>>]) -> Vec<Finding> {
    let current = || providers.iter().filter(|provider| provider.is_named(name));
    let conflict = |provider: &Rc<Provider<'_>>| {
        let (other, why) = current().find_map(|other| Some((other, provider.refusal(other)?)))?;
        let (kind, object) = (other.item.kind(), other.item.name());
        let message = format!("{kind} `{object}` gives the Secret `{name}` too, and {why}; remove one of the two");
        Some(Finding::new(Rule::SecretMadeTwice, message).on(provider.item).at("metadata.name"))
    };
    current().filter_map(conflict).collect()
}
