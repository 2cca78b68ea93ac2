//! Finds what is about storage in an object: known fields, claims of any shape, and names that might be classes.

use std::collections::HashSet;

use krm::field::{PointerBuf, Token};
use manifests::claims::OBJECT_STORES;
use manifests::fields::{Field, group_and_kind, is_object};
use manifests::helm::Form;
use serde_json::{Map, Value};

use crate::beside::Beside;
use crate::classes::Classes;
use crate::field_table::{BETA_ANNOTATION, Certainty, Content, FieldTable, TableMatch};
use crate::mentions::{is_class_key, mentioned_classes};
use crate::signs;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// A field for a storage class.
    Class(ClassMatch),
    /// A field that holds several classes.
    Many { field: Field, content: Content },
    /// YAML text to be searched in turn.
    Text { field: Field, shape: Shape },
    /// A value, or the key of an entry, that is the name of a mapped class, and may be something else of that name.
    Unclear { pointer: PointerBuf, class: String },
    /// Text that holds the name of a mapped class.
    Mention { pointer: PointerBuf, class: String },
    /// A volume of a pod.
    PodVolume { pointer: PointerBuf },
    /// A StorageClass inside another object.
    NestedClass { pointer: PointerBuf },
}

/// A field for a storage class, which need not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClassMatch {
    pub(crate) field: Field,
    pub(crate) certainty: Certainty,
    /// Where the rest of the claim is.
    pub(crate) beside: Beside,
    /// Whether it is the class of a PersistentVolume, which is no claim.
    pub(crate) is_volume: bool,
}

/// What a value is, which decides how it is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A Kubernetes object, or a part of one.
    Object,
    /// The values of a Helm chart.
    Values,
    /// A part of an Application of Argo CD.
    Application,
}

/// How to search.
#[derive(Clone, Copy)]
pub(crate) struct Search<'s> {
    pub(crate) fields: &'s FieldTable<'s>,
    pub(crate) classes: &'s Classes,
}

impl Search<'_> {
    /// What is about storage in an object that also goes by `names`.
    pub(crate) fn object(&self, object: &Value, names: &[String]) -> Vec<Match> {
        let mut walk = Walk::new(*self);
        walk.object(object, names);
        walk.matches
    }

    /// What is about storage in a value that is no object.
    pub(crate) fn value(&self, value: &Value, shape: Shape) -> Vec<Match> {
        let mut walk = Walk::new(*self);
        if shape == Shape::Application {
            walk.known_fields(self.fields.matches_of(["argoproj.io", "Application"], value), value);
        }
        walk.node(value, Around::root(shape));
        walk.matches
    }
}

/// Kinds that are searched no further: schemas hold names that are no values, secrets are not for reading.
const UNREAD_KINDS: [&str; 3] = ["CustomResourceDefinition", "Secret", "SealedSecret"];

/// API groups of policies, which name classes in patterns. They are reported, never changed.
const POLICY_GROUPS: [&str; 6] = [
    "admissionregistration.k8s.io",
    "constraints.gatekeeper.sh",
    "kyverno.io",
    "mutations.gatekeeper.sh",
    "policies.kyverno.io",
    "templates.gatekeeper.sh",
];

/// What surrounds a value: the key of its entry and the key above. Items of a list share the key of the list.
#[derive(Clone, Copy)]
struct Around<'k> {
    key: &'k str,
    parent: &'k str,
    shape: Shape,
}

impl<'k> Around<'k> {
    fn root(shape: Shape) -> Self {
        Self { key: "", parent: "", shape }
    }

    fn entry(self, key: &'k str) -> Self {
        Self { key, parent: self.key, shape: self.shape }
    }
}

struct Walk<'s> {
    search: Search<'s>,
    pointer: PointerBuf,
    /// Fields that have a match, or must stay.
    settled: HashSet<PointerBuf>,
    matches: Vec<Match>,
}

