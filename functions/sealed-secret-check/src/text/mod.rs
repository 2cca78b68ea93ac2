//! What a text gives away.

mod code;
mod commands;
mod connections;
mod dialect;
mod encoded;
mod entropy;
mod expression;
mod forms;
mod headers;
mod hit;
pub(crate) mod names;
mod pair;
mod pairs;
pub(crate) mod secret;
mod shape;
mod shell;
mod statements;
mod tokens;
pub(crate) mod values;
pub(crate) mod words;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::rule::Rule;
use dialect::Dialect;
use encoded::Encoded;
use forms::{by_form, in_connections};
pub(crate) use hit::{Hit, once_each};
use names::{NameKind, Siblings, kind_of};
use pair::Pair;
use pairs::{Structure, Unstructured};
pub(crate) use pairs::{is_secret, is_secret_data, name_in};
use tokens::Form;
use values::{Content, content_under};

/// How deep texts in texts are looked into: a chart's values that hold a configuration file that holds a URL.
const DEPTH: usize = 3;

/// Everything that a text gives away. `key` is the name of the text.
pub(crate) fn hits(key: &str, text: &str) -> Vec<Hit> {
    if is_silent(key, text) {
        return Vec::new();
    }
    let mut reader = Reader::default();
    reader.read(key, text, DEPTH);
    once_each(reader.hits)
}

/// Looks into texts, and knows those again that gave nothing away: most values of a build are in many objects.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    /// Short texts that gave nothing away, by their names.
    silent: HashMap<String, HashSet<String>>,
}

impl Scanner {
    /// No longer text is kept. Those that come again are names, images and hosts.
    const LONGEST: usize = 128;

    /// What [`hits`] finds.
    pub(crate) fn hits(&mut self, key: &str, text: &str) -> Vec<Hit> {
        if self.silent.get(key).is_some_and(|texts| texts.contains(text)) {
            return Vec::new();
        }
        let hits = hits(key, text);
        if hits.is_empty() && text.len() <= Self::LONGEST {
            self.silent.entry(key.to_owned()).or_default().insert(text.to_owned());
        }
        hits
    }
}

/// Whether a text is too short to give anything away, and its name does not say that it is a credential.
pub(crate) fn is_silent(key: &str, text: &str) -> bool {
    is_plain_word(text) && !names::has_stem(key)
}

/// No token, hash or random value is shorter.
const SHORTEST_TOKEN: usize = 11;

