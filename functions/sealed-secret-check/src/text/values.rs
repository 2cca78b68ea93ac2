//! What a value is where a credential is expected.

use std::collections::HashSet;
use std::sync::LazyLock;

use krm::table;
use manifests::addresses::placeholder;
use manifests::names::words_of_key;

use crate::base64;
use crate::text::expression::is_expression;
use crate::text::names::NameKind;
use crate::text::words::{is_object_name, is_prose, reads_like_words};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing that could be a credential: empty, a switch, a number, a path, an address.
    Harmless,
    /// Something that another tool replaces before or in the cluster, that it has encrypted, or that a program works out.
    Placeholder,
    /// A word of templates and examples, as `changeme`.
    Dummy,
    /// The same in base64.
    EncodedDummy,
    /// A value of its own.
    Literal,
}

/// What the value under a credential's name is. `name` is that name.
pub(crate) fn content_under(kind: NameKind, name: &str, value: &str) -> Content {
    if kind != NameKind::Weak && is_number_for(name, value) && !is_dummy(value) {
        return Content::Literal;
    }
    let content = content_of(value);
    let is_open = matches!(content, Content::Literal | Content::Dummy);
    if is_open && (is_same_name(name, value) || names_something(kind, name, value)) {
        return Content::Harmless;
    }
    match (kind, content) {
        (NameKind::Weak, Content::Dummy) => Content::Harmless,
        (NameKind::Weak, Content::Literal) if reads_like_words(value) || is_version(value) => Content::Harmless,
        _ => content,
    }
}

/// What a value is, whatever its name.
pub(crate) fn content_of(value: &str) -> Content {
    let value = value.trim().trim_end_matches([',', ';']);
    let substance = substance(value);
    if substance.has_placeholders {
        return substance.content();
    }
    if is_bound(value) {
        return Content::Placeholder;
    }
    if is_dummy(value) {
        return Content::Dummy;
    }
    if is_expression(value) || is_store_reference(value) {
        return Content::Placeholder;
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

impl Substance<'_> {
    fn content(&self) -> Content {
        let contents = || self.defaults.iter().map(|default| content_of(default));
        let dummy = contents().find(|content| matches!(content, Content::Dummy | Content::EncodedDummy));
        if contents().any(|content| content == Content::Literal) || !reads_like_words(&self.rest) {
            return Content::Literal;
        }
        dummy.unwrap_or(Content::Placeholder)
    }
}

/// Takes the placeholders out of a text.
fn substance(text: &str) -> Substance<'_> {
    let mut substance = Substance::default();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        match placeholder_in(text, at) {
            Some((length, default)) => {
                substance.has_placeholders = true;
                substance.defaults.extend(default);
                at += length;
            }
            None => {
                substance.rest.push(letter);
                at += letter.len_utf8();
            }
        }
    }
    substance
}

/// The placeholder at a place of a value: its length, and what it gives where nothing replaces it.
fn placeholder_in(text: &str, at: usize) -> Option<(usize, Option<&str>)> {
    let rest = &text[at..];
    if let Some(length) = bracketed(rest) {
        return Some((length, None));
    }
    let found = placeholder(rest)?;
    let whole = &rest[..found.length];
    let is_one = match rest.as_bytes() {
        [b'$', b'{' | b'(', ..] => true,
        // In the middle of a word `$name` is part of it, as in a password; and it is no name if it looks generated.
        [b'$', ..] => reads_like_words(whole) && !text[..at].ends_with(|before: char| before.is_alphanumeric()),
        [b'r', ..] => whole.contains("://"),
        [b'v', ..] => whole.contains('/'),
        _ => true,
    };
    is_one.then_some((found.length, found.default))
}

/// The length of `{name}`, `{0}`, `{a.b}`, `{quote(x)}` and `<name>` at the beginning of a text: format strings, and what a
/// reader or the Argo CD Vault Plugin fills in.
fn bracketed(text: &str) -> Option<usize> {
    let close = match text.as_bytes() {
        [b'{', next, ..] if *next != b'{' => '}',
        [b'<', next, ..] if next.is_ascii_alphabetic() => '>',
        _ => return None,
    };
    let end = text.bytes().take(80).position(|byte| byte == close as u8)?;
    let inner = text.get(1..end)?;
    let is_name = reads_like_words(inner) && !inner.contains(['{', '<', '/', '+', ';']);
    (is_name || is_expression(inner)).then_some(end + 1)
}

