//! From names in image streams to images in registries.

use std::sync::LazyLock;

use krm::resource_list::{Item, ItemId, Referent, Resources};
use krm::table;
use manifests::images::Image;
use serde_json::Value;

use crate::builds::Builds;
use crate::config::{NAME, NAMESPACE, Spec, registry_template};
use crate::kinds::IMAGE_STREAM;
use crate::rule::Rule;
use crate::stream_tag::{StreamTag, Version, is_internal_image};
use crate::streams::{Gap, Source, source};

/// The namespace that the samples of OpenShift are in.
const SAMPLES: &str = "openshift";

/// Finds the images that names in image streams lead to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver<'r> {
    pub(crate) spec: &'r Spec,
    pub(crate) resources: &'r Resources,
    pub(crate) builds: &'r Builds,
}

/// What a name in an image stream leads to.
#[derive(Debug, Default)]
pub(crate) struct Resolution {
    /// The image, or why there is none.
    pub(crate) image: Option<String>,
    /// Why there is no image, as the end of a message.
    pub(crate) gap: String,
    /// What is worth knowing about the image.
    pub(crate) notes: Vec<(Rule, String)>,
    /// The ImageStreams that were read.
    pub(crate) streams: Vec<ItemId>,
    /// The entry of the option `images` that names the image.
    pub(crate) entry: Option<String>,
}

impl Resolver<'_> {
    /// What a name leads to that an object uses.
    pub(crate) fn resolve(&self, referrer: &Item, tag: &StreamTag) -> Resolution {
        let mut resolution = Resolution::default();
        self.follow(referrer, tag, &mut resolution);
        if let Some((entry, image)) = self.of_option(tag) {
            let streams = resolution.streams;
            return Resolution { image: Some(image), streams, entry: Some(entry), ..Resolution::default() };
        }
        if resolution.image.is_none() {
            self.try_new_registry(tag, &mut resolution);
        }
        if resolution.image.is_none() {
            resolution.gap = format!("{}; {}", resolution.gap, self.remedy(tag));
        }
        resolution
    }

    /// The entry of the option `images` for a name, and the image that it names.
    fn of_option(&self, tag: &StreamTag) -> Option<(String, String)> {
        let (key, text) = tag.keys().into_iter().flatten().find_map(|key| self.spec.images.get_key_value(&key))?;
        let is_whole = |text: &str| Image::parse(text).is_ok_and(|image| !image.version().is_empty());
        let image = if is_whole(key) || is_whole(text) { text.clone() } else { format!("{text}{}", tag.version) };
        Some((key.clone(), image))
    }

    /// Follows a name through the ImageStreams of the build.
    fn follow(&self, referrer: &Item, tag: &StreamTag, resolution: &mut Resolution) {
        let mut at = (referrer, tag.clone());
        loop {
            let stream = match self.stream(at.0, &at.1) {
                Ok(stream) => stream,
                Err(gap) => return resolution.gap = gap,
            };
            // A stream may follow itself, from tag to tag; it is listed once for each step.
            let limit = self.resources.get(stream.id()).value()["spec"]["tags"].as_array().map_or(0, Vec::len) + 1;
            if resolution.streams.iter().filter(|id| **id == stream.id()).count() > limit {
                return resolution.gap =
                    format!("the tags of ImageStream `{}` follow each other in a circle", at.1.name());
            }
            resolution.streams.push(stream.id());
            match source(stream, &at.1.version) {
                Source::Other(next) => at = (stream, next),
                Source::Unknown(gap) => return resolution.gap = self.words(gap, &at.1),
                Source::Image { image, .. } if is_internal_image(&image) => {
                    return resolution.gap = format!("its source `{image}` is in the internal registry of OpenShift");
                }
                Source::Image { image, tag } => {
                    resolution.notes = notes(stream, tag, &image);
                    return resolution.image = Some(in_full(&image));
                }
            }
        }
    }

    /// The ImageStream of a name, or why there is none.
    pub(crate) fn stream(&self, referrer: &Item, tag: &StreamTag) -> Result<&Item, String> {
        for group in [IMAGE_STREAM.group, ""] {
            let kind = IMAGE_STREAM.kind;
            let referent = match &tag.namespace {
                Some(namespace) => self.resources.referent_in(referrer.id(), namespace, group, kind, &tag.stream),
                None => self.resources.referent(referrer.id(), group, kind, &tag.stream),
            };
            match referent {
                Referent::Found(id) => return Ok(self.resources.get(id)),
                Referent::Ambiguous(_) => return Err("several ImageStreams of the build had that name".to_owned()),
                Referent::Missing => {}
            }
        }
        Err(match tag.namespace.as_deref() {
            Some(SAMPLES) => "it is a sample of OpenShift, which K3s does not have".to_owned(),
            _ => "the build has no such ImageStream".to_owned(),
        })
    }

    fn words(&self, gap: Gap, tag: &StreamTag) -> String {
        match (gap, self.builds.pusher(tag)) {
            (Gap::Pushed, Some(build)) => format!("BuildConfig `{build}` pushes it, and K3s builds no images"),
            (Gap::Pushed, None) => format!("ImageStream `{}` names no source for it, so it was pushed", tag.name()),
            (Gap::Digest, _) => format!("ImageStream `{}` does not name the repository of the digest", tag.name()),
            (Gap::Malformed, _) => format!("the source of the tag in ImageStream `{}` cannot be read", tag.name()),
        }
    }

    /// The image in the registry that holds what was in the internal one.
    fn try_new_registry(&self, tag: &StreamTag, resolution: &mut Resolution) {
        let Some(registry) = &self.spec.internal_registry else { return };
        let template = registry_template(registry);
        let namespace = tag.namespace.as_deref();
        if namespace == Some(SAMPLES) {
            return;
        }
        if namespace.is_none() && template.contains(NAMESPACE) {
            resolution.gap.push_str("; the object names no namespace for `{namespace}` of `internalRegistry`");
            return;
        }
        let name = template.replace(NAMESPACE, namespace.unwrap_or_default()).replace(NAME, &tag.stream);
        let image = format!("{name}{}", tag.version);
        if matches!(tag.version, Version::Digest(_)) {
            let message = format!("`{image}` keeps its digest, which `{name}` has only if the image was copied there");
            resolution.notes.push((Rule::DigestOfOldRegistry, message));
        }
        resolution.image = Some(image);
    }

    /// What to do about a name that leads to no image.
    fn remedy(&self, tag: &StreamTag) -> String {
        let is_sample = tag.namespace.as_deref() == Some(SAMPLES);
        let sample = samples().iter().find(|(stream, _)| is_sample && *stream == tag.stream).map(|(_, image)| *image);
        let example = format!("registry.example.com/{}{}", tag.name(), tag.version);
        let image = sample.unwrap_or(&example);
        let other = if is_sample || self.spec.internal_registry.is_some() {
            ""
        } else {
            ", or set `internalRegistry` if all such images are in one registry"
        };
        format!("map it, as `images: {{{tag}: {image}}}`{other}")
    }
}

