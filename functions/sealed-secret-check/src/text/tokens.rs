//! Credentials that show by their form: private keys and tokens with a known prefix.

use std::ops::Range;
use std::sync::LazyLock;

use krm::table;

/// A credential found by its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) what: &'static str,
    /// Where it is, in bytes.
    pub(crate) range: Range<usize>,
    /// Which rule found it.
    pub(crate) form: Form,
}

/// The kinds of forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A private key anyone can use.
    PrivateKey,
    /// A private key that needs a passphrase.
    EncryptedPrivateKey,
    /// A token.
    Token,
}

/// The letters of a token behind its prefix.
#[derive(Clone, Copy)]
enum Letters {
    Alphanumeric,
    UpperAndDigits,
    /// With `-` and `_`.
    Url,
    /// With `-`, `_` and `.`.
    Dotted,
}

impl Letters {
    fn named(name: &str) -> Self {
        match name {
            "alphanumeric" => Self::Alphanumeric,
            "upper" => Self::UpperAndDigits,
            "url" => Self::Url,
            "dotted" => Self::Dotted,
            other => unreachable!("`{other}` is no class of letters"),
        }
    }

    fn contains(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::UpperAndDigits => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Url => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Dotted => byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
        }
    }
}

/// A known beginning of tokens.
struct Prefix {
    text: &'static str,
    /// The letters behind it, and how many at least.
    letters: Letters,
    least: usize,
    what: &'static str,
}

static PREFIXES: LazyLock<Vec<Prefix>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../../data/token-prefixes.tsv"));
    rows.map(|[text, letters, least, what]| Prefix {
        text,
        letters: Letters::named(letters),
        least: least.parse().unwrap_or_else(|_| unreachable!("`{least}` is no number")),
        what,
    })
    .collect()
});

/// Everything in a text that is a credential by its form.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = private_keys(text);
    let mut at = 0;
    while at < bytes.len() {
        let is_start = at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        match is_start.then(|| prefixed(bytes, at).or_else(|| web_token(bytes, at))).flatten() {
            Some(token) => {
                at = token.range.end;
                tokens.push(token);
            }
            None => at += 1,
        }
    }
    tokens
}

fn run(bytes: &[u8], from: usize, letters: Letters) -> usize {
    bytes[from.min(bytes.len())..].iter().take_while(|byte| letters.contains(**byte)).count()
}

fn prefixed(bytes: &[u8], at: usize) -> Option<Token> {
    let mut candidates = PREFIXES.iter().filter(|prefix| bytes[at..].starts_with(prefix.text.as_bytes()));
    candidates.find_map(|prefix| {
        let length = run(bytes, at + prefix.text.len(), prefix.letters);
        let range = at..at + prefix.text.len() + length;
        // Vendors mark the tokens of their documents so.
        let is_example = bytes[range.clone()].ends_with(b"EXAMPLE");
        let form = if prefix.text.starts_with("AGE-") { Form::PrivateKey } else { Form::Token };
        (length >= prefix.least && !is_example).then_some(Token { what: prefix.what, range, form })
    })
}

/// A JSON web token: two parts that begin like base64 of `{"`, and a signature.
fn web_token(bytes: &[u8], at: usize) -> Option<Token> {
    let part = |from: usize| run(bytes, from, Letters::Url);
    if !bytes[at..].starts_with(b"eyJ") {
        return None;
    }
    let payload = at + part(at) + 1;
    let signature = payload + bytes.get(payload..).filter(|rest| rest.starts_with(b"eyJ")).map(|_| part(payload))? + 1;
    let length = bytes.get(signature - 1).filter(|byte| **byte == b'.').map(|_| part(signature))?;
    let is_token = bytes.get(payload - 1) == Some(&b'.') && length >= 16;
    is_token.then(|| Token { what: "a JSON web token", range: at..signature + length, form: Form::Token })
}

