//! The options.

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::glob;
use krm::resource_list::Item;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fingerprint::is_fingerprint;

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// Reviewed findings of plain secrets that are not reported again.
    pub allow: Vec<Allowance>,
    /// Mixed into the fingerprints of findings, so that they cannot be looked up in a table made beforehand. Changing
    /// it changes every fingerprint.
    pub salt: String,
    /// Whether a Secret may hold what is public: certificates, public keys, `username`, `user`, `host`, `hostname`,
    /// `port`, `database` and `dbname`.
    pub allow_public_keys: bool,
    /// Generators whose Secrets may be plain, as `apiVersion/kind` with `*` for any text. They are known by the origin
    /// annotation, so the kustomization needs `buildMetadata: [originAnnotations]`.
    pub allow_generators: Vec<String>,
    /// Public certificates of the sealed-secrets controller, PEM, one after the other: the current one and those before
    /// it. Values that were sealed for none of them are found where that can be proved.
    pub certificates: String,
    /// Secrets that come from elsewhere, as `namespace/name` with `*` for any text. References to them are not looked at.
    pub externally_managed: Vec<String>,
    /// Namespaces, with `*` for any text, whose Secrets all come from this build. There a reference to a missing Secret
    /// is an error; elsewhere it is a warning, or an info where the build has nothing else in the namespace.
    pub complete_namespaces: Vec<String>,
    /// Whether SealedSecrets that nothing in the build refers to are reported.
    pub report_unused: bool,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            salt: String::new(),
            allow_public_keys: false,
            allow_generators: vec!["viaduct.ai/*/ksops".to_owned()],
            certificates: String::new(),
            externally_managed: Vec::new(),
            complete_namespaces: Vec::new(),
            report_unused: true,
        }
    }
}

/// A finding that was reviewed and is no secret, or is known. It names the value by its fingerprint only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allowance {
    /// The object as the finding names it: `Kind namespace/name`, or `Kind name`; `*` is any text.
    pub object: String,
    /// The field path as the finding prints it.
    pub path: String,
    /// The fingerprint of the finding. Another value in the same field is found again.
    pub fingerprint: String,
}

impl Allowance {
    /// Whether a secret in a field of an object is the one that was reviewed.
    pub(crate) fn covers(&self, item: &Item, path: &FieldPath, fingerprint: &str) -> bool {
        self.path == path.as_str()
            && self.fingerprint == fingerprint
            && glob::matches(&self.object, &item.reference().to_string())
    }

    fn check(&self, option: FieldPath) -> Result<(), ConfigError> {
        if !is_fingerprint(&self.fingerprint) {
            let message = "must be the eight letters that the finding prints; never write the value here";
            return Err(ConfigError::new(option.key("fingerprint"), message));
        }
        if !self.object.contains(' ') {
            let object = &self.object;
            let message = format!("`{object}` must be `Kind namespace/name` or `Kind name`, as the finding prints it");
            return Err(ConfigError::new(option.key("object"), message));
        }
        Ok(())
    }
}

impl Spec {
    /// # Errors
    /// Patterns and fingerprints that can never match.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        for (index, allowance) in self.allow.iter().enumerate() {
            allowance.check(FieldPath::from("spec.allow").index(index))?;
        }
        if let Some((index, name)) = self.externally_managed.iter().enumerate().find(|(_, name)| !name.contains('/')) {
            let message = format!("`{name}` must be `namespace/name`; `*/{name}` means every namespace");
            let option = FieldPath::from("spec.externallyManaged").index(index);
            return Err(ConfigError::new(option, message));
        }
        Ok(())
    }
}
