//! Every place of the table, tried one by one, and the fields that look like them and must stay.

use std::ffi::OsString;
use std::fmt::Write as _;

use krm::function::Function;
use krm::host::{Call, Outcome, run};
use krm::yaml::emit::Block;
use serde_json::{Map, Value, json};
use storageclass_rewrite::{
    BETA_ANNOTATION, Form, KNOWN_FIELDS, KnownFields, LOOK_ALIKES, OBJECT_STORES, Only, StorageClassRewrite,
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

/// An object with `value` at `path`. Wildcards stand for an entry or two.
fn object_with(group: &str, kind: &str, path: &str, value: Value) -> Value {
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "example"}});
    let part = wrapped(&segments(path), value);
    merge(&mut object, part);
    object
}

fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(bracketed) = rest.strip_prefix('[') {
            let (name, behind) = bracketed.split_once(']').expect("brackets are closed");
            segments.push(if name.is_empty() { "[]".to_owned() } else { name.to_owned() });
            rest = behind.strip_prefix('.').unwrap_or(behind);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            segments.push(rest[..end].to_owned());
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    segments
}

fn wrapped(segments: &[String], value: Value) -> Value {
    let Some((first, rest)) = segments.split_first() else { return value };
    let inner = wrapped(rest, value);
    match first.as_str() {
        "[]" => json!([inner]),
        "*" => json!({"some": inner}),
        "**" => json!({"spec": {"deep": [{"deeper": inner}]}}),
        name => json!({name: inner}),
    }
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

/// What a field of this form holds when it names the old class.
fn content(form: Form) -> Value {
    match form {
        Form::Class => json!(OLD),
        Form::Keys => json!({OLD: "0.05"}),
        Form::QuotaKeys => json!({format!("{OLD}.storageclass.storage.k8s.io/requests.storage"): "10Gi"}),
        Form::ClassMap => json!({"old": OLD}),
        Form::RbacRules => json!([{
            "apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "resourceNames": [OLD], "verbs": ["get"],
        }]),
        Form::Values => json!({"persistence": {"storageClass": OLD}}),
        Form::ValuesText => json!(format!("# Values\npersistence:\n  storageClass: {OLD}  # comment\n")),
        Form::Parameters => json!([{"name": "persistence.storageClass", "value": OLD}]),
        Form::DottedValues => json!({"persistence.storageClass": OLD}),
        Form::Yaml => {
            json!(format!("db:  # comment\n  volumeClaimTemplate:\n    spec:\n      storageClassName: {OLD}\n"))
        }
    }
}

fn objects(known: &KnownFields) -> Vec<(String, Value)> {
    let mut objects = Vec::new();
    for group in known.groups {
        for kind in known.kinds {
            for path in known.paths {
                let mut object = object_with(group, kind, path, content(known.form));
                match known.only {
                    Only::All => {}
                    Only::Named(names) => object["metadata"]["name"] = names[0].into(),
                    Only::Labelled(label) => object["metadata"]["labels"] = json!({label: "RestoreItemAction"}),
                }
                objects.push((format!("{group} {kind} {path}"), object));
            }
        }
    }
    objects
}

#[test]
fn every_known_place_is_rewritten_and_nothing_else() {
    let mut tried = 0;
    for (place, object) in KNOWN_FIELDS.iter().flat_map(objects) {
        let (input, outcome) = rewrite(&object);
        assert!(input.contains(OLD), "{place}");
        assert_eq!(outcome.stdout, input.replace(OLD, NEW), "{place}\n{}", outcome.stderr);
        tried += 1;
    }
    assert!(tried >= 200, "{tried} places");
}

#[test]
fn known_places_are_found_inside_other_objects_too() {
    for (place, object) in KNOWN_FIELDS.iter().flat_map(objects) {
        let wrapper = json!({
            "apiVersion": "triggers.tekton.dev/v1beta1",
            "kind": "TriggerTemplate",
            "metadata": {"name": "wrapper"},
            "spec": {"resourcetemplates": [object]},
        });
        let (input, outcome) = rewrite(&wrapper);
        assert_eq!(outcome.stdout, input.replace(OLD, NEW), "{place}\n{}", outcome.stderr);
    }
}

#[test]
fn an_unknown_class_is_refused_in_every_known_field_for_one() {
    for known in KNOWN_FIELDS.iter().filter(|known| matches!(known.form, Form::Class | Form::Keys | Form::QuotaKeys)) {
        for (place, object) in objects(known) {
            let text = object.to_string().replace(OLD, "unheard-of");
            let (_, outcome) = rewrite(&serde_json::from_str(&text).expect("still JSON"));
            assert!(!outcome.succeeded && outcome.stderr.contains("`unheard-of` is no known class"), "{place}");
        }
    }
}

/// Claims that are embedded whole are known by their shape, in kinds that no table lists.
#[test]
fn embedded_claims_of_unknown_kinds_are_found_by_their_shape() {
    let mut tried = 0;
    for path in KNOWN_FIELDS.iter().flat_map(|known| known.paths) {
        let Some(holder) = path.strip_suffix(".storageClassName") else { continue };
        if holder.contains("**") {
            continue;
        }
        let claim = json!({
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": OLD,
            "resources": {"requests": {"storage": "10Gi"}},
        });
        let (input, outcome) = rewrite(&object_with("example.org", "Unheard", holder, claim));
        assert_eq!(outcome.stdout, input.replace(OLD, NEW), "{path}\n{}", outcome.stderr);
        tried += 1;
    }
    assert!(tried >= 60, "{tried} paths");
}

#[test]
fn fields_that_only_look_like_classes_stay() {
    for look_alike in LOOK_ALIKES {
        let object = object_with(look_alike.group, look_alike.kind, look_alike.path, OLD.into());
        let (input, outcome) = rewrite(&object);
        let place = format!("{} {} {}", look_alike.group, look_alike.kind, look_alike.path);
        assert!(input.contains(OLD), "{place}");
        assert_eq!((outcome.stdout, outcome.succeeded), (input, true), "{place}");
        assert!(!outcome.stderr.contains(OLD), "{place}: {}", outcome.stderr);
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
    let written = krm::golden::with_section(&written, "look-alikes", &look_alikes());
    let written = krm::golden::with_section(&written, "platforms", &storageclass_rewrite::platforms_table());
    let written = krm::golden::with_section(&written, "example", &example());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &written).expect("the README can be written");
    }
    assert!(readme == written || std::env::var_os("UPDATE_GOLDEN").is_some(), "UPDATE_GOLDEN=1 writes the README");
}

