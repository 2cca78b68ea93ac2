//! The classes and provisioners that platforms bring, and what their volumes can do.

use std::sync::LazyLock;

use krm::table;

use crate::target::{Source, Target};

/// The class that the guide of the Hetzner driver makes for encrypted volumes; people add it to their cluster themselves.
pub(crate) const ENCRYPTED: &str = "hcloud-volumes-encrypted";

/// A class that a platform brings, or that its guides tell people to make.
#[derive(Debug)]
pub(crate) struct KnownClass {
    pub(crate) name: &'static str,
    /// The platforms and drivers that bring it.
    pub(crate) sources: Vec<Source>,
    pub(crate) provisioner: &'static str,
    /// The kind of disk, whose speed and price a claim counts on; classes of one tier are alike.
    pub(crate) tier: &'static str,
}

/// A driver that makes volumes.
#[derive(Debug)]
pub(crate) struct Provisioner {
    pub(crate) name: &'static str,
    /// The targets whose clusters have it.
    targets: Vec<Target>,
    pub(crate) ability: Ability,
}

/// What the volumes of a provisioner can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ability {
    /// Whether several nodes can use a volume at once (`ReadWriteMany`, `ReadOnlyMany`).
    pub(crate) shared: bool,
    /// Whether there are raw block volumes.
    pub(crate) block: bool,
    /// Whether there are snapshots.
    pub(crate) snapshots: bool,
    /// Whether a claim can start as a copy of another.
    pub(crate) clones: bool,
    /// Whether volumes can grow.
    pub(crate) expansion: bool,
    /// Whether a volume has the size that was asked for and no more.
    pub(crate) enforces_size: bool,
    /// Whether a pod can move to another node and keep its volume.
    pub(crate) moves: bool,
    /// Whether a claim may select existing volumes by label and still get a new one.
    pub(crate) selector: bool,
    /// Whether volumes are encrypted without being asked to.
    pub(crate) encrypted: bool,
    /// The smallest volume in GiB; smaller requests are rounded up.
    pub(crate) minimum_gib: u32,
    /// The largest volume in GiB.
    pub(crate) maximum_gib: Option<u32>,
    /// The number of volumes that a server can hold.
    pub(crate) per_server: Option<u32>,
}

/// The ability that nothing is known to be wrong with: the start for classes that a config describes.
pub(crate) const UNLIMITED: Ability = Ability {
    shared: true,
    block: true,
    snapshots: true,
    clones: true,
    expansion: true,
    enforces_size: true,
    moves: true,
    selector: true,
    encrypted: false,
    minimum_gib: 0,
    maximum_gib: None,
    per_server: None,
};

static CLASSES: LazyLock<Vec<KnownClass>> = LazyLock::new(|| {
    let classes = platforms::storage_classes();
    let known = |name| Source::of_name(name).unwrap_or_else(|| unreachable!("`{name}` is unknown"));
    classes
        .map(|class| KnownClass {
            name: class.name,
            sources: class.sources.into_iter().map(known).collect(),
            provisioner: class.provisioner,
            tier: class.tier,
        })
        .collect()
});

static PROVISIONERS: LazyLock<Vec<Provisioner>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../data/provisioners.tsv"));
    rows.map(|[name, targets, can, smallest, largest, per_server]| Provisioner {
        name,
        targets: named(targets, Target::of_name).collect(),
        ability: Ability {
            minimum_gib: smallest.parse().unwrap_or_else(|_| unreachable!("`{smallest}` is no size")),
            maximum_gib: largest.parse().ok(),
            per_server: per_server.parse().ok(),
            ..ability(can)
        },
    })
    .collect()
});

/// The values that a column names; `-` is none.
fn named<T>(column: &'static str, of_name: fn(&str) -> Option<T>) -> impl Iterator<Item = T> {
    let names = column.split(' ').filter(|name| *name != "-");
    names.map(move |name| of_name(name).unwrap_or_else(|| unreachable!("`{name}` is unknown")))
}

fn ability(can: &str) -> Ability {
    let has = |word: &str| can.split(' ').any(|known| known == word);
    Ability {
        shared: has("shared"),
        block: has("block"),
        snapshots: has("snapshots"),
        clones: has("clones"),
        expansion: has("expand"),
        enforces_size: has("limit"),
        moves: has("move"),
        selector: false,
        encrypted: has("encrypt"),
        ..UNLIMITED
    }
}

