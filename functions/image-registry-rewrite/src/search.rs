//! Finds what may hold images in an object, whatever becomes of it.

use std::collections::HashSet;

use krm::field::{PointerBuf, Token};
use manifests::fields::{group_and_kind, is_object};
use manifests::helm::{self, Form};
use manifests::image_fields::{is_container, lists_containers};
use manifests::image_keys::ImageKey;
use serde_json::{Map, Value};

use crate::field_table::{FieldTable, is_policy};
use crate::named_values::NamedValues;
use crate::place::{Meaning, Place, Shape};
use crate::registries::Registries;
use crate::signs::{is_name, is_structured, meaning_of, meaning_of_argument, names_registry};
use crate::splits;

/// What to search by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search<'s> {
    pub(crate) fields: &'s FieldTable<'s>,
    /// The registries that texts of any sort are searched for.
    pub(crate) registries: &'s Registries,
}

impl Search<'_> {
    /// What may hold images in an object, or in a value inside one.
    pub(crate) fn places(&self, value: &Value, shape: Shape) -> Vec<Place> {
        let mut walk = Walk { search: *self, pointer: PointerBuf::new(), settled: HashSet::new(), places: Vec::new() };
        match shape {
            Shape::Object => walk.object(value),
            _ => walk.node(value, Around::root(shape)),
        }
        walk.places
    }
}

/// Kinds that are searched no further: schemas hold names that are no values, secrets are not for reading.
const UNREAD_KINDS: [&str; 3] = ["CustomResourceDefinition", "Secret", "SealedSecret"];

/// Annotations that record something of the past: the object as it was applied, and where an image was imported from.
///
/// Sources: kubernetes/kubectl pkg/util/apply.go; openshift/api image/v1.
const RECORDS: [&str; 2] = ["kubectl.kubernetes.io/last-applied-configuration", "openshift.io/imported-from"];

/// What surrounds a value: the key of its entry and the key above. Items of a list share the key of the list.
#[derive(Clone, Copy)]
struct Around<'k> {
    key: &'k str,
    parent: &'k str,
    shape: Shape,
    is_annotation: bool,
    /// Whether the value is an item of a list.
    is_item: bool,
    /// Whether it is a property of an item of a list.
    is_property: bool,
}

impl<'k> Around<'k> {
    fn root(shape: Shape) -> Self {
        Self { key: "", parent: "", shape, is_annotation: false, is_item: false, is_property: false }
    }

    fn entry(self, key: &'k str) -> Self {
        let is_annotation = self.key == "annotations";
        Self { key, parent: self.key, shape: self.shape, is_annotation, is_item: false, is_property: self.is_item }
    }

    fn item(self) -> Self {
        Self { is_item: true, ..self }
    }

    /// Whether a text here is one of several images. Other texts may be among images, such as a tag for all, and items of a
    /// list of images may have other properties than an image.
    fn is_of_images(&self, text: &str) -> bool {
        let is_below = || ImageKey::of(self.parent) == Some(ImageKey::Images);
        let is_image = || self.shape == Shape::Images || (is_below() && (!self.is_property || names_registry(text)));
        text.contains(['/', ':']) && is_image()
    }
}

struct Walk<'s> {
    search: Search<'s>,
    pointer: PointerBuf,
    /// Fields that have a meaning, or must stay.
    settled: HashSet<PointerBuf>,
    places: Vec<Place>,
}

