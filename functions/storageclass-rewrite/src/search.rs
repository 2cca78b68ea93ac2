//! Finds what is about storage in an object: known fields, claims of any shape, and names that might be classes.

use std::collections::HashSet;

use krm::field::{PointerBuf, Token};
use manifests::fields::{Field, group_and_kind};
use manifests::helm::Form;
use serde_json::{Map, Value};

use crate::field_table::{BETA_ANNOTATION, Certainty, Content, FieldTable, OBJECT_STORES};

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// A field for a storage class, which need not be there.
    Class { field: Field, certainty: Certainty },
    /// A field that holds several classes.
    Many { field: Field, content: Content },
    /// YAML text to be searched in turn.
    Text { field: Field, shape: Shape },
    /// A field that may name a storage class, or something else of that name.
    Unclear { field: Field },
    /// Text that holds the name of a mapped class.
    Mention { pointer: PointerBuf, class: String },
    /// A volume of a pod.
    PodVolume { pointer: PointerBuf },
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
    pub(crate) fields: &'s FieldTable<'s>,
    /// Finds the mapped class that a text mentions.
    pub(crate) mentioned: &'s dyn Fn(&str) -> Option<String>,
}

impl Search<'_> {
    /// What is about storage in an object that also goes by `names`.
    pub(crate) fn object(&self, object: &Value, names: &[String]) -> Vec<Match> {
        let mut walk = Walk::new(self);
        walk.object(object, names);
        walk.matches
    }

    /// What is about storage in a value that is no object.
    pub(crate) fn value(&self, value: &Value, shape: Shape) -> Vec<Match> {
        let mut walk = Walk::new(self);
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
    search: &'s Search<'s>,
    pointer: PointerBuf,
    /// Fields that have a match, or must stay.
    settled: HashSet<PointerBuf>,
    matches: Vec<Match>,
}

impl<'s> Walk<'s> {
    fn new(search: &'s Search<'s>) -> Self {
        Self { search, pointer: PointerBuf::new(), settled: HashSet::new(), matches: Vec::new() }
    }

    fn object(&mut self, object: &Value, names: &[String]) {
        let (group, kind) = group_and_kind(object);
        if UNREAD_KINDS.contains(&kind) || (group == "storage.k8s.io" && kind == "StorageClass") {
            return;
        }
        if POLICY_GROUPS.contains(&group) {
            return self.mentions(object);
        }
        self.table(object, names);
        for (key, value) in object.as_object().into_iter().flatten() {
            if key != "status" {
                self.entry(key, value, Around::root(Shape::Object));
            }
        }
    }

    /// The fields of the table.
    fn table(&mut self, object: &Value, names: &[String]) {
        let mut found = self.search.fields.matches(object, names);
        // What must stay is known before anything is taken for a class.
        found.sort_by_key(|found| found.content.is_some());
        for found in found {
            let value = found.field.read(object);
            // The object may be nested.
            let field = found.field.below(&self.pointer);
            if let (true, Some(content)) = (self.settled.insert(field.pointer()), found.content) {
                self.known(field, value, content);
            }
        }
    }

    fn known(&mut self, field: Field, value: Option<&Value>, content: Content) {
        match (content, value) {
            (Content::Class, Some(Value::Array(_))) => self.matches.push(Match::Many { field, content }),
            (Content::Class, _) => self.matches.push(Match::Class { field, certainty: Certainty::Sure }),
            (_, None) => {}
            (Content::Yaml, _) => self.matches.push(Match::Text { field, shape: Shape::Object }),
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
                    self.class_by_name(Field { parent, key: "value".to_owned() });
                }
            }
            Form::Dotted => {
                for key in values.as_object().into_iter().flat_map(Map::keys).filter(|key| is_dotted_class_key(key)) {
                    self.class_by_name(Field { parent: field.pointer(), key: key.clone() });
                }
            }
        }
    }

    fn class_by_name(&mut self, field: Field) {
        self.matches.push(Match::Class { field, certainty: Certainty::ByName });
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
            Value::Object(map) if is_nested_object(map) => self.object(value, &[]),
            Value::Object(map) => {
                self.mapping(map, around);
                for (key, value) in map.iter().filter(|(key, _)| *key != "managedFields") {
                    self.entry(key, value, around);
                }
            }
            Value::Array(items) => {
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
        let has_field = match map.get("storageClassName") {
            Some(field) => field.is_string() || field.is_null(),
            None => is_whole_claim(map),
        };
        if has_field && !is_store && is_claim_around(map, around) {
            self.class("storageClassName", Certainty::Sure);
        }
        if map.get(BETA_ANNOTATION).is_some_and(Value::is_string) {
            self.class(BETA_ANNOTATION, Certainty::Sure);
        }
        if around.key == "volumes" && map.contains_key("name") {
            self.matches.push(Match::PodVolume { pointer: self.pointer.clone() });
        }
        for (key, _) in map.iter().filter(|(key, value)| value.is_string() && is_class_key(key)) {
            match around.shape {
                _ if is_store => drop(self.settle(key)),
                Shape::Values => self.class(key, Certainty::ByName),
                Shape::Object => {
                    let field = self.settle(key);
                    self.matches.extend(field.map(|field| Match::Unclear { field }));
                }
            }
        }
    }

    fn class(&mut self, key: &str, certainty: Certainty) {
        let field = self.settle(key);
        self.matches.extend(field.map(|field| Match::Class { field, certainty }));
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
        if let Some(class) = (self.search.mentioned)(text) {
            self.matches.push(Match::Mention { pointer: self.pointer.clone(), class });
        }
    }
}

fn is_nested_object(map: &Map<String, Value>) -> bool {
    let is_text = |key: &str| map.get(key).is_some_and(Value::is_string);
    is_text("apiVersion") && is_text("kind")
}

/// Whether a mapping is a claim, or is where claims are.
fn is_claim_around(map: &Map<String, Value>, around: Around<'_>) -> bool {
    let may_hold_claims = |key: &str| {
        let key = key.to_ascii_lowercase();
        ["volumeclaim", "pvc", "persist", "storage"].iter().any(|word| key.contains(word))
    };
    map.contains_key("accessModes")
        || map.contains_key("resources")
        || may_hold_claims(around.key)
        || (around.key == "spec" && may_hold_claims(around.parent))
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
