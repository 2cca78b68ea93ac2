//! What holds in the namespaces of the build: what its objects say, and the config where they say nothing.

use std::fmt;

use krm::glob;
use krm::resource_list::Item;

use crate::config::{NamespaceSpec, Spec};

/// Where a standard comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'r> {
    /// An object of the build.
    Object(&'r Item),
    /// The entry of `spec.namespaces` with this pattern.
    Config(&'r str),
}

/// How messages name it.
impl fmt::Display for Origin<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(item) => write!(formatter, "{} `{}`", item.kind(), item.name()),
            Self::Config(pattern) => write!(formatter, "`spec.namespaces` of the config, entry `{pattern}`,"),
        }
    }
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
