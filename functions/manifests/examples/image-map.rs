//! The model of a function: it maps the images of all pods, and reports those of a registry that nothing maps.
//!
//! `cargo run --package manifests --example image-map -- --help`

use std::collections::BTreeMap;
use std::process::ExitCode;

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::function::{Function, Role};
use krm::resource_list::{Item, ItemId, Resources};
use manifests::pods::PodTemplate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `spec` of the functionConfig. The doc comments become the help text, the table in the README and the JSON Schema.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    /// Images and what takes their place, without tags, as `registry.example.com/web: ghcr.io/example/web`.
    images: BTreeMap<String, String>,
    /// The registry that is no longer reachable; an image of it that nothing maps is an error.
    old_registry: Option<String>,
}

krm::rules! {
    /// What the function reports. The table in the README comes from it, and people accept findings by the ids.
    enum Rule {
        /// An image comes from the registry that is no longer reachable, and no option maps it.
        UnmappedImage("unmapped-image", Error, Acceptable, "Name the new place of the image in `spec.images`."),
    }
}

/// The function, as hosts and Pipelines run it.
struct ImageMap;

impl Function for ImageMap {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = "image-map";
    const KIND: &'static str = "ImageMap";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = "Maps the images of all pods.";
    const ROLE: Role = Role::Transformer;
    // A crate has its table in a file: `include_str!("../rule-examples.tsv")`.
    const RULE_EXAMPLES: &'static str = "rule\tcase\tfinding\n";

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        if let Some(image) = spec.images.keys().find(|image| image.contains('@')) {
            return Err(ConfigError::new("spec.images", format!("`{image}` must have no digest")));
        }
        // First look, then change: an object that is changed cannot be looked at.
        let changes: Vec<Change> = resources.iter().flat_map(|item| changes(item, spec, findings)).collect();
        for change in changes {
            if let Some(image) = resources.edit(change.id).pointer_mut(&change.pointer) {
                *image = change.image.into();
            }
        }
        Ok(())
    }
}

/// An image to be written.
struct Change {
    id: ItemId,
    /// A JSON pointer.
    pointer: String,
    image: String,
}

/// The images of an object that change. An image that has to change and cannot is reported.
fn changes(item: &Item, spec: &Spec, findings: &mut Findings) -> Vec<Change> {
    let mut changes = Vec::new();
    let Some(template) = PodTemplate::of(item) else { return changes };
    for container in template.containers() {
        let Some(image) = container.value["image"].as_str() else { continue };
        let (name, tag) = image.split_once(':').map_or((image, ""), |(name, _)| (name, &image[name.len()..]));
        let path: FieldPath = container.path().key("image");
        match (spec.images.get(name), &spec.old_registry) {
            (Some(new), _) => changes.push(Change {
                id: item.id(),
                pointer: format!("{}/{}/{}/image", template.spec_pointer(), container.role.field(), container.index),
                image: format!("{new}{tag}"),
            }),
            (None, Some(registry)) if name.starts_with(registry.as_str()) => {
                let message = format!("`{image}` is of a registry that is gone; name its new place in `spec.images`");
                findings.push(Finding::new(Rule::UnmappedImage, message).on(item).at(path));
            }
            _ => {}
        }
    }
    changes
}

fn main() -> ExitCode {
    krm::host::main::<ImageMap>()
}

#[cfg(test)]
mod tests {
    use krm::host::{Call, run};

    use super::*;

    fn outcome(config: &str, image: &str) -> krm::host::Outcome {
        let list = format!(
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: batch/v1\n  kind: CronJob\n  metadata: \
             {{name: c}}\n  spec: {{jobTemplate: {{spec: {{template: {{spec: {{containers: [{{image: '{image}'}}]}}}}}}}}}}\n\
             functionConfig:\n  apiVersion: replatform.dev/v1alpha1\n  kind: ImageMap\n  metadata: {{name: x}}\n  spec: {config}\n"
        );
        run::<ImageMap>(Call { stdin: Some(list.into_bytes()), ..Call::default() })
    }

    #[test]
    fn images_are_mapped_with_their_tags_and_unmapped_ones_are_told() {
        let mapped = outcome("{images: {old.example.com/web: new.example.com/web}}", "old.example.com/web:1.4");
        assert!(mapped.succeeded && mapped.stdout.contains("'new.example.com/web:1.4'"), "{mapped:?}");
        let refused = outcome("{oldRegistry: old.example.com}", "old.example.com/web:1.4");
        assert_eq!(
            refused.stderr,
            "image-map: error: CronJob c: spec.jobTemplate.spec.template.spec.containers[0].image: `old.example.com/web:1.4` is of a \
             registry that is gone; name its new place in `spec.images` [unmapped-image]\n"
        );
    }
}