/// Whether a text can be a credential only if its name says so: a short word, a number, a quantity. Most texts of manifests
/// are.
fn is_plain_word(text: &str) -> bool {
    text.len() < SHORTEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// What tells of itself in a text that people read, such as a description: no names and no addresses.
pub(crate) fn hits_in_prose(text: &str) -> Vec<Hit> {
    once_each(by_form(text))
}

/// What the name of a value of one line says of it.
pub(crate) fn under_name(key: &str, value: &str) -> Option<Hit> {
    let kind = kind_of(key);
    let value = value.trim();
    if kind == NameKind::Ordinary {
        return of_vendor(key, value)
            .or_else(|| entropy::is_random(key, value).then(|| Hit::new(Rule::RandomValue, "a random value", value)));
    }
    let is_structure =
        |open, close| value.starts_with(open) && value.ends_with(close) && value.contains([':', ',', '"']);
    if value.contains('\n') || is_structure('{', '}') || is_structure('[', ']') || tokens::is_public(value) {
        return None;
    }
    match content_under(kind, key, value) {
        Content::Literal => Some(Hit::new(Rule::PlainCredential, "a literal under a credential's name", value)),
        Content::Dummy => {
            Some(Hit::new(Rule::DummyCredential, "a dummy of a template where a credential belongs", value))
        }
        Content::EncodedDummy => {
            Some(Hit::new(Rule::DummyCredential, "a dummy of a template, in base64, where a credential belongs", value))
        }
        Content::Harmless | Content::Placeholder => None,
    }
}

/// What a value looks like under a name that holds the word of a vendor, but does not say that it is a credential.
fn of_vendor(key: &str, value: &str) -> Option<Hit> {
    let token = tokens::of_vendor(key, value).filter(|_| !entropy::is_explained(key))?;
    let rule = match token.form {
        Form::Public => return None,
        Form::Identifier => Rule::RandomValue,
        _ => Rule::LikelyToken,
    };
    Some(Hit::new(rule, format!("what looks like {}", token.what), value))
}

/// The flags and assignments of a command line whose words are arguments of a container; each may be a shell text. The
/// number tells in which of them the value is.
pub(crate) fn in_arguments(words: &[&str]) -> Vec<(usize, Hit)> {
    let owned: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let named = commands::named(&owned).into_iter();
    let mut found: Vec<_> =
        named.filter_map(|(index, pair)| Some((index, under_name(&pair.key, &pair.value)?))).collect();
    for pair in commands::credentials(&owned) {
        let index = words.iter().position(|word| word.ends_with(pair.value.as_str())).unwrap_or_default();
        found.extend(under_name(&pair.key, &pair.value).map(|hit| (index, hit)));
    }
    found
}

/// Collects what a text gives away.
#[derive(Default)]
struct Reader {
    hits: Vec<Hit>,
}

impl Reader {
    fn read(&mut self, key: &str, text: &str, depth: usize) {
        self.hits.extend(under_name(key, text));
        self.hits.extend(by_form(text));
        match Dialect::of(key, text) {
            Dialect::Data => self.data(key, text, depth),
            Dialect::Shell => self.shell(text, depth),
            Dialect::Code => self.program(text, depth),
        }
        self.encoded(text, depth);
    }

    /// What a text in base64 hides.
    fn encoded(&mut self, text: &str, depth: usize) {
        match encoded::read(text) {
            Some(Encoded::Key(what)) => self.hits.push(Hit::new(Rule::PrivateKey, format!("{what}, in base64"), text)),
            Some(Encoded::Text(decoded)) => {
                let mut inner = Self::default();
                inner.read("", &decoded, depth.min(1));
                let found = inner.hits.into_iter().filter(|hit| hit.rule.outranks(Rule::DummyCredential));
                self.hits.extend(found.map(|hit| Hit { what: format!("{}, in base64", hit.what).into(), ..hit }));
            }
            None => {}
        }
    }

    fn data(&mut self, key: &str, text: &str, depth: usize) {
        self.hits.extend(in_connections(text));
        if depth == 0 {
            self.too_deep(text);
            return;
        }
        let pairs = match Structure::read(text) {
            Ok(structure) => {
                if text.contains("Secret") || text.contains("kty") {
                    structure.documents.iter().for_each(|document| self.secrets(document, ""));
                }
                let tagged = tagged(text);
                structure.pairs().into_iter().filter(|pair| !tagged.contains(pair.value.as_str())).collect()
            }
            Err(why) => {
                if why == Unstructured::Unreadable && is_called_structured(key) && !text.contains("{{") {
                    self.hits.push(Hit::new(
                        Rule::TextNotRead,
                        "a text that is no YAML or JSON, searched line by line",
                        text,
                    ));
                }
                if text.contains(" -") || text.contains("--") {
                    text.lines().for_each(|line| self.commands(line, depth));
                }
                let mut pairs = pairs::pairs(text);
                if why == Unstructured::Other || text.contains('\n') {
                    pairs.extend(statements::pairs(text));
                }
                pairs
            }
        };
        self.pairs(text, pairs, depth);
        self.pairs(text, pairs::comments(text), depth);
    }

    /// What is deeper than the layers that are looked into, if there are names in it.
    fn too_deep(&mut self, text: &str) {
        let is_text = text.contains('\n') && (Structure::read(text).is_ok() || !pairs::pairs(text).is_empty());
        if is_text {
            self.hits.push(Hit::new(Rule::TextNotRead, "a text below three others, not searched for names", text));
        }
    }

    fn shell(&mut self, text: &str, depth: usize) {
        self.hits.extend(in_connections(text));
        if depth == 0 {
            self.too_deep(text);
            return;
        }
        if shell::read(text).is_unclosed {
            text.lines().for_each(|line| self.commands(line, depth));
        } else {
            self.commands(text, depth);
        }
    }

    fn program(&mut self, text: &str, depth: usize) {
        let program = code::read(text);
        for string in program.strings {
            self.hits.extend(in_connections(string));
        }
        if depth > 0 {
            self.pairs(text, program.pairs, depth);
        }
    }

    /// The commands of a shell text, and its here-documents.
    fn commands(&mut self, text: &str, depth: usize) {
        let script = shell::read(text);
        for words in &script.commands {
            let named = commands::named(words).into_iter().map(|(_, pair)| pair);
            for pair in named.chain(commands::credentials(words)) {
                self.hits.extend(under_name(&pair.key, &pair.value).map(|hit| hit.below(&masked(&pair.path))));
            }
            let line = words.join(" ");
            let statements = statements::pairs(&line).into_iter();
            self.hits.extend(
                statements.filter_map(|pair| Some(under_name(&pair.key, &pair.value)?.below(&masked(&pair.path)))),
            );
        }
        for document in script.documents {
            self.read("", document, depth - 1);
        }
    }

    fn pairs(&mut self, text: &str, pairs: Vec<Pair>, depth: usize) {
        let is_line = !text.trim_end().contains('\n');
        let siblings: Siblings = pairs.iter().map(|pair| pair.path.as_str()).collect();
        for pair in pairs {
            let mut inner = Self::default();
            inner.read(&pair.key, &pair.value, depth - 1);
            if matches!(pair.key.as_str(), "auth" | "_auth") && headers::is_user_and_password(&pair.value) {
                inner.hits.push(Hit::new(Rule::PlainCredential, "a user and a password in base64", &pair.value));
            }
            if siblings.hold_the_secret_of(&pair.path) {
                inner.hits.iter_mut().filter(|hit| hit.inside.is_none()).for_each(Hit::identify);
            }
            // The parts of a connection string are no names of their own.
            let is_known = |hit: &Hit| {
                is_line && hit.rule != Rule::PlainCredential && self.hits.iter().any(|known| known.value == hit.value)
            };
            let new: Vec<_> =
                inner.hits.into_iter().filter(|hit| !is_known(hit)).map(|hit| hit.below(&masked(&pair.path))).collect();
            self.hits.extend(new);
        }
    }

    /// The values of the Secrets and the web keys in a document.
    fn secrets(&mut self, value: &Value, path: &str) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::Object(object) => {
                if is_secret(object) {
                    let found = secret::values(value).into_iter();
                    self.hits.extend(
                        found.map(|found| found.hit.below(&masked(&below(&format!("{}.{}", found.field, found.key))))),
                    );
                }
                if object.contains_key("kty")
                    && let Some(key) =
                        ["d", "k"].iter().find_map(|field| object.get(*field)?.as_str()).filter(|key| key.len() >= 16)
                {
                    self.hits
                        .push(Hit::new(Rule::PrivateKey, "a private JSON web key", key).below(&masked(&below("d"))));
                }
                for (key, value) in object {
                    self.secrets(value, &below(key));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.secrets(item, &format!("{path}[{index}]"));
                }
            }
            _ => {}
        }
    }
}

