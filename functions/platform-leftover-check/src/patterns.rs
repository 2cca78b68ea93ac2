//! Look-ups of rows by names that may be patterns.

use std::collections::HashMap;

/// Rows by a name with a domain in front, such as the key of an annotation or of a label: `example.com/key`.
///
/// A row is named by a key, by its beginning with a `*` behind it, or by `*.NAME/*` for every key of a domain below
/// NAME.
#[derive(Debug)]
pub(crate) struct Keys<T> {
    /// By the domain: how the rest is named, and the row.
    of_domain: HashMap<&'static str, Vec<(Rest, T)>>,
    /// By what the domain is below.
    below: HashMap<&'static str, Vec<T>>,
}

/// What is behind the domain of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Exactly(&'static str),
    StartsWith(&'static str),
}

impl Rest {
    fn of(text: &'static str) -> Self {
        text.strip_suffix('*').map_or(Self::Exactly(text), Self::StartsWith)
    }

    fn matches(self, text: &str) -> bool {
        match self {
            Self::Exactly(rest) => rest == text,
            Self::StartsWith(start) => text.starts_with(start),
        }
    }

    /// The longer, the more a row says about a key.
    fn length(self) -> usize {
        match self {
            Self::Exactly(_) => usize::MAX,
            Self::StartsWith(start) => start.len(),
        }
    }
}

/// The domain of a key and the rest; without a slash there is no domain.
fn parts(key: &str) -> (&str, &str) {
    key.split_once('/').unwrap_or(("", key))
}

impl<T> FromIterator<(&'static str, T)> for Keys<T> {
    fn from_iter<I: IntoIterator<Item = (&'static str, T)>>(rows: I) -> Self {
        let mut keys = Self { of_domain: HashMap::new(), below: HashMap::new() };
        for (pattern, row) in rows {
            let (domain, rest) = parts(pattern);
            match domain.strip_prefix("*.") {
                Some(domain) => keys.below.entry(domain).or_default().push(row),
                None => keys.of_domain.entry(domain).or_default().push((Rest::of(rest), row)),
            }
        }
        for rows in keys.of_domain.values_mut() {
            // Rows of one key keep the order of the table.
            rows.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.length()));
        }
        keys
    }
}

impl<T> Keys<T> {
    /// The rows that name a key, those that say most about it first.
    pub(crate) fn of<'k, 'n>(&'k self, key: &'n str) -> impl Iterator<Item = &'k T> + use<'k, 'n, T> {
        let (domain, rest) = parts(key);
        let named = self.of_domain.get(domain).into_iter().flatten();
        let named = named.filter(move |(known, _)| known.matches(rest)).map(|(_, row)| row);
        named.chain(parents(domain).filter_map(|parent| self.below.get(parent)).flatten())
    }
}

/// Rows by a dotted name, such as an API group or a host. `*.NAME` is every name below NAME, and a `*` at the end any
/// rest.
#[derive(Debug)]
pub(crate) struct Domains<T> {
    exact: HashMap<&'static str, Vec<T>>,
    below: HashMap<&'static str, Vec<T>>,
    beginnings: Vec<(&'static str, T)>,
}

impl<T> FromIterator<(&'static str, T)> for Domains<T> {
    fn from_iter<I: IntoIterator<Item = (&'static str, T)>>(rows: I) -> Self {
        let mut domains = Self { exact: HashMap::new(), below: HashMap::new(), beginnings: Vec::new() };
        for (pattern, row) in rows {
            match (pattern.strip_prefix("*."), pattern.strip_suffix('*')) {
                (Some(domain), _) => domains.below.entry(domain).or_default().push(row),
                (None, Some(start)) => domains.beginnings.push((start, row)),
                (None, None) => domains.exact.entry(pattern).or_default().push(row),
            }
        }
        domains.beginnings.sort_by_key(|(start, _)| std::cmp::Reverse(start.len()));
        domains
    }
}

impl<T> Domains<T> {
    /// The rows that name this, those that say most about it first.
    pub(crate) fn of<'k, 'n>(&'k self, name: &'n str) -> impl Iterator<Item = &'k T> + use<'k, 'n, T> {
        let exact = self.exact.get(name).into_iter().flatten();
        let starting = self.beginnings.iter().filter(move |(start, _)| name.starts_with(start)).map(|(_, row)| row);
        let below = parents(name).filter_map(|parent| self.below.get(parent)).flatten();
        exact.chain(starting).chain(below)
    }
}

/// The names that a dotted name is below, the nearest first.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(name.split_once('.').map(|(_, parent)| parent), |parent| {
        parent.split_once('.').map(|(_, parent)| parent)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_what_says_most_about_them() {
        let keys = Keys::from_iter([
            ("*.x.io/*", 1),
            ("a.x.io/*", 2),
            ("a.x.io/long-*", 3),
            ("a.x.io/long-key", 4),
            ("a.x.io/long-key", 5),
            ("plain", 6),
        ]);
        for (key, expected) in [
            ("a.x.io/long-key", vec![4, 5, 3, 2, 1]),
            ("a.x.io/long-other", vec![3, 2, 1]),
            ("a.x.io/k", vec![2, 1]),
            ("b.a.x.io/k", vec![1]),
            ("x.io/k", vec![]),
            ("plain", vec![6]),
            ("plain/x", vec![]),
        ] {
            assert_eq!(keys.of(key).copied().collect::<Vec<_>>(), expected, "{key}");
        }
    }

    #[test]
    fn domains_are_found_by_what_says_most_about_them() {
        let domains = Domains::from_iter([("*.x.io", 1), ("a.x.io", 2), ("a.*", 3), ("*.a.x.io", 4)]);
        for (name, expected) in [
            ("a.x.io", vec![2, 3, 1]),
            ("b.x.io", vec![1]),
            ("c.a.x.io", vec![4, 1]),
            ("x.io", vec![]),
            ("a.b", vec![3]),
            ("", vec![]),
        ] {
            assert_eq!(domains.of(name).copied().collect::<Vec<_>>(), expected, "{name}");
        }
    }
}
