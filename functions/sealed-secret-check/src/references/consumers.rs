//! The references to Secrets in an object.

use krm::field::{Pointer, PointerBuf};
use krm::resource_list::Item;
use manifests::pods::PodTemplate;

use super::reference::{Namespace, Reference};
use super::secret_fields;

/// Every reference to a Secret in an object.
pub(super) fn references(item: &Item) -> Vec<Reference> {
    let mut references = of_pods(item);
    references.extend(secret_fields::of(item).flat_map(|field| field.references(item.value())));
    references.extend(storage_class_parameters(item));
    references.extend(kafka_placeholders(item));
    references.extend(argo_placeholders(item));
    references.dedup();
    references
}

fn of_pods(item: &Item) -> Vec<Reference> {
    let Some(template) = PodTemplate::of(item) else { return Vec::new() };
    let parent = Pointer::from_static(template.kind.template).with_trailing_token("spec");
    let references = secret_fields::of_pods().iter().flat_map(|field| field.references(template.spec));
    references.map(|reference| reference.below(&parent)).collect()
}

/// `csi.storage.k8s.io/*-secret-name` and `-namespace` of a StorageClass; both may be templates of the driver.
fn storage_class_parameters(item: &Item) -> Vec<Reference> {
    if !item.is("storage.k8s.io", "StorageClass") {
        return Vec::new();
    }
    let parameters = &item.value()["parameters"];
    let reference = |(pointer, key, name): (PointerBuf, &str, &str)| {
        let namespace_key = format!("{}-secret-namespace", key.strip_suffix("-secret-name")?);
        let namespace = parameters[namespace_key].as_str().filter(|namespace| !namespace.contains("${"));
        let namespace = namespace.map_or(Namespace::Unknown, |namespace| Namespace::Named(namespace.to_owned()));
        (!name.contains("${")).then(|| Reference { namespace, ..Reference::new(pointer, name) })
    };
    texts(item, Pointer::from_static("/parameters")).filter_map(reference).collect()
}

/// `${secrets:namespace/name:key}` in the configuration of Kafka Connect.
fn kafka_placeholders(item: &Item) -> Vec<Reference> {
    if item.group() != "kafka.strimzi.io" {
        return Vec::new();
    }
    let mut references = Vec::new();
    for (pointer, _, text) in texts(item, Pointer::from_static("/spec/config")) {
        for start in ["${secrets:", "${strimzisecrets:"] {
            references.extend(text.match_indices(start).filter_map(|(at, _)| {
                let inner = text[at + start.len()..].split('}').next()?;
                let (full_name, key) = inner.split_once(':')?;
                let (namespace, name) = full_name.split_once('/')?;
                let namespace = Namespace::Named(namespace.to_owned());
                Some(Reference { key: Some(key.to_owned()), namespace, ..Reference::new(pointer.clone(), name) })
            }));
        }
    }
    references
}

/// `$secret:key` in the ConfigMaps of Argo CD; `$key` alone is one of `argocd-secret`.
fn argo_placeholders(item: &Item) -> Vec<Reference> {
    if !item.is("", "ConfigMap") || !["argocd-cm", "argocd-notifications-cm"].contains(&item.name()) {
        return Vec::new();
    }
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
    let mut references = Vec::new();
    for (pointer, _, text) in texts(item, Pointer::from_static("/data")) {
        references.extend(text.match_indices('$').filter_map(|(at, _)| {
            let rest = &text[at + 1..];
            let word = &rest[..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())];
            let (name, key) = word.split_once(':').filter(|(name, key)| !name.is_empty() && !key.is_empty())?;
            Some(Reference { key: Some(key.to_owned()), ..Reference::new(pointer.clone(), name) })
        }));
    }
    references
}

/// The texts in a mapping of an object: where each is, its key and the text.
fn texts<'v>(item: &'v Item, mapping: &'static Pointer) -> impl Iterator<Item = (PointerBuf, &'v str, &'v str)> {
    let entries = item.value().pointer(mapping.as_str()).and_then(|mapping| mapping.as_object());
    entries
        .into_iter()
        .flatten()
        .filter_map(|(key, text)| Some((mapping.with_trailing_token(key.as_str()), key.as_str(), text.as_str()?)))
}
