//! What base64 hides: texts, private keys and key stores.

use crate::base64;

/// What a base64 text is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Encoded {
    /// Readable text.
    Text(String),
    /// A private key or a store of them, as a noun.
    Key(&'static str),
}

/// What a text is base64 of, if it is of something that is known.
pub(super) fn read(text: &str) -> Option<Encoded> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    if text.len() < 16 || !text.bytes().all(is_letter) {
        return None;
    }
    let bytes = base64::decode(text).ok()?;
    if let Some(what) = key(&bytes) {
        return Some(Encoded::Key(what));
    }
    let text = String::from_utf8(bytes).ok()?;
    let is_readable = text.chars().all(|letter| !letter.is_control() || letter.is_whitespace());
    is_readable.then_some(Encoded::Text(text))
}

/// What is a private key by its first bytes. Sources: the JDK's `JavaKeyStore.java` and `JceKeyStore.java`, RFC 7292 for
/// PKCS #12, RFC 5208 for PKCS #8, RFC 8017 for RSA and RFC 5915 for EC keys.
fn key(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFE, 0xED, 0xFE, 0xED, ..] | [0xCE, 0xCE, 0xCE, 0xCE, ..] => {
            holds_key_entry(bytes).then_some("a Java key store with a private key")
        }
        [0x30, ..] => of_der(bytes),
        _ => None,
    }
}

/// Whether the first entry of a Java key store is a key; in a trust store all are certificates.
fn holds_key_entry(bytes: &[u8]) -> bool {
    matches!(bytes.get(12..16), Some([0, 0, 0, 1 | 3]))
}

fn of_der(bytes: &[u8]) -> Option<&'static str> {
    // The bags of PKCS #12 that hold keys: 1.2.840.113549.1.12.10.1.1 and .2.
    const BAGS: [&[u8]; 2] = [
        &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x0A, 0x01, 0x01],
        &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x0A, 0x01, 0x02],
    ];
    let content = content(bytes)?;
    let holds = |bag: &[u8]| bytes.windows(bag.len()).any(|part| part == bag);
    match content {
        [0x02, 0x01, 0x03, 0x30, ..] => {
            BAGS.iter().any(|bag| holds(bag)).then_some("a PKCS #12 store with a private key")
        }
        [0x02, 0x01, 0x00 | 0x01, 0x30, ..] => Some("a private key in PKCS #8"),
        [0x02, 0x01, 0x00, 0x02, 0x81 | 0x82, ..] => Some("an RSA private key"),
        [0x02, 0x01, 0x01, 0x04, 0x20 | 0x30 | 0x42, ..] => Some("an EC private key"),
        _ => None,
    }
}

/// The content of a DER sequence that is all of the bytes.
fn content(bytes: &[u8]) -> Option<&[u8]> {
    let (header, length) = match bytes {
        [_, short @ 0..=0x7F, ..] => (2, usize::from(*short)),
        [_, 0x81, length, ..] => (3, usize::from(*length)),
        [_, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        _ => return None,
    };
    bytes.get(header..).filter(|content| content.len() == length)
}

#[cfg(test)]
mod tests {
    use ::base64::prelude::{BASE64_STANDARD, Engine};

    use super::*;

    fn of(bytes: &[u8]) -> Option<Encoded> {
        read(&BASE64_STANDARD.encode(bytes))
    }

    #[test]
    fn keys_are_known_by_their_first_bytes() {
        let der = |start: &[u8]| {
            let mut bytes = vec![0x30, 0x82, 0x01, 0x00];
            bytes.extend(start);
            bytes.resize(4 + 256, 7);
            bytes
        };
        assert_eq!(of(&der(&[0x02, 0x01, 0x00, 0x30, 0x0D])), Some(Encoded::Key("a private key in PKCS #8")));
        assert_eq!(of(&der(&[0x02, 0x01, 0x00, 0x02, 0x82])), Some(Encoded::Key("an RSA private key")));
        assert_eq!(of(&der(&[0x30, 0x82, 0x01])), None, "a certificate");
        let mut store = der(&[0x02, 0x01, 0x03, 0x30]);
        assert_eq!(of(&store), None, "a trust store");
        store[40..51].copy_from_slice(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x0A, 0x01, 0x02]);
        assert_eq!(of(&store), Some(Encoded::Key("a PKCS #12 store with a private key")));
        let java = |tag: u8| [&[0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, tag][..], &[9; 40]].concat();
        assert_eq!(of(&java(1)), Some(Encoded::Key("a Java key store with a private key")));
        assert_eq!(of(&java(2)), None, "a trust store");
        assert_eq!(of(b"DB_PASSWORD=Hk4-tWb9\n"), Some(Encoded::Text("DB_PASSWORD=Hk4-tWb9\n".to_owned())));
    }
}
