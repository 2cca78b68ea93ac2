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
            check_entry(stream, image)
                .map_err(|message| ConfigError::new(FieldPath::from("spec.images").key(stream), message))?;
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

/// What is wrong with an entry of `images`. An image without a registry could be the name of a stream again.
fn check_entry(stream: &str, image: &str) -> Result<(), String> {
    let is_stream = Image::parse(stream).is_ok_and(|name| name.domain.is_none() && name.path.split('/').count() <= 2);
    if !is_stream {
        return Err(format!("`{stream}` must be `namespace/stream:tag`, with or without namespace and tag"));
    }
    let read = Image::parse(image).map_err(|reason| format!("`{image}` is no image: {reason}"))?;
    if read.domain.is_none() || is_internal_image(image) {
        let message = "must begin with a registry, such as `docker.io/library/`, and not with that of OpenShift";
        return Err(format!("`{image}` {message}"));
    }
    Ok(())
}

/// The registry with the places for namespace and name.
pub(crate) fn registry_template(registry: &str) -> String {
    if registry.contains(NAMESPACE) || registry.contains(NAME) {
        registry.to_owned()
    } else {
        format!("{}/{NAMESPACE}/{NAME}", registry.trim_end_matches('/'))
    }
}
