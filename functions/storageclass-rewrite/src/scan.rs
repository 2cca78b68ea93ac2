//! Finds what speaks of storage in an object: known places, claims of any shape, and names that might be classes.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::path::{Place, below, child};
use crate::places::{BETA_ANNOTATION, Form, OBJECT_STORES, Places};

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A field for a storage class, which need not be there.
    Class { place: Place, certainty: Certainty },
    /// Several classes in one field.
    Many { place: Place, form: Form },
    /// YAML text to be searched in turn.
    Text { place: Place, is_values: bool },
    /// A field that might name a storage class; nobody knows.
    Suspect { place: Place },
    /// Text that holds the name of a mapped class.
    Mention { pointer: String, class: String },
    /// A volume of a pod that names a disk or driver itself.
    PodVolume { pointer: String },
}

/// How sure it is that a field names a storage class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// The field can mean nothing else.
    Sure,
    /// The field is called like one in the values of some chart.
    ByName,
}

/// What a value is, which decides how it is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A Kubernetes object, or a part of one.
    Object,
    /// The values of a Helm chart.
    Values,
}

/// How to search.
pub(crate) struct Search<'s> {
    pub(crate) places: &'s Places,
    /// Finds the mapped class that a text mentions.
    pub(crate) mentioned: &'s dyn Fn(&str) -> Option<String>,
}

impl Search<'_> {
    /// What speaks of storage in an object that also goes by `names`.
    pub(crate) fn object(&self, object: &Value, names: &[String]) -> Vec<Spot> {
        let mut walk = Walk::new(self);
        walk.object(object, names);
        walk.spots
    }

    /// What speaks of storage in a value that is no object.
    pub(crate) fn value(&self, value: &Value, shape: Shape) -> Vec<Spot> {
        let mut walk = Walk::new(self);
        walk.node(value, Around { key: "", parent: "", shape });
        walk.spots
    }
}

/// Kinds that are searched no further: schemas hold names that are no values, secrets are not for reading.
const UNREAD_KINDS: [&str; 3] = ["CustomResourceDefinition", "Secret", "SealedSecret"];

/// API groups of policies, which speak of classes in patterns. They are reported, never changed.
const POLICY_GROUPS: [&str; 6] = [
    "admissionregistration.k8s.io",
    "constraints.gatekeeper.sh",
    "kyverno.io",
    "mutations.gatekeeper.sh",
    "policies.kyverno.io",
    "templates.gatekeeper.sh",
];

/// What surrounds a value: the entry it stands in and the one above. Items of a list share the entry of the list.
#[derive(Clone, Copy)]
struct Around<'k> {
    key: &'k str,
    parent: &'k str,
    shape: Shape,
}

struct Walk<'s> {
    search: &'s Search<'s>,
    pointer: String,
    /// Pointers that are dealt with, or must stay.
    settled: HashSet<String>,
    spots: Vec<Spot>,
}

impl<'s> Walk<'s> {
    fn new(search: &'s Search<'s>) -> Self {
        Self { search, pointer: String::new(), settled: HashSet::new(), spots: Vec::new() }
    }

    fn object(&mut self, object: &Value, names: &[String]) {
        let kind = object["kind"].as_str().unwrap_or_default();
        let group =
            object["apiVersion"].as_str().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
        if UNREAD_KINDS.contains(&kind) || (group == "storage.k8s.io" && kind == "StorageClass") {
            return;
        }
        if POLICY_GROUPS.contains(&group) {
            return self.mentions(object);
        }
        let mut found = self.search.places.of(object, &self.pointer, names);
        // What must stay is known before anything is taken for a class.
        found.sort_by_key(|found| found.form.is_some());
        for found in found {
            if !self.settled.insert(found.place.pointer()) {
                continue;
            }
            if let Some(form) = found.form {
                self.known(object, found.place, form);
            }
        }
        for (key, value) in object.as_object().into_iter().flatten() {
            if key != "status" {
                self.entry(key, value, Around { key: "", parent: "", shape: Shape::Object });
            }
        }
    }

    /// A place of the table.
    fn known(&mut self, object: &Value, place: Place, form: Form) {
        // The pointer of the place starts at the root, the object may be nested.
        let value = place.pointer().strip_prefix(self.pointer.as_str()).and_then(|inside| object.pointer(inside));
        let is_list = value.is_some_and(Value::is_array);
        match (form, value) {
            (Form::Class, _) if is_list => self.spots.push(Spot::Many { place, form }),
            (Form::Class, _) => self.spots.push(Spot::Class { place, certainty: Certainty::Sure }),
            (_, None) => {}
            (Form::ValuesText | Form::Yaml, _) => {
                self.spots.push(Spot::Text { place, is_values: form == Form::ValuesText });
            }
            (Form::Values, Some(values)) => {
                let outer = std::mem::replace(&mut self.pointer, place.pointer());
                self.settled.remove(&self.pointer);
                self.node(values, Around { key: "", parent: "", shape: Shape::Values });
                self.settled.insert(self.pointer.clone());
                self.pointer = outer;
            }
            (Form::Parameters, Some(parameters)) => {
                for (index, parameter) in parameters.as_array().into_iter().flatten().enumerate() {
                    if parameter["name"].as_str().is_some_and(is_dotted_class_key) {
                        let holder = child(&place.pointer(), &index.to_string());
                        let place = Place { holder, key: "value".to_owned() };
                        self.spots.push(Spot::Class { place, certainty: Certainty::ByName });
                    }
                }
            }
            (Form::DottedValues, Some(values)) => {
                for key in values.as_object().into_iter().flat_map(Map::keys).filter(|key| is_dotted_class_key(key)) {
                    let place = Place { holder: place.pointer(), key: key.clone() };
                    self.spots.push(Spot::Class { place, certainty: Certainty::ByName });
                }
            }
            (Form::Keys | Form::QuotaKeys | Form::ClassMap | Form::RbacRules, Some(_)) => {
                self.spots.push(Spot::Many { place, form });
            }
        }
    }

