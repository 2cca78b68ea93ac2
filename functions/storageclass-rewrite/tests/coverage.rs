//! Every field of the table, tried one by one, and the fields that look like them and must stay.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;

use krm::function::Function;
use krm::host::{Call, Outcome, run};
use krm::yaml::emit::Block;
use manifests::fields::Pattern;
use manifests::helm::Form;
use serde_json::{Value, json};
use storageclass_rewrite::{
    BETA_ANNOTATION, Content, KnownField, OBJECT_STORES, Selection, StorageClassRewrite, known_fields, look_alikes,
};

const OLD: &str = "standard-rwo";
const NEW: &str = "hcloud-volumes";

fn rewrite(object: &Value) -> (String, Outcome) {
    let input = Block { literals: true }.lines(object, 0);
    let arguments = [StorageClassRewrite::NAME, "-"].map(OsString::from).to_vec();
    let outcome =
        run::<StorageClassRewrite>(Call { arguments, is_plugin: false, stdin: Some(input.clone().into_bytes()) });
    (input, outcome)
}

/// An object with `value` at `path`.
fn object_with(group: &str, kind: &str, path: &str, value: Value) -> Value {
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "example"}});
    merge(&mut object, Pattern::known(path).example(value));
    object
}

fn merge(object: &mut Value, part: Value) {
    match (object, part) {
        (Value::Object(object), Value::Object(part)) => {
            for (key, value) in part {
                merge(object.entry(key).or_insert(Value::Null), value);
            }
        }
        (object, part) => *object = part,
    }
}

/// What a field holds when it names the old class.
fn naming(content: Content) -> Value {
    match content {
        Content::Class => json!(OLD),
        Content::Keys => json!({OLD: "0.05"}),
        Content::QuotaKeys => json!({format!("{OLD}.storageclass.storage.k8s.io/requests.storage"): "10Gi"}),
        Content::ClassMap => json!({"old": OLD}),
        Content::Rules => json!([{
            "apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "resourceNames": [OLD], "verbs": ["get"],
        }]),
        Content::Helm(Form::Mapping) => json!({"persistence": {"storageClass": OLD}}),
        Content::Helm(Form::Text) => json!(format!("# Values\npersistence:\n  storageClass: {OLD}  # comment\n")),
        Content::Helm(Form::Parameters) => json!([{"name": "persistence.storageClass", "value": OLD}]),
        Content::Helm(Form::Dotted) => json!({"persistence.storageClass": OLD}),
        Content::Yaml => {
            json!(format!("db:  # comment\n  volumeClaimTemplate:\n    spec:\n      storageClassName: {OLD}\n"))
        }
    }
}

/// An object that names the old class in the field.
fn object_of(field: &KnownField) -> Value {
    let mut object = object_with(field.group, field.kind, &field.path, naming(field.content));
    match field.selection {
        Selection::All => {}
        Selection::Named(name) => object["metadata"]["name"] = name.into(),
        Selection::Labelled(label) => object["metadata"]["labels"] = json!({label: "RestoreItemAction"}),
    }
    object
}

#[test]
fn every_known_field_is_rewritten_and_nothing_else() {
    for field in known_fields() {
        let (input, outcome) = rewrite(&object_of(&field));
        assert!(input.contains(OLD), "{field:?}");
        assert_eq!(outcome.stdout, input.replace(OLD, NEW), "{field:?}\n{}", outcome.stderr);
    }
    assert!(known_fields().count() >= 200);
}

#[test]
fn no_field_is_in_the_tables_twice() {
    let names: Vec<_> = known_fields()
        .map(|field| format!("{} {} {:?} {}", field.group, field.kind, field.selection, field.path))
        .collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
}

#[test]
fn known_fields_are_found_inside_other_objects_too() {
    for field in known_fields() {
        let wrapper = json!({
            "apiVersion": "triggers.tekton.dev/v1beta1",
            "kind": "TriggerTemplate",
            "metadata": {"name": "wrapper"},
            "spec": {"resourcetemplates": [object_of(&field)]},
        });
        let (input, outcome) = rewrite(&wrapper);
        assert_eq!(outcome.stdout, input.replace(OLD, NEW), "{field:?}\n{}", outcome.stderr);
    }
}

#[test]
fn an_unknown_class_is_refused_in_every_known_field_for_one() {
    let is_for_one = |field: &KnownField| matches!(field.content, Content::Class | Content::Keys | Content::QuotaKeys);
    for field in known_fields().filter(is_for_one) {
        let text = object_of(&field).to_string().replace(OLD, "unheard-of");
        let (_, outcome) = rewrite(&serde_json::from_str(&text).expect("still JSON"));
        assert!(!outcome.succeeded && outcome.stderr.contains("`unheard-of` is no known class"), "{field:?}");
    }
}

/// Claims that are embedded whole are known by their shape, in kinds that no table lists.
#[test]
fn embedded_claims_of_unknown_kinds_are_found_by_their_shape() {
    let mut tried = 0;
    for KnownField { path, .. } in known_fields() {
        let Some(parent) = path.strip_suffix(".storageClassName") else { continue };
        if parent.contains("**") {
            continue;
        }
        let claim = json!({
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": OLD,
            "resources": {"requests": {"storage": "10Gi"}},
        });
        let (input, outcome) = rewrite(&object_with("example.org", "Unheard", parent, claim));
        assert_eq!(outcome.stdout, input.replace(OLD, NEW), "{path}\n{}", outcome.stderr);
        tried += 1;
    }
    assert!(tried >= 60, "{tried} paths");
}

