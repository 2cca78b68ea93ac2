//! Variables in the values of a compose project.
//!
//! Source: compose-spec `12-interpolation.md`.

use std::collections::BTreeMap;

/// A text with the values of its variables.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Interpolated {
    /// The text; a variable without a value is empty in it.
    pub(super) text: String,
    /// The variables that have no value, each once.
    pub(super) missing: Vec<String>,
    /// The variables whose default was taken, each once.
    pub(super) defaulted: Vec<String>,
}

/// Puts the values of variables into a text, or says what is wrong with it.
pub(super) fn interpolate(text: &str, values: &BTreeMap<String, String>) -> Result<Interpolated, String> {
    let mut found = Interpolated::default();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        found.text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            found.text.push('$');
            rest = behind;
        } else if let Some(inside) = rest.strip_prefix('{') {
            let end = closing(inside).ok_or("`${` has no `}`")?;
            found.put(&inside[..end], values)?;
            rest = &inside[end + 1..];
        } else {
            let (name, behind) = leading_name(rest);
            rest = behind;
            if name.is_empty() { found.text.push('$') } else { found.put(name, values)? }
        }
    }
    found.text.push_str(rest);
    Ok(found)
}

impl Interpolated {
    /// Adds what is for `NAME`, `NAME:-default`, `NAME?message` and the like.
    fn put(&mut self, expression: &str, values: &BTreeMap<String, String>) -> Result<(), String> {
        let (name, rest) = leading_name(expression);
        if name.is_empty() {
            return Err(format!("`${{{expression}}}` names no variable"));
        }
        let (counts_empty, operator) = rest.strip_prefix(':').map_or((true, rest), |behind| (false, behind));
        let value = values.get(name).filter(|value| counts_empty || !value.is_empty());
        let mut letters = operator.chars();
        match (letters.next(), value) {
            (None, Some(value)) if counts_empty => self.text.push_str(value),
            (None, None) if counts_empty => note(&mut self.missing, name),
            (Some('-' | '?'), Some(value)) => self.text.push_str(value),
            (Some('-'), None) => {
                note(&mut self.defaulted, name);
                self.add(letters.as_str(), values)?;
            }
            (Some('?'), None) => note(&mut self.missing, name),
            (Some('+'), Some(_)) => self.add(letters.as_str(), values)?,
            (Some('+'), None) => {}
            _ => return Err(format!("`${{{name}…}}` is no variable that compose knows")),
        }
        Ok(())
    }

    fn add(&mut self, text: &str, values: &BTreeMap<String, String>) -> Result<(), String> {
        let inner = interpolate(text, values)?;
        self.text.push_str(&inner.text);
        inner.missing.iter().for_each(|name| note(&mut self.missing, name));
        inner.defaulted.iter().for_each(|name| note(&mut self.defaulted, name));
        Ok(())
    }
}

fn note(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

/// The name of a variable at the beginning of a text, and what is behind it.
fn leading_name(text: &str) -> (&str, &str) {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    if text.starts_with(|letter: char| letter.is_ascii_digit()) { ("", text) } else { text.split_at(end) }
}

/// Where the brace closes that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        match letter {
            '{' if before == '$' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
        before = letter;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_get_values_defaults_or_are_missing() {
        let values = BTreeMap::from([("A".to_owned(), "a".to_owned()), ("E".to_owned(), String::new())]);
        let cases: [(&str, &str, &[&str], &[&str]); 20] = [
            ("x", "x", &[], &[]),
            ("$A-${A}", "a-a", &[], &[]),
            ("$$A $${B}", "$A ${B}", &[], &[]),
            ("100$", "100$", &[], &[]),
            ("$1 $(x)", "$1 $(x)", &[], &[]),
            ("${B:-b}", "b", &[], &["B"]),
            ("${B-b}", "b", &[], &["B"]),
            ("${E:-b}", "b", &[], &["E"]),
            ("${E-b}", "", &[], &[]),
            ("${A:-b}", "a", &[], &[]),
            ("${B:-${A}}", "a", &[], &["B"]),
            ("${B:-${C:-c}}/d", "c/d", &[], &["B", "C"]),
            ("${B:-}", "", &[], &["B"]),
            ("$B ${B}", " ", &["B"], &[]),
            ("${B:?must be set}", "", &["B"], &[]),
            ("${A:?must be set}", "a", &[], &[]),
            ("${A:+x}${B:+y}", "x", &[], &[]),
            ("${E:+x}${E+y}", "y", &[], &[]),
            ("${B:-a}}", "a}", &[], &["B"]),
            ("${B?${C}}", "", &["B"], &[]),
        ];
        for (text, expected, missing, defaulted) in cases {
            let found = interpolate(text, &values).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!(found.text, expected, "{text}");
            assert_eq!(found.missing, missing, "{text}");
            assert_eq!(found.defaulted, defaulted, "{text}");
        }
        for text in ["${A", "${}", "${A/x/y}", "${A:}", "${1}"] {
            assert!(interpolate(text, &values).is_err(), "{text}");
        }
    }
}
