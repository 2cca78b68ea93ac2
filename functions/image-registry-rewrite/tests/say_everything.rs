//! Whatever an object holds, an image of a mapped registry is rewritten or told.

use image_registry_rewrite::ImageRegistryRewrite;
use krm::field::FieldPath;
use krm::finding::Finding;
use krm::trial::{objects_of, run_on};
use krm::yaml::Tree;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// What every text with an image of a mapped registry has, and no other text.
const OLD: &str = "quay.io/org";

/// Keys that have a meaning here or there, and some that have none.
const KEYS: [&str; 29] = [
    "image",
    "images",
    "imageName",
    "sidecarImage",
    "registry",
    "repository",
    "name",
    "value",
    "default",
    "args",
    "command",
    "env",
    "containers",
    "steps",
    "volumes",
    "reference",
    "metadata",
    "annotations",
    "labels",
    "spec",
    "data",
    "global",
    "imageRegistry",
    "tag",
    "digest",
    "path",
    "url",
    "words",
    "quay.io/org/web",
];

fn text() -> impl Strategy<Value = String> {
    let image = "(quay\\.io/org|quay\\.io/organisation|quay\\.io|ghcr\\.io)(/[a-z]{1,4}){0,2}";
    let around = prop::sample::select(vec![
        "IMAGE",
        "IMAGE:1",
        "IMAGE@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "IMAGE/$(NAME):1",
        "IMAGE:${TAG}",
        "IMAGE-{{ .x }}",
        "${X:-IMAGE:1}",
        "oci://IMAGE",
        "docker://IMAGE:1",
        "https://IMAGE/x",
        "docker pull IMAGE:1 && echo",
        "--image=IMAGE:1",
        "--other=IMAGE:1",
        "a=IMAGE:1,IMAGE:2",
        "image: IMAGE:1\n",
        "a:\n  image: IMAGE:1 # kept\n  note: IMAGE\n",
        "- IMAGE\n- b\n",
        "{\"image\": \"IMAGE:1\", \"other\": \"IMAGE\"}",
        "{{- if .x }}\nimage: IMAGE\n{{- end }}\n",
        " IMAGE:1",
        "IMAGE:1 ",
        "see IMAGE.",
        "nginx:1",
        "org/web",
        "1.2.3",
        "X",
        "image",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: IMAGE:1\n",
    ]);
    (around, image).prop_map(|(around, image)| around.replace("IMAGE", &image))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![5 => text().prop_map(Value::from), 1 => Just(json!(null)), 1 => Just(json!(1))];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let entries = prop::collection::vec((prop::sample::select(KEYS.to_vec()), inner.clone()), 1..5);
        prop_oneof![
            2 => entries.prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()),
            1 => prop::collection::vec(inner, 1..4).prop_map(Value::from),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    let kinds = vec![
        ("example.org/v1", "Example"),
        ("v1", "Pod"),
        ("v1", "ConfigMap"),
        ("argoproj.io/v1alpha1", "Workflow"),
        ("tekton.dev/v1", "Task"),
        ("helm.cattle.io/v1", "HelmChart"),
        ("kyverno.io/v1", "Policy"),
    ];
    (prop::sample::select(kinds), value(), value()).prop_map(|((api_version, kind), spec, data)| {
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "spec": {
            "values": spec, "containers": [spec], "templates": [{"container": spec}]}, "data": {"a": data}})
    })
}

/// The fields whose keys or texts name a mapped image.
fn named(value: &Value, path: &FieldPath) -> Vec<FieldPath> {
    match value {
        Value::Object(map) => {
            let inside = |(key, value): (&String, &Value)| {
                let path = path.clone().key(key);
                let own = key.contains(OLD).then(|| path.clone());
                own.into_iter().chain(named(value, &path)).collect::<Vec<_>>()
            };
            map.iter().flat_map(inside).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, item)| named(item, &path.clone().index(index))).collect()
        }
        Value::String(text) if names_mapped(text) => vec![path.clone()],
        _ => Vec::new(),
    }
}

/// Whether a text names an image of the mapped registry: a whole component follows.
fn names_mapped(text: &str) -> bool {
    text.match_indices(OLD).any(|(at, _)| {
        !text[at + OLD.len()..].starts_with(|letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_image_that_stays_is_told(object in object()) {
        let spec = json!({"registries": {OLD: "ghcr.io/new"}});
        let outcome = run_on::<ImageRegistryRewrite>(std::slice::from_ref(&object), &spec);
        prop_assert!(outcome.succeeded, "{}\n{}", object, outcome.stderr);
        let found = objects_of(&outcome);
        let is_policy = object["kind"] == "Policy";
        let is_told_by = |finding: &Finding, path: &str| match finding.field_path() {
            Some(told) if finding.rule().id == "malformed-field" => path.starts_with(told),
            Some(told) => finding.rule().id != "changed" && (is_policy || told.starts_with(path)),
            None => false,
        };
        for path in named(&found[0], &FieldPath::root()) {
            let is_told = outcome.findings.iter().any(|(_, finding)| is_told_by(finding, path.as_str()));
            prop_assert!(is_told, "{} is not told\n{}\n{}", path, found[0], outcome.stderr);
        }
        let again = run_on::<ImageRegistryRewrite>(&found, &spec);
        prop_assert_eq!(objects_of(&again), found);
    }

    #[test]
    fn texts_change_only_where_they_name_a_mapped_image(object in object()) {
        let spec = json!({"registries": {OLD: "ghcr.io/new", "docker.io": "hub.example.com"}, "rewriteURLs": true});
        let outcome = run_on::<ImageRegistryRewrite>(std::slice::from_ref(&object), &spec);
        prop_assert!(outcome.succeeded, "{}\n{}", object, outcome.stderr);
        let (before, after) = (object.to_string(), objects_of(&outcome)[0].to_string());
        // What is left of the new names gives the old text again.
        let restored = after.replace("ghcr.io/new", OLD).replace("hub.example.com/library/", "").replace("hub.example.com/", "");
        let plain = |text: &str| text.replace(['"', '\\', '\''], "");
        prop_assert_eq!(plain(&restored), plain(&before));
        prop_assert!(Tree::parse(outcome.stdout).is_ok());
    }
}
