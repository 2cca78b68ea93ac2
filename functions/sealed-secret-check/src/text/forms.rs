//! What a text gives away by its form, whatever its name: tokens, keys, hashes, and passwords in addresses and headers.

use super::connections;
use super::headers;
use super::hit::Hit;
use super::tokens::{self, Form};
use super::values::{Content, content_of};
use crate::rule::Rule;

/// Private keys, tokens and password hashes.
pub(super) fn by_form(text: &str) -> Vec<Hit> {
    let tokens = tokens::tokens(text).into_iter();
    tokens.filter_map(|token| Some(Hit::new(rule(token.form)?, token.what, &text[token.range]))).collect()
}

/// The rule of a form; what anybody may know has none.
fn rule(form: Form) -> Option<Rule> {
    match form {
        Form::PrivateKey => Some(Rule::PrivateKey),
        Form::EncryptedPrivateKey => Some(Rule::EncryptedPrivateKey),
        Form::Token => Some(Rule::PlainToken),
        Form::Hash => Some(Rule::PasswordHash),
        Form::Identifier => Some(Rule::RandomValue),
        Form::Public => None,
    }
}

/// Passwords in addresses and connection strings, and credentials in headers.
pub(super) fn in_connections(text: &str) -> Vec<Hit> {
    let passwords = connections::passwords(text).into_iter().filter_map(|password| {
        let value = &text[password.range.clone()];
        match content_of(value) {
            Content::Literal => Some(Hit::new(Rule::PasswordInAddress, password.what, value)),
            Content::Dummy | Content::EncodedDummy if !is_comment(text, password.range.start) => {
                Some(Hit::new(Rule::DummyCredential, format!("a dummy as {}", password.what), value))
            }
            _ => None,
        }
    });
    let credentials = headers::credentials(text).into_iter();
    passwords.chain(credentials.map(|(what, range)| Hit::new(Rule::PlainCredential, what, &text[range]))).collect()
}

/// Whether the line around a place is a comment.
fn is_comment(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or_default().trim_start();
    ["#", "//", ";", "--", "*"].iter().any(|start| line.starts_with(start))
}