impl<'s> Walk<'s> {
    fn new(search: Search<'s>) -> Self {
        Self { search, pointer: PointerBuf::new(), settled: HashSet::new(), matches: Vec::new() }
    }

    fn object(&mut self, object: &Value, names: &[String]) {
        let (group, kind) = group_and_kind(object);
        if group == "storage.k8s.io" && kind == "StorageClass" {
            return self.nested_class();
        }
        if UNREAD_KINDS.contains(&kind) {
            return;
        }
        if POLICY_GROUPS.contains(&group) {
            return self.mentions(object);
        }
        self.known_fields(self.search.fields.matches(object, names), object);
        self.annotated_claim(object);
        for (key, value) in object.as_object().into_iter().flatten() {
            if key != "status" {
                self.entry(key, value, Around::root(Shape::Object));
            }
        }
    }

    /// A StorageClass inside another object stays; those of the build are dealt with apart.
    fn nested_class(&mut self) {
        if !self.pointer.is_root() {
            self.matches.push(Match::NestedClass { pointer: self.pointer.clone() });
        }
    }

    /// Fields of the table in an object.
    fn known_fields(&mut self, mut found: Vec<TableMatch>, object: &Value) {
        // What must stay is known before anything is taken for a class.
        found.sort_by_key(|found| found.content.is_some());
        for found in found {
            let value = found.field.read(object);
            // The object may be nested.
            let field = found.field.below(&self.pointer);
            if let (true, Some(content)) = (self.settled.insert(field.pointer()), found.content) {
                self.known(field, value, content, found.beside);
            }
        }
    }

    fn known(&mut self, field: Field, value: Option<&Value>, content: Content, beside: Beside) {
        match (content, value) {
            (Content::Class, Some(Value::Array(_))) => self.matches.push(Match::Many { field, content }),
            (Content::Class | Content::Volume, _) => {
                let is_volume = content == Content::Volume;
                self.matches.push(Match::Class(ClassMatch { field, certainty: Certainty::Sure, beside, is_volume }));
            }
            (_, None) => {}
            (Content::Yaml, _) => self.matches.push(Match::Text { field, shape: Shape::Object }),
            (Content::Application, _) => self.matches.push(Match::Text { field, shape: Shape::Application }),
            (Content::Helm(form), Some(values)) => self.values(field, values, form),
            (_, Some(_)) => self.matches.push(Match::Many { field, content }),
        }
    }

    /// Values of a Helm chart.
    fn values(&mut self, field: Field, values: &Value, form: Form) {
        match form {
            Form::Text => self.matches.push(Match::Text { field, shape: Shape::Values }),
            Form::Mapping => {
                let outer = std::mem::replace(&mut self.pointer, field.pointer());
                self.settled.remove(&self.pointer);
                self.node(values, Around::root(Shape::Values));
                self.settled.insert(std::mem::replace(&mut self.pointer, outer));
            }
            Form::Parameters => {
                let parameters = values.as_array().into_iter().flatten().enumerate();
                let of_classes = parameters.filter(|(_, one)| one["name"].as_str().is_some_and(is_dotted_class_key));
                for (index, _) in of_classes {
                    let parent = field.pointer().with_trailing_token(index);
                    self.class_at(Field { parent, key: "value".to_owned() }, Certainty::ByName);
                }
            }
            Form::Dotted => {
                for key in values.as_object().into_iter().flat_map(Map::keys).filter(|key| is_dotted_class_key(key)) {
                    self.class_at(Field { parent: field.pointer(), key: key.clone() }, Certainty::ByName);
                }
            }
        }
    }

