//! Secrets in the clear: the rules that find them and how they are reported.

use krm::field::FieldPath;
use krm::finding::{Finding, ObjectReference, Severity};
use sha2::{Digest, Sha256};

/// What makes a value a leak. Each has a stable name, the `rule` tag of its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The private key of the sealed-secrets controller.
    SealingKey,
    /// A value of a Secret.
    PlainSecret,
    /// A copy of the object in an annotation.
    LastApplied,
    /// A private key.
    PrivateKey,
    /// A private key with a passphrase.
    EncryptedPrivateKey,
    /// A token with a known form.
    Token,
    /// A literal under the name of a credential.
    Credential,
    /// A password in an address or connection string.
    Connection,
    /// A dummy where a credential belongs.
    Placeholder,
    /// A random value under a name that says nothing.
    Random,
}

impl Rule {
    /// The name in findings and documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SealingKey => "sealing-key",
            Self::PlainSecret => "plain-secret",
            Self::LastApplied => "last-applied",
            Self::PrivateKey => "private-key",
            Self::EncryptedPrivateKey => "encrypted-private-key",
            Self::Token => "token",
            Self::Credential => "credential",
            Self::Connection => "connection",
            Self::Placeholder => "placeholder",
            Self::Random => "random",
        }
    }

    fn severity(self) -> Severity {
        match self {
            Self::EncryptedPrivateKey | Self::Placeholder => Severity::Warning,
            Self::Random => Severity::Info,
            _ => Severity::Error,
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::SealingKey => {
                "it opens every SealedSecret of its cluster: take it out of git, make a new key and seal everything anew"
            }
            Self::PlainSecret => "seal it with kubeseal, or take it from an external store",
            Self::LastApplied => "remove the annotation and rotate the value",
            Self::Placeholder => "reference a Secret instead",
            Self::Random => "if it is a secret, move it to a Secret",
            _ => "move it to a Secret and rotate it",
        }
    }

    /// Whether this rule says more than the other of the same value.
    pub(crate) fn outranks(self, other: Self) -> bool {
        (self as u8) < (other as u8)
    }
}

/// A secret in the clear.
#[derive(Debug, Clone)]
pub(crate) struct Leak {
    pub(crate) rule: Rule,
    /// Where it stands in the object, as a JSON Pointer.
    pub(crate) pointer: String,
    /// The name under which it stands in the text there.
    pub(crate) inside: Option<String>,
    /// What it is, as a noun.
    pub(crate) what: String,
    /// The value, of which only length and fingerprint are shown.
    pub(crate) value: String,
}

impl Leak {
    /// The field path, as findings print it.
    pub(crate) fn path(&self) -> String {
        FieldPath::of_pointer(&self.pointer).to_string()
    }

    /// The short hash by which a reviewed value can be allowed.
    pub(crate) fn fingerprint(&self, salt: &str) -> String {
        fingerprint(salt, &self.path(), &self.value)
    }

    /// The finding. It shows neither the value nor a part of it.
    pub(crate) fn finding(&self, object: ObjectReference, salt: &str) -> Finding {
        let length = self.value.chars().count();
        let characters = if length == 1 { "character" } else { "characters" };
        let inside = self.inside.as_ref().map(|inside| format!(" at `{inside}`")).unwrap_or_default();
        let fingerprint = self.fingerprint(salt);
        let message =
            format!("{} ({length} {characters}{inside}, fingerprint {fingerprint}); {}", self.what, self.rule.remedy());
        let finding = Finding::new(self.rule.severity(), message).on(object).at(self.path());
        let finding = finding.tag("rule", self.rule.name()).tag("fingerprint", fingerprint);
        match &self.inside {
            Some(inside) => finding.tag("inside", inside),
            None => finding,
        }
    }
}

/// The letters of fingerprints: no digits, so that YAML never reads one as a number, and no vowels.
const LETTERS: &[u8; 16] = b"bcdfghjklmnpqrst";

/// Whether a text can be a fingerprint.
pub(crate) fn is_fingerprint(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| LETTERS.contains(&byte))
}

/// Eight letters for the first 32 bits of SHA-256 over salt, path and value: enough to know a value again at its place,
/// too few to tell a guessed value from others that give the same.
pub(crate) fn fingerprint(salt: &str, path: &str, value: &str) -> String {
    let mut hash = Sha256::new();
    for part in [salt, path, value] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let letter = |nibble: u8| char::from(LETTERS[usize::from(nibble)]);
    hash.finalize()[..4].iter().flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]).collect()
}
