//! The options.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// Registries, or repositories below a path of one, and what takes their place, as `quay.io/org: ghcr.io/org`. Whole
    /// components count, the longest entry wins, and no entry is applied to the outcome of another. One that maps to itself
    /// stays. Images without a registry are of `docker.io`.
    pub registries: BTreeMap<String, String>,
    /// Registries, or repositories below a path of one, and the Secret that pods need to pull from there, as
    /// `ghcr.io/org: ghcr-pull`. The registries are those of the outcome; the longest entry wins.
    pub pull_secrets: BTreeMap<String, String>,
    /// Whether to rewrite URLs of artefacts too, as `oci://quay.io/org/charts/web`, which `registries` maps.
    #[serde(rename = "rewriteURLs")]
    pub rewrite_urls: bool,
    /// More fields that hold images.
    pub fields: Vec<ImageField>,
    /// Fields that look as if they held images and do not.
    pub ignored_fields: Vec<IgnoredField>,
}

/// A field that holds images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageField {
    /// The API group of the object; every group if it is not given.
    #[serde(default)]
    pub group: Option<String>,
    /// The kind of the object.
    pub kind: String,
    /// The path of the field, as `spec.workers[].picture`. `[]` is every item, `*` every entry, `**` any depth; names with
    /// dots are in brackets, as in `data[web.image]`.
    pub path: String,
    /// What the field holds.
    #[serde(default)]
    pub holds: FieldContent,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum FieldContent {
    /// An image, with or without tag and digest.
    #[default]
    Image,
    /// Several images, with commas, white space or lines between them. A name and `=` may be before each.
    Images,
    /// A registry, or a registry and the beginning of the paths in it.
    Registry,
}

/// A field that does not hold an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IgnoredField {
    /// The API group of the object; every group if it is not given.
    #[serde(default)]
    pub group: Option<String>,
    /// The kind of the object.
    pub kind: String,
    /// The path of the field, as in `fields`.
    pub path: String,
}
