//! The objects that a build prints, and how two builds differ.

use std::collections::BTreeMap;
use std::fmt;

use json_patch::PatchOperation;
use serde::Deserialize;
use serde_json::Value;

/// What tells the objects of a build apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// `kind`.
    pub kind: String,
    /// `metadata.namespace`; empty if there is none.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.namespace.is_empty() { "" } else { "/" };
        write!(formatter, "{} {}{separator}{}", self.kind, self.namespace, self.name)
    }
}

/// The objects of a build, in whatever order and style they were printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifests(BTreeMap<Id, Value>);

/// An object without the file that it comes from: kustomize counts its path from the overlay that is built, and names the
/// config of the function that made it.
fn without_origin(mut object: Value) -> Value {
    let annotations = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    let is_empty = annotations.is_some_and(|annotations| {
        annotations.remove("config.kubernetes.io/origin").is_some() && annotations.is_empty()
    });
    if let (true, Some(metadata)) = (is_empty, object["metadata"].as_object_mut()) {
        metadata.remove("annotations");
    }
    object
}

impl Manifests {
    /// Reads a stream of YAML documents.
    ///
    /// # Panics
    /// If it is not YAML, or an object is printed twice.
    pub fn parse(text: &str) -> Self {
        let mut objects = BTreeMap::new();
        for object in documents(text) {
            let field = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let id =
                Id { kind: field("/kind"), namespace: field("/metadata/namespace"), name: field("/metadata/name") };
            if let Some((id, _)) = objects.get_key_value(&id) {
                panic!("{id} is printed twice in:\n{text}");
            }
            objects.insert(id, without_origin(object));
        }
        Self(objects)
    }

    /// The object of this kind, namespace (empty: none) and name. Without its origin.
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<&Value> {
        let [kind, namespace, name] = [kind, namespace, name].map(str::to_owned);
        self.0.get(&Id { kind, namespace, name })
    }

    /// All of them, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Value)> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What must happen to these objects to make them the `other` ones.
    pub fn difference<'a>(&'a self, other: &'a Self) -> Difference<'a> {
        let mut difference = Difference { gone: Vec::new(), new: Vec::new(), changed: Vec::new() };
        for (id, object) in &self.0 {
            match other.0.get(id) {
                None => difference.gone.push(id),
                Some(now) if now != object => difference.changed.push((id, changed_fields(object, now))),
                Some(_) => {}
            }
        }
        difference.new = other.0.keys().filter(|id| !self.0.contains_key(id)).collect();
        difference
    }
}

/// How the objects of two builds differ. Displayed as a list, one object or field a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'a> {
    /// Only the first build has these.
    pub gone: Vec<&'a Id>,
    /// Only the second build has these.
    pub new: Vec<&'a Id>,
    /// Both have these; what differs in them, a line each.
    pub changed: Vec<(&'a Id, Vec<String>)>,
}

impl Difference<'_> {
    /// Whether the builds are equal.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.new.is_empty() && self.changed.is_empty()
    }
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for id in &self.gone {
            writeln!(formatter, "- {id}")?;
        }
        for id in &self.new {
            writeln!(formatter, "+ {id}")?;
        }
        for (id, fields) in &self.changed {
            writeln!(formatter, "~ {id}")?;
            for field in fields {
                writeln!(formatter, "    {field}")?;
            }
        }
        Ok(())
    }
}

/// The objects of a stream of YAML documents, in their order.
///
/// # Panics
/// If it is not YAML.
pub(crate) fn documents(text: &str) -> impl Iterator<Item = Value> {
    let documents = serde_yaml::Deserializer::from_str(text).map(Value::deserialize);
    let objects = documents.map(move |object| object.unwrap_or_else(|error| panic!("{error} in:\n{text}")));
    objects.filter(|object| !object.is_null())
}

fn changed_fields(before: &Value, after: &Value) -> Vec<String> {
    let describe = |operation: &PatchOperation| {
        let pointer = operation.path().to_string();
        let path = pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~");
        let value = |object: &Value| object.pointer(&pointer).map_or_else(|| "(none)".to_owned(), Value::to_string);
        format!("{path}: {} -> {}", value(before), value(after))
    };
    json_patch::diff(before, after).iter().map(describe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_objects_and_fields() {
        let before =
            Manifests::parse("kind: A\nmetadata: {name: x}\n---\nkind: B\nmetadata: {name: y}\ndata: {a/b: '1'}\n");
        let after = Manifests::parse(
            "kind: B\nmetadata: {name: y}\ndata: {a/b: 1}\n---\nkind: C\nmetadata: {namespace: n, name: x}\n",
        );
        let difference = before.difference(&after);
        assert_eq!(difference.to_string(), "- A x\n+ C n/x\n~ B y\n    data.a/b: \"1\" -> 1\n");
        assert!(after.difference(&after).is_empty());
    }
}
