//! What a value is where a credential is expected.

use manifests::addresses::placeholder;

use crate::base64;
use crate::text::keys::KeyKind;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing that could be a credential: empty, a switch, a number, a path, an address.
    Harmless,
    /// Something that another tool replaces before or in the cluster, or has encrypted.
    Placeholder,
    /// A word of templates and examples, as `changeme`.
    Dummy,
    /// The same in base64.
    EncodedDummy,
    /// A value of its own.
    Literal,
}

/// What the value under a credential's name is. `key` is that name.
pub(crate) fn content_under(kind: KeyKind, key: &str, value: &str) -> Content {
    let content = content_of(value);
    let is_literal = matches!(content, Content::Literal | Content::Dummy);
    let is_name = || match value.split_once('/') {
        Some((namespace, name)) => is_object_name(namespace) && is_object_name(name),
        None => kind == KeyKind::CredentialOrName && is_object_name(value),
    };
    if is_literal && (is_same_name(key, value) || is_name()) {
        return Content::Harmless;
    }
    content
}

/// What a value is, whatever its name.
pub(crate) fn content_of(value: &str) -> Content {
    let value = value.trim();
    let substance = substance(value);
    if substance.has_placeholders {
        let content =
            substance.defaults.iter().map(|default| content_of(default)).max_by_key(|content| match content {
                Content::Literal => 2,
                Content::Dummy | Content::EncodedDummy => 1,
                Content::Harmless | Content::Placeholder => 0,
            });
        return match content {
            Some(Content::Literal | Content::Dummy | Content::EncodedDummy) => content.unwrap_or(Content::Literal),
            _ if has_credential_word(&substance.rest) => Content::Literal,
            _ => Content::Placeholder,
        };
    }
    // `<password>` is filled in by the Argo CD Vault Plugin or by the reader.
    if value.starts_with('<') && value.ends_with('>') {
        return Content::Placeholder;
    }
    if is_dummy(value) {
        return Content::Dummy;
    }
    if is_harmless(value) {
        return Content::Harmless;
    }
    let decoded = base64::decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded {
        Some(decoded) if decoded.len() > 3 && is_dummy(decoded.trim()) => Content::EncodedDummy,
        _ => Content::Literal,
    }
}

/// A text without its placeholders.
#[derive(Debug, Default)]
pub(crate) struct Substance<'t> {
    /// Whether there were any.
    pub(crate) has_placeholders: bool,
    /// What is around them.
    pub(crate) rest: String,
    /// What they give when nothing replaces them, as `x` of `${NAME:=x}`.
    pub(crate) defaults: Vec<&'t str>,
}

/// Takes the placeholders out of a text.
pub(crate) fn substance(text: &str) -> Substance<'_> {
    let mut substance = Substance::default();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        // `$name` in the middle of a word is part of it, as in a password or a `$2y$10$` hash.
        let is_in_word = text[..at].ends_with(|before: char| before.is_alphanumeric());
        let is_part = is_in_word && letter == '$' && !text[at + 1..].starts_with(['{', '(']);
        match placeholder(&text[at..]).filter(|_| !is_part) {
            Some(found) => {
                substance.has_placeholders = true;
                substance.defaults.extend(found.default);
                at += found.length;
            }
            None => {
                substance.rest.push(letter);
                at += letter.len_utf8();
            }
        }
    }
    substance
}

/// Whether a rest between placeholders holds a word that looks made by a generator.
fn has_credential_word(rest: &str) -> bool {
    rest.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        word.len() >= 12 && digits >= 2 && digits + 2 <= word.len()
    })
}

/// Whether value and name are the same word, as where a table maps fields to fields.
fn is_same_name(key: &str, value: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    !value.is_empty() && letters(key) == letters(value)
}

/// Whether a value reads like the name of an object rather than like a generated one.
fn is_object_name(value: &str) -> bool {
    let is_label = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"-.".contains(&letter);
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    (1..=63).contains(&value.len()) && value.bytes().all(is_label) && digits * 4 <= value.len()
}

/// Words that never are a credential.
const WORDS: &[&str] = &[
    "true",
    "false",
    "yes",
    "no",
    "none",
    "default",
    "on",
    "off",
    "null",
    "nil",
    "optional",
    "required",
    "requested",
    "disabled",
    "enabled",
    "auto",
    "undefined",
    "n/a",
];

fn is_harmless(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.is_empty()
        || WORDS.contains(&lower.as_str())
        || is_quantity(value)
        || is_path(value)
        || is_constant(value)
        || is_address(value)
        || is_uuid(value)
        || !value.bytes().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
}

/// A number or a duration.
fn is_quantity(value: &str) -> bool {
    let number = value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = &value[number.len()..];
    let is_number =
        number.parse::<f64>().is_ok() && number.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    is_number && ["", "ms", "s", "m", "h", "d", "w", "y", "k", "M", "Ki", "Mi", "Gi", "B", "KB", "MB"].contains(&unit)
}

/// A path in a file system. Base64 can begin with a slash too, but has no short readable parts.
fn is_path(value: &str) -> bool {
    if value.starts_with("file:") || ["./", "../", "~/"].iter().any(|start| value.starts_with(start)) {
        return true;
    }
    let is_part = |part: &str| {
        part.len() < 24 || part.contains(['-', '_', '.']) || part.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    value.starts_with('/') && !value.contains(['+', '=', ' ']) && value.split('/').all(is_part)
}

/// The name of a variable, or its place in a template: `DB_PASSWORD`, `__DB_PASSWORD__`, `@DB_PASSWORD@`.
fn is_constant(value: &str) -> bool {
    let name = value.trim_matches(['@', '%']);
    name.contains('_') && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// An address; `connections` looks for a password in it.
fn is_address(value: &str) -> bool {
    value.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-:".contains(&byte))
    })
}

