//! The annotations of an Ingress for haproxy-ingress.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What annotations start with that haproxy-ingress reads.
pub(super) const PREFIX: &str = "haproxy-ingress.github.io/";

/// Configuration keys. Each is written once.
#[derive(Default)]
pub(super) struct Annotations {
    values: BTreeMap<&'static str, String>,
    twice: Vec<&'static str>,
}

impl Annotations {
    /// Writes a key.
    pub(super) fn set(&mut self, key: &'static str, value: impl Into<String>) {
        let value = value.into();
        match self.values.entry(key) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(present) if *present.get() != value => self.twice.push(key),
            Entry::Occupied(_) => {}
        }
    }

    /// Adds a line to a key that holds several.
    pub(super) fn add_line(&mut self, key: &'static str, line: &str) {
        let lines = self.values.entry(key).or_default();
        if !lines.is_empty() {
            lines.push('\n');
        }
        lines.push_str(line);
    }

    /// The keys that more than one wish would have another value.
    pub(super) fn twice(&self) -> &[&'static str] {
        &self.twice
    }

    /// The annotations, after those of others.
    pub(super) fn named(self, others: impl Iterator<Item = (&'static str, String)>) -> Vec<(String, String)> {
        let own = self.values.into_iter().map(|(key, value)| (format!("{PREFIX}{key}"), value));
        others.map(|(key, value)| (key.to_owned(), value)).chain(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_once() {
        let mut annotations = Annotations::default();
        annotations.set("limit-rps", "5");
        annotations.set("limit-rps", "5");
        assert!(annotations.twice().is_empty(), "the same again is no second wish");
        annotations.set("limit-rps", "100");
        assert_eq!(annotations.twice(), ["limit-rps"]);
        assert_eq!(annotations.named(std::iter::empty()), [(format!("{PREFIX}limit-rps"), "5".to_owned())]);
    }
}