fn coverage() -> String {
    let mut rows: Map<String, Value> = Map::new();
    let mut places = 0;
    for known in KNOWN_FIELDS {
        for group in known.groups {
            let kinds = known.kinds.join(", ");
            let paths = known.paths.iter().map(|path| format!("`{path}`"));
            places += known.kinds.len() * known.paths.len();
            let holds = match (known.form, known.only) {
                (Form::Class, _) => String::new(),
                (form, Only::All) => format!(" ({})", meaning(form)),
                (form, Only::Named(names)) => format!(" ({}; named {})", meaning(form), names.join(" or ")),
                (form, Only::Labelled(label)) => format!(" ({}; labelled {label})", meaning(form)),
            };
            let paths = paths.map(|path| path + &holds);
            let row = rows
                .entry(format!("{} | {kinds}", if group.is_empty() { "core" } else { group }))
                .or_insert_with(|| json!([]));
            row.as_array_mut().expect("rows are lists").extend(paths.map(Value::from));
        }
    }
    let mut table = format!("{places} places, each with a test:\n\n| Group | Kinds | Paths |\n| --- | --- | --- |\n");
    for (place, paths) in &rows {
        let paths: Vec<_> = paths.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let _ = writeln!(table, "| {place} | {} |", paths.join("<br>"));
    }
    let _ = writeln!(table, "\nThe annotation `{BETA_ANNOTATION}` is rewritten wherever it stands.");
    table
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

fn meaning(form: Form) -> &'static str {
    match form {
        Form::Class => "a class",
        Form::Keys => "keys",
        Form::QuotaKeys => "`NAME.storageclass.storage.k8s.io/…` keys",
        Form::ClassMap => "values",
        Form::RbacRules => "`resourceNames` of rules about storageclasses",
        Form::Values => "Helm values",
        Form::ValuesText => "Helm values as text",
        Form::Parameters => "Helm parameters",
        Form::DottedValues => "Helm values by dotted name",
        Form::Yaml => "YAML text",
    }
}

fn look_alikes() -> String {
    let mut table = "| Group | Kind | Path | What it names |\n| --- | --- | --- | --- |\n".to_owned();
    for look_alike in LOOK_ALIKES {
        let group = if look_alike.group.is_empty() { "core" } else { look_alike.group };
        let _ = writeln!(table, "| {group} | {} | `{}` | {} |", look_alike.kind, look_alike.path, look_alike.meaning);
    }
    let stores: Vec<_> = OBJECT_STORES.iter().map(|store| format!("`{store}`")).collect();
    let _ = writeln!(table, "\nSo do `storageClass` and `storageClassName` directly under {}.", stores.join(", "));
    table
}
