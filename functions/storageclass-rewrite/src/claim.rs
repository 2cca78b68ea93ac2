//! What a claim asks for, whatever operator's shape it has.

use krm::field::Pointer;
use manifests::fields::Field;
use serde_json::{Map, Value};

use crate::quantity;

/// What a claim asks for.
#[derive(Debug, Default)]
pub(crate) struct Claim<'v> {
    /// The access modes that more than one node can use.
    pub(crate) shared_modes: Vec<&'v str>,
    /// The field of the access modes.
    pub(crate) modes: Option<Field>,
    /// The field of the size, and the size in bytes.
    pub(crate) size: Option<(Field, i128)>,
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
}

impl<'v> Claim<'v> {
    /// Reads the mapping at `parent`, which holds the class of a claim.
    pub(crate) fn read(map: &'v Map<String, Value>, parent: &Pointer) -> Self {
        let at = |key: &str| Field { parent: parent.to_buf(), key: key.to_owned() };
        let text = |key: &str| map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut claim = Self::default();
        for key in ["accessModes", "accessMode"] {
            let shared = shared_modes(map.get(key));
            if !shared.is_empty() {
                claim.shared_modes = shared;
                claim.modes = Some(at(key));
            }
        }
        claim.size = size(map, parent);
        claim.unread_size = unread_size(map, parent);
        claim.limit = quantity_at(map.get("resources"), "limits", parent);
        claim.block = (text("volumeMode") == Some("Block")).then(|| at("volumeMode"));
        claim.selector =
            map.get("selector").and_then(Value::as_object).filter(|map| !map.is_empty()).map(|_| at("selector"));
        claim.source = ["dataSourceRef", "dataSource"].into_iter().find_map(|key| {
            let kind = map.get(key)?["kind"].as_str()?;
            Some((at(key), kind))
        });
        claim.volume = text("volumeName").map(|name| (at("volumeName"), name));
        claim.attributes = ["volumeAttributesClassName", "volumeAttributesClass"]
            .into_iter()
            .find_map(|key| text(key).map(|name| (at(key), name)));
        claim
    }

    /// Whether the mapping asks for a volume at all, so that a class might be missing in it.
    pub(crate) fn is_claim(map: &Map<String, Value>) -> bool {
        map.contains_key("accessModes")
            || size(map, Pointer::root()).is_some()
            || map.get("type").is_some_and(|kind| kind == "persistent-claim")
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

/// The size as Kubernetes, Helm charts and operators have it.
fn size(map: &Map<String, Value>, parent: &Pointer) -> Option<(Field, i128)> {
    quantity_at(map.get("resources"), "requests", parent).or_else(|| {
        ["size", "storage"].into_iter().find_map(|key| {
            let bytes = quantity::parse(map.get(key)?)?;
            Some((Field { parent: parent.to_buf(), key: key.to_owned() }, bytes))
        })
    })
}

fn quantity_at(resources: Option<&Value>, part: &str, parent: &Pointer) -> Option<(Field, i128)> {
    let bytes = quantity::parse(resources?.get(part)?.get("storage")?)?;
    Some((resource(part, parent), bytes))
}

/// The request of a Kubernetes claim, where it is there and no quantity.
fn unread_size(map: &Map<String, Value>, parent: &Pointer) -> Option<Field> {
    let size = map.get("resources")?.get("requests")?.get("storage")?;
    (!size.is_null() && quantity::parse(size).is_none()).then(|| resource("requests", parent))
}

/// The field of the storage that a claim requests, or that limits it.
fn resource(part: &str, parent: &Pointer) -> Field {
    Field { parent: parent.with_trailing_token("resources").with_trailing_token(part), key: "storage".to_owned() }
}