    /// A field that no table lists.
    fn class_at(&mut self, field: Field, certainty: Certainty) {
        let found = ClassMatch { field, certainty, beside: Beside::default(), is_volume: false };
        self.matches.push(Match::Class(found));
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
            Value::Object(map) if is_object(map) => self.object(value, &[]),
            Value::Object(map) => {
                self.mapping(map, around);
                for (key, value) in map.iter().filter(|(key, _)| *key != "managedFields") {
                    self.entry(key, value, around);
                }
            }
            Value::Array(items) => {
                self.flags(items);
                for (index, item) in items.iter().enumerate() {
                    self.inside(index, |walk| walk.node(item, around));
                }
            }
            Value::String(text) => self.mention(text),
            _ => {}
        }
    }

    /// What the names of the entries of a mapping tell.
    fn mapping(&mut self, map: &Map<String, Value>, around: Around<'_>) {
        let is_store = OBJECT_STORES.iter().any(|store| around.key.eq_ignore_ascii_case(store));
        let told = Told::by(map);
        let has_field = match told.class {
            Some(field) => field.is_string() || field.is_null(),
            None => told.is_whole_claim(),
        };
        if has_field && !is_store && told.is_claim_around(around) {
            self.class("storageClassName", Certainty::Sure);
        }
        if told.annotation.is_some_and(Value::is_string) {
            self.class(BETA_ANNOTATION, Certainty::Sure);
        }
        if around.key == "volumes" && told.name.is_some() {
            self.matches.push(Match::PodVolume { pointer: self.pointer.clone() });
        }
        self.annotated_claim_in(told);
        let is_sized = !is_store && signs::is_sized_claim(map, [around.key, around.parent]);
        for (key, value) in map {
            if is_class_key(key) {
                self.called_class(key, value, around.shape, is_store, is_sized);
            } else if matches!(key.as_str(), "class" | "className") && value.is_string() {
                self.in_storage(key, value, around, is_sized);
            }
        }
        if let Some((key, class)) = signs::named_value(map, [told.name, told.path]) {
            self.unclear(key, class);
        }
    }

    /// A field that is called like one for classes.
    fn called_class(&mut self, key: &str, value: &Value, shape: Shape, is_store: bool, is_sized: bool) {
        match (value, shape) {
            (Value::String(_), _) if is_store => drop(self.settle(key)),
            (Value::String(_), _) if is_sized => self.class(key, Certainty::Sure),
            (Value::String(_), Shape::Values) => self.class(key, Certainty::ByName),
            (Value::String(class), _) => self.unclear(key, class),
            (Value::Object(_) | Value::Array(_), _) if !is_store => self.inside(key, |walk| walk.suspects(value)),
            _ => {}
        }
    }

    /// A field `class` or `className`: below a field for storage it may mean a storage class, and beside a size it does.
    fn in_storage(&mut self, key: &str, value: &Value, around: Around<'_>, is_sized: bool) {
        match value {
            Value::String(_) if is_sized => self.class(key, Certainty::ByName),
            Value::String(class) if around.key.to_ascii_lowercase().contains("storage") => self.unclear(key, class),
            _ => {}
        }
    }

    /// The names of mapped classes in a mapping or list that is called after classes.
    fn suspects(&mut self, value: &Value) {
        match value {
            _ if self.settled.contains(&self.pointer) => {}
            Value::Object(map) => {
                // A field that is called after classes itself is looked at with the mapping that holds it.
                for (key, value) in map.iter().filter(|(key, _)| !is_class_key(key)) {
                    self.unclear(key, key);
                    self.inside(key, |walk| walk.suspects(value));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.inside(index, |walk| walk.suspects(item));
                }
            }
            Value::String(class) if self.search.classes.is_source(class) => {
                self.settled.insert(self.pointer.clone());
                self.matches.push(Match::Unclear { pointer: self.pointer.clone(), class: class.clone() });
            }
            _ => {}
        }
    }

    /// Arguments behind a flag for classes.
    fn flags(&mut self, items: &[Value]) {
        let pairs = items.iter().zip(items.iter().skip(1)).enumerate();
        for (index, class) in
            pairs.filter_map(|(index, (flag, class))| Some((index + 1, signs::behind_flag(flag, class)?)))
        {
            if self.search.classes.is_source(class) {
                self.inside(index, |walk| {
                    walk.settled.insert(walk.pointer.clone());
                    walk.matches.push(Match::Mention { pointer: walk.pointer.clone(), class: class.to_owned() });
                });
            }
        }
    }

    /// A claim whose annotation names its class is known by that, whatever else it holds.
    fn annotated_claim(&mut self, claim: &Value) {
        if let Value::Object(map) = claim {
            self.annotated_claim_in(Told::by(map));
        }
    }

    fn annotated_claim_in(&mut self, told: Told<'_>) {
        let annotation = told.metadata.and_then(|metadata| metadata.get("annotations")?.get(BETA_ANNOTATION));
        if annotation.is_some_and(Value::is_string) && told.spec.is_some_and(Value::is_object) {
            self.inside("spec", |walk| walk.class("storageClassName", Certainty::Sure));
        }
    }

    fn class(&mut self, key: &str, certainty: Certainty) {
        if let Some(field) = self.settle(key) {
            self.class_at(field, certainty);
        }
    }

    fn unclear(&mut self, key: &str, class: &str) {
        if !self.search.classes.is_source(class) {
            return;
        }
        if let Some(field) = self.settle(key) {
            self.matches.push(Match::Unclear { pointer: field.pointer(), class: class.to_owned() });
        }
    }

    /// The entry of the current value, unless it is settled; then it is.
    fn settle(&mut self, key: &str) -> Option<Field> {
        let field = Field { parent: self.pointer.clone(), key: key.to_owned() };
        self.settled.insert(field.pointer()).then_some(field)
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
                    self.inside(index, |walk| walk.mentions(value));
                }
            }
            Value::String(text) => self.mention(text),
            _ => {}
        }
    }

    fn mention(&mut self, text: &str) {
        // Names and annotations of objects are free text.
        if self.pointer.as_str().contains("/metadata/") {
            return;
        }
        let mentioned = mentioned_classes(text, self.search.classes).into_iter();
        let matches = mentioned.map(|class| Match::Mention { pointer: self.pointer.clone(), class: class.to_owned() });
        self.matches.extend(matches);
    }
}