#[test]
fn fields_that_only_look_like_classes_stay() {
    for field in look_alikes() {
        let (input, outcome) = rewrite(&object_with(field.group, field.kind, field.path, OLD.into()));
        assert!(input.contains(OLD), "{field:?}");
        assert_eq!((outcome.stdout, outcome.succeeded), (input, true), "{field:?}");
        assert!(!outcome.stderr.contains(OLD), "{field:?}: {}", outcome.stderr);
    }
}

#[test]
fn tiers_of_object_stores_stay() {
    for store in OBJECT_STORES {
        for (group, kind, path) in [
            ("example.org", "Backup", format!("spec.{store}.storageClass")),
            ("example.org", "Backup", format!("spec.{store}[].storageClassName")),
            ("helm.toolkit.fluxcd.io", "HelmRelease", format!("spec.values.backup.{store}.storageClass")),
        ] {
            let (input, outcome) = rewrite(&object_with(group, kind, &path, OLD.into()));
            assert_eq!((outcome.stdout, outcome.stderr), (input, String::new()), "{kind} {path}");
        }
    }
}

#[test]
fn the_readme_says_what_the_code_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).expect("the README is there");
    let written = krm::golden::with_section(&readme, "coverage", &coverage());
    let written = krm::golden::with_section(&written, "look-alikes", &look_alikes_table());
    let written = krm::golden::with_section(&written, "platforms", &storageclass_rewrite::sources_table());
    let written = krm::golden::with_section(&written, "example", &example());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &written).expect("the README can be written");
    }
    assert!(readme == written || std::env::var_os("UPDATE_GOLDEN").is_some(), "UPDATE_GOLDEN=1 writes the README");
}

/// The known fields as a table: one row for the kinds of a group that have the same fields.
fn coverage() -> String {
    let mut by_kind: Vec<(&str, &str, Vec<String>)> = Vec::new();
    for field in known_fields() {
        let cell = cell(&field);
        match by_kind.iter_mut().find(|(group, kind, _)| (*group, *kind) == (field.group, field.kind)) {
            Some((_, _, cells)) => cells.push(cell),
            None => by_kind.push((field.group, field.kind, vec![cell])),
        }
    }
    let mut rows: Vec<(&str, Vec<&str>, Vec<String>)> = Vec::new();
    for (group, kind, cells) in by_kind {
        match rows.iter_mut().find(|(known, _, of_row)| *known == group && *of_row == cells) {
            Some((_, kinds, _)) => kinds.push(kind),
            None => rows.push((group, vec![kind], cells)),
        }
    }
    let count = known_fields().count();
    let mut table = format!("{count} fields, each with a test:\n\n| Group | Kinds | Paths |\n| --- | --- | --- |\n");
    for (group, kinds, cells) in rows {
        let group = if group.is_empty() { "core" } else { group };
        let _ = writeln!(table, "| {group} | {} | {} |", kinds.join(", "), cells.join("<br>"));
    }
    let _ = writeln!(table, "\nThe annotation `{BETA_ANNOTATION}` is rewritten wherever it is.");
    table
}

fn cell(field: &KnownField) -> String {
    let holds = match (field.content, field.selection) {
        (Content::Class, _) => String::new(),
        (content, Selection::All) => format!(" ({})", meaning(content)),
        (content, Selection::Named(name)) => format!(" ({}; named {name})", meaning(content)),
        (content, Selection::Labelled(label)) => format!(" ({}; labelled {label})", meaning(content)),
    };
    format!("`{}`{holds}", field.path)
}

/// The golden case `example`, as a config and the difference that it makes.
fn example() -> String {
    let read = |name: &str| {
        let path = format!("{}/cases/example/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let (before, after) = (read("input.yaml"), read("expected.yaml"));
    assert_eq!(before.lines().count(), after.lines().count(), "lines are only changed");
    let mut difference = String::new();
    for (old, new) in before.lines().zip(after.lines()) {
        if old == new {
            let _ = writeln!(difference, " {old}");
        } else {
            let _ = writeln!(difference, "-{old}\n+{new}");
        }
    }
    let findings: String = read("findings.txt")
        .lines()
        .filter(|line| !line.ends_with(": changed"))
        .fold(String::new(), |text, line| text + line + "\n");
    format!("```yaml\n{}```\n\n```diff\n{difference}```\n\n```text\n{findings}```\n", read("config.yaml"))
}

fn meaning(content: Content) -> &'static str {
    match content {
        Content::Class => "a class",
        Content::Keys => "keys",
        Content::QuotaKeys => "`NAME.storageclass.storage.k8s.io/…` keys",
        Content::ClassMap => "values",
        Content::Rules => "`resourceNames` of rules about storageclasses",
        Content::Helm(Form::Mapping) => "Helm values",
        Content::Helm(Form::Text) => "Helm values as text",
        Content::Helm(Form::Parameters) => "Helm parameters",
        Content::Helm(Form::Dotted) => "Helm values by dotted name",
        Content::Yaml => "YAML text",
    }
}

fn look_alikes_table() -> String {
    let mut table = "| Group | Kind | Path | What it names |\n| --- | --- | --- | --- |\n".to_owned();
    for field in look_alikes() {
        let group = if field.group.is_empty() { "core" } else { field.group };
        let _ = writeln!(table, "| {group} | {} | `{}` | {} |", field.kind, field.path, field.meaning);
    }
    let stores: Vec<_> = OBJECT_STORES.iter().map(|store| format!("`{store}`")).collect();
    let _ = writeln!(table, "\nSo do `storageClass` and `storageClassName` directly under {}.", stores.join(", "));
    table
}
