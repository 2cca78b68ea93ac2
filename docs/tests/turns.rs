//! The rules of plain English in CONTRIBUTING.md, as far as a test can hold them: turns that no document, comment or message
//! has.

use std::fs;
use std::path::{Path, PathBuf};

/// What holds texts of others, or is the rule itself.
const NOT_OURS: [&str; 9] =
    ["cases", "corpus", "planted", "public", "snapshots", "target", "turns.rs", "turns.tsv", "vectors"];
/// The rules, which quote what they forbid.
const RULES: &str = "CONTRIBUTING.md";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The documents, sources and tables below a directory.
fn texts(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root().join(directory)).expect("it can be listed") {
        let name = entry.expect("it can be listed").file_name().to_string_lossy().into_owned();
        let path = directory.join(&name);
        if name.starts_with('.') || NOT_OURS.contains(&name.as_str()) || path == Path::new(RULES) {
            continue;
        }
        if root().join(&path).is_dir() {
            texts(&path, found);
        } else if path.extension().is_some_and(|extension| ["md", "rs", "tsv"].iter().any(|ours| extension == *ours)) {
            found.push(path);
        }
    }
}

/// The rows of the table: a turn, and what to write instead.
fn turns() -> Vec<(String, String)> {
    let table = fs::read_to_string(root().join("docs/turns.tsv")).expect("the table is there");
    let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| row.split_once('\t').expect("a row has two cells"))
        .map(|(a, b)| (a.to_lowercase(), b.to_owned()))
        .collect()
}

/// Whether the line has the turn as whole words. In code, a name in back-quotes or quotes alone is a value.
fn has(line: &str, turn: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '`' | ':');
    line.match_indices(turn).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + turn.len()..]);
        // `{{ .name }}` and `.name()` are no words of a sentence.
        let starts = !before.ends_with(is_word) && !before.ends_with('.');
        let ends = !turn.ends_with(char::is_alphanumeric) || !after.starts_with(is_word);
        starts && ends && !(before.ends_with('"') && after.starts_with('"'))
    })
}

#[test]
fn no_text_has_a_turn_of_the_table() {
    let mut files = Vec::new();
    texts(Path::new(""), &mut files);
    assert!(files.len() > 500, "{} files", files.len());
    let turns = turns();
    assert!(turns.len() > 50, "{} turns", turns.len());
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(root().join(&file)).expect("sources are text").to_lowercase();
        // Most texts have none of them.
        for (turn, instead) in turns.iter().filter(|(turn, _)| text.contains(turn.as_str())) {
            let lines = text.lines().enumerate().filter(|(_, line)| has(line, turn));
            found.extend(lines.map(|(at, _)| format!("{}:{}: `{turn}`: write: {instead}", file.display(), at + 1)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_turn_is_whole_words() {
    assert!(has("it stands there", "stands") && !has("outstands", "stands") && !has("route-stands-apart", "stands"));
    assert!(has("which k3s has not, and", "has not,") && !has("it has not been", "has not,"));
    assert!(
        !has("user(\"nobody\")", "nobody") && !has("as the user `nobody`", "nobody") && has("nobody knows", "nobody")
    );
}
