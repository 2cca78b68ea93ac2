//! ImageStreams of the build: where their tags lead.

use krm::resource_list::Item;
use manifests::images::Image;
use serde_json::Value;

use crate::stream_tag::{StreamTag, Version};

/// Where an image of a stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// In a registry, at this reference. `tag` is the entry of `spec.tags` that says so, if one does.
    Image { image: String, tag: Option<usize> },
    /// Wherever another image of a stream is.
    Other(StreamTag),
    /// Somewhere, but the stream does not say where.
    Unknown(Gap),
}

/// Why a stream does not say where an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// It has no such tag, or one without a source: something pushes the image.
    Pushed,
    /// The image is named by a digest, and the stream does not name the one repository that may hold it.
    Digest,
    /// The source cannot be read.
    Malformed,
}

/// Where an image of a stream is, as far as the stream says.
pub(crate) fn source(stream: &Item, version: &Version) -> Source {
    match version {
        Version::Digest(digest) => of_digest(stream.value(), digest),
        Version::Tag(tag) => of_tag(stream, tag),
    }
}

/// The entries of `spec.tags` of a stream, with the place of each.
fn tags(stream: &Value) -> impl Iterator<Item = (usize, &Value)> {
    stream["spec"]["tags"].as_array().into_iter().flatten().enumerate()
}

fn of_tag(stream: &Item, name: &str) -> Source {
    let value = stream.value();
    let tag = tags(value).find(|(_, tag)| tag["name"] == name);
    let from = tag.map_or(&Value::Null, |(_, tag)| &tag["from"]);
    let source = from["name"].as_str().unwrap_or_default().trim();
    match from["kind"].as_str() {
        Some("DockerImage") if Image::parse(source).is_ok() => {
            Source::Image { image: source.to_owned(), tag: tag.map(|(index, _)| index) }
        }
        Some("ImageStreamTag") => other(stream, from, source),
        Some("ImageStreamImage") => match source.split_once('@') {
            Some((_, digest)) => of_digest(value, digest),
            None => Source::Unknown(Gap::Malformed),
        },
        Some(_) => Source::Unknown(Gap::Malformed),
        None => of_repository(value, name),
    }
}

/// The image that a tag of a stream follows. A name without a stream, as `1.4`, is a tag of the same stream.
fn other(stream: &Item, from: &Value, source: &str) -> Source {
    let namespace = from["namespace"].as_str().or(stream.namespace());
    let text = if source.contains(':') { source.to_owned() } else { format!("{}:{source}", stream.name()) };
    StreamTag::parse(namespace, &text).map_or(Source::Unknown(Gap::Malformed), Source::Other)
}

/// The image of a tag that `spec.tags` does not give a source: that of the repository of the stream, else the last one that
/// was imported.
fn of_repository(stream: &Value, name: &str) -> Source {
    if let Some(repository) = stream["spec"]["dockerImageRepository"].as_str().filter(|text| Image::parse(text).is_ok())
    {
        return Source::Image { image: format!("{repository}:{name}"), tag: None };
    }
    let imported = stream["status"]["tags"].as_array().into_iter().flatten().find(|tag| tag["tag"] == name);
    let image = imported.and_then(|tag| tag["items"][0]["dockerImageReference"].as_str());
    match image.filter(|image| Image::parse(image).is_ok()) {
        Some(image) => Source::Image { image: image.to_owned(), tag: None },
        None => Source::Unknown(Gap::Pushed),
    }
}

/// The image of a digest: it is in the one repository that the tags of the stream name.
fn of_digest(stream: &Value, digest: &str) -> Source {
    let sources = tags(stream).filter(|(_, tag)| tag["from"]["kind"] == "DockerImage");
    let images = sources.filter_map(|(_, tag)| Image::parse(tag["from"]["name"].as_str()?).ok());
    let mut names: Vec<_> = images.map(|image| image.name()).collect();
    names.extend(stream["spec"]["dockerImageRepository"].as_str());
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [name] => Source::Image { image: format!("{name}@{digest}"), tag: None },
        _ => Source::Unknown(Gap::Digest),
    }
}
