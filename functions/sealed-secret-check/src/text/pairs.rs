//! Names with values in texts: JSON, YAML, TOML, properties, INI, environment files, XML, shell.

use krm::yaml::Tree;
use manifests::addresses::placeholder;
use serde_json::{Map, Value};

use super::names::{NameKind, is_key_of_secret, kind_of};
use super::pair::Pair;
use super::shell;
use super::words::reads_like_words;

/// The documents of a text that is JSON or YAML with a mapping in it.
#[derive(Debug, Default)]
pub(crate) struct Structure {
    pub(crate) documents: Vec<Value>,
}

/// Why a text has no structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unstructured {
    /// It does not look like JSON or YAML, or holds no mapping.
    Other,
    /// It looks like JSON or YAML, but cannot be read as such.
    Unreadable,
}

impl Structure {
    /// Reads a text as JSON or YAML.
    ///
    /// # Errors
    /// Why it is neither.
    pub(crate) fn read(text: &str) -> Result<Self, Unstructured> {
        let trimmed = text.trim_start();
        // A colon inside a word makes no mapping, as in an address or an image.
        let may_be = trimmed.starts_with(['{', '[']) || trimmed.contains(": ") || trimmed.contains(":\n");
        if !may_be || trimmed.len() < 3 {
            return Err(Unstructured::Other);
        }
        let tree = Tree::parse(text.to_owned()).map_err(|_| Unstructured::Unreadable)?;
        let documents: Vec<_> = tree.documents().iter().map(|document| tree.value(document.root)).collect();
        let has_mapping = |value: &Value| {
            value.is_object() || value.as_array().is_some_and(|items| items.iter().any(Value::is_object))
        };
        if documents.iter().any(has_mapping) { Ok(Self { documents }) } else { Err(Unstructured::Other) }
    }

    /// Its names and values.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for document in &self.documents {
            collect(document, "", None, &mut pairs);
        }
        pairs
    }
}

/// The names and values of the lines and elements of a text.
pub(crate) fn pairs(text: &str) -> Vec<Pair> {
    if text.trim().len() < 3 || !text.contains([':', '=', '<']) {
        return Vec::new();
    }
    let mut pairs: Vec<_> = text.lines().filter_map(line).collect();
    if text.contains('<') {
        pairs.extend(elements(text));
        pairs.extend(attributes(text));
    }
    pairs
}

fn collect(value: &Value, path: &str, key: Option<&str>, pairs: &mut Vec<Pair>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(object) => {
            // `{name: X, value: Y}` and `{key: X, value: Y}` mean `X: Y`.
            let named = ["name", "key"].iter().find_map(|field| object.get(*field)?.as_str());
            for (field, value) in object.iter().filter(|(field, _)| !is_secret_data(object, field)) {
                let name = if field == "value" { named.unwrap_or(field) } else { name_in(object, field, value) };
                collect(value, &below(field), Some(name), pairs);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{path}[{index}]"), key, pairs);
            }
        }
        Value::String(text) => pairs.push(Pair::new(path, key.unwrap_or_default(), text)),
        // A number counts where a credential is expected.
        Value::Number(number) if key.is_some_and(|key| kind_of(key) == NameKind::Credential) => {
            pairs.push(Pair::new(path, key.unwrap_or_default(), &number.to_string()));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The name of a field of an object, as far as it says something of the value: the key of a Secret beside it is no credential.
pub(crate) fn name_in<'f>(object: &Map<String, Value>, field: &'f str, value: &Value) -> &'f str {
    let is_key = |text: &str| is_key_of_secret(field, text, object.keys().map(String::as_str));
    if value.as_str().is_some_and(is_key) { "" } else { field }
}

/// Whether a field of an object holds the values of a Secret, which are judged as such.
pub(crate) fn is_secret_data(object: &Map<String, Value>, field: &str) -> bool {
    matches!(field, "data" | "stringData") && is_secret(object)
}

/// Whether an object is a Secret of the core API.
pub(crate) fn is_secret(object: &Map<String, Value>) -> bool {
    let is_core = || object.get("apiVersion").is_none_or(|version| version == "v1");
    let has_values = || ["data", "stringData"].iter().any(|field| object.get(*field).is_some_and(Value::is_object));
    object.get("kind").is_some_and(|kind| kind == "Secret") && is_core() && has_values()
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
    let value = assigned(rest.trim_start()).filter(|value| !value.starts_with("//"))?.trim();
    if exported.is_some() {
        let words = shell::read(value).commands.into_iter().flatten();
        return Some(Pair::new(name, name, &words.take(1).collect::<String>()));
    }
    Some(Pair::new(name, name, unquoted(value)))
}

