//! One sealed value, as far as it can be read without a key.
//!
//! A value is base64 of: the length of the RSA part as two bytes, big-endian; the RSA part, which holds the session key;
//! the AES-256-GCM ciphertext with its 16-byte tag. Source: sealed-secrets `pkg/crypto/crypto.go`, `HybridEncrypt`.

use crate::base64::{self, Base64Error};

/// Lengths in bytes of the RSA keys that can be: 2048, 3072, 4096 and 8192 bits.
const RSA_LENGTHS: [usize; 4] = [256, 384, 512, 1024];

const HEADER: usize = 2;
const TAG: usize = 16;

/// A sealed value in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SealedValue {
    bytes: Vec<u8>,
    rsa_length: usize,
}

/// Why a text is no sealed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    /// It is empty.
    Empty,
    /// It is text, not base64.
    PlainText,
    /// It is base64 of readable text.
    EncodedText,
    /// It is base64 of a sealed value that is in base64 already.
    EncodedTwice,
    /// SOPS encrypted it.
    Sops,
    /// It is not base64.
    NotBase64(Base64Error),
    /// It announces an RSA part of this many bytes, which no key has.
    RsaLength(usize),
    /// It ends before what its first bytes announce; the number of bytes that are missing.
    Truncated(usize),
}

impl Defect {
    /// What is wrong and what to do.
    pub(super) fn message(self) -> String {
        const RESEAL: &str = "reseal the value";
        const ROTATE: &str = "rotate the value and seal the new one with kubeseal";
        match self {
            Self::Empty => format!("is empty; {RESEAL}"),
            Self::PlainText => format!("is not sealed: it is plain text in git; {ROTATE}"),
            Self::EncodedText => format!("is not sealed: it is base64 of readable text in git; {ROTATE}"),
            Self::EncodedTwice => "is base64 of base64; put the output of kubeseal in as it is".to_owned(),
            Self::Sops => "is encrypted with SOPS, which the sealed-secrets controller cannot read; seal it with kubeseal, or use a Secret for SOPS".to_owned(),
            Self::NotBase64(Base64Error::Blanks) => {
                "is not base64: it holds blanks, as `>` or a broken line makes them; write it on one line or as a `|` block".to_owned()
            }
            Self::NotBase64(Base64Error::UrlAlphabet) => {
                format!("is not base64: it holds `-` or `_` of the URL alphabet; {RESEAL}")
            }
            Self::NotBase64(Base64Error::Padding) => {
                format!("is not base64: its end is cut off or its `=` are missing; {RESEAL}")
            }
            Self::NotBase64(Base64Error::Alphabet) => {
                format!("is not base64: it holds other letters; {RESEAL}")
            }
            Self::RsaLength(length) => format!(
                "is no sealed value: it announces an RSA part of {length} bytes, which no key has; {RESEAL}"
            ),
            Self::Truncated(missing) => {
                format!("is truncated: at least {missing} bytes are missing at its end; {RESEAL}")
            }
        }
    }

    /// Whether the text gives its secret away.
    pub(super) fn is_leak(self) -> bool {
        matches!(self, Self::PlainText | Self::EncodedText)
    }
}

impl SealedValue {
    /// Reads a value of `encryptedData`.
    ///
    /// # Errors
    /// Why the controller can never unseal it.
    pub(super) fn parse(text: &str) -> Result<Self, Defect> {
        if text.trim().is_empty() {
            return Err(Defect::Empty);
        }
        if text.starts_with("ENC[") {
            return Err(Defect::Sops);
        }
        let bytes = base64::decode(text).map_err(|error| match error {
            // What was sealed once begins with the two bytes of a key length.
            _ if text.starts_with("Ag")
                || text.starts_with("AQ")
                || text.starts_with("AY")
                || text.starts_with("BA") =>
            {
                Defect::NotBase64(error)
            }
            Base64Error::Blanks | Base64Error::UrlAlphabet => Defect::NotBase64(error),
            Base64Error::Alphabet | Base64Error::Padding => Defect::PlainText,
        })?;
        if is_readable(&bytes) {
            let inner = String::from_utf8_lossy(&bytes);
            let is_sealed = base64::decode(inner.trim()).is_ok_and(|bytes| Self::from_bytes(bytes).is_ok());
            return Err(if is_sealed { Defect::EncodedTwice } else { Defect::EncodedText });
        }
        Self::from_bytes(bytes)
    }

