//! The prefilter agrees with the search.

use std::borrow::Cow;

use krm::yaml::emit::{self, Block};
use manifests::fields::Pattern;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::*;

/// Words of manifests: some that are about storage, in any case, and some that are not.
fn word() -> impl Strategy<Value = String> {
    let about_storage = prop::sample::select(vec![
        "storageClassName",
        "StorageClass",
        "storage_class",
        "STORAGECLASS",
        "standard-rwo",
        "Standard-RWO",
        "premium-rwo, or another",
        "accessModes",
        "ReadWriteMany",
        "resources",
        "requests",
        "storage",
        "size",
        "volumes",
        "persistentVolumeClaim",
        "claimName",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "azureFile",
        "csi",
        "driver",
        "pd.csi.storage.gke.io",
        "copyMethod",
        "Snapshot",
        "volumeSnapshot",
        "persistent-claim",
        "volume.beta.kubernetes.io/storage-class",
        "pv.kubernetes.io/bind-completed",
        "class",
        "Database",
    ]);
    let other = prop::sample::select(vec![
        "spec",
        "data",
        "metadata",
        "annotations",
        "name",
        "template",
        "values",
        "replicas",
        "containers",
        "image",
        "type",
        "items",
        "a-b",
        "web",
        "10Gi",
        "yes",
        "limits",
        "max",
        "PersistentVolumeClaim",
    ]);
    prop_oneof![1 => about_storage.prop_map(str::to_owned), 4 => other.prop_map(str::to_owned)]
}

/// Parts of objects that this function has something to say of, in the right place.
fn part() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"name": "a", "csi": {"driver": "ebs.csi.aws.com"}}),
        json!({"name": "a", "gcePersistentDisk": {"pdName": "a"}}),
        json!({"name": "a", "azureFile": {"shareName": "a"}}),
        json!([{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}]),
        json!({"accessModes": ["ReadWriteOnce"]}),
        json!({"size": "1Gi"}),
        json!({"nfs": {"server": "10.0.0.2"}}),
        json!({"pv.kubernetes.io/bind-completed": "yes"}),
        json!("Snapshot"),
        json!("volumeSnapshot"),
        json!("gp3-csi"),
    ])
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = || prop_oneof![word().prop_map(Value::from), (0..5_u64).prop_map(Value::from), part()];
    let nested = leaf().prop_recursive(4, 12, 3, |inner| {
        let entries = prop::collection::vec((word(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Value::from),
            entries.prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    prop_oneof![leaf(), nested]
}

/// The fields that this function knows, by group, kind and path.
fn paths() -> impl Strategy<Value = (&'static str, &'static str, Cow<'static, str>)> {
    let classes = known_fields().map(|field| (field.group, field.kind, field.path));
    let snapshots = krm::table::rows(include_str!("../data/snapshot-fields.tsv"));
    let snapshots = snapshots.map(|[group, kind, path, _]| (group, kind, path.into()));
    let others = [
        ("", "LimitRange", "spec.limits".into()),
        ("", "PersistentVolume", "spec".into()),
        ("", "Pod", "spec.volumes[]".into()),
        ("example.org", "Database", "spec.name".into()),
        ("example.org", "Other", "spec.volumes[]".into()),
        ("kyverno.io", "Policy", "spec.rules".into()),
    ];
    let [classes, snapshots, others] =
        [classes.collect(), snapshots.collect(), Vec::from(others)].map(prop::sample::select);
    prop_oneof![classes, snapshots, others]
}

/// An object with some values, one of them in a known field or in the mapping around one.
fn object() -> impl Strategy<Value = Value> {
    let entries = prop::collection::vec((word(), value()), 0..2);
    (paths(), any::<bool>(), value(), entries).prop_map(|((group, kind, path), is_around, value, entries)| {
        let around = path.rsplit_once('.').filter(|_| is_around).and_then(|(around, _)| Pattern::parse(around).ok());
        let mut object = around.unwrap_or_else(|| Pattern::known(&path)).example(value);
        object = if object.is_object() { object } else { json!({ "spec": object }) };
        for (key, value) in entries {
            object[key] = value;
        }
        object["apiVersion"] = format!("{group}/v1").trim_start_matches('/').into();
        object["kind"] = kind.into();
        if !object["metadata"].is_object() {
            object["metadata"] = Value::Object(Map::new());
        }
        object["metadata"]["name"] = "any".into();
        object
    })
}

/// The text of an object: in blocks, as JSON, with an escape, with an alias, or folded.
fn text(object: &Value, style: usize) -> String {
    let text = emit::json(object);
    match style {
        0 => Block { literals: true }.lines(object, 0),
        1 => text,
        2 => text.replacen("tandard-", r"tandard\u002d", 1).replacen("orageClass", r"orage\u0043lass", 1),
        3 => text.replacen("\"standard-rwo\"", "&class \"standard-rwo\"", 1).replace(":\"standard-rwo\"", ": *class "),
        _ => text.replace("-rwo", "-\\\n  rwo").replace(", or", ",\n  or"),
    }
}

/// The prefilter agrees with the search: what it skips concerns no part of the function.
#[test]
fn nothing_is_found_in_what_the_prefilter_skips() {
    let (kind, path, holds) = ("Database".to_owned(), "spec.name".to_owned(), config::Holds::Class);
    let spec = Spec { fields: vec![config::ClassField { group: None, kind, path, holds }], ..Spec::default() };
    let classes = Classes::new(&spec, &BuildClasses::default()).expect("the config is valid");
    let fields = FieldTable::new(&spec).expect("the config is valid");
    let (volumes, snapshots) = (BuildVolumes::default(), SnapshotClasses::default());
    let context = Context { spec: &spec, classes: &classes, volumes: &volumes, snapshots: &snapshots };
    let prefilter = prefilter(&spec, &classes);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(5000));
    let ran = runner.run(&(object(), 0..5_usize), |(object, style)| {
        let text = text(&object, style);
        let resources = Resources::from_streams(vec![(None, text.clone())]).expect("the text is YAML");
        for item in resources.iter().filter(|item| !prefilter.may_match(item)) {
            let search = Search { fields: &fields, classes: &classes };
            let mut rewriter = Rewriter { context, search, usage: Usage::default() };
            let mut findings = Findings::default();
            let changes = changes(item, &mut rewriter, &mut findings);
            let is_gone = check(&resources, item, context, &mut findings);
            rewriter.usage.report(context, &mut findings);
            prop_assert!(changes.is_empty() && !is_gone, "{text}");
            prop_assert_eq!(findings.iter().count(), 0, "{}", text);
        }
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}
