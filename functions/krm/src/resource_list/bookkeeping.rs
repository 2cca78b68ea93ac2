//! The annotations by which hosts follow an object through a function.
//!
//! Source: kustomize `api/internal/utils/annotations.go`, kyaml `kio/kioutil/kioutil.go`.

use serde_json::{Map, Value};

/// The names an object had before kustomize renamed it, oldest first, separated by commas.
pub const PREVIOUS_NAMES: &str = "internal.config.kubernetes.io/previousNames";
/// The namespaces an object had, one for each of [`PREVIOUS_NAMES`].
pub const PREVIOUS_NAMESPACES: &str = "internal.config.kubernetes.io/previousNamespaces";
/// The kinds an object had, one for each of [`PREVIOUS_NAMES`].
pub const PREVIOUS_KINDS: &str = "internal.config.kubernetes.io/previousKinds";
/// The name prefixes that kustomize gave an object.
pub const PREFIXES: &str = "internal.config.kubernetes.io/prefixes";
/// The name suffixes that kustomize gave an object.
pub const SUFFIXES: &str = "internal.config.kubernetes.io/suffixes";
/// Marks a generated object whose name gets a hash at the end of the build.
pub const NEEDS_HASH_SUFFIX: &str = "internal.config.kubernetes.io/needsHashSuffix";
/// Marks objects that configure tools and never reach a cluster.
pub const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";
/// Where an object came from, when `buildMetadata: [originAnnotations]` asks for it.
pub const ORIGIN: &str = "config.kubernetes.io/origin";
/// The file an object came from, as kpt tells.
pub const PATH: &str = "config.kubernetes.io/path";
/// The number of an object in its file.
pub const INDEX: &str = "config.kubernetes.io/index";

/// Is on every object that kustomize gives to a function.
pub const KUSTOMIZE_ID: &str = "kustomize.config.k8s.io/id";
/// Marks what kustomize, from 5.8 on, inflated from a chart.
pub const OF_CHART: &str = "internal.config.kubernetes.io/helm-generated";
/// The annotation by which an object accepts findings about itself: lines of `RULE: reason`; see [`accept`](crate::accept).
pub const ACCEPT: &str = "replatform.dev/accept";
/// The label that names the function which made an object, so that it is the function's to change and remove.
pub const MANAGED_BY: &str = "replatform.dev/managed-by";

/// By these kyaml finds the object that went in, to carry comments and the order of keys over to the one that came out.
/// The second is the older name of the first.
const IDS: [&str; 2] = ["internal.config.kubernetes.io/id", "config.k8s.io/id"];
const GENERATOR_BEHAVIOR: &str = "internal.config.kubernetes.io/generatorBehavior";

/// Whether an annotation belongs to the host and not to the user.
pub fn is_bookkeeping(annotation: &str) -> bool {
    const OWNERS: [&str; 4] =
        ["internal.config.kubernetes.io/", "config.k8s.io/", "kustomize.config.k8s.io/", "internal.config.k8s.io/"];
    OWNERS.iter().any(|owner| annotation.starts_with(owner)) || [PATH, INDEX, ORIGIN].contains(&annotation)
}

/// The bookkeeping of an object that takes the place of another: all of it, with the former kinds rewritten, because
/// kustomize chooses the reference rules of an object by its oldest kind. Without the ids, because the host fails where
/// a field, like `tls` of a Route and of an Ingress, is a map in one object and a list in the other. What people accept of
/// the one counts for the other.
pub(super) fn of_replacement(annotations: &Map<String, Value>, kind: &str) -> Map<String, Value> {
    let is_dropped = |key| IDS.contains(&key) || [NEEDS_HASH_SUFFIX, GENERATOR_BEHAVIOR].contains(&key);
    let kept = annotations.iter().filter(|(key, _)| *key == ACCEPT || is_bookkeeping(key) && !is_dropped(key.as_str()));
    kept.map(|(key, value)| match value.as_str() {
        Some(kinds) if key == PREVIOUS_KINDS => (key.clone(), each_of(kinds, kind).into()),
        _ => (key.clone(), value.clone()),
    })
    .collect()
}

/// Notes in an object that it was always of this kind, because kustomize chooses the reference rules of an object by its
/// oldest kind.
pub(super) fn rewrite_kinds(object: &mut Value, kind: &str) {
    let kinds =
        object.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations")?.get_mut(PREVIOUS_KINDS));
    if let Some(Value::String(kinds)) = kinds {
        *kinds = each_of(kinds, kind);
    }
}

/// As many times `kind` as there are former kinds.
fn each_of(kinds: &str, kind: &str) -> String {
    vec![kind; kinds.split(',').count()].join(",")
}

/// The bookkeeping of an object that appears beside another: what an outer overlay needs to rename references to it,
/// and nothing by which a patch for the other would hit it.
pub(super) fn of_companion(annotations: &Map<String, Value>) -> Map<String, Value> {
    let kept = annotations.iter().filter(|(key, _)| [PREFIXES, SUFFIXES].contains(&key.as_str()));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}
