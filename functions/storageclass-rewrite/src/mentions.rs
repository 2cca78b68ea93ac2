//! Names of classes in texts and keys.

use std::collections::BTreeSet;

use crate::classes::Classes;

/// Whether the entry of this name holds a class, if it holds text: `storageClass`, `storageClassName`, and names that end so,
/// in any of the usual spellings and in the plural too.
pub(crate) fn is_class_key(key: &str) -> bool {
    let length = key.len();
    // Most keys end in other letters.
    if length < 12 || !matches!(key.as_bytes()[length - 1], b's' | b'S' | b'e' | b'E') {
        return false;
    }
    let plain: String =
        key.chars().filter(|letter| !matches!(letter, '_' | '-')).collect::<String>().to_ascii_lowercase();
    ["storageclass", "storageclassname", "storageclasses"].iter().any(|ending| plain.ends_with(ending))
}

/// Whether text is searched for the name of a class by itself: names without a hyphen are words of any language.
pub(crate) fn is_looked_for(class: &str) -> bool {
    class.contains('-')
}

/// The mapped classes that a text mentions, each once: words with a hyphen, and any word behind a key, a flag, a variable or
/// a path that is called after storage classes, as in `storageClass: standard`, `--storage-class=standard` or
/// `path: /spec/storageClassName`, `value: standard`.
pub(crate) fn mentioned_classes<'t>(text: &'t str, classes: &Classes) -> BTreeSet<&'t str> {
    let mut mentioned = BTreeSet::new();
    if !is_looked_for(text) && !has_class_key(text) {
        return mentioned;
    }
    let words = text.split(|letter| !is_part(letter)).filter(|word| !word.is_empty());
    let mut sign = Sign::None;
    for word in words {
        let name = word.trim_matches(['.', '-', '_', '/']);
        let is_sure = is_looked_for(name) || sign != Sign::None;
        if is_sure && classes.is_source(name) {
            mentioned.insert(name);
        }
        sign = sign.behind(word);
    }
    mentioned
}

/// Whether a text may hold a class: under a key for classes, or as a word that names one.
pub(crate) fn may_hold_class(text: &str, classes: &Classes) -> bool {
    has_class_key(text) || !mentioned_classes(text, classes).is_empty()
}

/// The templates of Go that a text holds as the values of keys for classes, as of `storageClass: {{ .class }}`.
pub(crate) fn templates(text: &str) -> impl Iterator<Item = &str> {
    let pairs = text.lines().filter_map(|line| line.split_once(": "));
    let templates = pairs.filter(|(key, value)| value.trim_start().starts_with("{{") && is_class_key(key.trim()));
    templates.map(|(_, value)| value.trim())
}

/// Whether a word speaks for a class in the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    None,
    /// The word is a key for classes.
    Key,
    /// The word is a key that belongs to the key for classes before it.
    Value,
}

impl Sign {
    fn behind(self, word: &str) -> Self {
        match self {
            _ if is_class_key(last_part(word)) => Self::Key,
            Self::Key if matches!(word, "value" | "name" | "default") => Self::Value,
            _ => Self::None,
        }
    }
}

/// The last part of a path or of a dotted name.
fn last_part(word: &str) -> &str {
    word.trim_end_matches(['-', '.']).rsplit(['/', '.']).next().unwrap_or_default()
}

fn is_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '/')
}

/// Whether a text may hold a key for classes, in any spelling.
fn has_class_key(text: &str) -> bool {
    // No key is shorter, and most texts are.
    text.len() > 12 && (text.contains("torage") || text.contains("STORAGE"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classes::BuildClasses;
    use crate::config::Spec;

    #[test]
    fn a_sure_sign_makes_any_word_a_class() {
        let classes = Classes::new(&Spec::default(), &BuildClasses::default()).expect("the config is valid");
        let mentioned =
            |text: &str| mentioned_classes(text, &classes).into_iter().map(str::to_owned).collect::<Vec<_>>();
        for text in [
            "storageClass: standard",
            "a:\n  storageClassName: \"standard\"",
            "--storage-class=standard",
            "run --storage-class standard now",
            "export STORAGE_CLASS='standard'",
            "${STORAGE_CLASS:-standard}",
            "{\"storageClassName\":\"standard\"}",
            "- op: replace\n  path: /spec/storageClassName\n  value: standard",
            "storageClass:\n  name: standard",
        ] {
            assert_eq!(mentioned(text), ["standard"], "{text}");
        }
        for text in [
            "standard",
            "the standard storage",
            "storage: standard",
            "storageClass is not standard",
            "storageClass: other, standard",
        ] {
            assert_eq!(mentioned(text), [""; 0], "{text}");
        }
        assert_eq!(templates("a: {{ b }}\nstorageClass: {{ c }}\n").collect::<Vec<_>>(), ["{{ c }}"]);
        assert_eq!(mentioned("use premium-rwo or standard-rwo, not premium-rwo."), ["premium-rwo", "standard-rwo"]);
    }
}
