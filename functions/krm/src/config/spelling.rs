//! Former spellings of options, which are still read.
//!
//! Options are spelt by the conventions of the Kubernetes API: names in camelCase, values in CamelCase, acronyms in upper
//! case. What differs from that only in case, dashes and underscores is a former spelling, and so is what the schema lists
//! under [`FORMER`]. Source: kubernetes/community `contributors/devel/sig-architecture/api-conventions.md`.

use serde_json::{Map, Value};

use super::schema::{keys_of, of_value, variants_of};
use crate::field::FieldPath;
use crate::finding::Finding;
use crate::rule::CommonRule;

/// The keyword of the schema that lists former names of an option or of one of its values.
const FORMER: &str = "x-former";

/// Gives options and values their present spelling, with a warning for each that had another.
pub(super) fn respell(value: &mut Value, schema: &Value, path: &FieldPath, findings: &mut Vec<Finding>) {
    respell_in(value, schema, schema, path, findings);
}

fn respell_in(value: &mut Value, schema: &Value, root: &Value, path: &FieldPath, findings: &mut Vec<Finding>) {
    let schema = of_value(schema, root);
    match value {
        Value::Object(options) => respell_options(options, schema, root, path, findings),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                respell_in(item, &schema["items"], root, &path.clone().index(index), findings);
            }
        }
        Value::String(text) => {
            if let Some(present) = present_value(text, schema) {
                findings.push(former(&format!("`{text}` "), &present).at(path.clone()));
                *text = present;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn respell_options(
    options: &mut Map<String, Value>,
    schema: &Value,
    root: &Value,
    path: &FieldPath,
    findings: &mut Vec<Finding>,
) {
    for (key, mut value) in std::mem::take(options) {
        let at = path.clone().key(&key);
        let present = present_key(&key, schema).filter(|present| !options.contains_key(*present));
        if let Some(present) = present {
            findings.push(former("", present).at(at.clone()));
        }
        let key = present.map_or(key, str::to_owned);
        let property = schema["properties"].get(&key).unwrap_or(&schema["additionalProperties"]);
        respell_in(&mut value, property, root, &at, findings);
        options.insert(key, value);
    }
}

fn former(what: &str, present: &str) -> Finding {
    Finding::new(CommonRule::FormerSpelling, format!("{what}is a former spelling; write `{present}`"))
}

/// The present name of an option, if this is a former one.
pub(super) fn present_key<'s>(key: &str, schema: &'s Value) -> Option<&'s str> {
    let keys = keys_of(schema);
    // Names in snake_case are those of another file, which other programs read: they know this one spelling.
    let is_of_other_file = keys.iter().any(|known| known.contains('_'));
    let is_alike = |known: &str| !is_of_other_file && fold(known) == fold(key);
    let is_meant = |known: &&str| is_alike(known) || is_listed(key, &schema["properties"][*known]);
    keys.iter().copied().find(is_meant).filter(|_| !keys.contains(&key))
}

/// The present spelling of a value of an enumeration, if this is a former one.
fn present_value(text: &str, schema: &Value) -> Option<String> {
    let variants = variants_of(schema)?;
    let is_meant = |variant: &&(&Value, &Value)| {
        variant.0.as_str().is_some_and(|known| fold(known) == fold(text)) || is_listed(text, variant.1)
    };
    let present = variants.iter().find(is_meant)?.0.as_str()?;
    (!variants.iter().any(|(known, _)| *known == text)).then(|| present.to_owned())
}

fn is_listed(name: &str, schema: &Value) -> bool {
    schema[FORMER].as_array().is_some_and(|former| former.iter().any(|former| former == name))
}

fn fold(text: &str) -> String {
    text.chars().filter(|letter| !matches!(letter, '-' | '_')).map(|letter| letter.to_ascii_lowercase()).collect()
}
