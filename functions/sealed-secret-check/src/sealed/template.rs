//! The Go templates of `spec.template.data`.
//!
//! Source: sealed-secrets `sealedsecret_expansion.go`: text/template with sprig, over the unsealed values. A key that is
//! not there prints `<no value>`, without an error.

use crate::rule::Rule;

/// Functions of sprig that sealed-secrets takes away.
const FORBIDDEN: [&str; 3] = ["env", "expandenv", "getHostByName"];

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplateError {
    /// An action has no end.
    Unclosed,
    /// A block has no end, or an end has no block.
    Unbalanced,
    /// A function that does not exist here.
    Forbidden(&'static str),
    /// It uses a key that is not there.
    UnknownKey(String),
}

impl TemplateError {
    /// What kind of matter it is.
    pub(super) fn rule(&self) -> Rule {
        match self {
            Self::Unclosed | Self::Unbalanced | Self::Forbidden(_) => Rule::BrokenSecretTemplate,
            Self::UnknownKey(_) => Rule::UnknownTemplateKey,
        }
    }

    /// What is wrong and what to do.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Unclosed => {
                "is no Go template: `{{` has no `}}`; the controller unseals nothing of the object".to_owned()
            }
            Self::Unbalanced => {
                "is no Go template: its blocks and `end`s do not match; the controller unseals nothing of the object"
                    .to_owned()
            }
            Self::Forbidden(function) => format!(
                "uses `{function}`, which sealed-secrets takes out of the templates; the controller unseals nothing of the object"
            ),
            Self::UnknownKey(key) => format!(
                "uses `{key}`, which `spec.encryptedData` does not hold; the Secret would say `<no value>` there; seal it, or correct the key"
            ),
        }
    }
}

/// Functions that take what may be missing.
const GUARDS: [&str; 9] = ["default", "coalesce", "hasKey", "empty", "ternary", "and", "or", "not", "dig"];

/// A block that is open.
#[derive(Default)]
struct Block {
    /// In it the dot is something else than the values.
    moves_dot: bool,
    /// The keys that its condition asks for, so that it has them.
    guarded: Vec<String>,
}

/// Checks a template against the keys that it can use.
pub(super) fn check(template: &str, is_key: impl Fn(&str) -> bool) -> Result<(), TemplateError> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let action = &rest[start + 2..];
        let end = end_of(action).ok_or(TemplateError::Unclosed)?;
        let words = words(&action[..end]);
        if !words.first().is_some_and(|first| first.starts_with("/*")) {
            check_action(&words, &mut blocks, &is_key)?;
        }
        rest = &action[end + 2..];
    }
    if blocks.is_empty() { Ok(()) } else { Err(TemplateError::Unbalanced) }
}

fn check_action(words: &[String], blocks: &mut Vec<Block>, is_key: impl Fn(&str) -> bool) -> Result<(), TemplateError> {
    if let Some(forbidden) = FORBIDDEN.iter().find(|name| words.iter().any(|word| word == *name)) {
        return Err(TemplateError::Forbidden(forbidden));
    }
    let is_moved = blocks.iter().any(|block| block.moves_dot);
    let first = words.first().map(String::as_str).unwrap_or_default();
    let asked = || keys(words, is_moved);
    match first {
        "range" | "with" | "if" => {
            blocks.push(Block { moves_dot: first != "if", guarded: asked() });
        }
        "define" | "block" => blocks.push(Block { moves_dot: true, guarded: Vec::new() }),
        "end" => drop(blocks.pop().ok_or(TemplateError::Unbalanced)?),
        "else" => {
            let block = blocks.last_mut().ok_or(TemplateError::Unbalanced)?;
            block.guarded = asked();
        }
        _ => {
            let is_guarded = |key: &String| blocks.iter().any(|block| block.guarded.contains(key));
            let has_default = words.iter().any(|word| GUARDS.contains(&word.as_str()));
            let unknown = asked().into_iter().find(|key| !is_key(key) && !is_guarded(key));
            if let Some(key) = unknown.filter(|_| !has_default) {
                return Err(TemplateError::UnknownKey(key));
            }
        }
    }
    Ok(())
}

