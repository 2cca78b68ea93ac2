//! Values by registry, or by repositories below a path of one.

use std::collections::BTreeMap;

use manifests::images::Prefix;

/// Values by prefix.
#[derive(Debug)]
pub(crate) struct ByPrefix<V>(BTreeMap<String, V>);

impl<V> Default for ByPrefix<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<V> ByPrefix<V> {
    /// Sets the value of a prefix, and gives the one that it had.
    pub(crate) fn insert(&mut self, prefix: &Prefix, value: V) -> Option<V> {
        self.0.insert(prefix.as_str().to_owned(), value)
    }

    /// The value of the longest prefix of a repository in normal form, and what is behind the prefix.
    pub(crate) fn longest<'v, 'r>(&'v self, repository: &'r str) -> Option<(&'v V, &'r str)> {
        let ends = std::iter::once(repository.len()).chain(repository.rmatch_indices('/').map(|(at, _)| at));
        let mut found = ends.filter_map(|end| Some((self.0.get(&repository[..end])?, &repository[end..])));
        found.next()
    }
}
