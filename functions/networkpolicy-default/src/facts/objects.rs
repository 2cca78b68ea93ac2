//! The objects of a build by their kinds.

use std::collections::HashMap;

use krm::resource_list::{Item, ItemId, Resources};

/// The objects of a build, sorted once for the many kinds that are asked for.
pub(crate) struct Objects<'b> {
    /// All of them.
    pub(crate) resources: &'b Resources,
    by_group_and_kind: HashMap<&'b str, HashMap<&'b str, Vec<ItemId>>>,
}

impl<'b> Objects<'b> {
    /// Sorts the objects.
    pub(crate) fn new(resources: &'b Resources) -> Self {
        let mut by_group_and_kind: HashMap<_, HashMap<_, Vec<_>>> = HashMap::new();
        for item in resources.iter() {
            by_group_and_kind.entry(item.group()).or_default().entry(item.kind()).or_default().push(item.id());
        }
        Self { resources, by_group_and_kind }
    }

    /// The objects of an API group and kind, in their order.
    pub(crate) fn of<'s>(&'s self, group: &str, kind: &str) -> impl Iterator<Item = &'b Item> + use<'s, 'b> {
        let ids = self.by_group_and_kind.get(group).and_then(|by_kind| by_kind.get(kind));
        let resources = self.resources;
        ids.into_iter().flatten().map(move |id| resources.get(*id))
    }
}