/// Where the action ends that the text begins with; braces in quotes do not count.
fn end_of(action: &str) -> Option<usize> {
    if action.trim_start_matches('-').trim_start().starts_with("/*") {
        return action.find("*/").and_then(|at| action[at..].find("}}").map(|end| at + end));
    }
    let bytes = action.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(b'"'), b'\\') => at += 1,
            (Some(open), byte) if open == byte => quote = None,
            (None, byte @ (b'"' | b'`')) => quote = Some(byte),
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The words of an action: names with their dots, quoted texts with their quotes.
fn words(action: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut letters = action.trim().trim_start_matches('-').trim_end_matches('-').chars().peekable();
    while let Some(letter) = letters.next() {
        let mut word = String::from(letter);
        if letter == '"' || letter == '`' {
            for next in letters.by_ref() {
                word.push(next);
                if next == letter {
                    break;
                }
            }
        } else if !letter.is_whitespace() && !"()|,".contains(letter) {
            while let Some(next) = letters.next_if(|next| !next.is_whitespace() && !"()|,\"`".contains(*next)) {
                word.push(next);
            }
        }
        if !letter.is_whitespace() {
            words.push(word);
        }
    }
    words
}

/// The keys that an action takes out of the values.
fn keys(words: &[String], is_moved: bool) -> Vec<String> {
    let field = |word: &String| {
        let path = match word.strip_prefix("$.") {
            Some(path) => path,
            None if is_moved => return None,
            None => word.strip_prefix('.')?,
        };
        let key = path.split('.').next().unwrap_or_default();
        (!key.is_empty()).then(|| key.to_owned())
    };
    let fields = words.iter().filter_map(field);
    let indexed = words.windows(3).filter_map(|window| {
        let is_root = window[1] == "$" || (window[1] == "." && !is_moved);
        let key = window[2].strip_prefix(['"', '`'])?.strip_suffix(['"', '`'])?;
        (["index", "hasKey", "get"].contains(&window[0].as_str()) && is_root).then(|| key.to_owned())
    });
    fields.chain(indexed).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn templates_use_keys_that_are_there() {
        let check = |template: &str| check(template, |key| ["user", "tls.crt"].contains(&key));
        for good in [
            "plain",
            "{{ .user }}",
            "{{- .user -}}",
            "{{ index . \"tls.crt\" | b64enc }}",
            "{{ .user | quote }}{{/* .x */}}",
            "{{ if .user }}{{ .user }}{{ else }}x{{ end }}",
            "{{ range $k, $v := . }}{{ .x }}{{ $.user }}{{ end }}",
            "{{ printf \"}}%s\" .user }}",
            "{{ with .user }}{{ . }}{{ end }}",
            "{{ $x := .user }}{{ $x }}",
            "{{ if hasKey . \"opt\" }}{{ .opt }}{{ end }}",
            "{{ if and (hasKey . \"opt\") .opt }}{{ .opt }}{{ end }}",
            "{{ .opt | default \"x\" }}",
            "{{ default \"x\" .opt }}",
            "{{ with .opt }}{{ . }}{{ end }}",
            "{{ if .opt }}{{ .opt | quote }}{{ else if .other }}{{ .other }}{{ end }}",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let unknown = |key: &str| Err(TemplateError::UnknownKey(key.to_owned()));
        assert_eq!(check("a {{ .nobody }}"), unknown("nobody"));
        assert_eq!(check("{{ index . \"tls.key\" }}"), unknown("tls.key"));
        assert_eq!(check("{{ .tls.crt }}"), unknown("tls"));
        assert_eq!(check("{{ with .user }}{{ $.x }}{{ end }}"), unknown("x"));
        assert_eq!(check("{{ if .opt }}x{{ end }}{{ .opt }}"), unknown("opt"));
        assert_eq!(check("{{ if .opt }}x{{ else }}{{ .opt }}{{ end }}"), unknown("opt"));
        assert_eq!(check("{{ else }}"), Err(TemplateError::Unbalanced));
        assert_eq!(check("{{ .user"), Err(TemplateError::Unclosed));
        assert_eq!(check("{{ if .user }}"), Err(TemplateError::Unbalanced));
        assert_eq!(check("{{ end }}"), Err(TemplateError::Unbalanced));
        assert_eq!(check("{{ env \"HOME\" }}"), Err(TemplateError::Forbidden("env")));
    }

    proptest! {
        #[test]
        fn no_template_makes_the_check_panic(template in "([{}$.\"`a-z*/ -]|\\PC){0,60}") {
            let _ = check(&template, |_| true);
        }
    }
}
