//! Why a text is not base64 as the API server and the sealed-secrets controller read it.

use manifests::secrets::decode_base64;

/// Why a text is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base64Error {
    /// It holds blanks or tabs, as a folded block scalar does.
    Blanks,
    /// It is of the URL alphabet, with `-` and `_`.
    UrlAlphabet,
    /// Its length or its `=` at the end do not fit.
    Padding,
    /// It holds something else.
    Alphabet,
}

/// The bytes that the text encodes.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, Base64Error> {
    decode_base64(text).ok_or_else(|| {
        let stripped: Vec<u8> = text.bytes().filter(|byte| !b"\r\n".contains(byte)).collect();
        let is_foreign = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
        let foreign: Vec<u8> = stripped.iter().copied().filter(is_foreign).collect();
        if foreign.is_empty() {
            Base64Error::Padding
        } else if foreign.iter().all(|byte| b" \t".contains(byte)) {
            Base64Error::Blanks
        } else if stripped.len() > 64 && foreign.iter().all(|byte| b"-_".contains(byte)) {
            Base64Error::UrlAlphabet
        } else {
            Base64Error::Alphabet
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        assert_eq!(decode("Zm9v\r\nYmFy\n"), Ok(b"foobar".to_vec()));
        assert_eq!(decode("Zm9vYg=="), Ok(b"foob".to_vec()));
        assert_eq!(decode("Zm9vYh=="), Ok(b"foob".to_vec()));
        assert_eq!(decode(""), Ok(Vec::new()));
        assert_eq!(decode("Zm9v YmFy"), Err(Base64Error::Blanks));
        assert_eq!(decode("Zm9vYg"), Err(Base64Error::Padding));
        assert_eq!(decode("Zm9v."), Err(Base64Error::Alphabet));
        assert_eq!(decode(&"ab-_".repeat(20)), Err(Base64Error::UrlAlphabet));
    }
}
