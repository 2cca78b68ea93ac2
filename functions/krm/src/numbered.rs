//! Things that are found by a name in little memory.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

/// A number that all that are equal have in common, and almost no others. It is the same in every run.
pub fn number_of(of: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(of)
}

/// Things by the numbers of their names. A map with the names takes several times the memory.
#[derive(Debug, Clone)]
pub struct Numbered<T> {
    /// The numbers, in order.
    numbers: Vec<u64>,
    /// What has each of the numbers.
    things: Vec<T>,
}

impl<T> Numbered<T> {
    /// The things that have or had a name, and rarely another one that comes to the same number, in their order. Whoever asks
    /// holds the name against theirs.
    pub fn called(&self, name: &impl Hash) -> &[T] {
        let number = number_of(name);
        let first = self.numbers.partition_point(|of| *of < number);
        let count = self.numbers[first..].partition_point(|of| *of == number);
        &self.things[first..first + count]
    }
}

/// Of things and their names, of which each may have several.
impl<N: Hash, T: Ord> FromIterator<(N, T)> for Numbered<T> {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(named: I) -> Self {
        let mut things: Vec<_> = named.into_iter().map(|(name, thing)| (number_of(&name), thing)).collect();
        things.sort_unstable();
        things.dedup();
        let (numbers, things) = things.into_iter().unzip();
        Self { numbers, things }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_found_by_each_of_their_names_in_order() {
        let things = Numbered::from_iter([("b", 2), ("a", 3), ("b", 1), ("b", 2), ("c", 0)]);
        for (name, called) in [("a", &[3][..]), ("b", &[1, 2]), ("d", &[])] {
            assert_eq!(things.called(&name), called, "{name}");
        }
    }
}
