//! Credentials in `Authorization` headers: `Basic dXNlcjpwYXNz`, `Bearer token`.

use std::ops::Range;
use std::sync::LazyLock;

use krm::needles::Needles;

use super::words::reads_like_words;
use crate::base64;

/// The schemes of RFC 7617, RFC 6750 and GitHub; the last needs the name of the header before it.
const SCHEMES: [&str; 3] = ["basic ", "bearer ", "token "];

/// The credentials of headers in a text: what each is and where.
pub(super) fn credentials(text: &str) -> Vec<(&'static str, Range<usize>)> {
    static MARKS: LazyLock<Needles> = LazyLock::new(|| Needles::ignoring_case(SCHEMES));
    if !text.contains(' ') || !MARKS.are_in(text) {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for scheme in SCHEMES {
        for (at, _) in lower.match_indices(scheme) {
            let start = at + scheme.len();
            let range = start..start + length(&text[start..]);
            let is_word = !lower[..at].ends_with(|before: char| before.is_alphanumeric());
            if is_word && is_credential(scheme, &lower[..at], &text[range.clone()]) {
                found.push(("a credential in an Authorization header", range));
            }
        }
    }
    found
}

fn length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte)).count()
}

fn is_credential(scheme: &str, before: &str, value: &str) -> bool {
    match scheme {
        "basic " => is_user_and_password(value),
        "token " if !before.trim_end_matches([' ', ':', '"', '\'', '=']).ends_with("authorization") => false,
        _ => value.len() >= 8 && !reads_like_words(value.trim_end_matches('=')),
    }
}

/// Whether a value is base64 of `user:password`.
pub(super) fn is_user_and_password(value: &str) -> bool {
    let decoded = base64::decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.is_some_and(|text| {
        text.split_once(':').is_some_and(|(_, password)| !password.is_empty()) && !text.chars().any(char::is_control)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_cut_out_of_headers() {
        let cases: [(&str, &[&str]); 8] = [
            ("Authorization: Basic c2hvcDpIazQtdFdiOQ==", &["c2hvcDpIazQtdFdiOQ=="]),
            ("proxy_set_header Authorization \"Bearer Hk4tWb9Nk7q\";", &["Hk4tWb9Nk7q"]),
            ("-H 'authorization: token Hk4tWb9Nk7q'", &["Hk4tWb9Nk7q"]),
            ("Bearer ${TOKEN}", &[]),
            ("Bearer $TOKEN", &[]),
            ("bearer authentication and basic authentication", &[]),
            ("a token Hk4tWb9Nk7q", &[]),
            ("basic settings", &[]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = credentials(text).into_iter().map(|(_, range)| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
