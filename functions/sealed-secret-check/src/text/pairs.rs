//! Names with values in texts: JSON, YAML, TOML, properties, INI, environment files, XML, shell.

use krm::yaml::Tree;
use manifests::addresses::placeholder;
use serde_json::Value;

/// A name and its value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The name, behind the names around it, with dots between.
    pub(crate) path: String,
    /// The last name alone.
    pub(crate) key: String,
    /// The value without its quotes.
    pub(crate) value: String,
}

/// The names and values of a text, in the format that fits.
pub(crate) fn pairs(text: &str) -> Vec<Pair> {
    let trimmed = text.trim_start();
    if trimmed.len() < 3 || !trimmed.contains([':', '=', '<']) {
        return Vec::new();
    }
    // A colon inside a word makes no mapping, as in an address or an image.
    let may_be_structured = trimmed.starts_with(['{', '[']) || trimmed.contains(": ") || trimmed.contains(":\n");
    if may_be_structured && let Some(pairs) = structured(text) {
        return pairs;
    }
    let mut pairs: Vec<_> = text.lines().filter_map(line).collect();
    pairs.extend(elements(text));
    pairs
}

/// The pairs of JSON or YAML; nothing if the text is neither or holds no mapping.
fn structured(text: &str) -> Option<Vec<Pair>> {
    let tree = Tree::parse(text.to_owned()).ok()?;
    let mut pairs = Vec::new();
    let mut has_mapping = false;
    for document in tree.documents() {
        let value = tree.value(document.root);
        let is_mapping = |value: &Value| value.is_object();
        has_mapping |= is_mapping(&value) || value.as_array().is_some_and(|items| items.iter().any(is_mapping));
        collect(&value, "", None, &mut pairs);
    }
    has_mapping.then_some(pairs)
}

fn collect(value: &Value, path: &str, key: Option<&str>, pairs: &mut Vec<Pair>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(object) => {
            // `{name: X, value: Y}` and `{key: X, value: Y}` mean `X: Y`.
            let named = ["name", "key"].iter().find_map(|field| object.get(*field)?.as_str());
            for (field, value) in object {
                let name = if field == "value" { named.unwrap_or(field) } else { field };
                collect(value, &below(field), Some(name), pairs);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{path}[{index}]"), None, pairs);
            }
        }
        Value::String(text) => {
            let key = key.unwrap_or_default().to_owned();
            pairs.push(Pair { path: path.to_owned(), key, value: text.clone() });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `name = value` or `name: value`, as in TOML, properties, INI and environment files.
fn line(line: &str) -> Option<Pair> {
    let line = line.trim();
    if line.starts_with(['#', ';', '!']) || line.starts_with("//") {
        return None;
    }
    let exported = line.strip_prefix("export ").or_else(|| line.strip_prefix("ENV "));
    let line = exported.or_else(|| line.strip_prefix("- ")).unwrap_or(line).trim_start();
    let (name, rest) = name(line)?;
    let value = rest.trim_start().strip_prefix(['=', ':']).filter(|value| !value.starts_with("//"))?.trim();
    let value = match exported {
        Some(_) => shell_word(value),
        None => unquoted(value),
    };
    Some(Pair { path: name.to_owned(), key: name.to_owned(), value: value.to_owned() })
}

/// A name at the beginning of a line, quoted or not, and what follows it.
fn name(line: &str) -> Option<(&str, &str)> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_.-[]".contains(letter);
    if let Some(quoted) = line.strip_prefix(['"', '\'']) {
        let end = quoted.find(['"', '\''])?;
        let is_name = end > 0 && quoted[..end].chars().all(|letter| is_letter(letter) || letter == '/');
        return is_name.then(|| (&quoted[..end], &quoted[end + 1..]));
    }
    let end = line.find(|letter| !is_letter(letter))?;
    (end > 0 && !line.starts_with(['-', '[', ']'])).then(|| line.split_at(end))
}

/// A value without quotes around it and what follows them, or without the comment behind it.
fn unquoted(value: &str) -> &str {
    if let Some(quote) = value.chars().next().filter(|letter| "\"'`".contains(*letter))
        && let Some(end) = closing(&value[1..], quote)
    {
        return &value[1..=end];
    }
    let value = value.find(" #").map_or(value, |comment| value[..comment].trim_end());
    value.trim_end_matches(',')
}

/// Where a quote closes; quotes in placeholders do not count.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        if letter == quote {
            return Some(at);
        }
        at += placeholder(&text[at..]).filter(|_| letter == '{').map_or(letter.len_utf8(), |found| found.length);
    }
    None
}

/// The first word of a shell text without its quotes.
pub(crate) fn shell_word(text: &str) -> &str {
    if let Some(quote) = text.chars().next().filter(|letter| "\"'".contains(*letter)) {
        return text[1..].find(quote).map_or(&text[1..], |end| &text[1..=end]);
    }
    let end = shell_word_end(text);
    &text[..end]
}

fn shell_word_end(text: &str) -> usize {
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        if let Some(placeholder) = placeholder(&text[at..]).filter(|_| letter == '$' || letter == '{') {
            at += placeholder.length;
        } else if letter.is_whitespace() || ";&|)`\"'".contains(letter) {
            break;
        } else {
            at += letter.len_utf8();
        }
    }
    at
}

