//! Help, README table and schema, all from the option types.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::accept;
use crate::config::schema::{allowed_values, spec_schema, type_of};
use crate::config::{API_VERSION, CommonSpec};
use crate::function::Function;
use crate::program::{Program, Single, known_rules};
use crate::resource_list::bookkeeping::ACCEPT;
use crate::rule::{CommonRule, Rule, rules_of};
use crate::table;

/// The JSON Schema of the whole functionConfig.
pub fn schema<F: Function>() -> Value {
    schema_of(&Single::<F>::new())
}

pub(crate) fn schema_of(program: &dyn Program) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": program.kind(),
        "description": program.about(),
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "additionalProperties": false,
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": program.kind()},
            "metadata": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "spec": program.spec_schema(),
        },
    })
}

/// The options as a Markdown table, for the README.
pub fn options_table(program: &dyn Program) -> String {
    table(&program.spec_schema())
}

/// The options that every function has, and `wiredAs` of checking functions, as a Markdown table.
pub fn common_options_table() -> String {
    table(&spec_schema::<CommonSpec>(true))
}

fn table(schema: &Value) -> String {
    let mut table = "| Option | Type | Default | Meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for option in options(schema, "spec") {
        let default = option.default.map_or_else(String::new, |default| format!("`{default}`"));
        let meaning = option.meaning.replace('|', "\\|");
        let _ = writeln!(table, "| `{}` | {} | {default} | {meaning} |", option.path, option.kind.replace('|', "\\|"));
    }
    table
}

/// The options of a program's functionConfig.
pub(crate) fn options_of(program: &dyn Program) -> Vec<DocumentedOption> {
    options(&program.spec_schema(), "spec")
}

/// The rules of a program, then those of the library, a line each.
pub(crate) fn rules_list(program: &dyn Program) -> String {
    let mut list = String::new();
    for rule in known_rules(&program.rules()) {
        let _ = writeln!(list, "{} ({})\n{}", rule.id, standing(rule), wrapped(rule.summary, "      ").trim_end());
    }
    list
}

/// What a rule means, with an example and the remedy.
///
/// # Errors
/// A message for an id that is none of a rule of the program.
pub(crate) fn explanation(program: &dyn Program, id: &str) -> Result<String, String> {
    let rules = known_rules(&program.rules());
    let rule = rules.iter().find(|rule| rule.id == id).ok_or_else(|| accept::no_such_rule(id, &rules))?;
    let examples = program.rule_examples().into_iter().chain(table::rows(COMMON_RULE_EXAMPLES));
    let example = examples.into_iter().find(|[of, ..]| *of == id);
    let mut text = format!("{} ({})\n\n{}", rule.id, standing(rule), wrapped(rule.summary, ""));
    if let Some([_, _, finding]) = example {
        let _ = write!(text, "\nExample:\n{}", wrapped(finding, "  "));
    }
    let _ = write!(text, "\nRemedy:\n{}", wrapped(rule.remedy, "  "));
    if rule.is_acceptable() {
        let how = format!(
            "Where it is right as it is, the object accepts it in the annotation `{ACCEPT}: \"{id}: REASON\"`, or the config \
             in `spec.accept`."
        );
        let _ = write!(text, "\n{}", wrapped(&how, ""));
    }
    Ok(text)
}

/// An example of each rule of the library: rule, golden case, finding.
pub const COMMON_RULE_EXAMPLES: &str = include_str!("../rule-examples.tsv");

/// The rules of a function as a Markdown table, for its README.
pub fn rules_table(program: &dyn Program) -> String {
    table_of_rules(&program.rules(), &program.rule_examples(), "cases")
}

/// The rules of the library as a Markdown table.
pub fn common_rules_table() -> String {
    let rules: Vec<_> = rules_of::<CommonRule>().collect();
    table_of_rules(&rules, &table::rows(COMMON_RULE_EXAMPLES).collect::<Vec<_>>(), "functions/replatform/cases")
}