/// The values of YAML with a tag that a tool fills in: `!secret name` of Home Assistant, `!ENV name`.
fn tagged(text: &str) -> HashSet<&str> {
    const TAGS: [&str; 8] = ["secret", "env", "ENV", "env_var", "vault", "Ref", "Sub", "reference"];
    let value = |(at, _): (usize, &str)| {
        let line = text[at + " !".len()..].lines().next()?;
        let (tag, value) = line.split_once(' ')?;
        TAGS.contains(&tag).then(|| value.trim())
    };
    text.match_indices(" !").filter_map(value).collect()
}

/// Whether the name of a text says that it is YAML or JSON.
fn is_called_structured(key: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| key.to_ascii_lowercase().ends_with(ending))
}

/// A path without the names in it that may be credentials themselves.
fn masked(path: &str) -> String {
    if !by_form(path).is_empty() {
        return MASK.to_owned();
    }
    path.split('.').map(masked_name).collect::<Vec<_>>().join(".")
}

const MASK: &str = "***";

/// A name as it may be shown: one that looks generated may be a credential.
pub(crate) fn masked_name(name: &str) -> Cow<'_, str> {
    let runs = || name.split(|letter: char| !letter.is_alphanumeric()).filter(|run| !words::reads_like_words(run));
    let is_generated = runs().any(|run| run.len() >= 8) || runs().count() >= 2;
    if is_generated || !by_form(name).is_empty() { MASK.into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_told_of_once_by_the_rule_that_says_most() {
        let found = |key: &str, text: &str| -> Vec<(Rule, Option<String>)> {
            hits(key, text).into_iter().map(|hit| (hit.rule, hit.inside)).collect()
        };
        let token = format!("glp{}", "at-4byvvmJWpPth9fTshFvi");
        assert_eq!(found("GITLAB_TOKEN", &token), [(Rule::PlainToken, None)]);
        assert_eq!(found("x", &format!("https://u:{token}@host")), [(Rule::PlainToken, None)]);
        assert_eq!(found("x", "a: 1\nurl: amqp://u:Hk4-tWb9@h\n"), [(Rule::PasswordInAddress, Some("url".to_owned()))]);
        assert_eq!(
            found("x", "a:\n  text: |\n    password = Hk4-tWb9\n"),
            [(Rule::PlainCredential, Some("a.text.password".to_owned()))]
        );
        assert_eq!(found("x", "password=a1-b2\nother_password=c3-d4\n").len(), 2);
    }

    #[test]
    fn many_tags_and_names_cost_their_length() {
        let text: String =
            (0..20_000).map(|index| format!("a{index}: !x b\npassword{index}: !secret name{index}\n")).collect();
        assert_eq!(hits("a.yaml", &text), []);
    }

    proptest! {
        #[test]
        fn a_plain_word_gives_nothing_away(key in "[a-zA-Z._-]{0,12}", text in "[a-zA-Z0-9._-]{0,10}") {
            prop_assume!(!names::has_stem(&key));
            let mut reader = Reader::default();
            reader.read(&key, &text, DEPTH);
            prop_assert_eq!(reader.hits, []);
        }

        #[test]
        fn what_was_looked_into_before_is_found_again(texts in prop::collection::vec(("password|token|name", "[a-z]{1,12}|Hk4-tWb9|https://u:Hk4-tWb9@h"), 1..12)) {
            let mut scanner = Scanner::default();
            for (key, text) in texts.iter().chain(&texts) {
                prop_assert_eq!(scanner.hits(key, text), hits(key, text));
            }
        }

        #[test]
        fn no_text_makes_the_scanners_panic(key in "\\PC{0,20}", text in "\\PC{0,200}") {
            let _ = hits(&key, &text);
        }

        #[test]
        fn no_text_of_their_own_letters_makes_the_scanners_panic(
            text in "(password|-----BEGIN |PRIVATE KEY|-----|://|eyJ|ghp_|AKIA|[$][{(]|[})]|<path:|ENC\\[|ref[+]|vault:|[{]{2}|--|[ @:/=;\"'\n#é]|[a-zA-Z0-9]{1,12}){0,40}"
        ) {
            let found = hits("token", &text);
            prop_assert!(found.iter().all(|hit| hit.rule != Rule::RandomValue || found.len() == 1 || found.iter().all(|hit| hit.rule == Rule::RandomValue)));
            let words: Vec<_> = text.split(' ').collect();
            let _ = in_arguments(&words);
        }
    }
}