fn is_uuid(value: &str) -> bool {
    let parts: Vec<_> = value.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Words in the place of a secret in templates and examples, letters and digits only.
const DUMMIES: &[&str] = &[
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "admin",
    "administrator",
    "bar",
    "changeit",
    "changeme",
    "changethis",
    "dummy",
    "example",
    "fixme",
    "foo",
    "foobar",
    "guest",
    "hunter2",
    "letmein",
    "mypassword",
    "mysecret",
    "pass",
    "passw0rd",
    "password",
    "password1",
    "password123",
    "placeholder",
    "qwerty",
    "redacted",
    "replaceme",
    "root",
    "s3cr3t",
    "sample",
    "secret",
    "secretpassword",
    "strongbase64password",
    "strongpassword",
    "supersecret",
    "tbd",
    "test",
    "test123",
    "testing",
    "testpassword",
    "todo",
    "topsecret",
    "verysecret",
];

/// Parts that only dummies have.
const DUMMY_PARTS: &[&str] = &["changeme", "changethis", "replaceme", "replacethis", "placeholder", "notarealsecret"];

/// Whether a value is a word of templates and examples.
pub(crate) fn is_dummy(value: &str) -> bool {
    if value.len() > 64 || value.is_empty() {
        return false;
    }
    let word: String = value
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric())
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let names_credential = || ["password", "secret", "token", "key"].iter().any(|name| word.contains(name));
    DUMMIES.contains(&word.as_str())
        || DUMMY_PARTS.iter().any(|part| word.contains(part))
        || (word.len() >= 3 && word.bytes().all(|byte| byte == b'x'))
        || (word.starts_with("your") && (word.ends_with("here") || names_credential()))
        || (["insert", "replace", "enter"].iter().any(|verb| word.starts_with(verb)) && names_credential())
        || (word.starts_with("example") && names_credential())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart() {
        let cases = [
            (
                Content::Harmless,
                &[
                    "",
                    " ",
                    "true",
                    "none",
                    "512",
                    "15m",
                    "-1",
                    "/run/secrets/key",
                    "file:/x",
                    "https://a.b/c",
                    "DB_PASSWORD",
                    "__DB_PASSWORD__",
                    "******",
                ][..],
            ),
            (
                Content::Placeholder,
                &[
                    "$(VAR)",
                    "{RTSP_PASSWORD}",
                    "${chart-admin-password}",
                    "<your-password>",
                    "${VAR}",
                    "${VAR:=}",
                    "{{ .password }}",
                    "<path:kv/data/x#y>",
                    "<path:a#b | toUpper>",
                    "$oidc.x",
                    "$__file{/etc/x}",
                    "${secrets:a/b:c}",
                    "${file:/a/b:password}",
                    "${env:X}",
                    "%(password)s",
                    "%s",
                    "ENC[AES256_GCM,data:x]",
                    "ref+vault://a#/b",
                    "vault:secret/data/x#y",
                    "Bearer ${TOKEN}",
                    "$(cat /run/x)",
                    "${X:?not set}",
                ],
            ),
            (
                Content::Dummy,
                &[
                    "changeme",
                    "change-me",
                    "CHANGE_ME",
                    "StrongBase64Password",
                    "xxx",
                    "your-password-here",
                    "123456",
                    "REPLACE_ME",
                    "${X:-changeme}",
                    "password",
                ],
            ),
            (Content::EncodedDummy, &["U3Ryb25nQmFzZTY0UGFzc3dvcmQ=", "Y2hhbmdlbWU="]),
            (
                Content::Literal,
                &[
                    "Hx4-tWb9-Nk7q",
                    "${X:=Nq5-zKw8-Vt3x}",
                    "${DB_PASSWORD:Nq5-zKw8}",
                    "$2y$10$abcdefghijk",
                    "/9j4AAQSkZJRgABAQAAAQABAAD+Z9k=",
                    "mysecretname",
                    "Xy7$ecret-99",
                    "$1$abc",
                    "prefixA7b8c9d0e1f2${X}",
                ],
            ),
        ];
        for (expected, values) in cases {
            for value in values {
                assert_eq!(content_of(value), expected, "{value}");
            }
        }
    }

    #[test]
    fn names_change_what_a_value_is() {
        let cases = [
            (KeyKind::Credential, "API_TOKEN", "API_TOKEN", Content::Harmless),
            (KeyKind::Credential, "password", "password", Content::Harmless),
            (KeyKind::Credential, "POSTGRES_PASSWORD", "password", Content::Dummy),
            (KeyKind::CredentialOrName, "DB_SECRET", "shop-db", Content::Harmless),
            (KeyKind::CredentialOrName, "DB_SECRET", "f81d4fae7dec11d0a765", Content::Literal),
            (KeyKind::Credential, "auth-secret", "web/shop-login", Content::Harmless),
            (KeyKind::Credential, "CLIENT_SECRET", "shop-db", Content::Literal),
        ];
        for (kind, key, value, expected) in cases {
            assert_eq!(content_under(kind, key, value), expected, "{key}={value}");
        }
    }
}
