//! Whatever an object holds, only the names of classes change, every other byte stays, and what stays is reported.

use std::ffi::OsString;
use std::fmt::Write as _;

use krm::field::FieldPath;
use krm::function::Function;
use krm::host::{Call, Outcome, run};
use krm::yaml::Tree;
use proptest::prelude::*;
use serde_json::Value;
use storageclass_rewrite::StorageClassRewrite;

const OLD: &str = "standard-rwo";
const NEW: &str = "hcloud-volumes";

/// A part of an object, of which it is known whether it names a class.
#[derive(Debug, Clone)]
enum Part {
    /// Text that may read like the name of a class and is none.
    Scalar(String),
    Mapping(Vec<(String, Part)>),
    List(Vec<Part>),
    /// A claim; its class changes.
    Claim {
        quote: &'static str,
        comment: bool,
    },
    /// An object of a known kind inside; its class changes.
    Pool {
        quote: &'static str,
    },
    /// An object inside whose class is one of buckets; it stays.
    Bucket,
    /// The values of a chart as text; the class in it changes.
    Chart {
        indent: usize,
        comment: bool,
    },
}

fn part() -> impl Strategy<Value = Part> {
    let quote = prop_oneof![Just(""), Just("\""), Just("'")];
    let scalar = prop_oneof![
        Just(OLD.to_owned()),
        Just(format!("'{OLD}'  # a comment on {OLD}")),
        Just(format!("\"{OLD} and more\"")),
        Just("0644".to_owned()),
        Just("yes".to_owned()),
        Just("[a, {b: c}]".to_owned()),
        Just("{}".to_owned()),
        Just("~".to_owned()),
        "[a-z]{1,8}",
    ];
    let leaf = prop_oneof![
        4 => scalar.prop_map(Part::Scalar),
        2 => (quote.clone(), any::<bool>()).prop_map(|(quote, comment)| Part::Claim { quote, comment }),
        1 => quote.prop_map(|quote| Part::Pool { quote }),
        1 => Just(Part::Bucket),
        1 => (1..5_usize, any::<bool>()).prop_map(|(indent, comment)| Part::Chart { indent, comment }),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let key = prop_oneof![
            Just("class"),
            Just("tier"),
            Just("storage"),
            Just("spec"),
            Just("persistence"),
            Just("data"),
            Just("template"),
            Just("volumes"),
            Just("status"),
            Just("metadata"),
            Just("resources"),
            Just("\"on\""),
        ];
        prop_oneof![
            prop::collection::vec((key.prop_map(str::to_owned), inner.clone()), 1..5).prop_map(distinct),
            prop::collection::vec(inner, 1..4).prop_map(Part::List),
        ]
    })
}

fn distinct(entries: Vec<(String, Part)>) -> Part {
    let entries = entries.into_iter().enumerate();
    Part::Mapping(
        entries
            .map(|(index, (key, part))| if index == 0 { (key, part) } else { (format!("k{index}"), part) })
            .collect(),
    )
}

/// The lines of a part behind `key:` or `-`, with `class` where a class is named.
fn write(text: &mut String, part: &Part, indent: usize, class: &str) {
    let lead = " ".repeat(indent);
    match part {
        Part::Scalar(scalar) => {
            let _ = writeln!(text, " {scalar}");
        }
        Part::Mapping(entries) => {
            text.push('\n');
            for (key, part) in entries {
                let _ = write!(text, "{lead}{key}:");
                write(text, part, indent + 2, class);
            }
        }
        Part::List(parts) => {
            text.push_str("  # a list\n");
            for part in parts {
                let _ = write!(text, "{lead}-");
                write(text, part, indent + 2, class);
            }
        }
        Part::Claim { quote, comment } => {
            let comment = if *comment { format!("   # was {OLD}") } else { String::new() };
            let _ = write!(
                text,
                "\n{lead}accessModes: [ReadWriteOnce]\n{lead}storageClassName:   {quote}{class}{quote}{comment}\n\n\
                 {lead}resources: {{requests: {{storage: 10Gi}}}}\n"
            );
        }
        Part::Pool { quote } => {
            let _ = write!(
                text,
                "\n{lead}apiVersion: kafka.strimzi.io/v1\n{lead}kind: KafkaNodePool\n{lead}metadata: {{name: {OLD}}}\n\
                 {lead}spec:\n{lead}  storage:\n{lead}    class: {quote}{class}{quote}\n{lead}    type: persistent-claim\n"
            );
        }
        Part::Bucket => {
            let _ = write!(
                text,
                "\n{lead}apiVersion: objectbucket.io/v1alpha1\n{lead}kind: ObjectBucketClaim\n\
                 {lead}spec: {{storageClassName: {OLD}}}\n"
            );
        }
        Part::Chart { indent, comment } => {
            let inner = format!("{lead}    {}", " ".repeat(*indent));
            let comment = if *comment { format!("\n\n{inner}# not {OLD}") } else { String::new() };
            let _ = write!(
                text,
                "\n{lead}apiVersion: helm.cattle.io/v1\n{lead}kind: HelmChart\n{lead}spec:\n{lead}  valuesContent: |-\n\
                 {inner}tier:   {OLD}{comment}\n{inner}persistence: {{size: 10Gi}}\n{inner}storageClass: {class}  # the class\n"
            );
        }
    }
}

fn document(part: &Part, class: &str) -> String {
    let mut text =
        "apiVersion: example.org/v1\nkind: Example  # of anything\nmetadata:\n  name: example\nbody:".to_owned();
    write(&mut text, part, 2, class);
    text
}

fn rewrite(input: &str) -> Outcome {
    let arguments = [StorageClassRewrite::NAME, "-"].map(OsString::from).to_vec();
    run::<StorageClassRewrite>(Call { arguments, is_plugin: false, stdin: Some(input.as_bytes().to_vec()) })
}

/// The pointers of the texts that hold the old class, but for those that are known to name something else: metadata of
/// objects, and buckets.
fn unchanged(value: &Value, pointer: &str) -> Vec<String> {
    let inside = |(key, value): (String, &Value)| unchanged(value, &format!("{pointer}/{key}"));
    match value {
        Value::Object(map) if map.get("kind").is_some_and(|kind| kind == "ObjectBucketClaim") => Vec::new(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).flat_map(inside).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).flat_map(inside).collect()
        }
        Value::String(text) if text.contains(OLD) && !pointer.contains("/metadata/") => vec![pointer.to_owned()],
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn only_names_of_classes_change(part in part()) {
        let input = document(&part, OLD);
        let expected = document(&part, NEW);
        let outcome = rewrite(&input);
        prop_assert!(outcome.succeeded, "{}\n{}", input, outcome.stderr);
        prop_assert_eq!(&outcome.stdout, &expected);
        let again = rewrite(&outcome.stdout);
        prop_assert_eq!(&again.stdout, &expected);
    }

    #[test]
    fn a_name_that_stays_is_told(part in part()) {
        let outcome = rewrite(&document(&part, OLD));
        let tree = Tree::parse(outcome.stdout.clone()).expect("the output is YAML");
        let told: Vec<_> = outcome.findings.iter().filter_map(|(_, finding)| finding.field_path()).collect();
        for pointer in unchanged(&tree.value(tree.documents()[0].root), "") {
            let path = FieldPath::of_pointer(&pointer);
            prop_assert!(told.iter().any(|told| told.starts_with(path.as_str())), "{}\n{}", path, outcome.stdout);
        }
    }
}
