//! Credentials that show by their form: private keys, tokens of known issuers and password hashes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use krm::needles::Needles;
use krm::table;
use manifests::names::words_of_key;

use super::shape::Shape;
use super::words::reads_like_words;

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
    /// The hash of a password.
    Hash,
    /// An identifier that belongs to a credential.
    Identifier,
    /// What anybody may know.
    Public,
}

/// A form of tokens.
struct Format {
    what: &'static str,
    form: Form,
    /// Words of which the name of the value must hold one; none if the form proves enough.
    vendors: Vec<&'static str>,
    /// The shape as its table writes it; most builds hold no token, so that few shapes are ever read.
    written: &'static str,
    shape: OnceLock<Shape>,
}

impl Format {
    fn read([what, kind, vendors, shape]: [&'static str; 4]) -> Self {
        let form = match kind {
            "token" => Form::Token,
            "private-key" => Form::PrivateKey,
            "identifier" => Form::Identifier,
            "public" => Form::Public,
            other => unreachable!("`{other}` is no kind of token"),
        };
        let vendors = if vendors == "-" { Vec::new() } else { vendors.split(',').collect() };
        Self { vendors, ..Self::new(what, form, shape) }
    }

    fn new(what: &'static str, form: Form, written: &'static str) -> Self {
        Self { what, form, vendors: Vec::new(), written, shape: OnceLock::new() }
    }

    fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| Shape::read(self.written))
    }

    /// The first literal part of its shape.
    fn anchor(&self) -> &'static str {
        let anchor = Shape::beginning(self.written).or_else(|| Some(self.shape().anchor()?.0));
        anchor.unwrap_or_else(|| unreachable!("{} has no anchor", self.what))
    }

    /// The token of this form in a text whose first literal part is at a place.
    fn token(&self, text: &str, anchor: usize) -> Option<Token> {
        let start = anchor.checked_sub(self.shape().anchor()?.1)?;
        if !text.is_char_boundary(start) || !begins_word(text, start) {
            return None;
        }
        let end = start + self.shape().length(&text.as_bytes()[start..])?;
        let token = text.get(start..end)?;
        // Vendors mark the tokens of their documents so.
        let is_real = !token.ends_with("EXAMPLE") && self.shape().is_varied(token);
        let is_real = is_real && (self.shape().is_telling() || !reads_like_words(token));
        is_real.then_some(Token { what: self.what, range: start..end, form: self.form })
    }
}

/// Whether no word goes on at a place. Escapes as `\\n` are no part of one.
fn begins_word(text: &str, at: usize) -> bool {
    let before = &text.as_bytes()[..at];
    match before {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., last] => !(last.is_ascii_alphanumeric() || *last == b'_'),
        [] => true,
    }
}

/// The forms that prove enough by themselves, found by their first literal part.
struct Forms {
    formats: Vec<Format>,
    anchors: Needles,
    /// The formats of each anchor.
    by_anchor: Vec<Vec<usize>>,
}

fn formats() -> impl Iterator<Item = Format> {
    let issuers = table::rows(include_str!("../../data/issuer-tokens.tsv"));
    issuers.chain(table::rows(include_str!("../../data/token-formats.tsv"))).map(Format::read)
}

fn hashes() -> impl Iterator<Item = Format> {
    let rows = table::rows(include_str!("../../data/password-hashes.tsv"));
    rows.map(|[what, shape]| Format::new(what, Form::Hash, shape))
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let formats: Vec<_> = formats().filter(|format| format.vendors.is_empty()).chain(hashes()).collect();
    let mut known: HashMap<&str, usize> = HashMap::with_capacity(formats.len());
    let mut by_anchor: Vec<Vec<usize>> = Vec::new();
    let mut texts: Vec<&str> = Vec::new();
    for (index, format) in formats.iter().enumerate() {
        let anchor = format.anchor();
        let place = *known.entry(anchor).or_insert(texts.len());
        if place == texts.len() {
            texts.push(anchor);
            by_anchor.push(Vec::new());
        }
        by_anchor[place].push(index);
    }
    Forms { formats, anchors: Needles::new(texts), by_anchor }
});

