//! Fields of objects by a pattern: `spec.tls[].secretName`, where `[]` is each item, `*` each field, `**` any depth and `~` a dot.

use serde_json::Value;

/// The values at a pattern, with their JSON Pointers.
pub(super) fn select<'v>(value: &'v Value, pattern: &str) -> Vec<(String, &'v Value)> {
    let mut found = vec![(String::new(), value)];
    for segment in pattern.split('.').filter(|segment| !segment.is_empty()) {
        let (field, is_list) = segment.strip_suffix("[]").map_or((segment, false), |field| (field, true));
        found = match field {
            "**" => found.into_iter().flat_map(|(pointer, value)| everything(pointer, value)).collect(),
            "*" => found.into_iter().flat_map(|(pointer, value)| children(&pointer, value)).collect(),
            _ => {
                // A `~` stands for a dot in a name.
                let name = field.replace('~', ".");
                let pointer = name.replace('/', "~1");
                let below = found
                    .into_iter()
                    .filter_map(|(above, value)| Some((format!("{above}/{pointer}"), value.get(&name)?)));
                below.collect()
            }
        };
        if is_list {
            let items = found.into_iter().filter(|(_, value)| value.is_array());
            found = items.flat_map(|(pointer, value)| children(&pointer, value)).collect();
        }
    }
    found
}

fn children<'v>(pointer: &str, value: &'v Value) -> Vec<(String, &'v Value)> {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), value))
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (format!("{pointer}/{index}"), value)).collect()
        }
        _ => Vec::new(),
    }
}

fn everything(pointer: String, value: &Value) -> Vec<(String, &Value)> {
    let below: Vec<_> = children(&pointer, value);
    let mut found = vec![(pointer, value)];
    found.extend(below.into_iter().flat_map(|(pointer, value)| everything(pointer, value)));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_find_fields() {
        let value = json!({"a": [{"b": "1"}, {"c": "2"}], "d": {"e": {"b": "3"}, "f": {"b": "4"}}});
        let found = |pattern: &str| -> Vec<String> {
            select(&value, pattern).into_iter().map(|(pointer, _)| pointer).collect()
        };
        assert_eq!(found("a[].b"), ["/a/0/b"]);
        assert_eq!(found("d.*.b"), ["/d/e/b", "/d/f/b"]);
        assert_eq!(found("**.b"), ["/a/0/b", "/d/e/b", "/d/f/b"]);
        assert_eq!(found("d[].b"), [""; 0]);
        assert_eq!(found("x.y"), [""; 0]);
    }
}
