//! What a claim asks for, whatever operator's shape it has.

use krm::field::Pointer;
use manifests::fields::Field;
use serde_json::{Map, Value};

use crate::beside::{Beside, View};
use crate::quantity;

/// What a claim asks for.
#[derive(Debug, Default)]
pub(crate) struct Claim<'v> {
    /// The access modes that more than one node can use.
    pub(crate) shared_modes: Vec<&'v str>,
    /// The field of these access modes.
    pub(crate) modes: Option<Field>,
    /// Whether there are any access modes.
    pub(crate) has_modes: bool,
    /// The fields of the sizes, and the sizes in bytes. Few operators make several claims of one class.
    pub(crate) sizes: Vec<(Field, i128)>,
    /// The field of a size that is no quantity.
    pub(crate) unread_size: Option<Field>,
    /// The field of the limit, and the limit in bytes.
    pub(crate) limit: Option<(Field, i128)>,
    /// The field that asks for a raw block volume.
    pub(crate) block: Option<Field>,
    /// The field that selects volumes by label.
    pub(crate) selector: Option<Field>,
    /// The field that names what the volume starts as a copy of, and its kind.
    pub(crate) source: Option<(Field, &'v str)>,
    /// The volume that the claim is bound to.
    pub(crate) volume: Option<(Field, &'v str)>,
    /// The VolumeAttributesClass.
    pub(crate) attributes: Option<(Field, &'v str)>,
    /// Whether the claim is not made: it is switched off, or its size is 0.
    pub(crate) is_off: bool,
}

impl<'v> Claim<'v> {
    /// Reads the claim that has its class in a field.
    pub(crate) fn read(root: &'v Value, class: &Field, beside: Beside) -> Self {
        let Some(Value::Object(map)) = root.pointer(class.parent.as_str()) else { return Self::default() };
        let Some(view) = View::new(root, class) else { return Self::default() };
        let parent: &Pointer = &class.parent;
        let at = |key: &str| Field { parent: parent.to_buf(), key: key.to_owned() };
        let text = |key: &str| map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let modes = view.modes(beside);
        let shared_modes = shared_modes(modes.as_ref().and_then(|modes| modes.read(root)));
        let fields = view.sizes(beside);
        let unread_size = fields.iter().find(|field| !is_quantity(field.read(root))).cloned();
        let sizes: Vec<_> = sizes(root, fields).collect();
        Self {
            has_modes: modes.is_some(),
            modes: modes.filter(|_| !shared_modes.is_empty()),
            shared_modes,
            is_off: view.is_off(beside) || (!sizes.is_empty() && sizes.iter().all(|(_, size)| *size == 0)),
            unread_size: unread_size.or_else(|| unread_request(map, parent)),
            sizes,
            limit: limit(map, parent),
            block: (text("volumeMode") == Some("Block")).then(|| at("volumeMode")),
            selector: map
                .get("selector")
                .and_then(Value::as_object)
                .filter(|map| !map.is_empty())
                .map(|_| at("selector")),
            source: ["dataSourceRef", "dataSource"].into_iter().find_map(|key| {
                let kind = map.get(key)?["kind"].as_str()?;
                Some((at(key), kind))
            }),
            volume: text("volumeName").map(|name| (at("volumeName"), name)),
            attributes: ["volumeAttributesClassName", "volumeAttributesClass"]
                .into_iter()
                .find_map(|key| text(key).map(|name| (at(key), name))),
        }
    }

    /// Whether the mapping around a class asks for a volume at all, so that a class might be missing in it.
    pub(crate) fn is_claim(&self, map: &Map<String, Value>) -> bool {
        !self.is_off
            && (map.contains_key("accessModes")
                || !self.sizes.is_empty()
                || map.get("type").is_some_and(|kind| kind == "persistent-claim"))
    }
}

fn shared_modes(modes: Option<&Value>) -> Vec<&str> {
    let modes: Vec<_> = match modes {
        Some(Value::Array(modes)) => modes.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(mode)) => vec![mode.as_str()],
        _ => Vec::new(),
    };
    modes.into_iter().filter(|mode| ["ReadWriteMany", "ReadOnlyMany", "RWX", "ROX"].contains(mode)).collect()
}

/// The sizes in fields, with their bytes.
fn sizes(root: &Value, fields: Vec<Field>) -> impl Iterator<Item = (Field, i128)> {
    fields.into_iter().filter_map(move |field| {
        let bytes = quantity::parse(field.read(root)?)?;
        Some((field, bytes))
    })
}

fn is_quantity(size: Option<&Value>) -> bool {
    size.is_some_and(|size| quantity::parse(size).is_some())
}

/// The request of a Kubernetes claim, where it is there and no quantity.
fn unread_request(map: &Map<String, Value>, parent: &Pointer) -> Option<Field> {
    let size = map.get("resources")?.get("requests")?.get("storage")?;
    (!size.is_null() && quantity::parse(size).is_none()).then(|| resource("requests", parent))
}

/// The limit of a Kubernetes claim.
fn limit(map: &Map<String, Value>, parent: &Pointer) -> Option<(Field, i128)> {
    let bytes = quantity::parse(map.get("resources")?.get("limits")?.get("storage")?)?;
    Some((resource("limits", parent), bytes))
}

/// The field of the storage that a claim requests, or that limits it.
fn resource(part: &str, parent: &Pointer) -> Field {
    Field { parent: parent.with_trailing_token("resources").with_trailing_token(part), key: "storage".to_owned() }
}
