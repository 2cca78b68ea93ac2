//! How a secret in the clear is reported.

use krm::field::{FieldPath, PointerBuf};
use krm::finding::Finding;
use krm::resource_list::Item;

use crate::config::Spec;
use crate::fingerprint::fingerprint;
use crate::rule::Rule;
use crate::text::{Hit, masked_name};

/// A secret in the clear, in a field of an object.
#[derive(Debug, Clone)]
pub(super) struct PlainValue {
    /// The field.
    pub(super) pointer: PointerBuf,
    /// What is in it.
    pub(super) hit: Hit,
}

/// A value was reviewed; the index of the entry of `spec.allow`.
pub(super) struct Allowed(pub(super) usize);

impl PlainValue {
    /// An access key ID beside a reference to its secret is no credential by itself.
    pub(super) fn identify(&mut self) {
        let field = self.pointer.last().map(|token| token.decoded().to_ascii_lowercase()).unwrap_or_default();
        let letters: String = field.chars().filter(char::is_ascii_alphanumeric).collect();
        if self.hit.rule == Rule::PlainToken && letters.ends_with("keyid") {
            self.hit.rule = Rule::CredentialIdentifier;
            self.hit.what = "an access key ID, whose secret is elsewhere".into();
        }
    }

    /// Where it is. Names that may be credentials themselves are not shown.
    fn path(&self) -> FieldPath {
        let tokens = self.pointer.tokens().map(|token| masked_name(&token.decoded()).into_owned());
        FieldPath::from(&PointerBuf::from_tokens(tokens))
    }

    /// The finding. It shows neither the value nor a part of it.
    ///
    /// # Errors
    /// The value was reviewed and allowed.
    pub(super) fn finding(&self, item: &Item, spec: &Spec) -> Result<Finding, Allowed> {
        let path = self.path();
        let fingerprint = fingerprint(&spec.salt, &path, &self.hit.value);
        let allowed = spec.allow.iter().position(|allowance| allowance.covers(item, &path, &fingerprint));
        allowed.map_or_else(|| Ok(self.found(item, path, fingerprint)), |index| Err(Allowed(index)))
    }

    fn found(&self, item: &Item, path: FieldPath, fingerprint: String) -> Finding {
        let hit = &self.hit;
        let length = hit.value.chars().count();
        let characters = if length == 1 { "character" } else { "characters" };
        let inside = hit.inside.as_ref().map(|inside| format!(" at `{inside}`")).unwrap_or_default();
        let remedy = remedy(hit.rule);
        let message = format!("{} ({length} {characters}{inside}, fingerprint {fingerprint}); {remedy}", hit.what);
        let finding = Finding::new(hit.rule, message).on(item).at(path).tag("fingerprint", fingerprint);
        match &hit.inside {
            Some(inside) => finding.tag("inside", inside),
            None => finding,
        }
    }
}

/// What to do about a secret in the clear, in a few words.
fn remedy(rule: Rule) -> &'static str {
    match rule {
        Rule::SealingKey => {
            "it opens every SealedSecret of its cluster: take it out of git, make a new key and reseal everything"
        }
        Rule::PlainSecret => "seal it with kubeseal, or take it from an external store",
        Rule::DummySecret => "seal the real value with kubeseal, or take it from an external store",
        Rule::UndecryptableSops => "encrypt the whole Secret again with SOPS, or seal it with kubeseal",
        Rule::LastAppliedSecret => "remove the annotation and rotate the value",
        Rule::DummyCredential | Rule::LikelyToken => "reference a Secret instead",
        Rule::PasswordHash => "move it to a Secret, and change the password: a hash can be guessed at",
        Rule::TextNotRead => "look into it yourself",
        Rule::CredentialIdentifier => "it may stay, or reference it in the Secret too",
        Rule::RandomValue => "if it is a secret, move it to a Secret",
        _ => "move it to a Secret and rotate it",
    }
}
