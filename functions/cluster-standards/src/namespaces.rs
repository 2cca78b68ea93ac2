//! What holds in the namespaces of the build: what its objects say, and the config where they say nothing.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::glob;
use krm::resource_list::{Item, Resources};
use krm::rule::CommonRule;
use krm::typed;
use serde::de::DeserializeOwned;

use crate::config::{NamespaceSpec, Spec};

/// Where a standard comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'r> {
    /// An object of the build.
    Object(&'r Item),
    /// The entry of `spec.namespaces` with this pattern.
    Config(&'r str),
}

impl<'r> Origin<'r> {
    /// The object of the build, if it is one.
    pub(crate) fn object(self) -> Option<&'r Item> {
        match self {
            Self::Object(item) => Some(item),
            Self::Config(_) => None,
        }
    }
}

/// How messages name it.
impl fmt::Display for Origin<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(item) => write!(formatter, "{} `{}`", item.kind(), item.name()),
            Self::Config(pattern) => write!(formatter, "the entry `{pattern}` of `spec.namespaces`"),
        }
    }
}

/// The Namespaces of a build.
pub(crate) fn namespaces(resources: &Resources) -> impl Iterator<Item = &Item> {
    resources.iter().filter(|item| item.is("", "Namespace"))
}

/// Things of a build by their namespace, each kind of them looked at once however many namespaces there are.
pub(crate) fn by_namespace<'t, T>(
    things: impl IntoIterator<Item = &'t T>,
    namespace: impl Fn(&'t T) -> &'t str,
) -> HashMap<&'t str, Vec<&'t T>> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for thing in things {
        found.entry(namespace(thing)).or_default().push(thing);
    }
    found
}

/// The entries of the config that fit a namespace, the one that counts most first.
pub(crate) fn entries<'s>(spec: &'s Spec, namespace: &str) -> Vec<(&'s str, &'s NamespaceSpec)> {
    let mut entries: Vec<_> = spec
        .namespaces
        .iter()
        .filter(|(pattern, _)| glob::matches(pattern, namespace))
        .map(|(pattern, entry)| (pattern.as_str(), entry))
        .collect();
    // A name is longer than every pattern that fits it, or has as many letters and no star.
    entries.sort_by_key(|(pattern, _)| std::cmp::Reverse(letters(pattern)));
    entries
}

/// The number of letters that a pattern fixes; a name without a star comes before a pattern with as many.
fn letters(pattern: &str) -> (usize, bool) {
    (pattern.chars().filter(|letter| *letter != '*').count(), !pattern.contains('*'))
}

/// What the most fitting entry of the config with a key says for it, and the pattern of the entry.
pub(crate) fn setting<'s, T>(
    spec: &'s Spec,
    namespace: &str,
    key: impl Fn(&'s NamespaceSpec) -> Option<T>,
) -> Option<(Origin<'s>, T)> {
    entries(spec, namespace).into_iter().find_map(|(pattern, entry)| Some((Origin::Config(pattern), key(entry)?)))
}

/// Standards of a kind, by the namespace that they hold in.
#[derive(Debug)]
pub(crate) struct Standards<'r, S> {
    by_namespace: BTreeMap<&'r str, Vec<(Origin<'r>, S)>>,
    /// What is malformed in the objects.
    pub(crate) malformed: Vec<Finding>,
}

impl<'r, S: DeserializeOwned + Default + Clone + 'r> Standards<'r, S> {
    /// Those of a kind of the core group, and those of the config for namespaces that have none, each with what the API
    /// server fills in.
    pub(crate) fn of(
        spec: &'r Spec,
        resources: &'r Resources,
        kind: &str,
        of_config: impl Fn(&'r NamespaceSpec) -> &'r [S],
        defaulted: fn(S) -> S,
    ) -> Self {
        let mut standards = Self { by_namespace: BTreeMap::new(), malformed: Vec::new() };
        for item in resources.iter().filter(|item| item.is("", kind)) {
            let value = defaulted(read(item, &mut standards.malformed));
            standards.by_namespace.entry(item.namespace_name()).or_default().push((Origin::Object(item), value));
        }
        let own = namespaces(resources).map(Item::name);
        for namespace in own.chain(resources.iter().map(Item::namespace_name)) {
            standards.by_namespace.entry(namespace).or_insert_with(|| {
                let found = setting(spec, namespace, |entry| Some(of_config(entry)).filter(|found| !found.is_empty()));
                let found = found
                    .into_iter()
                    .flat_map(|(origin, found)| found.iter().map(move |one| (origin, defaulted(one.clone()))));
                found.collect()
            });
        }
        standards
    }

    /// Those that hold in a namespace.
    pub(crate) fn in_namespace(&self, namespace: &str) -> &[(Origin<'r>, S)] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// All of them, with their namespaces.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'r str, &[(Origin<'r>, S)])> {
        self.by_namespace.iter().map(|(namespace, found)| (*namespace, found.as_slice()))
    }
}

/// The `spec` of an object, as far as it is well formed.
fn read<S: DeserializeOwned + Default>(item: &Item, malformed: &mut Vec<Finding>) -> S {
    let Some(spec) = item.value().get("spec").filter(|spec| !spec.is_null()) else { return S::default() };
    let (value, problems) = typed::read(spec);
    malformed.extend(problems.into_iter().map(|problem| {
        let message = format!("cannot be read: {}; correct it", problem.reason);
        let path = FieldPath::from("spec").join(FieldPath::from(&problem.pointer));
        Finding::new(CommonRule::MalformedField, message).on(item).at(path)
    }));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_with_the_most_letters_comes_first() {
        let namespaces = ["*", "shop-*", "shop-production", "*-production", "other"];
        let namespaces = namespaces.map(|name| (name.to_owned(), NamespaceSpec::default())).into();
        let spec = Spec { namespaces, ..Spec::default() };
        let patterns: Vec<_> = entries(&spec, "shop-production").into_iter().map(|(pattern, _)| pattern).collect();
        assert_eq!(patterns, ["shop-production", "*-production", "shop-*", "*"]);
    }
}
