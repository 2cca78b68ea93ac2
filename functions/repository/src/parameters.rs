//! Parameters of an ApplicationSet, and templates that they fill.

use std::collections::BTreeMap;

use glob::Pattern;
use serde_json::Value;

/// The values of parameters by name: `path.basename`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// What a git generator says of a directory. Templates of both kinds, with and without `goTemplate`, find their names.
    pub(crate) fn of_path(path: &str, prefix: &str) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}.") };
        let basename = path.rsplit('/').next().unwrap_or_default();
        let mut values = BTreeMap::new();
        for (name, value) in [("path", path), ("path.path", path), ("path.basename", basename)] {
            values.insert(format!("{prefix}{name}"), value.to_owned());
        }
        let normalized = basename.replace(['_', '.'], "-").to_lowercase();
        values.insert(format!("{prefix}path.basenameNormalized"), normalized);
        for (index, segment) in path.split('/').enumerate() {
            values.insert(format!("{prefix}path[{index}]"), segment.to_owned());
            values.insert(format!("index .{prefix}path.segments {index}"), segment.to_owned());
        }
        Self(values)
    }

    /// The values in an element of a list or a file, by path: `cluster.name`.
    pub(crate) fn of_value(value: &Value) -> Self {
        let mut values = BTreeMap::new();
        collect("", value, &mut values);
        Self(values)
    }

    /// A value by name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// These, and over them others.
    pub(crate) fn joined(&self, over: Self) -> Self {
        let mut values = self.0.clone();
        values.extend(over.0);
        Self(values)
    }
}

fn collect(name: &str, value: &Value, values: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                collect(&name, value, values);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(&format!("{name}[{index}]"), item, values);
            }
        }
        Value::Null => {}
        Value::String(text) => drop(values.insert(name.to_owned(), text.clone())),
        other => drop(values.insert(name.to_owned(), other.to_string())),
    }
}

/// A pattern of the texts that a template comes to: its own text and the values as they are, and `*` for what is not known.
pub(crate) fn fill(template: &str, parameters: &Parameters) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((name, behind)) = behind.split_once("}}") else { break };
        filled.push_str(&literal(before));
        let name = name.trim_matches(|letter: char| letter.is_whitespace() || letter == '-');
        let value = parameters.get(name).or_else(|| parameters.get(name.strip_prefix('.')?));
        filled.push_str(&value.map_or_else(|| "*".to_owned(), Pattern::escape));
        rest = behind;
    }
    filled.push_str(&literal(rest));
    filled
}

/// The text of a template, whose own stars are those of a pattern.
fn literal(text: &str) -> String {
    text.split('*').map(Pattern::escape).collect::<Vec<_>>().join("*")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_is_filled_as_far_as_it_can_be() {
        let path = Parameters::of_path("apps/web_app/dev", "");
        let file = Parameters::of_value(&json!({"cluster": {"name": "k3s", "id": 7}, "list": ["a"]}));
        let both = path.joined(file);
        for (template, expected) in [
            ("{{path}}", "apps/web_app/dev"),
            ("{{.path.path}}", "apps/web_app/dev"),
            ("x/{{ .path.basename }}", "x/dev"),
            ("{{path[1]}}/{{index .path.segments 0}}", "web_app/apps"),
            ("clusters/{{cluster.name}}-{{ .cluster.id }}/{{list[0]}}", "clusters/k3s-7/a"),
            ("clusters/{{ .server | urlquery }}/web", "clusters/*/web"),
            ("apps/[a]/{{name}", "apps/[[]a[]]/{{name}"),
        ] {
            assert_eq!(fill(template, &both), expected);
        }
        assert_eq!(fill("{{one.path}}", &Parameters::of_path("a", "one")), "a");
    }
}
