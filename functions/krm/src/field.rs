//! Where a value is in an object: JSON pointers for code, field paths for people.

use std::fmt;

pub use json_patch::jsonptr::{Pointer, PointerBuf, Token};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A field as Kubernetes tools print it: `spec.ports[0].name`, `metadata.annotations[example.com/key]`.
///
/// It is made of keys and indices, so that every function prints a field in the same way. A key with a dot, a slash or a
/// bracket in it is put in brackets, and so is a key of digits, which a reader would take for an index.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(String);

impl FieldPath {
    /// The object itself.
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// The entry `key` of the mapping at this path.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        if needs_brackets(key) {
            self.push_bracketed(key);
        } else {
            if !self.0.is_empty() {
                self.0.push('.');
            }
            self.0.push_str(key);
        }
        self
    }

    /// The item `index` of the list at this path.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.push_bracketed(&index.to_string());
        self
    }

    /// The field at `path` below this one.
    #[must_use]
    pub fn join(mut self, path: impl Into<Self>) -> Self {
        let Self(path) = path.into();
        if !self.0.is_empty() && !path.is_empty() && !path.starts_with('[') {
            self.0.push('.');
        }
        self.0.push_str(&path);
        self
    }

    /// The annotation `key` of the object.
    pub fn annotation(key: &str) -> Self {
        Self::from("metadata.annotations").key(key)
    }

    /// The field at a JSON pointer (RFC 6901); text that is no pointer gives the object itself.
    pub fn of_pointer(pointer: &str) -> Self {
        Pointer::parse(pointer).map(Self::from).unwrap_or_default()
    }

    /// The path as it is printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn push_bracketed(&mut self, text: &str) {
        self.0.push('[');
        self.0.push_str(text);
        self.0.push(']');
    }
}

/// The value at a JSON pointer (RFC 6901) in another one: what [`Value::pointer`] gives, without a copy of every key.
pub fn value_at<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    Pointer::parse(pointer).ok()?.resolve(value).ok()
}

/// The keys and indices of a path as it is printed: `spec.ports[0].name` is `spec`, `ports`, `0` and `name`.
///
/// What is in brackets may be an index or a key; only the object tells. A key with a closing bracket in it is cut there.
pub fn steps(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let (step, behind) = match rest.strip_prefix('[') {
            Some(inside) => inside.split_once(']').unwrap_or((inside, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        steps.push(step);
        rest = behind;
    }
    steps
}

fn needs_brackets(key: &str) -> bool {
    key.bytes().any(|byte| matches!(byte, b'.' | b'/' | b'[' | b']')) || key.bytes().all(|byte| byte.is_ascii_digit())
}

/// A path that is known when the program is written, as `spec.tls`.
impl From<&'static str> for FieldPath {
    fn from(path: &'static str) -> Self {
        Self(path.to_owned())
    }
}

impl From<&Pointer> for FieldPath {
    fn from(pointer: &Pointer) -> Self {
        pointer.tokens().fold(Self::root(), |path, token| path.key(&token.decoded()))
    }
}

impl From<&PointerBuf> for FieldPath {
    fn from(pointer: &PointerBuf) -> Self {
        Self::from(pointer.as_ptr())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Whether a value has all that another one has: the same scalars, lists that are as long, and mappings that may have more.
pub fn holds(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => {
            part.iter().all(|(key, part)| value.get(key).is_some_and(|value| holds(value, part)))
        }
        (Value::Array(value), Value::Array(part)) => {
            value.len() == part.len() && value.iter().zip(part).all(|(value, part)| holds(value, part))
        }
        (value, part) => value == part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_pointers() {
        let value = serde_json::json!({"a/b~c": [{"d": 1}]});
        for pointer in ["", "/a~1b~0c/0/d", "/a~1b~0c/1", "/a~1b~0c/-", "/a~1b~0c/d", "/x", "x", "/a~1b~0c/00"] {
            assert_eq!(value_at(&value, pointer), value.pointer(pointer), "{pointer}");
        }
    }

    #[test]
    fn the_steps_of_a_path_are_those_it_is_made_of() {
        for expected in [
            vec!["spec", "ports", "0", "name"],
            vec!["metadata", "annotations", "example.com/key"],
            vec!["data", "8080"],
            vec!["data", ""],
            vec!["0", "a.b", "c"],
            vec![],
        ] {
            let path = expected.iter().fold(FieldPath::root(), |path, step| path.key(step));
            assert_eq!(steps(path.as_str()), expected, "{path}");
        }
    }

    #[test]
    fn paths_are_printed_as_kubernetes_tools_print_them() {
        let cases = [
            (FieldPath::from("spec.ports").index(0).key("name"), "spec.ports[0].name"),
            (FieldPath::annotation("example.com/key"), "metadata.annotations[example.com/key]"),
            (FieldPath::from("spec.encryptedData").key("bootstrap.servers"), "spec.encryptedData[bootstrap.servers]"),
            (FieldPath::from("data").key("8080"), "data[8080]"),
            (FieldPath::from("data").key(""), "data[]"),
            (FieldPath::root().key("spec").join("to.name"), "spec.to.name"),
            (FieldPath::root().join("spec").join(FieldPath::root().index(1)), "spec[1]"),
            (FieldPath::of_pointer("/metadata/annotations/a~1b~0c"), "metadata.annotations[a/b~c]"),
            (FieldPath::of_pointer("/spec/rules/0/host"), "spec.rules[0].host"),
            (FieldPath::of_pointer(""), ""),
        ];
        for (path, expected) in cases {
            assert_eq!(path.as_str(), expected);
        }
    }
}
