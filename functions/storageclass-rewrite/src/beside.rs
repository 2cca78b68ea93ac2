//! Where the rest of a claim is, seen from its class.

use krm::field::PointerBuf;
use manifests::fields::Field;
use serde_json::Value;

use crate::quantity;

/// Where the rest of a claim is, as the table of fields has it. A path leads from the mapping that holds the class, as
/// `resources/requests/storage`; `..` is the mapping around. Empty means that the table does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beside {
    /// The size, or the sizes of several claims with `|` between them.
    pub size: &'static str,
    /// The access modes.
    pub modes: &'static str,
    /// Fields and the values with which no claim is made, as `persistent=false`, with `|` between them.
    pub switches: &'static str,
}

/// Where sizes are in the shapes of Kubernetes, Helm charts and operators, the surest first.
const SIZES: [&str; 10] = [
    "resources/requests/storage",
    "requests/storage",
    "size",
    "storage",
    "capacity",
    "storageSize",
    "volumeSize",
    "diskSize",
    "claimSize",
    "pvcSize",
];

/// Where access modes are likewise.
const MODES: [&str; 2] = ["accessModes", "accessMode"];

/// Fields and the values with which no claim is made, in whatever shape.
const SWITCHES: [(&str, &str); 8] = [
    ("enabled", "false"),
    ("../enabled", "false"),
    ("persistent", "false"),
    ("ephemeral", "true"),
    ("type", "ephemeral"),
    ("type", "emptyDir"),
    ("backend", "memory"),
    ("storageType", "ephemeral"),
];

/// A claim as it is seen from its class.
#[derive(Clone, Copy)]
pub(crate) struct View<'v> {
    root: &'v Value,
    class: &'v Field,
    /// The mapping that holds the class.
    map: &'v Value,
}

impl<'v> View<'v> {
    /// The claim that has its class in a field, if the mapping of the field is there.
    pub(crate) fn new(root: &'v Value, class: &'v Field) -> Option<Self> {
        Some(Self { root, class, map: root.pointer(class.parent.as_str())? })
    }

    /// The fields for the sizes of the claim, which there are.
    pub(crate) fn sizes(self, beside: Beside) -> Vec<Field> {
        if !beside.size.is_empty() {
            return beside.size.split('|').filter_map(|path| self.field(path)).collect();
        }
        let is_size = |path: &&str| self.value(path).is_some_and(|size| quantity::parse(size).is_some());
        SIZES.into_iter().find(is_size).and_then(|path| self.field(path)).into_iter().collect()
    }

    /// The field for the access modes, if it is there.
    pub(crate) fn modes(self, beside: Beside) -> Option<Field> {
        let paths = if beside.modes.is_empty() { &MODES[..] } else { &[beside.modes][..] };
        paths.iter().find_map(|path| self.field(path))
    }

    /// Whether a field beside the class says that no claim is made.
    pub(crate) fn is_off(self, beside: Beside) -> bool {
        let own = beside.switches.split('|').filter_map(|switch| switch.split_once('='));
        own.chain(SWITCHES).any(|(path, off)| self.value(path).is_some_and(|value| is_text(value, off)))
    }

    /// The value at a path from the mapping of the class, if there is one.
    fn value(self, path: &str) -> Option<&'v Value> {
        let (start, path) = if path.starts_with("../") {
            let (pointer, path) = self.climb(path)?;
            (self.root.pointer(pointer.as_str())?, path)
        } else {
            (self.map, path)
        };
        path.split('/').try_fold(start, |value, step| value.get(step)).filter(|value| !value.is_null())
    }

    /// The field at a path from the mapping of the class, if there is one.
    fn field(self, path: &str) -> Option<Field> {
        self.value(path)?;
        let (mut parent, path) = self.climb(path)?;
        let (steps, key) = path.rsplit_once('/').unwrap_or(("", path));
        steps.split('/').filter(|step| !step.is_empty()).for_each(|step| parent.push_back(step));
        Some(Field { parent, key: key.to_owned() })
    }

    /// The mapping that a path starts from, once each `..` in it is done, and the rest of the path.
    fn climb(self, mut path: &str) -> Option<(PointerBuf, &str)> {
        let mut pointer = self.class.parent.clone();
        while let Some(rest) = path.strip_prefix("../") {
            path = rest;
            pointer.pop_back()?;
            // An item of a list is in the mapping that holds the list.
            while !self.root.pointer(pointer.as_str())?.is_object() {
                pointer.pop_back()?;
            }
        }
        Some((pointer, path))
    }
}

/// Whether a scalar reads as `text`.
fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value == text,
        Value::Bool(value) => text == if *value { "true" } else { "false" },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn class(parent: &[&str]) -> Field {
        Field { parent: PointerBuf::from_tokens(parent.iter().copied()), key: "class".to_owned() }
    }

    #[test]
    fn paths_lead_from_the_mapping_of_the_class() {
        let root = json!({"size": "1Gi", "pools": [{"disk": "2Gi", "pvc": {"class": "a", "modes": "RWX", "n": null}}]});
        let class = class(&["pools", "0", "pvc"]);
        let view = View::new(&root, &class).expect("the mapping is there");
        for (path, expected) in [("../disk", "2Gi"), ("../../size", "1Gi"), ("modes", "RWX")] {
            assert_eq!(view.value(path), Some(&json!(expected)), "{path}");
            assert_eq!(view.field(path).as_ref().and_then(|field| field.read(&root)), Some(&json!(expected)), "{path}");
        }
        for missing in ["n", "a/b", "../../../size", "../pvc/none"] {
            assert_eq!((view.value(missing), view.field(missing)), (None, None), "{missing}");
        }
        let beside = Beside { size: "../disk|../../size", modes: "modes", switches: "modes=RWX" };
        assert_eq!(view.sizes(beside).len(), 2);
        assert!(view.modes(beside).is_some() && view.is_off(beside));
        assert!(!view.is_off(Beside::default()));
    }
}
