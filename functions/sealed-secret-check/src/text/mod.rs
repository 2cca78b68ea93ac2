//! What a text gives away.

mod connections;
mod entropy;
pub(crate) mod keys;
pub(crate) mod pairs;
mod tokens;
pub(crate) mod values;

use std::borrow::Cow;

use keys::{KeyKind, kind_of};
use pairs::Pair;
use tokens::Form;
use values::{Content, content_of, content_under};

use crate::base64;
use crate::rule::Rule;

/// How deep texts in texts are looked into: a chart's values that hold a configuration file that holds a URL.
const DEPTH: usize = 3;

/// Something in a text that must not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The rule that found it.
    pub(crate) rule: Rule,
    /// What it is, as a noun.
    pub(crate) what: Cow<'static, str>,
    /// The name of the value in the text, if the text holds several.
    pub(crate) inside: Option<String>,
    /// The value itself, for its length and fingerprint only.
    pub(crate) value: String,
}

impl Hit {
    /// A value that is the whole text.
    pub(crate) fn new(rule: Rule, what: impl Into<Cow<'static, str>>, value: &str) -> Self {
        Self { rule, what: what.into(), inside: None, value: value.to_owned() }
    }
}

/// Everything that a text gives away. `key` is the name of the text.
pub(crate) fn hits(key: &str, text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    collect(key, text, DEPTH, &mut hits);
    once_each(hits)
}

/// Each value once, with the rule that says most.
pub(crate) fn once_each(hits: Vec<Hit>) -> Vec<Hit> {
    let mut kept: Vec<(String, Hit)> = Vec::new();
    for hit in hits {
        let value = essence(&hit.value);
        let is_same = |(other, known): &&mut (String, Hit)| {
            *other == value || (known.rule != hit.rule && (other.contains(&value) || value.contains(other.as_str())))
        };
        match kept.iter_mut().find(is_same) {
            Some((_, known)) if known.rule.outranks(hit.rule) || known.rule == hit.rule => {
                known.inside = known.inside.take().or(hit.inside);
            }
            Some(known) => {
                let inside = hit.inside.clone().or_else(|| known.1.inside.take());
                *known = (value, Hit { inside, ..hit });
            }
            None => kept.push((value, hit)),
        }
    }
    let says_more = kept.iter().any(|(_, hit)| hit.rule != Rule::RandomValue);
    kept.into_iter().map(|(_, hit)| hit).filter(|hit| hit.rule != Rule::RandomValue || !says_more).collect()
}

/// A value without what a format puts around its lines.
fn essence(value: &str) -> String {
    value.replace("\\n", "").split_whitespace().collect()
}

fn collect(key: &str, text: &str, depth: usize, hits: &mut Vec<Hit>) {
    hits.extend(under_name(key, text));
    hits.extend(by_form(text));
    hits.extend(in_connections(text));
    if is_encoded(text) {
        let decoded = base64::decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let encoded = decoded.map(|decoded| by_form(&decoded)).unwrap_or_default();
        hits.extend(encoded.into_iter().map(|hit| Hit { what: format!("{}, in base64", hit.what).into(), ..hit }));
    }
    if depth == 0 {
        return;
    }
    let is_line = !text.trim_end().contains('\n');
    for pair in pairs::pairs(text) {
        let inner = in_pair(&pair, depth - 1);
        // The parts of a connection string are no names of their own.
        let is_known = |hit: &Hit| {
            is_line && hit.rule != Rule::PlainCredential && hits.iter().any(|known| known.value == hit.value)
        };
        let new: Vec<_> = inner.into_iter().filter(|hit| !is_known(hit)).collect();
        hits.extend(new);
    }
    if text.contains("--") {
        for (name, value) in pairs::shell(text) {
            hits.extend(under_name(name, value));
        }
    }
}

fn in_pair(pair: &Pair, depth: usize) -> Vec<Hit> {
    let mut hits = Vec::new();
    collect(&pair.key, &pair.value, depth, &mut hits);
    for hit in &mut hits {
        hit.inside = Some(match &hit.inside {
            Some(inside) => format!("{}.{inside}", pair.path),
            None => pair.path.clone(),
        });
    }
    hits
}