/// The entries of a mapping that tell what it is, found in one walk: there are many mappings, and each has few entries.
#[derive(Clone, Copy, Default)]
struct Told<'m> {
    /// `storageClassName`.
    class: Option<&'m Value>,
    /// The annotation that names the class.
    annotation: Option<&'m Value>,
    access_modes: Option<&'m Value>,
    resources: Option<&'m Value>,
    metadata: Option<&'m Value>,
    spec: Option<&'m Value>,
    name: Option<&'m Value>,
    path: Option<&'m Value>,
}

impl<'m> Told<'m> {
    fn by(map: &'m Map<String, Value>) -> Self {
        let mut told = Self::default();
        for (key, value) in map {
            let place = match key.as_str() {
                "storageClassName" => &mut told.class,
                BETA_ANNOTATION => &mut told.annotation,
                "accessModes" => &mut told.access_modes,
                "resources" => &mut told.resources,
                "metadata" => &mut told.metadata,
                "spec" => &mut told.spec,
                "name" => &mut told.name,
                "path" => &mut told.path,
                _ => continue,
            };
            *place = Some(value);
        }
        told
    }

    /// Whether the mapping is a claim, or is where claims are.
    fn is_claim_around(self, around: Around<'_>) -> bool {
        let may_hold_claims = |key: &str| {
            let key = key.to_ascii_lowercase();
            ["volumeclaim", "pvc", "persist", "storage"].iter().any(|word| key.contains(word))
        };
        self.access_modes.is_some()
            || self.resources.is_some()
            || may_hold_claims(around.key)
            || (around.key == "spec" && may_hold_claims(around.parent))
    }

    /// Whether the mapping has all that a claim needs but a class.
    fn is_whole_claim(self) -> bool {
        self.access_modes.is_some_and(Value::is_array)
            && self.resources.is_some_and(|resources| !resources["requests"]["storage"].is_null())
    }
}

fn is_dotted_class_key(name: &str) -> bool {
    is_class_key(name.rsplit('.').next().unwrap_or_default())
}
