//! Patterns with `*` for any text.

/// Whether a text fits a pattern.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in
            [("a", "a"), ("*", ""), ("*/pull", "web/pull"), ("a*c*e", "abcde"), ("a*", "a"), ("*a", "ba")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("*/pull", "web/pull-2"), ("a*a", "a"), ("", "a"), ("a*c", "ab")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
