//! Functions that some hosts skip in silence: those that an annotation names as a program.
//!
//! kustomize starts such a program with `--enable-exec` alone. Without the flag, and in kubectl, which does not have it, a
//! generator makes no object and a transformer changes none, and the build ends with 0. A validator fails the build.
//! Tried with kustomize 5.0.1, 5.4.3 and 5.8.1 and kubectl 1.27 and 1.37.

use std::collections::BTreeSet;

use krm::finding::ObjectReference;
use krm::yaml::Tree;
use serde_json::Value;

use crate::kustomization::{Kustomization, Target};

/// The annotation by which a config says how its function runs.
pub const RUNTIME: &str = "config.kubernetes.io/function";

/// A function that some hosts skip in silence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skippable {
    /// Whether it makes objects, so that they are missing where it is skipped.
    pub is_generator: bool,
    /// The `kind` of its config.
    pub kind: String,
    /// The name of its config.
    pub name: String,
    /// The `apiVersion` of its config.
    pub api_version: String,
    /// The file that has its config, from the directory of the repository, if that is known.
    pub file: Option<String>,
}

impl Skippable {
    /// Its config.
    pub fn config(&self) -> ObjectReference {
        let [api_version, kind, name] = [&self.api_version, &self.kind, &self.name].map(|text| text.as_str().into());
        ObjectReference { api_version, kind, name, namespace: None, file: None }
    }

    fn of(config: &Value, is_generator: bool) -> Option<Self> {
        let runtime = values(config["metadata"]["annotations"][RUNTIME].as_str()?);
        let ObjectReference { api_version, kind, name, .. } = ObjectReference::from(config);
        let is_program = runtime.iter().any(|runtime| runtime["exec"].is_object());
        let [kind, name, api_version] = [kind, name, api_version].map(|text| text.to_string());
        is_program.then_some(Self { is_generator, kind, name, api_version, file: None })
    }
}

/// The functions that kustomizations list and that some hosts skip. What `configs` gives for a directory are the configs
/// that it builds; none if it does not build.
pub(crate) fn skippable(
    kustomizations: &[&Kustomization],
    mut configs: impl FnMut(&std::path::Path) -> Option<String>,
) -> Vec<Skippable> {
    let lists = [("generators", true), ("transformers", false)];
    let mut found = BTreeSet::new();
    for named in kustomizations.iter().flat_map(|kustomization| &kustomization.names) {
        let Some((_, is_generator)) = lists.iter().find(|(field, _)| *field == named.field) else { continue };
        let text = match &named.target {
            Target::Directory(directory) => configs(directory),
            Target::File(file) => std::fs::read_to_string(file).ok(),
            Target::Inline(text) => Some(text.clone()),
            Target::Remote(_) | Target::Missing(_) => None,
        };
        let configs = text.map(|text| values(&text)).unwrap_or_default();
        found.extend(configs.iter().filter_map(|config| Skippable::of(config, *is_generator)));
    }
    found.into_iter().collect()
}

/// The documents of a text; none if it is not YAML.
pub(crate) fn values(text: &str) -> Vec<Value> {
    let Ok(tree) = Tree::parse(text.to_owned()) else { return Vec::new() };
    tree.documents().iter().map(|document| tree.value(document.root)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_config_says_how_its_function_runs() {
        for (runtime, is_skippable) in [
            ("exec: {path: web}", true),
            ("exec:\n  path: ./web\n", true),
            ("{\"exec\": {\"path\": \"web\"}}", true),
            ("container: {image: exec}", false),
            ("[", false),
            ("", false),
        ] {
            let annotations = json!({RUNTIME: runtime});
            let config =
                json!({"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "a", "annotations": annotations}});
            assert_eq!(Skippable::of(&config, true).is_some(), is_skippable, "{runtime}");
        }
        assert_eq!(Skippable::of(&json!({"kind": "A"}), true), None);
    }
}
