//! Whatever images a build has, only mapped registries change, and nothing else of the text does.

use image_registry_rewrite::ImageRegistryRewrite;
use krm::function::Function;
use krm::host::{Call, Outcome, run};
use proptest::prelude::*;

/// The entries, the longest first, with what is before the `/` of a repository that they map.
const ENTRIES: [(&str, &str); 4] = [
    ("quay.io/org/team", "registry.example.com/team"),
    ("quay.io/org", "ghcr.io/org"),
    ("registry.example.org:5000", "ghcr.io/internal"),
    ("docker.io/library", "mirror.example.com/hub"),
];

/// An image with what must become of it.
#[derive(Debug, Clone)]
struct Case {
    before: String,
    after: String,
}

fn word() -> impl Strategy<Value = String> {
    "[a-z0-9]{1,6}((\\.|_|__|-{1,2})[a-z0-9]{1,4})?"
}

fn version() -> impl Strategy<Value = String> {
    let tag = prop_oneof![Just(String::new()), "[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}".prop_map(|tag| format!(":{tag}"))];
    let digest = prop_oneof![3 => Just(String::new()), 1 => "[0-9a-f]{64}".prop_map(|hash| format!("@sha256:{hash}"))];
    (tag, digest).prop_map(|(tag, digest)| tag + &digest)
}

/// An image of an entry.
fn mapped() -> impl Strategy<Value = Case> {
    let entry = prop::sample::select(ENTRIES.to_vec());
    (entry, prop::collection::vec(word(), 1..3), version())
        .prop_filter("a longer entry maps it", |((source, _), words, _)| *source != "quay.io/org" || words[0] != "team")
        .prop_map(|((source, target), words, version)| {
            let rest = words.join("/") + &version;
            // Docker Hub needs no registry.
            let before = match source {
                "docker.io/library" if words.len() == 1 => rest.clone(),
                _ => format!("{source}/{rest}"),
            };
            Case { before, after: format!("{target}/{rest}") }
        })
}

/// An image that only looks like one of an entry.
fn unmapped() -> impl Strategy<Value = Case> {
    let name = prop_oneof![
        word().prop_map(|word| format!("quay.io/org{word}/web")),
        word().prop_map(|word| format!("quay.io/org-{word}")),
        word().prop_map(|word| format!("{word}.quay.io/org/web")),
        word().prop_map(|word| format!("mirror.example.net/quay.io/org/{word}")),
        word().prop_map(|word| format!("quay.io:443/org/{word}")),
        word().prop_map(|word| format!("registry.example.org/{word}")),
        (word(), word()).prop_map(|(one, other)| format!("docker.io/x{one}/{other}")),
    ];
    (name, version()).prop_map(|(name, version)| Case { before: name.clone() + &version, after: name + &version })
}

fn case() -> impl Strategy<Value = Case> {
    prop_oneof![mapped(), unmapped()]
}

/// A build that holds the images in many ways, and texts like them that stay.
fn manifests(images: &[&str], quote: &str) -> String {
    let containers = images.iter().enumerate().map(|(index, image)| {
        format!("      - name: c{index}   # {image}\n        image:   {quote}{image}{quote}   # kept\n")
    });
    let containers: String = containers.collect();
    let values: String =
        images.iter().enumerate().map(|(i, image)| format!("      a{i}: {{image: '{image}'}}\n")).collect();
    format!(
        "# Kept\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n\
         {containers}---\napiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {{name: web}}\nspec:\n  valuesContent: |-\n      \
         # Values\n{values}"
    )
}

fn rewrite(input: &str) -> Outcome {
    let registries: String = ENTRIES.iter().map(|(source, target)| format!("    {source}: {target}\n")).collect();
    let config = format!(
        "apiVersion: replatform.dev/v1alpha1\nkind: ImageRegistryRewrite\nmetadata: {{name: images}}\nspec:\n  registries:\n{registries}"
    );
    let items: String = input
        .split("---\n")
        .map(|document| {
            let lines: Vec<_> = document.lines().map(|line| format!("  {line}\n")).collect();
            lines.concat().replacen("  apiVersion", "- apiVersion", 1)
        })
        .collect();
    let list = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}functionConfig:\n{}",
        config.lines().map(|line| format!("  {line}\n")).collect::<String>()
    );
    let arguments = vec![ImageRegistryRewrite::NAME.into()];
    run::<ImageRegistryRewrite>(Call { arguments, is_plugin: false, stdin: Some(list.into_bytes()) })
}

/// The items of a list as text.
fn items_of(text: &str) -> &str {
    let start = text.find("items:\n").expect("the list has items");
    let end = text.find("functionConfig:").expect("the list has a config");
    &text[start..end]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn only_mapped_registries_change(cases in prop::collection::vec(case(), 1..6), quote in prop_oneof![Just("'"), Just("\"")]) {
        let before: Vec<_> = cases.iter().map(|case| case.before.as_str()).collect();
        let after: Vec<_> = cases.iter().map(|case| case.after.as_str()).collect();
        let outcome = rewrite(&manifests(&before, quote));
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        // Comments keep the image of before.
        let mut expected = manifests(&after, quote);
        for (case, index) in cases.iter().zip(0..) {
            expected = expected.replace(&format!("c{index}   # {}\n", case.after), &format!("c{index}   # {}\n", case.before));
        }
        let list = rewrite(&expected);
        prop_assert_eq!(items_of(&outcome.stdout), items_of(&list.stdout));
        prop_assert_eq!(list.findings.iter().filter(|(_, finding)| finding.rule().id == "changed").count(), 0);
    }

    #[test]
    fn texts_of_any_sort_are_read(text in "\\PC{0,40}", key in "[a-zA-Z]{0,8}(image|Image|IMAGES|registry|repository)?") {
        let object = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {
            key: format!("{text}quay.io/org/web{text}"), "image": text}});
        let spec = serde_json::json!({"registries": {"quay.io/org": "ghcr.io/org", "docker.io": "hub.example.com"}});
        let outcome = krm::trial::run_on::<ImageRegistryRewrite>(std::slice::from_ref(&object), &spec);
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        let again = krm::trial::run_on::<ImageRegistryRewrite>(&krm::trial::objects_of(&outcome), &spec);
        prop_assert_eq!(krm::trial::objects_of(&again), krm::trial::objects_of(&outcome));
    }
}
