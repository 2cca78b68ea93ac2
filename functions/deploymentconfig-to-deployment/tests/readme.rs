//! The parts of the README that come from the tables and the cases.

use std::path::Path;

use deploymentconfig_to_deployment::{Fate, known_fields};
use krm::golden::{check_example, check_section};
use krm::table;

const DIRECTORY: &str = env!("CARGO_MANIFEST_DIR");

fn readme() -> std::path::PathBuf {
    Path::new(DIRECTORY).join("README.md")
}

#[test]
fn the_example_is_a_case() {
    check_example(DIRECTORY, "{input.yaml}\n\nbecomes\n\n{expected.yaml}\n\n{findings.txt}\n");
}

#[test]
fn the_fields_are_those_of_the_table() {
    let mut section = "| Field | Absent | Becomes |\n| --- | --- | --- |\n".to_owned();
    for field in known_fields() {
        let what = match field.fate {
            Fate::Kept | Fate::Written => field.reason.to_owned(),
            Fate::Dropped => format!("nothing: {}", field.reason),
            Fate::Refused => format!("an error: {}", field.reason),
        };
        let default = field.default.map_or(String::new(), |default| format!("`{default}`"));
        section.push_str(&format!("| `{}` | {default} | {what} |\n", field.path));
    }
    check_section(&readme(), "fields", &section);
}

#[test]
fn the_references_are_those_of_the_table() {
    let mut section = "| Group | Kind | Field |\n| --- | --- | --- |\n".to_owned();
    for [group, kind, field, form] in table::rows(include_str!("../data/reference-fields.tsv")) {
        let note = match form {
            "denied" => ", told and kept",
            "owner" => ", an error",
            _ => "",
        };
        let name = |text: &str| if text == "*" { "any".to_owned() } else { format!("`{text}`") };
        section.push_str(&format!("| {} | {} | `{field}`{note} |\n", name(group), name(kind)));
    }
    check_section(&readme(), "references", &section);
}