/// PEM armour of private keys with a body; the armour alone, as in documentation, is none.
fn private_keys(text: &str) -> Vec<Token> {
    const BEGIN: &str = "-----BEGIN ";
    let mut keys = Vec::new();
    let mut from = 0;
    while let Some(found) = text[from..].find(BEGIN) {
        let start = from + found;
        let label_at = start + BEGIN.len();
        from = label_at;
        let Some(label) = text[label_at..].find("-----").map(|length| &text[label_at..label_at + length]) else {
            break;
        };
        if label.len() > 40 || !label.contains("PRIVATE KEY") {
            continue;
        }
        let body_at = label_at + label.len() + "-----".len();
        let body_end = text[body_at..].find("-----END").map_or(text.len(), |length| body_at + length);
        let body = &text[body_at..body_end];
        from = body_end;
        if body.bytes().filter(|byte| byte.is_ascii_alphanumeric()).count() < 48 || body.contains("${") {
            continue;
        }
        let is_encrypted = label.starts_with("ENCRYPTED") || body.contains("4,ENCRYPTED");
        let (what, form) = match is_encrypted {
            true => ("a private key with a passphrase", Form::EncryptedPrivateKey),
            false => ("a private key", Form::PrivateKey),
        };
        keys.push(Token { what, range: start..body_end, form });
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> Vec<&'static str> {
        tokens(text).into_iter().map(|token| token.what).collect()
    }

    #[test]
    fn tokens_show_by_their_form() {
        // Put together here, so that no scanner takes this file for a leak.
        let token = |prefix: &str, length: usize| format!("{prefix}{}", "aB3dE5gH7jK9".repeat(6)[..length].to_owned());
        assert_eq!(what(&format!("https://x:{}@host", token("ghp_", 36))), ["a GitHub personal access token"]);
        assert_eq!(what(&token("glpat-", 20)), ["a GitLab access token"]);
        assert_eq!(what(&format!("AK{}", "IAQWERTYUIOPASDFGH")), ["an AWS access key"]);
        assert_eq!(what(&format!("AK{}", "IAIOSFODNN7EXAMPLE")), [""; 0]);
        assert_eq!(what(&format!("{}.{}.{}", token("eyJ", 20), token("eyJ", 20), token("", 43))), ["a JSON web token"]);
        assert_eq!(what(&format!("{}.{}", token("eyJ", 20), token("eyJ", 20))), [""; 0]);
        assert_eq!(what(&token("eyJ", 20)), [""; 0]);
        assert_eq!(what(&token("xghp_", 36)), [""; 0]);
        assert_eq!(what("ghp_short AKIA hvs. SG."), [""; 0]);
    }

    #[test]
    fn every_known_prefix_makes_a_token() {
        for prefix in PREFIXES.iter() {
            // Letters of every class.
            let token = |length: usize| format!("{}{}", prefix.text, "A1".repeat(length)[..length].to_owned());
            assert_eq!(what(&token(prefix.least)), [prefix.what], "{}", prefix.text);
            assert_eq!(what(&token(prefix.least - 1)), [""; 0], "{}", prefix.text);
        }
        assert!(PREFIXES.len() >= 34, "the table has shrunk to {}", PREFIXES.len());
    }

    #[test]
    fn private_keys_need_a_body() {
        let pem = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        let body = "MIIE".repeat(20);
        assert_eq!(what(&pem("RSA PRIVATE KEY", &body)), ["a private key"]);
        assert_eq!(what(&pem("OPENSSH PRIVATE KEY", &body)), ["a private key"]);
        assert_eq!(what(&pem("PGP PRIVATE KEY BLOCK", &body)), ["a private key"]);
        assert_eq!(what(&pem("ENCRYPTED PRIVATE KEY", &body)), ["a private key with a passphrase"]);
        assert_eq!(
            what(&pem("RSA PRIVATE KEY", &format!("Proc-Type: 4,ENCRYPTED\n{body}"))),
            ["a private key with a passphrase"]
        );
        for harmless in [
            pem("CERTIFICATE", &body),
            pem("PUBLIC KEY", &body),
            pem("PRIVATE KEY", "${KEY}"),
            "-----BEGIN PRIVATE KEY".to_owned(),
        ] {
            assert_eq!(what(&harmless), [""; 0], "{harmless}");
        }
    }
}
