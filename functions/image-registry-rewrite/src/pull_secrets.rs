//! The Secrets that pods need to pull their images.

use std::collections::{BTreeMap, BTreeSet};

use krm::config::ConfigError;
use krm::field::{FieldPath, PointerBuf};
use manifests::images::{Prefix, known_prefix, leading_name};
use manifests::names::is_dns_subdomain;

use crate::by_prefix::ByPrefix;
use crate::mapping::advice;
use crate::registries::Registries;

/// `spec.pullSecrets`.
#[derive(Debug)]
pub(crate) struct PullSecrets {
    secrets: ByPrefix<PullSecret>,
    keys: Vec<String>,
    /// The registries that need Secrets.
    pub(crate) registries: Registries,
}

/// An entry of `spec.pullSecrets`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PullSecret {
    /// The registry as it is written.
    pub(crate) key: String,
    /// The name of the Secret.
    pub(crate) name: String,
}

impl PullSecrets {
    /// Reads the option.
    ///
    /// # Errors
    /// Keys that are no registries, or are there twice, and values that are no names of Secrets.
    pub(crate) fn new(option: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let mut secrets = ByPrefix::default();
        let mut prefixes = Vec::new();
        for (key, name) in option {
            let error = |message: String| ConfigError::new(FieldPath::from("spec.pullSecrets").key(key), message);
            let prefix = Prefix::parse(key).map_err(|reason| error(advice(reason, key)))?;
            if !is_dns_subdomain(name) {
                return Err(error(format!("`{name}` is not the name of a Secret")));
            }
            let secret = PullSecret { key: key.clone(), name: name.clone() };
            if let Some(first) = secrets.insert(&prefix, secret) {
                return Err(error(format!("is the same as `{}`", first.key)));
            }
            prefixes.push(prefix);
        }
        let registries = Registries::of(prefixes.iter());
        Ok(Self { secrets, keys: option.keys().cloned().collect(), registries })
    }

    /// Whether no Secret is needed.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The Secret that an image needs.
    pub(crate) fn of_image(&self, image: &str) -> Option<&PullSecret> {
        let repository = match leading_name(image) {
            Some(name) => name.repository(),
            // What is before a placeholder may be enough.
            None => Prefix::parse(known_prefix(image)?).ok()?.to_string(),
        };
        self.secrets.longest(&repository).map(|(secret, _)| secret)
    }

    /// The registries that are not among these, as they are written.
    pub(crate) fn others(&self, used: &BTreeSet<String>) -> Vec<String> {
        self.keys.iter().filter(|key| !used.contains(*key)).map(|key| format!("`{key}`")).collect()
    }
}

/// An image with the Secret that it needs.
#[derive(Debug)]
pub(crate) struct Needed<'s> {
    pub(crate) secret: &'s PullSecret,
    /// The field of the image.
    pub(crate) pointer: PointerBuf,
    /// The image.
    pub(crate) image: String,
}

/// The names of the Secrets, each once, in the order of the images.
pub(crate) fn names<'n>(needed: impl IntoIterator<Item = &'n Needed<'n>>) -> Vec<&'n str> {
    let mut names = Vec::new();
    for needed in needed {
        if !names.contains(&needed.secret.name.as_str()) {
            names.push(needed.secret.name.as_str());
        }
    }
    names
}