/// What the name of a value of one line says of it.
pub(crate) fn under_name(key: &str, value: &str) -> Option<Hit> {
    let kind = kind_of(key);
    let value = value.trim();
    if kind == KeyKind::Ordinary {
        let is_cloud_token = key.to_ascii_lowercase().contains("hcloud") && value.len() == 64;
        let is_cloud_token = is_cloud_token && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        return is_cloud_token
            .then(|| Hit::new(Rule::LikelyToken, "what looks like a Hetzner Cloud token", value))
            .or_else(|| entropy::is_random(key, value).then(|| Hit::new(Rule::RandomValue, "a random value", value)));
    }
    if value.contains('\n') || value.starts_with(['{', '[']) && !value.starts_with("{{") {
        return None;
    }
    match content_under(kind, key, value) {
        Content::Literal => Some(Hit::new(Rule::PlainCredential, "a literal under a credential's name", value)),
        Content::Dummy => {
            Some(Hit::new(Rule::DummyCredential, "a dummy of a template where a credential belongs", value))
        }
        Content::EncodedDummy => {
            Some(Hit::new(Rule::DummyCredential, "a dummy of a template, in base64, where a credential belongs", value))
        }
        Content::Harmless | Content::Placeholder => None,
    }
}

/// Private keys and tokens.
fn by_form(text: &str) -> Vec<Hit> {
    let tokens = tokens::tokens(text).into_iter();
    tokens
        .map(|token| {
            let rule = match token.form {
                Form::PrivateKey => Rule::PrivateKey,
                Form::EncryptedPrivateKey => Rule::EncryptedPrivateKey,
                Form::Token => Rule::PlainToken,
            };
            Hit::new(rule, token.what, &text[token.range])
        })
        .collect()
}

fn in_connections(text: &str) -> Vec<Hit> {
    let passwords = connections::passwords(text).into_iter();
    passwords
        .filter_map(|password| {
            let value = &text[password.range.clone()];
            match content_of(value) {
                Content::Literal => Some(Hit::new(Rule::PasswordInAddress, password.what, value)),
                Content::Dummy | Content::EncodedDummy if !is_comment(text, password.range.start) => {
                    Some(Hit::new(Rule::DummyCredential, format!("a dummy as {}", password.what), value))
                }
                _ => None,
            }
        })
        .collect()
}

/// Whether the line around a place is a comment.
fn is_comment(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or_default().trim_start();
    ["#", "//", ";", "--", "*"].iter().any(|start| line.starts_with(start))
}

/// Whether a text is base64 of something long enough to be a key.
fn is_encoded(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    text.len() >= 40 && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_told_of_once_by_the_rule_that_says_most() {
        let found = |key: &str, text: &str| -> Vec<(Rule, Option<String>)> {
            hits(key, text).into_iter().map(|hit| (hit.rule, hit.inside)).collect()
        };
        let token = format!("glp{}", "at-4byvvmJWpPth9fTshFvi");
        assert_eq!(found("GITLAB_TOKEN", &token), [(Rule::PlainToken, None)]);
        assert_eq!(found("x", &format!("https://u:{token}@host")), [(Rule::PlainToken, None)]);
        assert_eq!(found("x", "a: 1\nurl: amqp://u:Hk4-tWb9@h\n"), [(Rule::PasswordInAddress, Some("url".to_owned()))]);
        assert_eq!(
            found("x", "a:\n  text: |\n    password = Hk4-tWb9\n"),
            [(Rule::PlainCredential, Some("a.text.password".to_owned()))]
        );
        assert_eq!(found("x", "password=a1-b2\nother_password=c3-d4\n").len(), 2);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_scanners_panic(key in "\\PC{0,20}", text in "\\PC{0,200}") {
            let _ = hits(&key, &text);
        }

        #[test]
        fn no_text_of_their_own_letters_makes_the_scanners_panic(
            text in "(password|-----BEGIN |PRIVATE KEY|-----|://|eyJ|ghp_|AKIA|[$][{(]|[})]|<path:|ENC\\[|ref[+]|vault:|[{]{2}|--|[ @:/=;\"'\n#é]|[a-zA-Z0-9]{1,12}){0,40}"
        ) {
            let found = hits("token", &text);
            prop_assert!(found.iter().all(|hit| hit.rule != Rule::RandomValue || found.len() == 1 || found.iter().all(|hit| hit.rule == Rule::RandomValue)));
            let words: Vec<_> = text.split(' ').collect();
            let _ = pairs::arguments(&words);
        }
    }
}
