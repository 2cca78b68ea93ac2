//! Texts that may hold images, and what they are.

use krm::field::PointerBuf;

/// A text that may hold images.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// Where it is.
    pub(crate) pointer: PointerBuf,
    /// What it is.
    pub(crate) meaning: Meaning,
}

/// What a text is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meaning {
    /// An image, with or without tag and digest. Where nothing but the name of the field says so, it must name its registry.
    Image { is_sure: bool },
    /// An image without its tag, whose registry something else may add.
    Repository,
    /// Several images, with commas, white space or lines between them.
    Images { is_sure: bool },
    /// A name, `=` and an image.
    Pair,
    /// A registry, or a registry and the beginning of the paths in it.
    Registry,
    /// The same, where only the name of the field says so.
    LooseRegistry,
    /// The registry of the repository in another field, or of one that the field does not name.
    Split { repository: Option<PointerBuf> },
    /// A URL of an artefact, with or without its scheme.
    Url,
    /// An image that kustomize writes into another build, with or without `=` and the name that it has there before it.
    Override,
    /// The name of an image in another build, where kustomize writes the one of the field `newName`.
    OverriddenName,
    /// YAML.
    Embedded(Shape),
    /// A pattern or a list of a policy.
    Policy,
    /// A key that names a registry.
    Key,
    /// Any other text that names a registry.
    Prose,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An object or a part of one.
    Object,
    /// Values of a Helm chart.
    Values,
    /// Something else: a file.
    File,
    /// A list or a mapping of images.
    Images,
}
