//! Images by their names in image streams.

use std::fmt;

use manifests::images::Image;
use platforms::is_internal_registry;

/// An image of an image stream, as `shop/web:latest` or `shop/web@sha256:...`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct StreamTag {
    /// The namespace of the stream, if it is known.
    pub(crate) namespace: Option<String>,
    /// The name of the stream.
    pub(crate) stream: String,
    /// Which of its images.
    pub(crate) version: Version,
}

/// Which image of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Version {
    /// The one of a tag.
    Tag(String),
    /// The one of a digest.
    Digest(String),
}

/// The tag of a name without one.
const LATEST: &str = "latest";

impl StreamTag {
    /// Reads `S`, `S:T` or `S@sha256:...`, as references in manifests name an image of a stream.
    pub(crate) fn parse(namespace: Option<&str>, text: &str) -> Option<Self> {
        let image = Image::parse(text).ok().filter(|image| image.domain.is_none() && !image.path.contains('/'))?;
        Some(Self {
            namespace: namespace.map(str::to_owned),
            stream: image.path.to_owned(),
            version: Version::of(&image),
        })
    }

    /// The image that a text names in the internal registry of OpenShift.
    pub(crate) fn of_internal_registry(text: &str) -> Option<Self> {
        let image = Image::parse(text.trim()).ok().filter(is_internal)?;
        let (namespace, stream) = image.path.split_once('/').filter(|(_, stream)| !stream.contains('/'))?;
        Some(Self { namespace: Some(namespace.to_owned()), stream: stream.to_owned(), version: Version::of(&image) })
    }

    /// The stream without the tag.
    pub(crate) fn name(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.stream),
            None => self.stream.clone(),
        }
    }

    /// What OpenShift calls it, with its name.
    pub(crate) fn describe(&self) -> String {
        match self.version {
            Version::Tag(_) => format!("image stream tag `{self}`"),
            Version::Digest(_) => format!("image stream image `{self}`"),
        }
    }

    /// The entries of the option `images` that may fit, the one that counts most first.
    pub(crate) fn keys(&self) -> [Option<String>; 4] {
        let of_namespace = |text: String| self.namespace.as_ref().map(|namespace| format!("{namespace}/{text}"));
        let full = format!("{}{}", self.stream, self.version);
        [of_namespace(full.clone()), of_namespace(self.stream.clone()), Some(full), Some(self.stream.clone())]
    }
}

impl fmt::Display for StreamTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.name(), self.version)
    }
}

impl Version {
    fn of(image: &Image<'_>) -> Self {
        match (image.digest, image.tag) {
            (Some(digest), _) => Self::Digest(digest.to_owned()),
            (None, tag) => Self::Tag(tag.unwrap_or(LATEST).to_owned()),
        }
    }
}

/// As it is written behind the name of an image.
impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(formatter, ":{tag}"),
            Self::Digest(digest) => write!(formatter, "@{digest}"),
        }
    }
}

/// Whether an image is in the internal registry of OpenShift.
fn is_internal(image: &Image<'_>) -> bool {
    image.domain.is_some_and(is_internal_registry)
}

/// Whether a text names an image in the internal registry of OpenShift.
pub(crate) fn is_internal_image(text: &str) -> bool {
    Image::parse(text.trim()).is_ok_and(|image| is_internal(&image))
}

#[cfg(test)]
mod tests {
    use platforms::internal_registries;

    use super::*;

    #[test]
    fn names_of_images_in_streams_are_read() {
        let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
        for (text, expected) in [
            ("web", Some("shop/web:latest".to_owned())),
            ("web:1.4", Some("shop/web:1.4".to_owned())),
            (&format!("web@{digest}"), Some(format!("shop/web@{digest}"))),
            ("quay.io/web", None),
            ("other/web", None),
            ("Web", None),
            ("", None),
        ] {
            assert_eq!(StreamTag::parse(Some("shop"), text).map(|tag| tag.to_string()), expected, "{text}");
        }
        assert_eq!(StreamTag::parse(None, "web").map(|tag| tag.to_string()).as_deref(), Some("web:latest"));
    }

    #[test]
    fn every_host_of_the_internal_registry_is_known() {
        for host in internal_registries() {
            let text = format!("{}/shop/web:1", host.replace('*', "1.2"));
            let found = StreamTag::of_internal_registry(&text).map(|tag| tag.to_string());
            assert_eq!(found.as_deref(), Some("shop/web:1"), "{text}");
        }
        for other in ["quay.io/shop/web:1", "image-registry.example.com:5000/shop/web", "web"] {
            assert_eq!(StreamTag::of_internal_registry(other), None, "{other}");
        }
    }
}