/// The forms that count under the name of their vendor only.
static VENDOR_FORMATS: LazyLock<Vec<Format>> =
    LazyLock::new(|| formats().filter(|format| !format.vendors.is_empty()).collect());

/// Everything in a text that is a credential by its form, in order; of two that overlap the longer one.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = private_keys(text);
    tokens.extend(FORMS.anchors.places(text).into_iter().flat_map(|(anchor, start)| {
        let formats = FORMS.by_anchor[anchor].iter().map(|index| &FORMS.formats[*index]);
        formats.filter_map(move |format| format.token(text, start))
    }));
    without_overlaps(tokens)
}

fn without_overlaps(mut tokens: Vec<Token>) -> Vec<Token> {
    tokens.sort_by_key(|token| (token.range.start, std::cmp::Reverse(token.range.end)));
    let mut end = 0;
    tokens.retain(|token| {
        let is_apart = token.range.start >= end;
        end = end.max(token.range.end);
        is_apart
    });
    tokens
}

/// Whether a value is what anybody may know, by its form.
pub(crate) fn is_public(value: &str) -> bool {
    tokens(value).iter().any(|token| token.form == Form::Public && token.range == (0..value.len()))
}

/// What a value is under a name that holds the word of a vendor.
pub(crate) fn of_vendor(name: &str, value: &str) -> Option<Token> {
    if !(11..=256).contains(&value.len()) || value.contains(' ') || reads_like_words(value) {
        return None;
    }
    let words = words_of_key(name);
    let squashed = words.concat();
    let is_named = |vendor: &&str| match vendor.len() {
        0..=5 => words.iter().any(|word| word == vendor),
        _ => squashed.contains(*vendor),
    };
    let mut formats =
        VENDOR_FORMATS.iter().filter(|format| format.shape().fits(value) && format.vendors.iter().any(is_named));
    let found = formats.next().filter(|format| format.shape().is_varied(value))?;
    Some(Token { what: found.what, range: 0..value.len(), form: found.form })
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
    use super::super::shape::Numbers;
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
    fn no_token_is_as_short_as_a_plain_word() {
        for format in formats().chain(hashes()) {
            assert!(format.shape().least_length() >= super::super::SHORTEST_TOKEN, "{}", format.what);
        }
    }

    #[test]
    fn fresh_tokens_of_every_format_are_found_in_every_place() {
        let mut numbers = Numbers(7);
        let places = ["@", "x=@", "\"@\"", "curl -H 'X: @' y", "a: @\nb: c", "https://h/x?y=@&z=1", "a\\n@\\nb", "(@)"];
        for format in &FORMS.formats {
            let mut missed = Vec::new();
            for place in places.iter().cycle().take(24) {
                let token = format.shape().sample(&mut numbers);
                let text = place.replace('@', &token);
                let is_found = tokens(&text)
                    .iter()
                    .any(|found| text[found.range.clone()].contains(token.trim_end_matches(['=', '-', '.'])));
                if !is_found {
                    missed.push(text);
                }
            }
            assert!(missed.is_empty(), "{}: {missed:?}", format.what);
        }
        assert!(FORMS.formats.len() >= 240, "the tables have shrunk to {}", FORMS.formats.len());
    }

    #[test]
    fn fresh_tokens_of_every_vendor_are_found_under_its_name() {
        let mut numbers = Numbers(11);
        for format in VENDOR_FORMATS.iter() {
            for vendor in &format.vendors {
                let token = format.shape().sample(&mut numbers);
                let name = format!("{}_API_TOKEN", vendor.to_uppercase());
                assert!(of_vendor(&name, &token).is_some(), "{name}={token}");
                assert_eq!(of_vendor("NEUTRAL", &token), None, "{token}");
            }
        }
        assert!(VENDOR_FORMATS.len() >= 95, "the tables have shrunk to {}", VENDOR_FORMATS.len());
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