/// `<name>value</name>` of XML.
fn elements(text: &str) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (at, _) in text.match_indices('<') {
        let rest = &text[at + 1..];
        let Some(end) = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_.-".contains(letter))) else {
            continue;
        };
        let (name, content) = rest.split_at(end);
        let Some(content) = content.strip_prefix('>').filter(|_| !name.is_empty()) else { continue };
        let Some((value, tail)) = content.split_once('<') else { continue };
        if tail.strip_prefix('/').is_some_and(|tail| tail.starts_with(name)) {
            pairs.push(Pair { path: name.to_owned(), key: name.to_owned(), value: value.to_owned() });
        }
    }
    pairs
}

/// The flags and assignments of command lines: `--name=value`, `--name value`, `NAME=value`. `words` are arguments as
/// a container gets them; each may be a shell text. The number tells in which of them the value is.
pub(crate) fn arguments(words: &[&str]) -> Vec<(usize, Pair)> {
    let mut pairs = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let pair =
            |name: &str, value: &str| Pair { path: name.to_owned(), key: name.to_owned(), value: value.to_owned() };
        if let Some(flag) = flag(word).filter(|flag| flag.len() == word.len()) {
            if let Some(value) = words.get(index + 1).filter(|value| !value.starts_with('-')) {
                pairs.push((index + 1, pair(flag.trim_start_matches('-'), value)));
            }
            continue;
        }
        if let Some((name, value)) =
            word.split_once('=').filter(|(name, _)| flag(name).is_some_and(|flag| flag == *name))
        {
            pairs.push((index, pair(name.trim_start_matches('-'), unquoted(value))));
            continue;
        }
        pairs.extend(shell(word).into_iter().map(|(name, value)| (index, pair(name, value))));
    }
    pairs
}

/// The flag with which a text begins, dashes included.
fn flag(text: &str) -> Option<&str> {
    let name = text.strip_prefix("--").or_else(|| text.strip_prefix('-'))?;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    let length = name.find(|letter| !is_letter(letter)).unwrap_or(name.len());
    let dashes = text.len() - name.len();
    (length > 1 && name.starts_with(|letter: char| letter.is_ascii_alphabetic())).then(|| &text[..dashes + length])
}

/// The flags and assignments in a shell text.
pub(crate) fn shell(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (at, letter) in text.char_indices() {
        let starts =
            at == 0 || text.as_bytes()[at - 1].is_ascii_whitespace() || b";&|(\"'".contains(&text.as_bytes()[at - 1]);
        if !starts {
            continue;
        }
        let rest = &text[at..];
        if let Some(flag) = flag(rest) {
            let behind = &rest[flag.len()..];
            let value =
                behind.strip_prefix('=').or_else(|| behind.strip_prefix(' ').filter(|value| !value.starts_with('-')));
            found.extend(value.map(|value| (flag.trim_start_matches('-'), shell_word(value))));
        } else if letter.is_ascii_alphabetic() || letter == '_' {
            let end =
                rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(rest.len());
            found.extend(rest[end..].strip_prefix('=').map(|value| (&rest[..end], shell_word(value))));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        pairs(text).into_iter().map(|pair| (pair.path, pair.value)).collect()
    }

    #[test]
    fn every_format_gives_names_and_values() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("a: x\nb:\n  c: y\n", &[("a", "x"), ("b.c", "y")]),
            ("- a: x\n", &[("[0].a", "x")]),
            ("{\"a\": {\"b\": \"x\"}, \"c\": 1}", &[("a.b", "x")]),
            ("a.b=x\nc : y\n# d=z\n", &[("a.b", "x"), ("c", "y")]),
            ("export A=\"x y\"\nB='z' # why\n", &[("A", "x y"), ("B", "z")]),
            ("export A=x; run\n", &[("A", "x")]),
            ("[s]\nA   = x\n[[t]]\n  b = \"y\"\n", &[("A", "x"), ("b", "y")]),
            ("<c><password>x</password></c>", &[("password", "x")]),
            ("A sentence: with words. Another: here.\nmore = x y", &[("more", "x y")]),
            ("a = \"{{ (ds \"s\" \"b\") }}\",\n", &[("a", "{{ (ds \"s\" \"b\") }}")]),
            ("plain text", &[]),
            ("<label for=\"password\">Password:</label>", &[]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> =
                expected.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn command_lines_give_flags_and_assignments() {
        let found = |words: &[&str]| -> Vec<(usize, String, String)> {
            arguments(words).into_iter().map(|(index, pair)| (index, pair.key, pair.value)).collect()
        };
        let owned = |index: usize, key: &str, value: &str| (index, key.to_owned(), value.to_owned());
        assert_eq!(
            found(&["serve", "--token=x", "--pass", "y", "--z", "--flag"]),
            [owned(1, "token", "x"), owned(3, "pass", "y")]
        );
        assert_eq!(
            found(&["sh", "-c", "export A=b-c; run --secret \"$(cat /x)\" B=\"c d\""]),
            [owned(2, "A", "b-c"), owned(2, "secret", "$(cat /x)"), owned(2, "B", "c d")]
        );
        assert_eq!(found(&["--db=${X:-y z}"]), [owned(0, "db", "${X:-y z}")]);
    }
}
