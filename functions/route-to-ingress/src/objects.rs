//! The objects of the build as they will be: those that are there, and those that Routes become.

use krm::resource_list::{Item, ItemId, Packed};
use manifests::fields::group_and_kind;
use serde_json::Value;

/// A Route and the objects that take its place, packed: of a large build there are thousands.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) route: ItemId,
    pub(crate) objects: Vec<Packed>,
}

impl Written {
    /// The values of the objects.
    pub(crate) fn values(&self) -> Vec<Value> {
        self.objects.iter().map(Packed::value).collect()
    }
}

/// An object of the build as it will be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'b> {
    /// The object itself, or the Route that it is made from.
    pub(crate) item: &'b Item,
    pub(crate) group: &'b str,
    pub(crate) kind: &'b str,
    /// The namespace, as far as it is known.
    pub(crate) namespace: Option<&'b str>,
    pub(crate) name: &'b str,
    pub(crate) value: &'b Value,
}

impl<'b> Object<'b> {
    /// An object that is there, in the configured namespace if it names none.
    pub(crate) fn there(item: &'b Item, configured: Option<&'b str>) -> Self {
        Self {
            item,
            group: item.group(),
            kind: item.kind(),
            namespace: item.namespace().or(configured),
            name: item.name(),
            value: item.value(),
        }
    }

    /// An object that a Route becomes.
    pub(crate) fn made(route: &'b Item, value: &'b Value, configured: Option<&'b str>) -> Self {
        let (group, kind) = group_and_kind(value);
        let metadata = &value["metadata"];
        let namespace = metadata["namespace"].as_str().or(configured);
        Self { item: route, group, kind, namespace, name: metadata["name"].as_str().unwrap_or_default(), value }
    }

    /// Whether the object is of this API group and kind.
    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        (self.group, self.kind) == (group, kind)
    }

    /// An annotation.
    pub(crate) fn annotation(&self, key: &str) -> Option<&'b str> {
        self.value["metadata"]["annotations"][key].as_str()
    }
}
