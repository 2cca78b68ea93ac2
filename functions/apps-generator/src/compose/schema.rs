//! A compose project as it is written, its schema for editors, and the tables of keys for the documents.

use std::borrow::Cow;

use krm::table;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::keys::{Key, TABLE, Treatment, keys_of};

/// A compose project as it is written. What is wrong with it is told when its apps are made, in all places at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Project(Map<String, Value>);

impl From<Project> for Value {
    fn from(Project(project): Project) -> Self {
        Self::Object(project)
    }
}

impl JsonSchema for Project {
    fn schema_name() -> Cow<'static, str> {
        "ComposeProject".into()
    }

    fn inline_schema() -> bool {
        true
    }

    // What an editor shows is below `allOf`: the reader itself says what is wrong, in all places and with remedies.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut project = mapping_of("project");
        project["properties"]["services"]["additionalProperties"] = mapping_of("service");
        json_schema!({
            "type": "object",
            "description": "A project of the compose specification, with `x-replatform` for what compose cannot say.",
            "additionalProperties": true,
            "allOf": [project],
        })
    }
}

/// The schema of a mapping, with what becomes of its keys.
fn mapping_of(scope: &str) -> Value {
    let keys: Map<String, Value> =
        keys_of(scope).map(|key| (key.name.to_owned(), json!({"description": description(key)}))).collect();
    json!({"properties": keys, "patternProperties": {"^x-": {}}})
}

fn description(key: Key) -> String {
    let verdict = match key.treatment {
        Treatment::Mapped => "Becomes: ",
        Treatment::Refused => "Refused: ",
        Treatment::Lost => "Dropped, with a warning: ",
        Treatment::Ignored => "Dropped: ",
    };
    format!("{verdict}{}", key.meaning)
}

/// What becomes of the keys, as tables of Markdown.
pub fn key_tables() -> String {
    let mut tables = String::new();
    for (treatment, heading) in [
        ("Mapped", "Mapped"),
        ("Refused", "Refused, as Kubernetes has no counterpart and the service needs it"),
        ("Lost", "Dropped with a warning, as the service behaves differently"),
        ("Ignored", "Dropped with an info, as nothing is lost"),
    ] {
        tables.push_str(&format!(
            "\n{heading}:\n\n| Key | {} |\n| --- | --- |\n",
            if treatment == "Mapped" { "Becomes" } else { "Why" }
        ));
        for [scope, key, _, meaning, remedy, _] in table::rows::<6>(TABLE).filter(|row| row[2] == treatment) {
            let name = if matches!(scope, "project" | "service") { key.to_owned() } else { format!("{scope}.{key}") };
            let remedy = if remedy.is_empty() { String::new() } else { format!(". {remedy}") };
            tables.push_str(&format!("| `{name}` | {meaning}{remedy} |\n"));
        }
    }
    tables
}

/// The keys of services by what becomes of them, as a table of Markdown.
pub fn key_summary() -> String {
    let mut summary = String::from("\n| Keys of services | |\n| --- | --- |\n");
    for (treatment, name) in [
        (Treatment::Mapped, "mapped"),
        (Treatment::Refused, "refused: Kubernetes has no counterpart"),
        (Treatment::Lost, "dropped with a warning"),
        (Treatment::Ignored, "dropped with an info"),
    ] {
        let keys = keys_of("service").filter(|key| key.treatment == treatment);
        let names: Vec<_> = keys.map(|key| format!("`{}`", key.name)).collect();
        summary.push_str(&format!("| {name} | {} |\n", names.join(", ")));
    }
    summary
}
