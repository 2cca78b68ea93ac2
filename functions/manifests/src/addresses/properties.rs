//! What is true of all texts.

use std::ops::Range;

use proptest::prelude::*;

use super::*;

/// Texts made of what the grammar knows.
fn text() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 15] = [
        "://",
        "http://",
        "u:p@",
        "$(X)",
        "${X:-a.b,c.d}",
        "{{ .x }}",
        "<path:a.b/c#d>",
        "<x>",
        "vault:",
        "ref+",
        "ENC[",
        "{cipher}",
        ".svc",
        ":443",
        "host=",
    ];
    let piece = prop_oneof![
        "[a-zA-Z0-9]{1,4}",
        "[-a-zA-Z0-9_.]{1,8}",
        "[a-z]{1,3}\\.[a-zA-Z]{1,3}(:[0-9]{1,5})?",
        "[-@:/=;,.?#\"'`<>(){}\\[\\]|\\\\ \n%$é]",
        prop::sample::select(&KNOWN[..]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Whether ranges are of the text, in order and apart from each other.
fn are_in_order(text: &str, ranges: &[Range<usize>]) -> bool {
    ranges.iter().all(|range| text.get(range.clone()).is_some())
        && ranges.windows(2).all(|pair| pair[0].end <= pair[1].start)
}

proptest! {
    #[test]
    fn hosts_are_in_order_and_apart(text in text()) {
        let hosts: Vec<_> = hosts(&text).collect();
        prop_assert!(are_in_order(&text, &hosts.iter().map(Host::range).collect::<Vec<_>>()));
        for host in hosts {
            prop_assert!(host.name().contains('.') && !host.name().ends_with('.'));
            // The name as written may have escapes in front of its dots, which are no part of the host.
            let plain = host.lower_name();
            prop_assert!(!plain.contains('\\') && host.is(&plain.to_ascii_uppercase()) && host.is_in(&plain));
        }
    }

    #[test]
    fn authorities_are_in_order_and_apart(text in text()) {
        let mut ranges = Vec::new();
        for authority in authorities(&text) {
            if let (Some(userinfo), Some(password)) = (&authority.userinfo, &authority.password) {
                prop_assert!(userinfo.start < password.start && password.end == userinfo.end);
            }
            let entries: Vec<_> = authority.entries().collect();
            prop_assert!(entries.iter().all(|entry| text[authority.hosts.clone()].contains(entry)));
            ranges.extend([authority.scheme.clone()].into_iter().chain(authority.userinfo.clone()));
            ranges.push(authority.hosts);
        }
        prop_assert!(are_in_order(&text, &ranges));
    }

    #[test]
    fn every_mention_with_a_dot_is_a_host(text in text()) {
        let hosts: Vec<_> = hosts(&text).collect();
        for mention in mentions(&text).into_iter().chain(mentions_in_file(&text)) {
            let is_found = hosts.iter().any(|host| host.is(&mention.host));
            prop_assert!(is_found || !mention.host.contains('.'), "{} of {text}", mention.host);
        }
    }

    #[test]
    fn case_does_not_change_what_is_found(text in text()) {
        let upper: Vec<_> = hosts(&text.to_ascii_uppercase()).map(|host| host.lower_address()).collect();
        let found: Vec<_> = hosts(&text).map(|host| host.lower_address()).collect();
        prop_assert_eq!(upper, found);
    }

    #[test]
    fn a_placeholder_as_password_hides_no_host(
        placeholder in prop::sample::select(vec![
            "$(X)", "${X}", "${X:-a/b@c}", "<path:kv/x#y>", "<x>", "{{ .x }}", "vault:kv/x#y", "ref+vault://kv/x#/y", "{X}",
            "ENC[a/b,c]", "$__file{/etc/x}", "%(x)s",
        ]),
        password in "[-a-zA-Z0-9(){}|!*+~]{0,6}",
        host in "[a-z]{1,5}(\\.[a-z]{1,5})?",
    ) {
        for text in [format!("redis://u:{placeholder}@{host}:1/x"), format!("redis://u:{password}@{host}:1/x")] {
            let expected = Mention { host: host.clone(), port: Some(1), scheme: Some("redis".to_owned()), certainty: Certainty::Sure };
            prop_assert_eq!(mentions(&text), [expected], "{}", text);
        }
    }
}
