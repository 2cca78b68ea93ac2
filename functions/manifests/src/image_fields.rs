//! The fields that hold references to images: of pods, and of custom resources.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::table;

use crate::fields::Pattern;
use crate::pods::{self, PodKind, Role};

const FIELDS: &str = include_str!("../data/image-fields.tsv");
const CONTAINERS: &str = include_str!("../data/container-lists.tsv");

/// The fields that hold containers, each with its shape.
static CONTAINER_FIELDS: LazyLock<Vec<(&str, &str)>> =
    LazyLock::new(|| table::rows(CONTAINERS).map(|[key, shape, _example]| (key, shape)).collect());

/// A field that holds a reference to an image.
#[derive(Debug, Clone)]
pub struct ImageField {
    /// The API group of the object; empty for the core group.
    pub group: &'static str,
    /// The kind of the object.
    pub kind: &'static str,
    /// The path of the field.
    pub pattern: Pattern,
    /// What it holds.
    pub holds: Holds,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A reference to an image.
    Image,
    /// A reference without tag and digest, which other fields hold.
    Repository,
    /// A reference to an image, where the field `kind` beside it is `DockerImage`, or the field `type` is `docker`. Otherwise it
    /// is a name in the cluster.
    ImageOfKind,
    /// A URL of an artefact in a registry, as `oci://registry.example.com/models/bert`. The scheme may be missing.
    Url,
    /// A reference that kustomize writes into another build, `NAME=IMAGE` or `IMAGE`: in the place of the image `NAME`, or of
    /// one with the same name.
    Override,
    /// The name of the image that kustomize replaces in another build. The field `newName` beside it has the new name; without
    /// it the image keeps its name.
    OverriddenName,
}

/// The fields of all kinds.
pub fn known() -> impl Iterator<Item = ImageField> {
    table::rows(FIELDS).map(row).chain(pods::kinds().iter().flat_map(of_pods))
}

/// The fields of a kind.
pub fn of_kind(group: &str, kind: &str) -> Vec<ImageField> {
    let columns = format!("{group}\t{kind}\t");
    let rows = table::rows_of(FIELDS, &columns).map(row);
    rows.chain(pods::kind(group, kind).into_iter().flat_map(of_pods)).collect()
}

fn row([group, kind, holds, path]: [&'static str; 4]) -> ImageField {
    let holds = match holds {
        "image" => Holds::Image,
        "repository" => Holds::Repository,
        "docker image" => Holds::ImageOfKind,
        "url" => Holds::Url,
        "override" => Holds::Override,
        "overridden name" => Holds::OverriddenName,
        other => unreachable!("no field holds `{other}`"),
    };
    ImageField { group, kind, pattern: Pattern::known(path), holds }
}

/// The images of the containers and volumes of a pod. Source: kubernetes/api core/v1 types.go.
fn of_pods(pod: &'static PodKind) -> impl Iterator<Item = ImageField> {
    let containers = [Role::Init, Role::Main, Role::Ephemeral].map(|role| format!("{}[].image", role.field()));
    let paths = containers.into_iter().chain(["volumes[].image.reference".to_owned()]);
    paths.map(|path| ImageField {
        group: pod.group,
        kind: pod.kind,
        pattern: Pattern::known(&format!("{}.{path}", FieldPath::of_pointer(pod.template).key("spec"))),
        holds: Holds::Image,
    })
}

/// Whether a field of this name is a list of containers.
pub fn lists_containers(key: &str) -> bool {
    CONTAINER_FIELDS.contains(&(key, "list"))
}

/// Whether a field of this name is one container.
pub fn is_container(key: &str) -> bool {
    CONTAINER_FIELDS.contains(&(key, "one"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_is_found_by_its_kind() {
        for field in known() {
            let object = field.pattern.example(json!("x"));
            let fields = of_kind(field.group, field.kind);
            let found = fields.iter().filter(|of_kind| of_kind.pattern == field.pattern);
            let found: Vec<_> = found.map(|of_kind| (of_kind.holds, of_kind.pattern.matches(&object).len())).collect();
            assert_eq!(found, [(field.holds, 1)], "{field:?}");
        }
        assert!(of_kind("apps", "Unknown").is_empty());
    }

    #[test]
    fn the_tables_are_in_order() {
        assert!(table::is_sorted(FIELDS) && table::is_sorted(CONTAINERS));
        for (key, _) in CONTAINER_FIELDS.iter() {
            assert!(lists_containers(key) != is_container(key), "{key}");
        }
    }
}
