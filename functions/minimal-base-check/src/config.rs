//! The options.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// What is checked: the build of a base, or that of an overlay.
    pub layer: Layer,
    /// Fields that bases must not state, besides the known ones.
    pub forbidden: Vec<FieldOfKind>,
    /// Fields that overlays must state, besides the known ones.
    pub required: Vec<FieldOfKind>,
    /// Fields that a base may state, or an overlay leave out, each with a reason.
    pub exceptions: Vec<Exception>,
}

/// A layer of a repository of kustomizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Layer {
    /// A base, or a component: what all environments share. It must not state what differs between them.
    Base,
    /// An overlay: what one environment gets. It must state what differs.
    #[default]
    Overlay,
}

/// A field of a kind of objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldOfKind {
    /// The API group of the object; every group if it is not given.
    #[serde(default)]
    pub group: Option<String>,
    /// The kind of the object; every kind if it is not given.
    #[serde(default)]
    pub kind: Option<String>,
    /// The path of the field, as `spec.rules[].host`. `[]` is every item, `*` every entry, `**` any depth; names with dots are
    /// in brackets, as in `data[web.image]`. It goes into values of Helm charts that are text, as
    /// `spec.valuesContent.ingress.host`.
    pub path: String,
}

/// A field that a base may state, or an overlay leave out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exception {
    /// The object as the finding names it: `Kind namespace/name`, or `Kind name`. `*` is any text.
    pub object: String,
    /// The path of the field, as in `forbidden`; what is below it is allowed too. Every field if it is not given.
    #[serde(default)]
    pub field: Option<String>,
    /// Why this is right here.
    pub reason: String,
}
