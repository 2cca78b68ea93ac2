//! ConfigMaps that are made with an app.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::app::NamedApp;
use crate::fields::Fields;
use crate::target::Target;

/// The ConfigMaps of an app.
pub(super) fn configmaps(app: &NamedApp, target: &Target<'_>) -> Vec<Value> {
    let configmap = |(name, data): (&String, &BTreeMap<String, String>)| {
        Fields::new()
            .with("apiVersion", "v1")
            .with("kind", "ConfigMap")
            .with("metadata", app.metadata(target, name))
            .map("data", data)
            .into()
    };
    app.app.configmaps.iter().map(configmap).collect()
}

/// What changes when a ConfigMap of the app does, so that its pods are replaced.
pub(super) fn digest(configmaps: &BTreeMap<String, BTreeMap<String, String>>) -> Option<String> {
    if configmaps.is_empty() {
        return None;
    }
    let mut hasher = Sha256::new();
    for (name, data) in configmaps {
        for text in std::iter::once(name).chain(data.iter().flat_map(|(key, value)| [key, value])) {
            // With its length, so that no two lists of texts are one.
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
        hasher.update(u64::MAX.to_le_bytes());
    }
    let bytes = hasher.finalize();
    Some(bytes[..8].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
