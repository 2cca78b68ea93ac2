//! Where objects and texts name the cluster that a mirror copies from.
//!
//! While the data of a cluster moves, that is the old cluster: its address must stay, or the mirror would read from the
//! cluster that it writes to.

use std::collections::HashSet;

use krm::field::{Pointer, PointerBuf};
use krm::resource_list::Item;
use manifests::fields::Pattern;
use serde_json::Value;

use crate::bootstrap_keys::{is_bootstrap_key, is_source_key};
use crate::cluster::GROUP;

/// The addresses of sources in Strimzi's kinds. Clusters of a KafkaMirrorMaker2 that a mirror names as its source come to
/// it.
///
/// Source: Strimzi `api/.../model/mirrormaker2/KafkaMirrorMaker2Spec.java`, `KafkaMirrorMakerConsumerSpec.java` of 0.45.
const SOURCES: [(&str, &str); 2] = [
    ("KafkaMirrorMaker", "spec.consumer.bootstrapServers"),
    ("KafkaMirrorMaker2", "spec.mirrors[].source.bootstrapServers"),
];

/// How far back a text is searched for the key around a line.
const MOST_LINES_BACK: usize = 100;

/// The fields of an object that name the source of a mirror.
#[derive(Debug, Default)]
pub(crate) struct Sources(HashSet<PointerBuf>);

impl Sources {
    /// The fields that Strimzi's kinds have for it.
    pub(crate) fn of(item: &Item) -> Self {
        if item.group() != GROUP {
            return Self::default();
        }
        let value = item.value();
        let of_kind = SOURCES.iter().filter(|(kind, _)| *kind == item.kind());
        let named = of_kind.flat_map(|(_, field)| Pattern::known(field).matches(value));
        let named = named.map(|found| found.pointer);
        Self(named.chain(clusters_of_sources(value)).collect())
    }

    /// Whether the field at a pointer, below a key, names a source: in Strimzi's kinds, or in others by its key or that of
    /// the mapping around it.
    pub(crate) fn hold(&self, pointer: &Pointer, key: &str) -> bool {
        let parent = pointer.parent().and_then(Pointer::last);
        let is_in_source = || parent.is_some_and(|parent| is_source_key(&parent.decoded()));
        self.0.contains(pointer) || is_bootstrap_key(key) && (is_source_key(key) || is_in_source())
    }
}

/// The addresses of the clusters that a mirror names as its source, in the form before Strimzi 0.49.
fn clusters_of_sources(value: &Value) -> Vec<PointerBuf> {
    let mirrors = value["spec"]["mirrors"].as_array().into_iter().flatten();
    let sources: HashSet<_> = mirrors.filter_map(|mirror| mirror["sourceCluster"].as_str()).collect();
    let clusters = value["spec"]["clusters"].as_array().into_iter().flatten().enumerate();
    let is_source = |cluster: &Value| cluster["alias"].as_str().is_some_and(|alias| sources.contains(alias));
    let path = |index: usize| PointerBuf::from_tokens(["spec", "clusters", &index.to_string(), "bootstrapServers"]);
    clusters.filter(|(_, cluster)| is_source(cluster)).map(|(index, _)| path(index)).collect()
}

/// Whether an address at a place of a text is that of a source: by the key before it, by the key of the mapping around it,
/// or as an alias of `mm2.properties` that an arrow leads away from.
pub(crate) fn is_source_in_text(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let Some(key) = key_before(&text[line..at]).filter(|key| is_bootstrap_key(key)) else { return false };
    let alias = key.strip_suffix(".bootstrap.servers");
    is_source_key(key)
        || alias.is_some_and(|alias| text.contains(&format!("{alias}->")))
        || parent_key(&text[..at]).is_some_and(is_source_key)
}