impl KnownClass {
    /// What its volumes can do.
    pub(crate) fn ability(&self) -> Option<&'static Ability> {
        provisioner(self.provisioner).map(|provisioner| &provisioner.ability)
    }

    /// Whether a cluster of the target has it.
    pub(crate) fn is_native(&self, target: Target) -> bool {
        !is_foreign(self.provisioner, target)
    }
}

/// The classes of the platforms.
pub(crate) fn known_classes() -> &'static [KnownClass] {
    &CLASSES
}

/// The class of that name. No name has two meanings among the platforms.
pub(crate) fn known_class(name: &str) -> Option<&'static KnownClass> {
    CLASSES.iter().find(|class| class.name == name)
}

/// The provisioner of that name.
pub(crate) fn provisioner(name: &str) -> Option<&'static Provisioner> {
    PROVISIONERS.iter().find(|provisioner| provisioner.name == name)
}

/// Whether a provisioner is known and clusters of the target do not have it.
pub(crate) fn is_foreign(provisioner_name: &str, target: Target) -> bool {
    provisioner(provisioner_name).is_some_and(|provisioner| !provisioner.targets.contains(&target))
}

/// The classes of the platforms, as a table for the README.
pub fn sources_table() -> String {
    let mut sources: Vec<_> = CLASSES.iter().flat_map(|class| &class.sources).copied().collect();
    sources.sort_unstable();
    sources.dedup();
    let mut table = "| Platform | Classes | That nodes can share |\n| --- | --- | --- |\n".to_owned();
    for source in sources {
        let of_source = CLASSES.iter().filter(|class| class.sources.contains(&source));
        let (shared, own): (Vec<_>, Vec<_>) =
            of_source.partition(|class| class.ability().is_some_and(|ability| ability.shared));
        let [own, shared] = [own, shared]
            .map(|classes| classes.iter().map(|class| format!("`{}`", class.name)).collect::<Vec<_>>().join(", "));
        table.push_str(&format!("| `{}` | {own} | {shared} |\n", source.name()));
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::target::{HETZNER, LOCAL_PATH};

    #[test]
    fn every_class_has_a_provisioner_and_one_meaning() {
        let names: BTreeSet<_> = CLASSES.iter().map(|class| class.name).collect();
        assert_eq!(names.len(), CLASSES.len());
        for class in known_classes() {
            assert!(class.ability().is_some(), "{}", class.name);
            assert!(!class.sources.is_empty(), "{}", class.name);
        }
        assert!(known_class(ENCRYPTED).is_some());
    }

    #[test]
    fn every_provisioner_is_read() {
        const WORDS: [&str; 9] = ["-", "shared", "block", "snapshots", "clones", "expand", "limit", "move", "encrypt"];
        for [name, _, can, _, largest, per_server] in table::rows::<6>(include_str!("../data/provisioners.tsv")) {
            assert!(can.split(' ').all(|word| WORDS.contains(&word)), "{name}: {can}");
            let ability = provisioner(name).unwrap_or_else(|| panic!("{name} is missing")).ability;
            assert_eq!(ability.maximum_gib.is_none(), largest == "-", "{name}");
            assert_eq!(ability.per_server.is_none(), per_server == "-", "{name}");
        }
        let hetzner = provisioner(HETZNER).expect("the driver is in the table").ability;
        assert!(hetzner.block && hetzner.moves && !hetzner.shared && !hetzner.snapshots && !hetzner.encrypted);
        assert_eq!((hetzner.minimum_gib, hetzner.maximum_gib, hetzner.per_server), (10, Some(10_240), Some(16)));
        assert_eq!(provisioner(LOCAL_PATH).map(|local| local.ability), Some(ability("-")));
    }

    #[test]
    fn targets_name_their_own_class() {
        for target in [Target::HCloud, Target::LocalPath] {
            let class = known_class(target.class()).expect("the class of a target is in the table");
            assert_eq!(class.sources, [target.source()]);
            assert_eq!(class.provisioner, target.provisioner());
            assert!(class.is_native(target));
        }
    }
}
