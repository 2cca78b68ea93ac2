//! The parts of the README that come from the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use krm::golden::{check_example, check_section};
use krm::table;
use minimal_base_check::{Aspect, KnownField, Need, known_fields};

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

/// The fields of the objects of Kubernetes and of the best known operators, and the number of the others.
fn fields() -> String {
    let all = known_fields();
    let mut rows: BTreeMap<(&str, &str), Vec<&KnownField>> = BTreeMap::new();
    for field in &all {
        rows.entry((field.group, field.kind)).or_default().push(field);
    }
    let mut table = "| Kind | A base must not state | An overlay must state |\n| --- | --- | --- |\n".to_owned();
    let shown = [
        ("", "PersistentVolumeClaim"),
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("batch", "CronJob"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("keda.sh", "ScaledObject"),
        ("kafka.strimzi.io", "KafkaNodePool"),
        ("postgresql.cnpg.io", "Cluster"),
    ];
    for kind in shown {
        let fields = &rows[&kind];
        let paths = |is_meant: &dyn Fn(&KnownField) -> bool| {
            let paths: BTreeSet<_> =
                fields.iter().filter(|field| is_meant(field)).map(|field| format!("`{}`", field.path)).collect();
            paths.into_iter().collect::<Vec<_>>().join("<br>")
        };
        let _ =
            writeln!(table, "| {} | {} | {} |", kind.1, paths(&|_| true), paths(&|field| field.need != Need::Optional));
    }
    let groups: BTreeSet<_> = all.iter().map(|field| field.group).collect();
    let _ = write!(
        table,
        "\nThe table shows some kinds. All {} fields of {} kinds in {} API groups are in [`fields.tsv`](data/fields.tsv), in [`pod-fields.tsv`](data/pod-fields.tsv) \
         for {} kinds that make pods, and in [`class-fields.tsv`](../manifests/data/class-fields.tsv) for claims; each row has a test.",
        all.len(),
        rows.len(),
        groups.len(),
        manifests::pods::kinds().len(),
    );
    table
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