impl Walk<'_> {
    fn object(&mut self, object: &Value) {
        let (group, kind) = group_and_kind(object);
        if UNREAD_KINDS.contains(&kind) {
            return;
        }
        for (field, meaning) in self.search.fields.matches(object) {
            let field = self.pointer.concat(&field);
            self.settle(field, meaning);
        }
        let parts = object.as_object().into_iter().flatten().filter(|(key, _)| *key != "status");
        if is_policy(group, kind) {
            return parts.for_each(|(key, value)| self.inside(key.as_str(), |walk| walk.policy(value)));
        }
        self.values(object);
        let name = object["metadata"]["name"].as_str().filter(|_| kind == "ConfigMap").unwrap_or_default();
        let root = Around::root(Shape::Object);
        for (key, value) in parts {
            // The name of a ConfigMap may say what its entries are: `web-images`.
            let around = if key == "data" { root.entry(name) } else { root.entry(key) };
            self.inside(key.as_str(), |walk| walk.node(value, around));
        }
    }

    /// Gives a field its meaning, unless it has one.
    fn settle(&mut self, pointer: PointerBuf, meaning: Option<Meaning>) {
        if self.settled.insert(pointer.clone()) {
            self.places.extend(meaning.map(|meaning| Place { pointer, meaning }));
        }
    }

    /// Gives a field below the current value its meaning.
    fn settle_entry(&mut self, key: &str, meaning: Meaning) {
        self.settle(self.pointer.with_trailing_token(key), Some(meaning));
    }

    /// Values of Helm charts in an object.
    fn values(&mut self, object: &Value) {
        for values in helm::values_of(object) {
            let pointer = self.pointer.concat(&values.pointer);
            match values.form {
                Form::Text => self.settle(pointer, Some(Meaning::Embedded(Shape::Values))),
                Form::Mapping => {
                    if self.settled.contains(&pointer) {
                        continue;
                    }
                    let outer = std::mem::replace(&mut self.pointer, pointer.clone());
                    self.node(values.field, Around::root(Shape::Values));
                    self.pointer = outer;
                    self.settled.insert(pointer);
                }
                Form::Parameters | Form::Dotted => {
                    if self.settled.insert(pointer.clone()) {
                        let named = NamedValues::of(values.field, &pointer);
                        let places = self.search.places(&named.tree, Shape::Values);
                        self.places.extend(places.into_iter().filter_map(|place| named.translate(place)));
                    }
                }
            }
        }
    }

    /// Does something at an entry or item of the current value.
    fn inside<'t>(&mut self, token: impl Into<Token<'t>>, act: impl FnOnce(&mut Self)) {
        self.pointer.push_back(token);
        act(self);
        self.pointer.pop_back();
    }

    fn entry(&mut self, key: &str, value: &Value, around: Around<'_>) {
        self.inside(key, |walk| walk.node(value, around.entry(key)));
    }

    fn node(&mut self, value: &Value, around: Around<'_>) {
        if !self.settled.is_empty() && self.settled.contains(&self.pointer) {
            return;
        }
        match value {
            Value::Object(map) if is_object(map) && !self.pointer.is_root() => self.object(value),
            Value::Object(map) => {
                self.mapping(map, around);
                for (key, value) in map.iter().filter(|(key, _)| *key != "managedFields") {
                    self.entry(key, value, around);
                }
            }
            Value::Array(items) => {
                self.arguments(items);
                for (index, item) in items.iter().enumerate() {
                    self.inside(index, |walk| walk.node(item, around.item()));
                }
            }
            Value::String(text) => self.text(text, around),
            _ => {}
        }
    }

    /// What the entries of a mapping tell together.
    fn mapping(&mut self, map: &Map<String, Value>, around: Around<'_>) {
        let is_text = |key: &str| map.get(key).is_some_and(Value::is_string);
        if is_text("image") && (lists_containers(around.key) || is_container(around.key)) {
            self.settle_entry("image", Meaning::Image { is_sure: true });
        }
        if around.key == "image" && around.parent == "volumes" && is_text("reference") {
            self.settle_entry("reference", Meaning::Image { is_sure: true });
        }
        if around.key == "images" && is_text("name") && ["newName", "newTag"].into_iter().any(is_text) {
            self.replacement(map);
        }
        for (key, meaning) in splits::of(map, around.key, around.shape == Shape::Values) {
            let meaning = match meaning {
                splits::Part::Registry { repository } => {
                    Meaning::Split { repository: repository.map(|key| self.pointer.with_trailing_token(key.as_str())) }
                }
                splits::Part::Repository => Meaning::Repository,
                // The registry has the meaning of both.
                splits::Part::WithRegistry => {
                    self.settled.insert(self.pointer.with_trailing_token(key));
                    continue;
                }
            };
            self.settle_entry(key, meaning);
        }
        self.named_value(map);
        self.keys(map);
    }

    /// An entry of `images` of kustomize. Source: kubernetes-sigs/kustomize api/types/image.go.
    fn replacement(&mut self, map: &Map<String, Value>) {
        self.settle_entry("name", Meaning::OverriddenName);
        if map.get("newName").is_some_and(Value::is_string) {
            self.settle_entry("newName", Meaning::Image { is_sure: true });
        }
    }

    /// Keys that name registries.
    fn keys(&mut self, map: &Map<String, Value>) {
        for key in map.keys().filter(|key| key.contains('/') && self.search.registries.may_be_in(key)) {
            self.places.push(Place { pointer: self.pointer.with_trailing_token(key.as_str()), meaning: Meaning::Key });
        }
    }

    /// The value of a variable, parameter or patch that is called after images.
    fn named_value(&mut self, map: &Map<String, Value>) {
        let name = ["name", "key", "path"].into_iter().find_map(|key| map.get(key)?.as_str());
        let Some(role) = name.and_then(ImageKey::of) else { return };
        for key in ["value", "default"] {
            let text = map.get(key).and_then(Value::as_str).filter(|text| !is_structured(text));
            if let Some(meaning) = text.and_then(|text| meaning_of(role, text)) {
                self.settle_entry(key, meaning);
            }
        }
    }

    /// Arguments that are called after images, with their values in the same text or behind it.
    fn arguments(&mut self, items: &[Value]) {
        let mut flag = None;
        for (index, item) in items.iter().enumerate() {
            let Some(text) = item.as_str() else { continue };
            let meaning = match (text.split_once('='), flag) {
                (Some((flag, value)), _) if is_name(flag) => meaning_of_argument(flag, value).map(|_| Meaning::Pair),
                (None, Some(flag)) => meaning_of_argument(flag, text),
                _ => None,
            };
            flag = Some(text).filter(|text| text.starts_with('-') && is_name(text));
            if let Some(meaning) = meaning {
                self.settle(self.pointer.with_trailing_token(index), Some(meaning));
            }
        }
    }

    fn text(&mut self, text: &str, around: Around<'_>) {
        if around.is_annotation && RECORDS.contains(&around.key) {
            return;
        }
        let role = ImageKey::of(around.key);
        let is_named = || self.search.registries.may_be_in(text);
        let meaning = match role {
            _ if is_structured(text) => {
                let is_file = !around.is_annotation && is_named();
                is_file.then(|| Meaning::Embedded(if role.is_some() { Shape::Images } else { Shape::File }))
            }
            // Charts call other fields so too.
            Some(ImageKey::Image) if around.shape == Shape::Values && around.key == "image" => {
                Some(Meaning::Image { is_sure: true })
            }
            Some(role) => meaning_of(role, text),
            None => around.is_of_images(text).then_some(Meaning::Image { is_sure: false }),
        };
        let meaning = meaning.or_else(|| is_named().then_some(Meaning::Prose));
        if let Some(meaning) = meaning {
            self.settle(self.pointer.clone(), Some(meaning));
        }
    }

    /// All texts of a policy.
    fn policy(&mut self, value: &Value) {
        if self.settled.contains(&self.pointer) {
            return;
        }
        match value {
            Value::Object(map) => {
                self.keys(map);
                for (key, value) in map.iter().filter(|(key, _)| !RECORDS.contains(&key.as_str())) {
                    self.inside(key.as_str(), |walk| walk.policy(value));
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    self.inside(index, |walk| walk.policy(value));
                }
            }
            Value::String(text) if self.search.registries.may_be_in(text) => {
                self.settle(self.pointer.clone(), Some(Meaning::Policy));
            }
            _ => {}
        }
    }
}
