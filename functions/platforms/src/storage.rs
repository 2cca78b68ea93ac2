//! The storage classes that platforms bring.

use krm::table;

/// A storage class that a platform brings, or that its guides tell people to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageClass {
    /// Its name, which means one class on all platforms.
    pub name: &'static str,
    /// The platforms and drivers that bring it, as `GKE` or `OpenShiftGCP`.
    pub sources: Vec<&'static str>,
    /// The driver that makes its volumes.
    pub provisioner: &'static str,
    /// The kind of disk, whose speed and price a claim counts on; classes of one tier are alike.
    pub tier: &'static str,
}

/// The storage classes of all platforms.
pub fn storage_classes() -> impl Iterator<Item = StorageClass> {
    let rows = table::rows(include_str!("../data/storage-classes.tsv"));
    rows.map(|[name, sources, provisioner, tier]| StorageClass {
        name,
        sources: sources.split(' ').collect(),
        provisioner,
        tier,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_means_one_class() {
        let classes: Vec<_> = storage_classes().collect();
        let names: BTreeSet<_> = classes.iter().map(|class| class.name).collect();
        assert_eq!(names.len(), classes.len());
        assert!(classes.iter().all(|class| class.sources.iter().all(|source| !source.is_empty())), "{classes:?}");
    }
}
