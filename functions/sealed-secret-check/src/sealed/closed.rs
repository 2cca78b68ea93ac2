//! What shows of a sealed value that cannot be opened.

use krm::finding::Finding;

use super::keyring::{Disproof, Keyring};
use super::sealed_secret::WholeValue;
use crate::rule::Rule;

/// What public certificates alone say of a value.
pub(super) fn foreign_value(whole: &WholeValue<'_>, keyring: &Keyring) -> Option<Finding> {
    let why = match keyring.disproves(whole.value)? {
        Disproof::Length { bits } => format!("its key has {bits} bits, and no given key has that length"),
        Disproof::Modulus => "the number in it is greater than every given key of its length could make".to_owned(),
    };
    let message = format!(
        "was sealed for none of the given certificates: {why}; seal the value with the certificate of this cluster"
    );
    Some(whole.finding(Rule::SealedForAnotherKey, message))
}

/// What the length alone says: it is the length of the plain value, which no key hides.
pub(super) fn short_value(whole: &WholeValue<'_>) -> Option<Finding> {
    let length = whole.value.plaintext_length();
    let message = match (whole.key, length) {
        (_, 0) => "seals an empty value; reseal the value".to_owned(),
        (Some("tls.key"), 1..100) => format!("seals {length} bytes, too few for a private key; reseal the value"),
        (Some(".dockerconfigjson"), 1..15) => {
            format!("seals {length} bytes, too few for a registry login; reseal the value")
        }
        _ => return None,
    };
    Some(whole.finding(Rule::DoubtfulSealedContent, message))
}
