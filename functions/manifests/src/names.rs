//! Names as the Kubernetes API and DNS define them.

/// Whether a text is a DNS label (RFC 1123): at most 63 lower-case letters, digits and dashes, no dash at either end.
pub fn is_dns_label(text: &str) -> bool {
    text.len() <= 63 && is_lower_label(text)
}

fn is_lower_label(text: &str) -> bool {
    is_label(text, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Whether a text is a DNS subdomain as most names of objects are: labels joined by dots, at most 253 letters. Kubernetes
/// does not hold its labels to 63 letters, as RFC 1123 does.
///
/// Source: kubernetes/apimachinery pkg/util/validation, `IsDNS1123Subdomain`.
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_lower_label)
}

/// Whether a text is the name of a host in lower case: DNS labels joined by dots, at most 253 letters (RFC 1035, 2.3.4).
pub fn is_dns_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

/// Whether a text is the value of a label: at most 63 letters, digits, dashes, underscores and dots, a letter or digit at
/// either end, or nothing.
///
/// Source: kubernetes/apimachinery pkg/util/validation, `IsValidLabelValue`.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_qualified(text)
}

/// Whether a text is the name of a port of a container, or of a target port: an IANA service name (RFC 6335, 5.1) in lower
/// case. It has at most 15 letters, digits and dashes, a letter among them, no dash at either end and no two in a row. The
/// name of a port of a Service is a DNS label instead.
///
/// Source: kubernetes/apimachinery pkg/util/validation, `IsValidPortName`.
pub fn is_port_name(text: &str) -> bool {
    text.len() <= 15
        && is_lower_label(text)
        && !text.contains("--")
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Whether a text is the key of a label: as its value, but never empty, and with a DNS subdomain and a slash before it or
/// not.
///
/// Source: kubernetes/apimachinery pkg/util/validation, `IsQualifiedName`.
pub fn is_label_key(text: &str) -> bool {
    text.split_once('/')
        .map_or_else(|| is_qualified(text), |(domain, name)| is_dns_subdomain(domain) && is_qualified(name))
}

fn is_qualified(text: &str) -> bool {
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && is_end(text.bytes().next())
        && is_end(text.bytes().next_back())
}

/// A name of at most `limit` letters. One that is longer is cut, and ends in a number that is made of all of it, so that two
/// long names with the same beginning remain two.
pub fn shortened(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let digest = format!("-{:08x}", fnv(name));
    let mut cut = name.to_owned();
    while cut.len() + digest.len() > limit || cut.ends_with(['-', '_', '.']) {
        cut.pop();
    }
    cut + &digest
}

/// FNV-1a of 32 bits, which is the same on every machine.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Whether a text is a host name. DNS knows no case (RFC 4343), and a host name may end in a dot.
pub fn is_host_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 253
        && text.split('.').all(|label| label.len() <= 63 && is_label(label, |byte| byte.is_ascii_alphanumeric()))
}

fn is_label(label: &str, is_letter_or_digit: impl Fn(u8) -> bool) -> bool {
    !label.is_empty()
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
    use proptest::prelude::*;

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
    fn labels_are_told_from_other_texts() {
        let (longest, too_long) = ("a".repeat(63), "a".repeat(64));
        for (text, value, key) in [
            ("web", true, true),
            ("Web_1.x-y", true, true),
            ("", true, false),
            (longest.as_str(), true, true),
            (too_long.as_str(), false, false),
            ("-web", false, false),
            ("web.", false, false),
            ("a b", false, false),
            ("app.kubernetes.io/name", false, true),
            ("Example/name", false, false),
            ("example.com/", false, false),
            ("a/b/c", false, false),
        ] {
            assert_eq!((is_label_value(text), is_label_key(text)), (value, key), "{text}");
        }
    }

    #[test]
    fn a_long_name_is_cut_and_numbered() {
        assert_eq!(shortened("web", 3), "web");
        // FNV-1a of `foobar` is 0xbf9cf968 by the authors' test vectors.
        assert_eq!(fnv("foobar"), 0xbf9c_f968);
        let [one, other] = ["x", "y"].map(|end| shortened(&format!("{}-.{end}", "a".repeat(250)), 63));
        assert!(one != other && one[..54] == "a".repeat(54) && one.len() == 63, "{one} {other}");
        assert_eq!(shortened(&format!("a-.{}", "b".repeat(9)), 11), format!("a-{:08x}", fnv("a-.bbbbbbbbb")).as_str());
    }

    proptest! {
        #[test]
        fn a_shortened_name_is_a_name(name in "[a-z0-9]([a-z0-9.-]{0,300}[a-z0-9])?", limit in 10_usize..253) {
            let short = shortened(&name, limit);
            prop_assert!(short.len() <= limit && (name.len() > limit || short == name));
            prop_assert_eq!(&shortened(&short, limit), &short);
            prop_assert!(limit > 63 || is_label_value(&short), "{}", short);
        }
    }

    #[test]
    fn names_of_ports_are_told_from_other_texts() {
        for (text, expected) in [
            ("http", true),
            ("http-metrics-1", true),
            ("8080-tcp", true),
            ("exactly15letter", true),
            ("sixteen--letters", false),
            ("prometheus-metrics", false),
            ("http--x", false),
            ("8080", false),
            ("HTTP", false),
            ("http_x", false),
            ("-http", false),
            ("http-", false),
            ("", false),
        ] {
            assert_eq!(is_port_name(text), expected, "{text}");
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
            (long.as_str(), false, true, false),
        ] {
            let found = (is_dns_label(text), is_dns_subdomain(text), is_host_name(text));
            assert_eq!(found, (label, subdomain, host), "{text}");
            assert_eq!(is_dns_name(text), subdomain && host, "{text}");
        }
    }
}
