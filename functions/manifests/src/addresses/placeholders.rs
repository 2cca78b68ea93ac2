//! What another tool replaces, before the cluster or in it.

/// A placeholder at the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placeholder<'t> {
    /// Its length in bytes.
    pub length: usize,
    /// What it gives where nothing replaces it, as `x` of `${NAME:=x}`.
    pub default: Option<&'t str>,
}

/// The length in bytes up to which a placeholder is taken for one.
const LONGEST: usize = 1024;

/// The placeholder with which the text begins: of Kubernetes `$(VAR)`, shells and Flux `${VAR}`, Go templates and Helm
/// `{{ }}`, the Argo CD Vault Plugin `<path:...>`, Argo CD `$secret:key`, Kafka `${secrets:...}`, Python `%(var)s`,
/// Python and Frigate `{VAR}`, SOPS `ENC[...]`, vals `ref+...`, the Vault webhook `vault:path#key`, Spring `{cipher}`.
pub fn placeholder(text: &str) -> Option<Placeholder<'_>> {
    if !may_begin(text) {
        return None;
    }
    let whole = |length| Some(Placeholder { length, default: None });
    let all = text.len();
    // The end is looked for nearby only, so that many openings without an end do not cost time.
    let text = head(text, LONGEST);
    let through = |end: &str| text.find(end).map(|at| at + end.len());
    match text.as_bytes() {
        [b'$', b'{', ..] => {
            let length = balanced(text, 1, b'{', b'}')?;
            Some(Placeholder { length, default: default_of(&text[2..length - 1]) })
        }
        [b'$', b'(', ..] => whole(balanced(text, 1, b'(', b')')?),
        [b'$', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => whole(variable(text)),
        [b'{', b'{', ..] => whole(through("}}")?),
        [b'{', first, ..] if first.is_ascii_uppercase() => {
            let name = text[1..]
                .find(|letter: char| !(letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_'))?;
            if text[1 + name..].starts_with('}') { whole(name + 2) } else { None }
        }
        [b'<', ..] if ["<path:", "<secret:"].iter().any(|start| text.starts_with(start)) => whole(through(">")?),
        [b'%', b'(', ..] => whole(through(")")? + 1).filter(|found| found.length <= text.len()),
        [b'%', b's'] | [b'%', b's', b'@' | b':' | b'/' | b' ' | b'"' | b'&' | b';', ..] => whole(2),
        [b'E', b'N', b'C', b'[', ..] => whole(through("]")?),
        _ if text.starts_with("ref+") || text.starts_with("{cipher}") => whole(all),
        _ if text.starts_with("vault:") && text.contains('#') => whole(all),
        _ => None,
    }
}

/// Whether a placeholder may begin a text, by its first byte: most texts and letters begin none.
fn may_begin(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'$' | b'{' | b'<' | b'%' | b'E' | b'r' | b'v'))
}

/// The letters of an address from a place on, without those in placeholders, each with where it is.
pub(super) fn letters_outside(text: &str, from: usize) -> impl Iterator<Item = (usize, char)> {
    let mut at = from;
    std::iter::from_fn(move || {
        while let Some(length) = placeholder_in_address(text, at) {
            at += length;
        }
        let letter = text[at..].chars().next()?;
        at += letter.len_utf8();
        Some((at - letter.len_utf8(), letter))
    })
}

/// The length of the placeholder at a place of an address.
fn placeholder_in_address(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    if !may_begin(rest) {
        return None;
    }
    if ["vault:", "ref+", "{cipher}"].iter().any(|start| rest.starts_with(start)) {
        return reference(rest);
    }
    // `$name` takes what may follow it in an address too, and no letter of it ends one.
    let is_variable = |length: &usize| rest.starts_with('$') && rest.as_bytes()[length - 1].is_ascii_alphanumeric();
    let length = placeholder(rest).map(|found| found.length).filter(|length| !is_variable(length));
    length.or_else(|| field(rest).filter(|_| text[..at].ends_with([':', '@', '/', ','])))
}

