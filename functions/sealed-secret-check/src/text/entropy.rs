//! Values that look made by a random generator.

use manifests::names::words_of_key;

/// Words in a name that explain a random value.
const EXPLAINED: &[&str] = &[
    "checksum",
    "digest",
    "hash",
    "integrity",
    "fingerprint",
    "uid",
    "id",
    "version",
    "commit",
    "revision",
    "etag",
    "image",
    "cert",
    "certificate",
    "crt",
    "ca",
    "cabundle",
    "public",
    "pub",
    "recipient",
    "url",
    "uri",
    "host",
    "hosts",
    "path",
];

/// Whether a value of one word looks random and its name does not explain why: at least 20 letters of base64 with 4.5
/// bits each, or at least 32 hexadecimal digits with 3 bits each.
pub(super) fn is_random(key: &str, value: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte);
    if key.is_empty() || !(20..=512).contains(&value.len()) || !value.bytes().all(is_base64) {
        return false;
    }
    let has = |class: fn(&u8) -> bool| value.as_bytes().iter().any(class);
    let is_hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (least, length) = if is_hex { (3.0, 32) } else { (4.5, 20) };
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let is_mixed = is_mixed && (is_hex || (has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)));
    value.len() >= length && is_mixed && bits_a_letter(value) >= least && !is_explained(key)
}

/// Whether a name says why its value looks random: an identifier, a digest, an address.
pub(super) fn is_explained(key: &str) -> bool {
    words_of_key(key).iter().any(|word| EXPLAINED.contains(&word.as_str()) || word.starts_with("sha"))
}

/// Shannon's entropy of a text, in bits a letter.
fn bits_a_letter(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = text.len() as f64;
    let share = |count: &u32| f64::from(*count) / total;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_told_from_words() {
        assert!(is_random("STRIPE", "q7Zk2Vw9Xb4Lm6Np8Rt3Yc5H"));
        assert!(is_random("SIGN", "9f86d081884c7d659a2feaa0c55ad015"));
        for (key, value) in [
            ("IMAGE_DIGEST", "9f86d081884c7d659a2feaa0c55ad015"),
            ("HOST", "my-very-long-host-name.example"),
            ("NAME", "a-long-name-with-many-parts"),
            ("X", "short1A"),
            ("", "q7Zk2Vw9Xb4Lm6Np8Rt3Yc5H"),
        ] {
            assert!(!is_random(key, value), "{key}={value}");
        }
    }
}