/// The key of the value that begins, or goes on, behind a part of a line.
fn key_before(line: &str) -> Option<&str> {
    let is_separator = |(index, letter): &(usize, char)| {
        let behind = &line[index + letter.len_utf8()..];
        *letter == '=' || *letter == ':' && (behind.is_empty() || behind.starts_with([' ', '\t', '"', '\'', '[']))
    };
    let (end, _) = line.char_indices().rev().find(is_separator)?;
    let key = line[..end].trim_end_matches(['"', '\'', ' ']);
    let start = key.rfind(|letter: char| !(letter.is_ascii_alphanumeric() || "._-".contains(letter)));
    let key =
        start.map_or(key, |start| key[start..].trim_start_matches(|letter: char| !letter.is_ascii_alphanumeric()));
    Some(key).filter(|key| !key.is_empty())
}

/// The key of the mapping around the last line of a YAML text.
fn parent_key(text: &str) -> Option<&str> {
    let depth = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let mut lines = text.rsplit('\n');
    let own = depth(lines.next()?);
    let around = lines.take(MOST_LINES_BACK).find(|line| !line.trim().is_empty() && depth(line) < own)?;
    around.trim().trim_start_matches("- ").strip_suffix(':')
}

#[cfg(test)]
mod tests {
    use krm::resource_list::Resources;

    use super::*;

    #[test]
    fn texts_tell_sources_from_targets() {
        let cases = [
            ("source.bootstrap.servers=HOST", true),
            ("target.bootstrap.servers=HOST", false),
            ("bootstrap.servers=HOST", false),
            ("SOURCE_BOOTSTRAP_SERVERS=a.x:443,HOST", true),
            ("{\"target.bootstrap.servers\":\"a\",\"src.kafka.bootstrap.servers\":\"HOST\"}", true),
            ("{\"src.kafka.bootstrap.servers\":\"a\",\"dest.kafka.bootstrap.servers\":\"HOST\"}", false),
            ("clusters = old, new\nold->new.enabled = true\nold.bootstrap.servers = HOST", true),
            ("clusters = old, new\nold->new.enabled = true\nnew.bootstrap.servers = HOST", false),
            ("source:\n  bootstrapServers: HOST", true),
            ("target:\n  bootstrapServers: HOST\nsource:\n  x: y", false),
            ("source:\n  image: x\n  bootstrap-servers: \"HOST\"", true),
            ("HOST", false),
        ];
        for (text, expected) in cases {
            let at = text.find("HOST").expect("the text holds it");
            assert_eq!(is_source_in_text(text, at), expected, "{text}");
        }
    }

    #[test]
    fn sources_of_objects_are_found_in_every_form() {
        let cases = [
            (
                "KafkaMirrorMaker2",
                "mirrors: [{source: {bootstrapServers: x}}]",
                "/spec/mirrors/0/source/bootstrapServers",
            ),
            (
                "KafkaMirrorMaker2",
                "{clusters: [{alias: b}, {alias: a, bootstrapServers: x}], mirrors: [{sourceCluster: a}]}",
                "/spec/clusters/1/bootstrapServers",
            ),
            ("KafkaMirrorMaker", "consumer: {bootstrapServers: x}", "/spec/consumer/bootstrapServers"),
            (
                "KafkaConnector",
                "config: {source.cluster.bootstrap.servers: x}",
                "/spec/config/source.cluster.bootstrap.servers",
            ),
        ];
        for (kind, spec, pointer) in cases {
            let spec = if spec.starts_with('{') { spec.to_owned() } else { format!("{{{spec}}}") };
            let text = format!("apiVersion: {GROUP}/v1beta2\nkind: {kind}\nmetadata: {{name: m}}\nspec: {spec}\n");
            let resources = Resources::from_streams(vec![(None, text)]).expect("it is YAML");
            let sources = Sources::of(resources.iter().next().expect("it is an object"));
            let pointer = PointerBuf::parse(pointer).expect("it is a pointer");
            let key = pointer.last().expect("it has tokens").decoded().into_owned();
            assert!(sources.hold(&pointer, &key), "{kind} {spec}");
            let target = PointerBuf::from_tokens(["spec", "target", "bootstrapServers"]);
            assert!(!sources.hold(&target, "bootstrapServers"), "{kind}");
        }
    }
}
