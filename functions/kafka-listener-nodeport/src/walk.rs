//! Going through all the values of an object.

use krm::field::FieldPath;
use krm::resource_list::{Item, bookkeeping};
use serde_json::Value;

use crate::cluster::GROUP;

/// Where a value stands in its object.
#[derive(Debug, Clone)]
pub(crate) struct Place<'v> {
    /// The JSON pointer.
    pub(crate) pointer: String,
    /// The key it stands at. For an item of a list that is the key of the list, for the `value` of an environment
    /// variable the variable's name.
    pub(crate) key: &'v str,
}

impl Place<'_> {
    /// The field path, as findings show it.
    pub(crate) fn path(&self) -> String {
        FieldPath::of_pointer(&self.pointer).to_string()
    }
}

/// Whether an object may hold what `is_sign` looks for in its text. Strimzi's objects, which this function changes, and
/// texts with aliases or escapes may always.
pub(crate) fn is_worth_reading(item: &Item, is_sign: impl FnOnce(&str) -> bool) -> bool {
    let text = item.text();
    item.group() == GROUP || is_sign(text) || text.contains(['*', '\\'])
}

/// Calls `visit` for every scalar of an object, except for its `status`, host bookkeeping, and what lies at `skipped`.
pub(crate) fn scalars<'v>(object: &'v Value, skipped: &str, visit: &mut impl FnMut(&Place<'v>, &'v Value)) {
    let mut place = Place { pointer: String::new(), key: "" };
    for (key, value) in object.as_object().into_iter().flatten().filter(|(key, _)| *key != "status") {
        enter(&mut place, key, key, value, skipped, visit);
    }
}

fn enter<'v>(
    place: &mut Place<'v>,
    token: &str,
    key: &'v str,
    value: &'v Value,
    skipped: &str,
    visit: &mut impl FnMut(&Place<'v>, &'v Value),
) {
    let length = place.pointer.len();
    let outer = std::mem::replace(&mut place.key, key);
    place.pointer.push('/');
    if token.contains(['~', '/']) {
        place.pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
    } else {
        place.pointer.push_str(token);
    }
    if place.pointer != skipped {
        descend(place, value, skipped, visit);
    }
    place.pointer.truncate(length);
    place.key = outer;
}

fn descend<'v>(place: &mut Place<'v>, value: &'v Value, skipped: &str, visit: &mut impl FnMut(&Place<'v>, &'v Value)) {
    match value {
        Value::Object(fields) => {
            let variable = fields.get("name").and_then(Value::as_str);
            for (key, value) in fields.iter().filter(|(key, _)| !bookkeeping::is_bookkeeping(key)) {
                let named = if key == "value" { variable.unwrap_or(key) } else { key };
                enter(place, key, named, value, skipped, visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let key = place.key;
                enter(place, &index.to_string(), key, item, skipped, visit);
            }
        }
        scalar => visit(place, scalar),
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
        scalars(&object, "/spec/listeners", &mut |place, value| {
            seen.push(format!("{} {} {value}", place.path(), place.key));
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