    fn from_bytes(bytes: Vec<u8>) -> Result<Self, Defect> {
        let &[high, low, ..] = bytes.as_slice() else { return Err(Defect::Truncated(HEADER - bytes.len())) };
        let rsa_length = usize::from(u16::from_be_bytes([high, low]));
        if !RSA_LENGTHS.contains(&rsa_length) {
            return Err(Defect::RsaLength(rsa_length));
        }
        match (HEADER + rsa_length + TAG).checked_sub(bytes.len()) {
            Some(missing) if missing > 0 => Err(Defect::Truncated(missing)),
            _ => Ok(Self { bytes, rsa_length }),
        }
    }

    /// The RSA part, as long as the modulus of the key.
    pub(super) fn rsa_part(&self) -> &[u8] {
        &self.bytes[HEADER..HEADER + self.rsa_length]
    }

    /// The AES ciphertext with its tag.
    pub(super) fn aes_part(&self) -> &[u8] {
        &self.bytes[HEADER + self.rsa_length..]
    }

    /// The length in bytes of what is sealed, which is no secret.
    pub(super) fn plaintext_length(&self) -> usize {
        self.bytes.len() - HEADER - self.rsa_length - TAG
    }
}

/// Whether bytes are text that people or machines read.
fn is_readable(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.is_empty() && text.chars().all(|letter| !letter.is_control() || letter.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use ::base64::prelude::{BASE64_STANDARD, Engine};
    use proptest::prelude::*;

    use super::*;

    fn value(rsa_length: u16, rest: usize) -> String {
        let mut bytes = rsa_length.to_be_bytes().to_vec();
        bytes.extend((0..rest).map(|index| (index * 37 % 251) as u8));
        BASE64_STANDARD.encode(bytes)
    }

    #[test]
    fn whole_values_tell_the_length_of_what_is_sealed() {
        for rsa_length in [256, 384, 512, 1024] {
            let sealed = SealedValue::parse(&value(rsa_length, usize::from(rsa_length) + 16 + 5)).expect("it is whole");
            assert_eq!(sealed.plaintext_length(), 5);
            assert_eq!(sealed.rsa_part().len(), usize::from(rsa_length));
            assert_eq!(sealed.aes_part().len(), 21);
        }
    }

    #[test]
    fn what_is_broken_is_told() {
        let cases = [
            (String::new(), Defect::Empty),
            ("m7Qe-Wz2".to_owned(), Defect::PlainText),
            (BASE64_STANDARD.encode("hello world"), Defect::EncodedText),
            (BASE64_STANDARD.encode(value(512, 540)), Defect::EncodedTwice),
            ("ENC[AES256_GCM,data:x]".to_owned(), Defect::Sops),
            (value(512, 540).replacen("AgA", "AgA ", 1), Defect::NotBase64(Base64Error::Blanks)),
            (value(512, 540) + "A", Defect::NotBase64(Base64Error::Padding)),
            ("AgBy3i4OJSWK.....".to_owned(), Defect::NotBase64(Base64Error::Alphabet)),
            (value(513, 540), Defect::RsaLength(513)),
            (value(512, 520), Defect::Truncated(8)),
            ("Ag==".to_owned(), Defect::Truncated(1)),
        ];
        for (text, defect) in cases {
            assert_eq!(SealedValue::parse(&text), Err(defect), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*", encoded in proptest::collection::vec(any::<u8>(), 0..1200)) {
            for text in [text, BASE64_STANDARD.encode(&encoded)] {
                if let Ok(sealed) = SealedValue::parse(&text) {
                    prop_assert!(sealed.aes_part().len() == sealed.plaintext_length() + 16);
                }
            }
        }

        #[test]
        fn every_whole_value_of_any_length_is_read(rsa in 0usize..4, plain in 0usize..64, cut in 0usize..600) {
            let length = RSA_LENGTHS[rsa];
            let text = value(length as u16, length + 16 + plain);
            prop_assert_eq!(SealedValue::parse(&text).map(|sealed| sealed.plaintext_length()), Ok(plain));
            let cut = &text[..text.len().saturating_sub(cut)];
            let _ = SealedValue::parse(cut);
        }
    }
}
