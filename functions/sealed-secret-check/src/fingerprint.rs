//! Short hashes, by which reviewed values are known again.

use krm::field::FieldPath;
use sha2::{Digest, Sha256};

/// The letters of fingerprints: no digits, so that YAML never reads one as a number, and no vowels.
const LETTERS: &[u8; 16] = b"bcdfghjklmnpqrst";

/// Whether a text can be a fingerprint.
pub(crate) fn is_fingerprint(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| LETTERS.contains(&byte))
}

/// Eight letters for the first 32 bits of SHA-256 over salt, path and value: enough to know a value again in its field,
/// too few to tell a guessed value from others that give the same.
pub(crate) fn fingerprint(salt: &str, path: &FieldPath, value: &str) -> String {
    let mut hash = Sha256::new();
    for part in [salt, path.as_str(), value] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let letter = |nibble: u8| char::from(LETTERS[usize::from(nibble)]);
    hash.finalize()[..4].iter().flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]).collect()
}
