//! Every field of the table, tried one by one, and the fields that look like them and must stay.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;

use krm::function::Function;
use krm::host::{Call, Outcome, run};
use krm::trial::merge;
use krm::yaml::emit::Block;
use manifests::claims::OBJECT_STORES;
use manifests::fields::{Field, Pattern};
use manifests::helm::Form;
use serde_json::{Value, json};
use storageclass_rewrite::{
    BETA_ANNOTATION, Beside, Content, KnownField, Selection, StorageClassRewrite, known_fields, look_alikes,
};

const OLD: &str = "standard-rwo";
const NEW: &str = "hcloud-volumes";

fn rewrite(object: &Value) -> (String, Outcome) {
    rewrite_text(Block { literals: true }.lines(object, 0))
}

fn rewrite_text(input: String) -> (String, Outcome) {
    let arguments = [StorageClassRewrite::NAME, "-"].map(OsString::from).to_vec();
    let outcome =
        run::<StorageClassRewrite>(Call { arguments, is_plugin: false, stdin: Some(input.clone().into_bytes()) });
    (input, outcome)
}

/// An object with `value` at `path`.
fn object_with(group: &str, kind: &str, path: &str, value: Value) -> Value {
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "example"}});
    merge(&mut object, &Pattern::known(path).example(value));
    object
}