/// The names and values of lines that are commented out, where the value looks generated. They are in git all the same.
pub(crate) fn comments(text: &str) -> Vec<Pair> {
    if !text.contains(['#', ';', '/']) {
        return Vec::new();
    }
    let comments = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let comment = line.trim_start_matches(['#', ';', '/']);
        (comment.len() < line.len()).then(|| comment.trim_start())
    });
    let is_own = |pair: &Pair| {
        let value = &pair.value;
        value.len() >= 8
            && !value.contains([' ', '('])
            && !reads_like_words(value)
            && kind_of(&pair.key) == NameKind::Credential
    };
    comments.filter_map(line).filter(is_own).collect()
}

/// What is behind `=`, `:`, `:=` or `=>`; behind a comparison there is no value.
fn assigned(text: &str) -> Option<&str> {
    let is_comparison = ["==", "=~", "::"].iter().any(|operator| text.starts_with(operator));
    let mut operators = [":=", "=>", "=", ":"].into_iter().filter(|_| !is_comparison);
    operators.find_map(|operator| text.strip_prefix(operator))
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

/// `<name>value</name>` of XML; `<name>x</name><value>y</value>` means `x: y`.
fn elements(text: &str) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for (at, _) in text.match_indices('<') {
        let rest = &text[at + 1..];
        let Some(end) = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_.-".contains(letter))) else {
            continue;
        };
        let (name, content) = rest.split_at(end);
        let Some(content) = content.strip_prefix('>').filter(|_| !name.is_empty()) else { continue };
        let Some((value, tail)) = content.split_once('<') else { continue };
        if tail.strip_prefix('/').is_some_and(|tail| tail.starts_with(name)) {
            let named = pairs.last().filter(|last| name == "value" && matches!(last.key.as_str(), "name" | "key"));
            if is_key_of_secret(name, value, pairs.last().map(|last| last.key.as_str())) {
                continue;
            }
            let name = named.map_or(name.to_owned(), |last| last.value.clone());
            pairs.push(Pair::new(&name, &name, value));
        }
    }
    pairs
}

/// The attributes of XML elements: `password="x"`, and `key="password" value="x"`.
fn attributes(text: &str) -> Vec<Pair> {
    let tags = text.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(rest));
    tags.flat_map(|tag| {
        let found = attributes_of(tag);
        let named = found.iter().find(|(name, _)| matches!(*name, "key" | "name")).map(|(_, value)| *value);
        let pair = |(name, value): &(&str, &str)| {
            let name = if *name == "value" { named.unwrap_or(name) } else { name };
            Pair::new(name, name, value)
        };
        found
            .iter()
            .filter(|(name, _)| !matches!(*name, "key" | "name" | "id" | "type" | "for"))
            .map(pair)
            .collect::<Vec<_>>()
    })
    .collect()
}

fn attributes_of(tag: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, behind)) = rest.split_once('=') {
        let name = before.rsplit(|letter: char| letter.is_whitespace()).next().unwrap_or(before).trim();
        let Some(quote) = behind.chars().next().filter(|letter| "\"'".contains(*letter)) else {
            rest = behind;
            continue;
        };
        let Some((value, tail)) = behind[1..].split_once(quote) else { break };
        found.push((name, value));
        rest = tail;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        let found = Structure::read(text).map_or_else(|_| pairs(text), |structure| structure.pairs());
        found.into_iter().map(|pair| (pair.path, pair.value)).collect()
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
            ("<p><name>a.key</name><value>x</value></p>", &[("name", "a.key"), ("a.key", "x")]),
            ("A sentence: with words. Another: here.\nmore = x y", &[("more", "x y")]),
            ("a = \"{{ (ds \"s\" \"b\") }}\",\n", &[("a", "{{ (ds \"s\" \"b\") }}")]),
            ("<secretName>x</secretName><secretKey>y</secretKey>", &[("secretName", "x")]),
            ("<add key=\"Password\" value=\"x\"/>", &[("Password", "x")]),
            ("<user password='x' roles=\"y\"/>", &[("password", "x"), ("roles", "y")]),
            ("{\"password\": 12345}", &[("password", "12345")]),
            ("password := x\n", &[("password", "x")]),
            ("password == x\n", &[]),
            ("plain text", &[]),
            ("<label for=\"password\">Password:</label>", &[]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> =
                expected.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
