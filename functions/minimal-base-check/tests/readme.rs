//! The parts of the README that come from the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use krm::golden::{check_example, check_section};
use krm::table;
use minimal_base_check::{Aspect, known_fields};

const DIRECTORY: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_readme_lists_what_is_checked() {
    let readme = Path::new(DIRECTORY).join("README.md");
    check_section(&readme, "fields", &fields());
    check_section(&readme, "keys", &keys());
    check_example(
        DIRECTORY,
        "`minimal-base-check --config config.yaml -` on the build of a base:\n\n{config.yaml}\n\n{input.yaml}\n\nfails:\n\n{error.txt}",
    );
}

const FIELDS: &str = include_str!("../data/fields.tsv");
const POD_FIELDS: &str = include_str!("../data/pod-fields.tsv");

/// The kinds of which the README lists the fields, besides pods.
const SHOWN: [(&str, &str); 8] = [
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("", "PersistentVolumeClaim"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("kafka.strimzi.io", "KafkaNodePool"),
    ("postgresql.cnpg.io", "Cluster"),
    ("redis.redis.opstreelabs.in", "RedisCluster"),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"),
];

/// The fields of some kinds, and the number of all.
fn fields() -> String {
    let all = known_fields();
    let mut table = "| Kind | A base must not state | An overlay must state |\n| --- | --- | --- |\n".to_owned();
    let pods: Vec<_> = table::rows(POD_FIELDS).map(|[_, path, need, _]| (path, need)).collect();
    table.push_str(&row("the pod template of any kind", &pods));
    for (group, kind) in SHOWN {
        let rows =
            table::rows(FIELDS).filter(|[of_group, of_kind, ..]: &[&str; 6]| (*of_group, *of_kind) == (group, kind));
        table.push_str(&row(kind, &rows.map(|[_, _, _, path, need, _]| (path, need)).collect::<Vec<_>>()));
    }
    let kinds: BTreeSet<_> = all.iter().map(|field| (field.group, field.kind)).collect();
    let groups: BTreeSet<_> = all.iter().map(|field| field.group).collect();
    let _ = write!(
        table,
        "\nThese are some kinds. [`fields.tsv`](data/fields.tsv), [`pod-fields.tsv`](data/pod-fields.tsv) and, for claims of custom resources, \
         [`class-fields.tsv`](../manifests/data/class-fields.tsv) have {} fields of {} kinds in {} API groups; each has a test.",
        all.len(),
        kinds.len(),
        groups.len(),
    );
    table
}

/// The row of a kind: its fields, and those that an overlay must state.
fn row(kind: &str, fields: &[(&str, &str)]) -> String {
    let list = |is_meant: &dyn Fn(&str) -> bool| {
        let paths = fields.iter().filter(|(_, need)| is_meant(need)).map(|(path, _)| format!("`{path}`"));
        paths.collect::<Vec<_>>().join(", ")
    };
    format!("| {kind} | {} | {} |\n", list(&|_| true), list(&|need| need != "-"))
}

fn keys() -> String {
    let mut by_aspect: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for [key, aspect, _] in table::rows(include_str!("../data/keys.tsv")) {
        by_aspect.entry(aspect).or_default().push(format!("`{key}`"));
    }
    let mut table = "| About | Keys |\n| --- | --- |\n".to_owned();
    for (aspect, keys) in by_aspect {
        let _ = writeln!(table, "| {aspect} | {} |", keys.join(", "));
    }
    table.trim_end().to_owned()
}

#[test]
fn every_aspect_has_fields() {
    let aspects: BTreeSet<_> = known_fields().iter().map(|field| field.aspect).collect();
    let known = [Aspect::Replicas, Aspect::Resources, Aspect::StorageSize, Aspect::StorageClass, Aspect::Scheduling];
    assert_eq!(aspects, known.into());
}
