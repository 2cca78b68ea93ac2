//! Command lines: from strings of compose to words, and from words to fields of containers.

/// The words of a command that is one string. It is split as a shell splits it, and no shell runs.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    shell_words::split(text).ok()
}

/// A text that the kubelet gives to the container as it is. It replaces `$(NAME)` and makes `$$` one dollar, in `command`,
/// `args`, `env` and the commands of probes.
///
/// Source: kubernetes third_party/forked/golang/expansion/expand.go.
pub(super) fn verbatim(text: &str) -> String {
    let mut letters = text.chars().peekable();
    let mut written = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        written.push(letter);
        if letter == '$' && matches!(letters.peek(), Some('$' | '(')) {
            written.push('$');
        }
    }
    written
}

/// A word for a shell, quoted if it needs to be.
pub(super) fn quoted(word: &str) -> String {
    shell_words::quote(word).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strings_are_split_as_a_shell_splits_them() {
        for (text, expected) in [
            ("redis-server --appendonly yes", vec!["redis-server", "--appendonly", "yes"]),
            ("sh -c 'sleep 1 && exec web'", vec!["sh", "-c", "sleep 1 && exec web"]),
            ("--name=\"a b\"", vec!["--name=a b"]),
            ("a\\ b", vec!["a b"]),
            ("", vec![]),
            ("echo ''", vec!["echo", ""]),
        ] {
            assert_eq!(
                words(text).as_deref(),
                Some(expected.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
                "{text}"
            );
        }
        assert_eq!(words("echo 'a"), None);
    }

    /// What the kubelet makes of a text; no variable has a value, which leaves a reference as it is.
    fn expanded(text: &str) -> String {
        let mut rest = text;
        let mut written = String::new();
        while let Some(at) = rest.find('$') {
            written.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.chars().next() {
                Some('$') => {
                    written.push('$');
                    rest = &rest[1..];
                }
                Some('(') => match rest.find(')') {
                    Some(end) => {
                        written.push_str("VARIABLE");
                        rest = &rest[end + 1..];
                    }
                    None => written.push('$'),
                },
                _ => written.push('$'),
            }
        }
        written + rest
    }

    proptest! {
        #[test]
        fn the_kubelet_gives_the_text_as_it_was(text in "[$()a ]{0,12}") {
            prop_assert_eq!(expanded(&verbatim(&text)), text);
        }
    }
}