/// An image with its registry. Without one it could be the name of a stream again.
pub(crate) fn in_full(text: &str) -> String {
    match Image::parse(text) {
        Ok(image) if image.domain.is_none() => format!("{}{}", image.repository(), image.version()),
        _ => text.to_owned(),
    }
}

/// What is worth knowing about an image that a tag of a stream names.
fn notes(stream: &Item, tag: Option<usize>, image: &str) -> Vec<(Rule, String)> {
    let mut notes = Vec::new();
    let tag = tag.map_or(&Value::Null, |tag| &stream.value()["spec"]["tags"][tag]);
    // OpenShift imports no tag that is a mere reference.
    let is_imported = tag["reference"] != true;
    if is_imported && Image::parse(image).is_ok_and(|image| image.digest.is_none()) {
        let message = format!(
            "becomes the tag `{image}`, which K3s resolves when it pulls the image; OpenShift ran the digest that it imported"
        );
        notes.push((Rule::TagNotPinned, message));
    }
    if tag["referencePolicy"]["type"] == "Local" {
        let message = format!(
            "pulls `{image}` without the credentials of ImageStream `{}`; if the image is private, add an `imagePullSecret`",
            stream.name()
        );
        notes.push((Rule::PulledThroughStream, message));
    }
    if tag["importPolicy"]["insecure"] == true {
        let message = format!(
            "is pulled from the registry of `{image}`, which OpenShift trusted without a certificate; configure that registry in \
             `registries.yaml` of each node"
        );
        notes.push((Rule::InsecureRegistry, message));
    }
    if is_imported && tag["importPolicy"]["scheduled"] == true {
        let message =
            format!("no longer follows `{image}`, which ImageStream `{}` imported on a schedule", stream.name());
        notes.push((Rule::ScheduledImport, message));
    }
    notes
}

/// Streams of the samples of OpenShift, and public images in their place.
pub fn samples() -> &'static [(&'static str, &'static str)] {
    static SAMPLES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
        table::rows::<2>(include_str!("../data/samples.tsv")).map(|[stream, image]| (stream, image)).collect()
    });
    &SAMPLES
}
