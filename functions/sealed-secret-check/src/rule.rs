//! The rules that find secrets in the clear.

use krm::finding::Severity;

/// What makes a value a secret in the clear. Each has a stable name, the `rule` tag of its findings.
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

    /// How bad it is.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::EncryptedPrivateKey | Self::Placeholder => Severity::Warning,
            Self::Random => Severity::Info,
            _ => Severity::Error,
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::SealingKey => {
                "it opens every SealedSecret of its cluster: take it out of git, make a new key and reseal everything"
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
