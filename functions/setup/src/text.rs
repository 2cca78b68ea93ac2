//! Texts of the files that are written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use krm::host::one_line;

use crate::survey::Found;

/// How many files a comment names.
const FILES: usize = 3;
/// How many values a comment lists.
const VALUES: usize = 8;

/// Comment lines that say what was found where, below a heading; none where nothing was found.
pub(crate) fn found_comment(indent: &str, heading: &str, found: &Found) -> String {
    if found.is_empty() {
        return String::new();
    }
    let mut text = format!("{indent}# {heading}\n");
    for (value, files) in found.iter().take(VALUES) {
        text.push_str(&format!("{indent}#   {}: {}\n", one_line(value), places(files)));
    }
    if found.len() > VALUES {
        text.push_str(&format!("{indent}#   and {} more\n", found.len() - VALUES));
    }
    text
}

/// Some of the files, and how many more there are.
pub(crate) fn places(files: &BTreeSet<PathBuf>) -> String {
    let named: Vec<_> = files.iter().take(FILES).map(|file| path(file)).collect();
    let more = files.len().saturating_sub(FILES);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    named.join(", ") + &more
}

/// A path as a line of text can hold it, with the slashes that kustomize reads.
pub(crate) fn path(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    one_line(&parts.join("/"))
}

/// A value as YAML: plain where no reader can take it for something else.
pub(crate) fn scalar(text: &str) -> String {
    let is_plain = text.trim_start_matches("../").starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'/'))
        && text.contains(['-', '.', '/'])
        && !text.ends_with(['-', '.', '/']);
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reads_as_what_it_is() {
        for text in
            ["apps.example.com", "../a", "..", "true", "1e3", "a: b", "# x", "gcr.io/x", "A", "\"", "a\nb", "", "y"]
        {
            let tree = krm::yaml::Tree::parse(format!("a: {}\n", scalar(text))).expect("it is YAML");
            let root = tree.documents()[0].root;
            assert_eq!(tree.value(root)["a"], text);
        }
    }
}