    /// Does something at an entry or item of where it stands.
    fn inside(&mut self, key: &str, act: impl FnOnce(&mut Self)) {
        let mut pointer = std::mem::take(&mut self.pointer);
        below(&mut pointer, key, |pointer| {
            self.pointer = std::mem::take(pointer);
            act(self);
            *pointer = std::mem::take(&mut self.pointer);
        });
        self.pointer = pointer;
    }

    fn entry(&mut self, key: &str, value: &Value, around: Around<'_>) {
        self.inside(key, |walk| walk.node(value, Around { key, parent: around.key, shape: around.shape }));
    }

    fn node(&mut self, value: &Value, around: Around<'_>) {
        if !self.settled.is_empty() && self.settled.contains(&self.pointer) {
            return;
        }
        match value {
            Value::Object(map) if is_nested_object(map) => self.object(value, &[]),
            Value::Object(map) => {
                self.mapping(map, around);
                for (key, value) in map {
                    if key != "managedFields" {
                        self.entry(key, value, around);
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.inside(&index.to_string(), |walk| walk.node(item, around));
                }
            }
            Value::String(text) => self.mention(text),
            _ => {}
        }
    }

    /// What the entries of a mapping say by their names and company.
    fn mapping(&mut self, map: &Map<String, Value>, around: Around<'_>) {
        let is_claim = is_claim_around(map, around);
        let is_store = OBJECT_STORES.iter().any(|store| around.key.eq_ignore_ascii_case(store));
        let has_field = match map.get("storageClassName") {
            Some(field) => field.is_string() || field.is_null(),
            None => is_whole_claim(map),
        };
        if is_claim && has_field && !is_store {
            self.class("storageClassName", Certainty::Sure);
        }
        if map.get(BETA_ANNOTATION).is_some_and(Value::is_string) {
            self.class(BETA_ANNOTATION, Certainty::Sure);
        }
        if around.key == "volumes" && map.contains_key("name") {
            self.spots.push(Spot::PodVolume { pointer: self.pointer.clone() });
        }
        for (key, _) in map.iter().filter(|(key, value)| value.is_string() && is_class_key(key)) {
            match around.shape {
                _ if is_store => {
                    self.settled.insert(child(&self.pointer, key));
                }
                Shape::Values => self.class(key, Certainty::ByName),
                Shape::Object => {
                    let place = Place { holder: self.pointer.clone(), key: key.clone() };
                    if self.settled.insert(place.pointer()) {
                        self.spots.push(Spot::Suspect { place });
                    }
                }
            }
        }
    }

    fn class(&mut self, key: &str, certainty: Certainty) {
        let place = Place { holder: self.pointer.clone(), key: key.to_owned() };
        if self.settled.insert(place.pointer()) {
            self.spots.push(Spot::Class { place, certainty });
        }
    }

    /// Text of any sort, in an object that is never changed.
    fn mentions(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.inside(key, |walk| walk.mentions(value));
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    self.inside(&index.to_string(), |walk| walk.mentions(value));
                }
            }
            Value::String(text) => self.mention(text),
            _ => {}
        }
    }

    fn mention(&mut self, text: &str) {
        // Names and annotations of objects are free text.
        if self.pointer.contains("/metadata/") {
            return;
        }
        if let Some(class) = (self.search.mentioned)(text) {
            self.spots.push(Spot::Mention { pointer: self.pointer.clone(), class });
        }
    }
}

fn is_nested_object(map: &Map<String, Value>) -> bool {
    let is_text = |key: &str| map.get(key).is_some_and(Value::is_string);
    is_text("apiVersion") && is_text("kind")
}

/// Whether a mapping is a claim, or stands where claims stand.
fn is_claim_around(map: &Map<String, Value>, around: Around<'_>) -> bool {
    let is_place_of_claims = |key: &str| {
        let key = key.to_ascii_lowercase();
        ["volumeclaim", "pvc", "persist", "storage"].iter().any(|word| key.contains(word))
    };
    map.contains_key("accessModes")
        || map.contains_key("resources")
        || is_place_of_claims(around.key)
        || (around.key == "spec" && is_place_of_claims(around.parent))
}

/// Whether a mapping has all that a claim needs but a class.
fn is_whole_claim(map: &Map<String, Value>) -> bool {
    map.get("accessModes").is_some_and(Value::is_array)
        && map.get("resources").is_some_and(|resources| !resources["requests"]["storage"].is_null())
}

/// Whether the entry of this name holds a class, if it holds text: `storageClass`, `storageClassName` and names that
/// end so, in any of the usual spellings.
fn is_class_key(key: &str) -> bool {
    let length = key.len();
    // Most keys end in other letters.
    if length < 12 || !matches!(key.as_bytes()[length - 1], b's' | b'S' | b'e' | b'E') {
        return false;
    }
    let plain: String =
        key.chars().filter(|letter| !matches!(letter, '_' | '-')).collect::<String>().to_ascii_lowercase();
    plain.ends_with("storageclass") || plain.ends_with("storageclassname")
}

fn is_dotted_class_key(name: &str) -> bool {
    is_class_key(name.rsplit('.').next().unwrap_or_default())
}