fn table_of_rules(rules: &[&Rule], examples: &[[&str; 3]], cases: &str) -> String {
    let mut table =
        "| Rule | Severity | What is found | Remedy | Example |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for rule in rules {
        let example = examples.iter().find(|[id, ..]| *id == rule.id);
        let example = example.map_or_else(String::new, |[_, case, _]| format!("[case]({cases}/{case})"));
        let (summary, remedy) = (rule.summary.trim().replace('|', "\\|"), rule.remedy.replace('|', "\\|"));
        let _ = writeln!(table, "| `{}` | {} | {summary} | {remedy} | {example} |", rule.id, standing(rule));
    }
    table
}

fn standing(rule: &Rule) -> String {
    let severity = rule.severity;
    if rule.is_acceptable() { format!("{severity}, can be accepted") } else { severity.to_string() }
}

/// An option of a functionConfig.
pub(crate) struct DocumentedOption {
    /// Where it is: `spec.accept[].rule`.
    pub(crate) path: String,
    kind: String,
    default: Option<String>,
    /// Its doc comment.
    pub(crate) meaning: String,
}

impl DocumentedOption {
    /// Its type, and what it is if it is not given.
    pub(crate) fn form(&self) -> String {
        let default = self.default.as_ref().map_or_else(String::new, |default| format!(", default {default}"));
        format!("{}{default}", self.kind)
    }
}

fn options(schema: &Value, path: &str) -> Vec<DocumentedOption> {
    let mut documented = Vec::new();
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        let (nested, nested_path) = match type_of(property) {
            "array" => (&property["items"], format!("{path}[]")),
            "object" if property["additionalProperties"].is_object() => {
                (&property["additionalProperties"], format!("{path}.*"))
            }
            _ => (property, path.clone()),
        };
        documented.push(DocumentedOption {
            kind: kind(property),
            default: property.get("default").filter(|default| is_worth_showing(default)).map(Value::to_string),
            meaning: meaning(property),
            path,
        });
        documented.extend(options(non_null_object(nested), &nested_path));
    }
    documented
}

fn non_null_object(schema: &Value) -> &Value {
    let any = schema["anyOf"].as_array();
    any.and_then(|any| any.iter().find(|schema| schema["properties"].is_object())).unwrap_or(schema)
}

fn is_worth_showing(default: &Value) -> bool {
    let is_empty = |object: &Map<String, Value>| object.is_empty();
    !default.is_null() && !default.as_array().is_some_and(Vec::is_empty) && !default.as_object().is_some_and(is_empty)
}

fn kind(schema: &Value) -> String {
    if let Some(values) = allowed_values(schema) {
        return values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ");
    }
    match type_of(schema) {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("map to {}", kind(&schema["additionalProperties"]))
        }
        "" => "any".to_owned(),
        name => name.to_owned(),
    }
}

/// The doc comment of an option, with those of its values.
fn meaning(schema: &Value) -> String {
    let text = |schema: &Value| {
        schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut meaning = text(schema);
    let any = schema["anyOf"].as_array().into_iter().flatten();
    let variants = schema["oneOf"].as_array().into_iter().chain(any.filter_map(|schema| schema["oneOf"].as_array()));
    for variant in variants.flatten() {
        if let (Some(value), false) = (variant["const"].as_str(), text(variant).is_empty()) {
            let _ = write!(meaning, " `{value}`: {}", text(variant));
        }
    }
    meaning.trim().to_owned()
}

/// `text` in lines of at most 100 characters, each behind `indent`.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = String::new();
    for paragraph in text.split("\n\n") {
        if !lines.is_empty() {
            lines.push('\n');
        }
        let mut line = indent.to_owned();
        for word in paragraph.split_whitespace() {
            if line.len() > indent.len() && line.len() + word.len() >= 100 {
                let _ = writeln!(lines, "{}", line.trim_end());
                line = indent.to_owned();
            }
            line.push_str(word);
            line.push(' ');
        }
        let _ = writeln!(lines, "{}", line.trim_end());
    }
    lines
}