/// The length of a reference without an end of its own: it goes as far as the part of the address.
fn reference(text: &str) -> Option<usize> {
    let end = |letter: char| "@,\"'`".contains(letter) || letter.is_whitespace();
    let reference = &text[..text.find(end).unwrap_or(text.len())];
    // A host `vault` may have a port.
    let is_one = match reference.strip_prefix("vault:") {
        Some(path) => path.contains('#') && !path.starts_with(|first: char| first.is_ascii_digit()),
        None => true,
    };
    is_one.then_some(reference.len())
}

/// The length of `<name>`, which the Argo CD Vault Plugin replaces by a field of its default path.
fn field(text: &str) -> Option<usize> {
    let name = text.strip_prefix('<')?;
    let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)).count();
    (length > 0 && name[length..].starts_with('>')).then_some(length + 2)
}

/// The beginning of a text, at most so many bytes.
fn head(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

fn balanced(text: &str, from: usize, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

/// The length of `$name`, `$name.part`, `$name:key` and Grafana's `$__file{...}`.
fn variable(text: &str) -> usize {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-:".contains(&byte);
    let name = 1 + text.bytes().skip(1).take_while(|byte| is_part(*byte)).count();
    match text[name..].starts_with('{') {
        true => balanced(text, name, b'{', b'}').unwrap_or(name),
        false => name,
    }
}

/// What `NAME:=x`, `NAME:-x`, `NAME-x`, `NAME=x` and Spring's `NAME:x` give without the variable.
fn default_of(inner: &str) -> Option<&str> {
    let end = inner.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '.'))?;
    let (name, rest) = inner.split_at(end);
    // Without a colon the sign may be part of a name, which then is in lower case: `${chart-admin-password}`.
    let is_variable = name.bytes().all(|byte| !byte.is_ascii_lowercase());
    let signs = if is_variable { &[":=", ":-", "=", "-"][..] } else { &[":=", ":-"] };
    let default = signs.iter().find_map(|sign| rest.strip_prefix(sign));
    // `${secrets:ns/name:key}` and its like name a provider in lower case; a property has capitals or dots.
    let is_property = || name.contains(|letter: char| letter.is_ascii_uppercase() || letter == '.' || letter == '_');
    let spring = || rest.strip_prefix(':').filter(|rest| is_property() && !rest.starts_with(['?', '+']));
    default.or_else(spring).filter(|default| !default.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_known_with_their_length_and_default() {
        let cases = [
            ("$(VAR)x", Some(("$(VAR)", None))),
            ("$(cat $(X))", Some(("$(cat $(X))", None))),
            ("${VAR}x", Some(("${VAR}", None))),
            ("${VAR:-x}", Some(("${VAR:-x}", Some("x")))),
            ("${VAR=x}", Some(("${VAR=x}", Some("x")))),
            ("${chart-admin-password}", Some(("${chart-admin-password}", None))),
            ("${db.password:x}", Some(("${db.password:x}", Some("x")))),
            ("${secrets:a/b:c}", Some(("${secrets:a/b:c}", None))),
            ("${VAR", None),
            ("$oidc.x:y/z", Some(("$oidc.x:y", None))),
            ("$__file{/etc/x}", Some(("$__file{/etc/x}", None))),
            ("$1", None),
            ("{{ .x }}y", Some(("{{ .x }}", None))),
            ("{VAR}y", Some(("{VAR}", None))),
            ("{var}", None),
            ("<path:kv/x#y>z", Some(("<path:kv/x#y>", None))),
            ("<secret:app|base64>z", Some(("<secret:app|base64>", None))),
            ("<secret:app", None),
            ("%(x)s", Some(("%(x)s", None))),
            ("%s@x", Some(("%s", None))),
            ("ENC[AES256_GCM,data:x]", Some(("ENC[AES256_GCM,data:x]", None))),
            ("ref+vault://a#/b", Some(("ref+vault://a#/b", None))),
            ("vault:a/b#c", Some(("vault:a/b#c", None))),
            ("vault:8200", None),
            ("x", None),
        ];
        for (text, expected) in cases {
            let found = placeholder(text).map(|found| (&text[..found.length], found.default));
            assert_eq!(found, expected, "{text}");
        }
    }
}
