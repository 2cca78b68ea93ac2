//! What a claim asks for, whatever operator's shape it has.

use serde_json::{Map, Value};

use crate::path::{Place, child};
use crate::quantity;

/// What a claim asks for.
#[derive(Debug, Default)]
pub(crate) struct Claim<'v> {
    /// The access modes that more than one node can use.
    pub(crate) shared_modes: Vec<&'v str>,
    /// Where the access modes stand.
    pub(crate) modes: Option<Place>,
    /// The size in bytes, and where it stands.
    pub(crate) size: Option<(Place, i128)>,
    /// The most that the volume may have, in bytes, and where that stands.
    pub(crate) limit: Option<(Place, i128)>,
    /// Where a raw block volume is asked for.
    pub(crate) block: Option<Place>,
    /// Where volumes are selected by label.
    pub(crate) selector: Option<Place>,
    /// What the volume starts as a copy of: the kind, and where it stands.
    pub(crate) source: Option<(Place, &'v str)>,
    /// The volume that the claim is bound to.
    pub(crate) volume: Option<(Place, &'v str)>,
    /// The VolumeAttributesClass.
    pub(crate) attributes: Option<(Place, &'v str)>,
}

impl<'v> Claim<'v> {
    /// Reads the mapping at `holder`, in which the class of a claim stands.
    pub(crate) fn read(map: &'v Map<String, Value>, holder: &str) -> Self {
        let at = |key: &str| Place { holder: holder.to_owned(), key: key.to_owned() };
        let text = |key: &str| map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut claim = Self::default();
        for key in ["accessModes", "accessMode"] {
            let shared = shared_modes(map.get(key));
            if !shared.is_empty() {
                claim.shared_modes = shared;
                claim.modes = Some(at(key));
            }
        }
        claim.size = size(map, holder);
        claim.limit = quantity_at(map.get("resources"), "limits", holder);
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
            || size(map, "").is_some()
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
fn size(map: &Map<String, Value>, holder: &str) -> Option<(Place, i128)> {
    quantity_at(map.get("resources"), "requests", holder).or_else(|| {
        ["size", "storage"].into_iter().find_map(|key| {
            let bytes = quantity::parse(map.get(key)?)?;
            Some((Place { holder: holder.to_owned(), key: key.to_owned() }, bytes))
        })
    })
}

fn quantity_at(resources: Option<&Value>, part: &str, holder: &str) -> Option<(Place, i128)> {
    let bytes = quantity::parse(resources?.get(part)?.get("storage")?)?;
    let holder = child(&child(holder, "resources"), part);
    Some((Place { holder, key: "storage".to_owned() }, bytes))
}
