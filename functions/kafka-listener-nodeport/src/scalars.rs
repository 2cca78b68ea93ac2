//! Going through all the scalars of an object, and through its keys.

use krm::field::{FieldPath, PointerBuf};
use krm::resource_list::bookkeeping;
use serde_json::Value;

/// A scalar of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scalar<'w, 'v> {
    /// Where it is.
    pub(crate) pointer: &'w PointerBuf,
    /// The key of its entry. For an item of a list that is the key of the list, for the `value` of an environment variable
    /// the variable's name.
    pub(crate) key: &'v str,
    /// The scalar.
    pub(crate) value: &'v Value,
}

impl Scalar<'_, '_> {
    /// The field path, as findings show it.
    pub(crate) fn path(&self) -> FieldPath {
        FieldPath::from(self.pointer)
    }
}

/// A part of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'w, 'v> {
    Scalar(Scalar<'w, 'v>),
    /// A key of a mapping. `pointer` leads to its entry.
    Key {
        pointer: &'w PointerBuf,
        key: &'v str,
    },
}

/// Calls `visit` for every scalar of an object, except for its `status`, host bookkeeping, and what is at the JSON pointer
/// `skipped`.
pub(crate) fn visit<'v>(object: &'v Value, skipped: &str, mut visit: impl FnMut(Scalar<'_, 'v>)) {
    visit_parts(object, skipped, |part| {
        if let Part::Scalar(scalar) = part {
            visit(scalar);
        }
    });
}

/// As [`visit`], for keys too.
pub(crate) fn visit_parts<'v>(object: &'v Value, skipped: &str, visit: impl FnMut(Part<'_, 'v>)) {
    let mut walk = Walk { pointer: PointerBuf::new(), skipped, visit };
    for (key, value) in object.as_object().into_iter().flatten().filter(|(key, _)| *key != "status") {
        walk.enter(key, key, value);
    }
}

struct Walk<'s, F> {
    pointer: PointerBuf,
    skipped: &'s str,
    visit: F,
}

impl<'v, F: FnMut(Part<'_, 'v>)> Walk<'_, F> {
    fn enter(&mut self, token: &str, key: &'v str, value: &'v Value) {
        self.pointer.push_back(token);
        if self.pointer.as_str() != self.skipped {
            self.descend(key, value);
        }
        self.pointer.pop_back();
    }

    fn descend(&mut self, key: &'v str, value: &'v Value) {
        match value {
            Value::Object(fields) => {
                let variable = fields.get("name").and_then(Value::as_str);
                for (key, value) in fields.iter().filter(|(key, _)| !bookkeeping::is_bookkeeping(key)) {
                    let named = if key == "value" { variable.unwrap_or(key) } else { key };
                    self.pointer.push_back(key);
                    (self.visit)(Part::Key { pointer: &self.pointer, key });
                    self.pointer.pop_back();
                    self.enter(key, named, value);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.enter(&index.to_string(), key, item);
                }
            }
            value => (self.visit)(Part::Scalar(Scalar { pointer: &self.pointer, key, value })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_scalar_is_seen_with_its_path_and_key() {
        let object = json!({
            "metadata": {"annotations": {"a/b": "x", "config.kubernetes.io/index": "0"}},
            "spec": {"env": [{"name": "SERVERS", "value": "s"}], "args": ["one"], "listeners": ["skipped"]},
            "status": {"seen": "no"},
        });
        let mut seen = Vec::new();
        visit(&object, "/spec/listeners", |scalar| {
            seen.push(format!("{} {} {}", scalar.path(), scalar.key, scalar.value));
        });
        assert_eq!(
            seen,
            [
                "metadata.annotations[a/b] a/b \"x\"",
                "spec.env[0].name name \"SERVERS\"",
                "spec.env[0].value SERVERS \"s\"",
                "spec.args[0] args \"one\"",
            ]
        );
    }
}
