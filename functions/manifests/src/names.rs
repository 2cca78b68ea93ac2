//! Names as the Kubernetes API and DNS define them.

/// Whether a text is a DNS label (RFC 1123): at most 63 lower-case letters, digits and dashes, no dash at either end.
pub fn is_dns_label(text: &str) -> bool {
    is_label(text, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Whether a text is a DNS subdomain (RFC 1123) as most names of objects are: labels joined by dots, at most 253 letters.
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

/// Whether a text is a host name. DNS knows no case (RFC 4343), and a host name may end in a dot.
pub fn is_host_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 253 && text.split('.').all(|label| is_label(label, |byte| byte.is_ascii_alphanumeric()))
}

fn is_label(label: &str, is_letter_or_digit: impl Fn(u8) -> bool) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| is_letter_or_digit(byte) || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// The words of a key in lower case, as of a variable, a field or an annotation: `auth.clientSecret` is `auth`, `client`,
/// `secret`. Digits are letters of the word before them: `OAUTH2_KEY` is `oauth2`, `key`.
pub fn words_of_key(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in key.chars() {
        let starts = letter.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit());
        if starts || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_split_into_words() {
        for (key, words) in [
            ("auth.clientSecret", "auth client secret"),
            ("DB_PASSWORD2", "db password2"),
            ("oauth2Key", "oauth2 key"),
            ("sidecar.example.com/proxyHost", "sidecar example com proxy host"),
            ("--db-host", "db host"),
            ("HTTPHost", "httphost"),
            ("_", ""),
        ] {
            assert_eq!(words_of_key(key).join(" "), words, "{key}");
        }
    }

    #[test]
    fn names_are_told_from_other_texts() {
        let long = "a".repeat(64);
        for (text, label, subdomain, host) in [
            ("web", true, true, true),
            ("web-1", true, true, true),
            ("Web", false, false, true),
            ("web.apps", false, true, true),
            ("web.apps.", false, false, true),
            ("web..apps", false, false, false),
            ("-web", false, false, false),
            ("web-", false, false, false),
            ("web_1", false, false, false),
            ("", false, false, false),
            (".", false, false, false),
            (long.as_str(), false, false, false),
        ] {
            let found = (is_dns_label(text), is_dns_subdomain(text), is_host_name(text));
            assert_eq!(found, (label, subdomain, host), "{text}");
        }
    }
}
