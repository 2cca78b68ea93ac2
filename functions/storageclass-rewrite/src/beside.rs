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
const SWITCHES: [&str; 8] = [
    "enabled=false",
    "../enabled=false",
    "persistent=false",
    "ephemeral=true",
    "type=ephemeral",
    "type=emptyDir",
    "backend=memory",
    "storageType=ephemeral",
];

impl Beside {
    /// The fields for the sizes of the claims that have their class in `class`, and which there are.
    pub(crate) fn sizes(self, root: &Value, class: &Field) -> Vec<Field> {
        if !self.size.is_empty() {
            return self.size.split('|').filter_map(|path| there(root, class, path)).collect();
        }
        let sizes = SIZES.iter().filter_map(|path| there(root, class, path));
        let is_size = |field: &Field| field.read(root).is_some_and(|size| quantity::parse(size).is_some());
        sizes.filter(is_size).take(1).collect()
    }

    /// The field for the access modes, if it is there.
    pub(crate) fn modes(self, root: &Value, class: &Field) -> Option<Field> {
        let paths = if self.modes.is_empty() { &MODES[..] } else { &[self.modes][..] };
        paths.iter().find_map(|path| there(root, class, path))
    }

    /// Whether a field beside the class says that no claim is made.
    pub(crate) fn is_off(self, root: &Value, class: &Field) -> bool {
        let own = self.switches.split('|').filter(|switch| !switch.is_empty());
        own.chain(SWITCHES).filter_map(|switch| switch.split_once('=')).any(|(path, off)| {
            let field = there(root, class, path);
            field.and_then(|field| field.read(root)).is_some_and(|value| is_text(value, off))
        })
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

/// The field at a path from the mapping that holds the class, if there is one.
fn there(root: &Value, class: &Field, path: &str) -> Option<Field> {
    let mut parent = class.parent.clone();
    let (parents, key) = path.rsplit_once('/').unwrap_or(("", path));
    for step in parents.split('/').filter(|step| !step.is_empty()) {
        match step {
            ".." => parent = mapping_around(root, parent)?,
            step => parent.push_back(step),
        }
    }
    let field = Field { parent, key: key.to_owned() };
    field.read(root).is_some_and(|value| !value.is_null()).then_some(field)
}

/// The mapping around a mapping: of an item of a list, the one that holds the list.
fn mapping_around(root: &Value, mut pointer: PointerBuf) -> Option<PointerBuf> {
    loop {
        pointer.pop_back()?;
        if root.pointer(pointer.as_str())?.is_object() {
            return Some(pointer);
        }
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
        let read = |path| there(&root, &class, path).and_then(|field| field.read(&root));
        assert_eq!(read("../disk"), Some(&json!("2Gi")));
        assert_eq!(read("../../size"), Some(&json!("1Gi")));
        assert_eq!(read("modes"), Some(&json!("RWX")));
        for missing in ["n", "a/b", "../../../size", "../pvc/none"] {
            assert_eq!(read(missing), None, "{missing}");
        }
        let beside = Beside { size: "../disk|../../size", modes: "modes", switches: "modes=RWX" };
        assert_eq!(beside.sizes(&root, &class).len(), 2);
        assert!(beside.modes(&root, &class).is_some() && beside.is_off(&root, &class));
        assert!(!Beside::default().is_off(&root, &class));
    }
}