/// Whether value and name are the same word, as where a table maps fields to fields.
fn is_same_name(name: &str, value: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    !value.is_empty() && letters(name) == letters(value)
}

/// Whether a value is the name of a Secret or of a key, rather than a credential.
fn names_something(kind: NameKind, name: &str, value: &str) -> bool {
    let words = words_of_key(name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    let is_name = |text: &str| is_object_name(text) && reads_like_words(text);
    if let Some((namespace, object)) = value.split_once('/') {
        return last == "secret" && is_name(namespace) && is_name(object);
    }
    let is_variable = !name.bytes().any(|byte| byte.is_ascii_lowercase());
    match (kind, is_variable) {
        (NameKind::CredentialOrName, true) => is_name(value) && (words.len() > 1 || names_a_secret(value)),
        (NameKind::CredentialOrName, false) => {
            is_object_name(value) && (value.len() <= 16 || value.contains(['-', '.']))
        }
        (_, true) => false,
        (_, false) => {
            matches!(last, "key" | "secret" | "token")
                && is_name(value)
                && (value.contains('-') && names_a_secret(value) || last == "key" && is_noun(value))
        }
    }
}

fn is_noun(word: &str) -> bool {
    const NOUNS: [&str; 14] = [
        "password",
        "passwd",
        "secret",
        "token",
        "key",
        "credentials",
        "creds",
        "auth",
        "apikey",
        "tls",
        "cert",
        "login",
        "username",
        "user",
    ];
    NOUNS.contains(&word)
}

/// Whether the last word of a name of an object says that it is a Secret.
fn names_a_secret(value: &str) -> bool {
    let last = value.rsplit(['-', '.']).next().unwrap_or_default();
    is_noun(last) || ["secrets", "keys", "certs", "certificate", "config", "users", "sealed"].contains(&last)
}

/// Whether a number is long enough to be a credential under a name: four digits where people type it in, else eight.
fn is_number_for(name: &str, value: &str) -> bool {
    let is_typed = || words_of_key(name).iter().any(|word| word.contains("pass") || word.contains("pwd"));
    value.len() >= 4
        && value.bytes().all(|byte| byte.is_ascii_digit())
        && (value.len() >= 8 || (is_typed() && !value.ends_with("00")))
}

/// What is known of single values, by the role that the table gives them.
fn known(role: &'static str) -> HashSet<&'static str> {
    let rows = table::rows(include_str!("../../data/known-values.tsv"));
    rows.filter(|[_, known]| *known == role).map(|[value, _]| value).collect()
}

fn is_harmless(value: &str) -> bool {
    static HARMLESS: LazyLock<HashSet<&str>> = LazyLock::new(|| known("harmless"));
    value.is_empty()
        || HARMLESS.contains(value.to_lowercase().as_str())
        || is_quantity(value)
        || is_path(value)
        || is_constant(value)
        || is_field(value)
        || is_header(value)
        || is_address(value)
        || is_prose(value)
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

/// A version or a date: numbers with signs between them, at least three.
fn is_version(value: &str) -> bool {
    let numbers: Vec<_> = value.split(['.', '-', '_', ':', '/']).collect();
    let is_number = |number: &&str| (1..=8).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    numbers.len() >= 3 && numbers.iter().all(is_number)
}

/// A path in a file system or in a store. Base64 holds slashes too, but no words between them.
fn is_path(value: &str) -> bool {
    let path = value.strip_prefix("file:").unwrap_or(value);
    let is_absolute = ["/", "./", "../", "~/"].iter().any(|start| path.starts_with(start));
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let generated = parts.iter().filter(|part| !reads_like_words(part)).count();
    let is_long_enough = is_absolute || parts.len() >= 3 || path.len() < value.len();
    is_long_enough && !path.contains(['+', '=', ' ']) && generated <= usize::from(parts.len() >= 4) && !parts.is_empty()
}

/// The name of a variable, or its place in a template: `DB_PASSWORD`, `__DB_PASSWORD__`, `@DB_PASSWORD@`.
fn is_constant(value: &str) -> bool {
    let name = value.trim_matches(['@', '%']);
    name.contains('_') && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// What a program fills into a statement: `:password`, `@password`.
fn is_bound(value: &str) -> bool {
    let name = value.strip_prefix([':', '@']).unwrap_or_default();
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') && reads_like_words(name)
}

/// A field of an object: `user.id`, `oidc.clientSecret`.
fn is_field(value: &str) -> bool {
    let mut names = value.split('.');
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    value.contains('.') && names.all(|name| is_name(name) && reads_like_words(name))
}

/// The name of a header of a request: `X-CSRF-TOKEN`.
fn is_header(value: &str) -> bool {
    value.starts_with("X-") && reads_like_words(value)
}

/// An address; `connections` looks for a password in it.
fn is_address(value: &str) -> bool {
    value.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-:".contains(&byte))
    })
}

/// A reference to a value in a store, as `arn:aws:secretsmanager:...`.
fn is_store_reference(value: &str) -> bool {
    static FORMS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/store-references.tsv"));
        rows.map(|[beginning, part]| (beginning, part)).collect()
    });
    FORMS
        .iter()
        .any(|(beginning, part)| value.strip_prefix(beginning).is_some_and(|rest| *part == "-" || rest.contains(part)))
}

