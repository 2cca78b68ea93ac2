//! The options.

use std::collections::BTreeMap;

use krm::config::ConfigError;
use krm::field::FieldPath;
use manifests::images::Image;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stream_tag::is_internal_image;

/// The part of `internalRegistry` that becomes the namespace of the image stream.
pub(crate) const NAMESPACE: &str = "{namespace}";
/// The part of `internalRegistry` that becomes the name of the image stream.
pub(crate) const NAME: &str = "{name}";

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// The images that image streams lead to, by stream: `shop/web:latest`, `shop/web`, `web:latest` or `web`, the first that
    /// fits. Where neither the key nor the image has a tag or a digest, the image gets the tag that is asked for. An entry
    /// counts more than an ImageStream of the build.
    pub images: BTreeMap<String, String>,
    /// The registry that holds what was in the internal registry of OpenShift. `{namespace}` and `{name}` are those of the
    /// image stream; without either of them `/{namespace}/{name}` is added. It is used for streams that have no entry in
    /// `images` and no source in the build, except for those of the namespace `openshift`.
    pub internal_registry: Option<String>,
    /// What becomes of the hooks of a DeploymentConfig.
    pub hooks: Hooks,
}

/// What becomes of the hooks of a DeploymentConfig.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Hooks {
    /// They are errors.
    #[default]
    Refuse,
    /// `pre` and `post` become Jobs that Argo CD runs before and after each sync. `mid` and `tagImages` stay errors.
    ArgoCD,
}

impl Spec {
    /// Checks what the schema cannot.
    ///
    /// # Errors
    /// Images and registries that make no valid image.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        for (stream, image) in &self.images {
            let path = || FieldPath::from("spec.images").key(stream);
            if stream.is_empty() || stream.split('/').count() > 2 || Image::parse(stream).is_err() {
                let message = format!("`{stream}` must be `namespace/stream:tag`, with or without namespace and tag");
                return Err(ConfigError::new(path(), message));
            }
            Image::parse(image)
                .map_err(|reason| ConfigError::new(path(), format!("`{image}` is no image: {reason}")))?;
        }
        let Some(registry) = &self.internal_registry else { return Ok(()) };
        let image = format!("{}:latest", registry_template(registry).replace(NAMESPACE, "a").replace(NAME, "a"));
        let is_image = Image::parse(&image).is_ok_and(|image| image.domain.is_some());
        if is_image && !is_internal_image(&image) {
            return Ok(());
        }
        let message = format!(
            "`{registry}` must be a registry with or without a path, and not that of OpenShift, as `registry.example.com/{NAMESPACE}/{NAME}`"
        );
        Err(ConfigError::new("spec.internalRegistry", message))
    }
}

/// The registry with the places for namespace and name.
pub(crate) fn registry_template(registry: &str) -> String {
    if registry.contains(NAMESPACE) || registry.contains(NAME) {
        registry.to_owned()
    } else {
        format!("{}/{NAMESPACE}/{NAME}", registry.trim_end_matches('/'))
    }
}
