//! Credentials that show by their form: private keys and tokens with a known prefix.

use std::ops::Range;

/// A credential found by its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) what: &'static str,
    /// Where it stands.
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
    fn contains(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::UpperAndDigits => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Url => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Dotted => byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
        }
    }
}

/// Prefix, letters behind it, how many at least, what it is. Sources: the issuers' documents and the rules of gitleaks
/// and detect-secrets; see `kustomize-tests/judges/sealed-secrets/COMPARISON.md` for how they compare.
const PREFIXES: &[(&str, Letters, usize, &str)] = &[
    ("AKIA", Letters::UpperAndDigits, 16, "an AWS access key"),
    ("ASIA", Letters::UpperAndDigits, 16, "a temporary AWS access key"),
    ("ghp_", Letters::Alphanumeric, 36, "a GitHub personal access token"),
    ("gho_", Letters::Alphanumeric, 36, "a GitHub OAuth token"),
    ("ghu_", Letters::Alphanumeric, 36, "a GitHub user token"),
    ("ghs_", Letters::Alphanumeric, 36, "a GitHub app token"),
    ("ghr_", Letters::Alphanumeric, 36, "a GitHub refresh token"),
    ("github_pat_", Letters::Url, 40, "a GitHub personal access token"),
    ("glpat-", Letters::Url, 20, "a GitLab access token"),
    ("gldt-", Letters::Url, 20, "a GitLab deploy token"),
    ("glrt-", Letters::Url, 20, "a GitLab runner token"),
    ("xoxb-", Letters::Url, 20, "a Slack bot token"),
    ("xoxp-", Letters::Url, 20, "a Slack user token"),
    ("xoxa-", Letters::Url, 20, "a Slack token"),
    ("xoxr-", Letters::Url, 20, "a Slack refresh token"),
    ("xoxs-", Letters::Url, 20, "a Slack token"),
    ("xapp-", Letters::Url, 30, "a Slack app token"),
    ("sk_live_", Letters::Alphanumeric, 20, "a Stripe secret key"),
    ("rk_live_", Letters::Alphanumeric, 20, "a Stripe restricted key"),
    ("sk-ant-", Letters::Url, 30, "an Anthropic API key"),
    ("sk-proj-", Letters::Url, 30, "an OpenAI API key"),
    ("AIza", Letters::Url, 35, "a Google API key"),
    ("GOCSPX-", Letters::Url, 28, "a Google OAuth client secret"),
    ("SG.", Letters::Dotted, 60, "a SendGrid API key"),
    ("hvs.", Letters::Url, 24, "a Vault token"),
    ("hvb.", Letters::Url, 24, "a Vault batch token"),
    ("npm_", Letters::Alphanumeric, 36, "an npm token"),
    ("pypi-AgEIcHlwaS5vcmc", Letters::Url, 30, "a PyPI token"),
    ("dckr_pat_", Letters::Url, 27, "a Docker Hub token"),
    ("dop_v1_", Letters::Alphanumeric, 64, "a DigitalOcean token"),
    ("tskey-", Letters::Url, 20, "a Tailscale key"),
    ("K10", Letters::Alphanumeric, 64, "a K3s join token"),
    ("https://hooks.slack.com/services/T", Letters::Alphanumeric, 8, "a Slack webhook address"),
    ("AGE-SECRET-KEY-1", Letters::UpperAndDigits, 50, "an age private key"),
];

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
    let candidates = PREFIXES.iter().filter(|(prefix, ..)| bytes[at..].starts_with(prefix.as_bytes()));
    candidates.into_iter().find_map(|(prefix, letters, least, what)| {
        let length = run(bytes, at + prefix.len(), *letters);
        let range = at..at + prefix.len() + length;
        // Vendors mark the tokens of their documents so.
        let is_example = bytes[range.clone()].ends_with(b"EXAMPLE");
        let form = if prefix.starts_with("AGE-") { Form::PrivateKey } else { Form::Token };
        (length >= *least && !is_example).then_some(Token { what, range, form })
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