/// Whether a value is a word of templates and examples.
pub(crate) fn is_dummy(value: &str) -> bool {
    static DUMMIES: LazyLock<HashSet<&str>> = LazyLock::new(|| known("dummy"));
    static PARTS: LazyLock<HashSet<&str>> = LazyLock::new(|| known("dummy-part"));
    if value.len() > 64 || value.is_empty() {
        return false;
    }
    let word: String = value
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric())
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let names_credential = || ["password", "secret", "token", "key"].iter().any(|name| word.contains(name));
    DUMMIES.contains(word.as_str())
        || PARTS.iter().any(|part| word.contains(part))
        || word.contains("xxxxxx")
        || (word.len() >= 3 && word.bytes().all(|byte| byte == b'x' || byte == b'0'))
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
                    "X-CSRF-TOKEN",
                    "Authorization",
                    "kv/data/shop/api",
                    "Passwort",
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
                    "{db_password}",
                    "not set",
                    "user.id",
                    ":password",
                    "{0}",
                    "{quote(password)}",
                    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-AbCdEf",
                    "projects/shop/secrets/db-password/versions/latest",
                    "pullsecret:argocd/regcred",
                    "os.getenv('DB_PASSWORD', '')",
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
                    "$ecretPass99x",
                    "Hk4-{AB}-tWb9",
                    "{Hk4tWb9Nk7q",
                    "[Hk4tWb9Nk7q",
                    "<Hk4tWb9Nk7q>",
                    "/Hk4tWb9Nk7q",
                    "~/Hk4tWb9Nk7q",
                    "file:Hk4tWb9Nk7q",
                    "ref+Hk4tWb9Nk7q",
                    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                    "abcdefgh/ijklmnop",
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
            (NameKind::Credential, "API_TOKEN", "API_TOKEN", Content::Harmless),
            (NameKind::Credential, "password", "password", Content::Harmless),
            (NameKind::Credential, "POSTGRES_PASSWORD", "password", Content::Dummy),
            (NameKind::CredentialOrName, "DB_SECRET", "shop-db", Content::Harmless),
            (NameKind::CredentialOrName, "DB_SECRET", "f81d4fae7dec11d0a765", Content::Literal),
            (NameKind::Credential, "auth-secret", "web/shop-login", Content::Harmless),
            (NameKind::Credential, "CLIENT_SECRET", "shop-db", Content::Literal),
            (NameKind::CredentialOrName, "SECRET", "correct-horse-battery-staple", Content::Literal),
            (NameKind::Credential, "API_TOKEN", "abcdefgh/ijklmnop", Content::Literal),
            (NameKind::Credential, "tokenSecret", "vault-sync-secret", Content::Harmless),
            (NameKind::Credential, "secretKey", "db-key", Content::Harmless),
            (NameKind::Credential, "secretKey", "password", Content::Harmless),
            (NameKind::Credential, "MYSQL_ROOT_PASSWORD", "98237465", Content::Literal),
            (NameKind::Credential, "ACCESS_TOKEN", "3600", Content::Harmless),
            (NameKind::Credential, "secretKey", "username", Content::Harmless),
            (NameKind::Weak, "routing_key", "orders.created", Content::Harmless),
            (NameKind::Weak, "SEED", "26.2-20260618-6", Content::Harmless),
            (NameKind::Weak, "SEED", "26-20260618202606182-6", Content::Literal),
            (NameKind::Credential, "API_TOKEN", "26.2-20260618-6", Content::Literal),
            (NameKind::Weak, "routing_key", "Hk4tWb9Nk7qHk4tWb9Nk7q", Content::Literal),
        ];
        for (kind, key, value, expected) in cases {
            assert_eq!(content_under(kind, key, value), expected, "{key}={value}");
        }
    }
}