/// What a field holds when it names the old class.
fn naming(content: Content) -> Value {
    match content {
        Content::Class | Content::Volume => json!(OLD),
        Content::Application => {
            json!(format!("spec:\n  source:\n    helm:\n      valuesObject:\n        storageClass: {OLD}\n"))
        }
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

/// Whether the field is in an entry whose key is a class too.
fn is_below_keys(field: &KnownField) -> bool {
    if !field.path.contains(".*.") {
        return false;
    }
    let of_kind = known_fields().filter(|other| (other.group, other.kind) == (field.group, field.kind));
    of_kind
        .filter(|other| other.content == Content::Keys)
        .any(|other| field.path.starts_with(&format!("{}.*", other.path)))
}

/// An object that names the old class in the field.
fn object_of(field: &KnownField) -> Value {
    let mut object = object_with(field.group, field.kind, &field.path, naming(field.content));
    if is_below_keys(field) {
        let text = object.to_string().replace("\"any\"", &format!("\"{NEW}\""));
        object = serde_json::from_str(&text).expect("still JSON");
    }
    match field.selection {
        Selection::All => {}
        Selection::Named(name) => object["metadata"]["name"] = name.into(),
        Selection::Labelled(label) => object["metadata"]["labels"] = json!({label: "RestoreItemAction"}),
    }
    object
}

/// What the function makes of many objects, each in a document of its own.
fn rewrite_all(objects: impl IntoIterator<Item = Value>) -> (String, Outcome) {
    let documents: Vec<_> = objects.into_iter().map(|object| Block { literals: true }.lines(&object, 0)).collect();
    rewrite_text(documents.join("---\n"))
}

/// Fails with the first document that is not as it should be.
fn assert_documents(actual: &str, expected: &str, fields: &[KnownField]) {
    let pairs = actual.split("---\n").zip(expected.split("---\n"));
    for ((actual, expected), field) in pairs.zip(fields) {
        assert_eq!(actual, expected, "{field:?}");
    }
    assert_eq!(actual.len(), expected.len());
}

#[test]
fn every_known_field_is_rewritten_and_nothing_else() {
    let fields: Vec<_> = known_fields().collect();
    let (input, outcome) = rewrite_all(fields.iter().map(object_of));
    assert!(outcome.succeeded, "{}", outcome.stderr);
    assert_eq!(input.matches("---\n").count() + 1, fields.len());
    assert_documents(&outcome.stdout, &input.replace(OLD, NEW), &fields);
    assert!(fields.len() >= 1200, "{} fields", fields.len());
}

/// The fields of claims, each with an object that names the old class in it, and the field of the class there.
fn claims() -> Vec<(KnownField, Value, Field)> {
    let fields = known_fields().filter(|field| field.content == Content::Class && !field.path.ends_with(']'));
    fields
        .enumerate()
        .map(|(index, known)| {
            let mut object = object_of(&known);
            object["metadata"]["name"] = format!("claim-{index}").into();
            let pattern = Pattern::known(&known.path);
            let found = pattern.fields(&object).into_iter().find(|field| field.read(&object).is_some());
            (known, object, found.expect("the example holds the field"))
        })
        .collect()
}

/// Writes a value at a path from the mapping that holds a class.
fn set(object: &mut Value, class: &Field, path: &str, value: &Value) {
    let mut pointer = class.parent.clone();
    for step in path.split('/') {
        if step != ".." {
            pointer.push_back(step);
            continue;
        }
        pointer.pop_back();
        while object.pointer(pointer.as_str()).is_some_and(Value::is_array) {
            pointer.pop_back();
        }
    }
    let mut place = object;
    for token in pointer.tokens() {
        let key = token.decoded();
        place = match place {
            Value::Array(items) => &mut items[0],
            map => &mut map[key.as_ref()],
        };
    }
    *place = value.clone();
}

/// The indices of the claims that findings of a rule are about.
fn told(outcome: &Outcome, rule: &str) -> BTreeSet<usize> {
    let findings = outcome.findings.iter().filter(|(_, finding)| finding.rule().id == rule);
    let names = findings.filter_map(|(_, finding)| finding.object()?.name.strip_prefix("claim-")?.parse().ok());
    names.collect()
}

#[test]
fn every_size_and_mode_of_the_table_is_read() {
    let mut claims = claims();
    for (known, object, class) in &mut claims {
        for size in known.beside.size.split('|').filter(|path| !path.is_empty()) {
            set(object, class, size, &json!("1Gi"));
        }
        if !known.beside.modes.is_empty() {
            set(object, class, known.beside.modes, &json!("ReadWriteMany"));
        }
    }
    let (_, outcome) = rewrite_all(claims.iter().map(|(_, object, _)| object.clone()));
    let (small, shared) = (told(&outcome, "claim-below-smallest-volume"), told(&outcome, "claim-access-unsupported"));
    for (index, (known, object, _)) in claims.iter().enumerate() {
        let Beside { size, modes, .. } = known.beside;
        assert_eq!(small.contains(&index), !size.is_empty(), "{known:?} {object}");
        assert_eq!(shared.contains(&index), !modes.is_empty(), "{known:?} {object}");
    }
    assert!(small.len() >= 900 && shared.len() >= 700, "{} sizes, {} modes", small.len(), shared.len());
}

#[test]
fn every_switch_of_the_table_turns_the_claim_off() {
    let mut claims = claims();
    claims.retain(|(known, ..)| !known.beside.switches.is_empty());
    for (known, object, class) in &mut claims {
        set(object, class, known.beside.size, &json!("1Gi"));
        for switch in known.beside.switches.split('|') {
            let (path, value) = switch.split_once('=').expect("a switch has a value");
            set(object, class, path, &serde_json::from_str(value).unwrap_or_else(|_| value.into()));
        }
        let (input, outcome) = rewrite(object);
        assert_eq!(outcome.stdout, input.replace(OLD, NEW), "{known:?}");
        assert_eq!(told(&outcome, "claim-below-smallest-volume"), BTreeSet::new(), "{known:?} {object}");
    }
    assert!(claims.len() >= 8, "{} switches", claims.len());
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
    let fields: Vec<_> = known_fields().collect();
    let wrapped = fields.iter().map(|field| {
        json!({
            "apiVersion": "triggers.tekton.dev/v1beta1",
            "kind": "TriggerTemplate",
            "metadata": {"name": "wrapper"},
            "spec": {"resourcetemplates": [object_of(field)]},
        })
    });
    let (input, outcome) = rewrite_all(wrapped);
    assert!(outcome.succeeded, "{}", outcome.stderr);
    assert_documents(&outcome.stdout, &input.replace(OLD, NEW), &fields);
}

#[test]
fn an_unknown_class_is_refused_in_every_known_field_for_one() {
    let claims = claims();
    let objects = claims.iter().map(|(_, object, _)| {
        serde_json::from_str(&object.to_string().replace(OLD, "unheard-of")).expect("still JSON")
    });
    let (_, outcome) = rewrite_all(objects);
    let refused = told(&outcome, "unknown-storage-class");
    for (index, (known, ..)) in claims.iter().enumerate() {
        assert!(refused.contains(&index), "{known:?}");
    }
    assert!(!outcome.succeeded && outcome.stderr.contains("`unheard-of` is no known class"));
}

/// Claims that are embedded whole are known by their shape, in kinds that no table lists.
#[test]
fn embedded_claims_of_unknown_kinds_are_found_by_their_shape() {
    let claim = json!({
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": OLD,
        "resources": {"requests": {"storage": "10Gi"}},
    });
    let mut fields: Vec<_> = known_fields().filter(|field| field.path.ends_with(".storageClassName")).collect();
    fields.retain(|field| !field.path.contains("**"));
    let parents = fields.iter().filter_map(|field| field.path.strip_suffix(".storageClassName"));
    let (input, outcome) =
        rewrite_all(parents.map(|parent| object_with("example.org", "Unheard", parent, claim.clone())));
    assert_documents(&outcome.stdout, &input.replace(OLD, NEW), &fields);
    assert!(fields.len() >= 800, "{} paths", fields.len());
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

/// The known fields as a table: a row for each group, and fields that hold no claim one by one.
fn coverage() -> String {
    let mut groups: Vec<(&str, BTreeSet<&str>, usize, Vec<String>)> = Vec::new();
    for field in known_fields() {
        if groups.last().is_none_or(|(group, ..)| *group != field.group) {
            groups.push((field.group, BTreeSet::new(), 0, Vec::new()));
        }
        let Some((_, kinds, count, others)) = groups.last_mut() else { continue };
        kinds.insert(field.kind);
        match field.content {
            Content::Class | Content::Volume => *count += 1,
            _ => others.push(format!("`{}`", field.path) + &meaning(&field)),
        }
    }
    let mut table = format!(
        "{} fields, each with a test. [`class-fields.tsv`](../manifests/data/class-fields.tsv) lists those for one class, with where the size \
         and the access modes of the claim are:\n\n| Group | Kinds | Fields for a class | Other fields |\n| --- | --- | --- | --- |\n",
        known_fields().count()
    );
    for (group, kinds, count, others) in groups {
        let group = if group.is_empty() { "core" } else { group };
        let kinds: Vec<_> = kinds.into_iter().collect();
        let count = if count == 0 { String::new() } else { count.to_string() };
        let _ = writeln!(table, "| {group} | {} | {count} | {} |", kinds.join(", "), others.join("<br>"));
    }
    let _ = writeln!(table, "\nThe annotation `{BETA_ANNOTATION}` is rewritten wherever it is.");
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

/// What a field holds, and in which objects.
fn meaning(field: &KnownField) -> String {
    let holds = match field.content {
        Content::Class | Content::Volume => "a class",
        Content::Keys => "keys",
        Content::QuotaKeys => "`NAME.storageclass.storage.k8s.io/…` keys",
        Content::ClassMap => "values",
        Content::Rules => "`resourceNames` of rules about storageclasses",
        Content::Helm(Form::Mapping) => "Helm values",
        Content::Helm(Form::Text) => "Helm values as text",
        Content::Helm(Form::Parameters) => "Helm parameters",
        Content::Helm(Form::Dotted) => "Helm values by dotted name",
        Content::Yaml => "YAML text",
        Content::Application => "a part of an Application as text",
    };
    match field.selection {
        Selection::All => format!(" ({holds})"),
        Selection::Named(name) => format!(" ({holds}; named {name})"),
        Selection::Labelled(label) => format!(" ({holds}; labelled {label})"),
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
