//! Literals that programs give names to, in any language: a name on the left, and on the right a string or a number that is
//! the whole expression.

use manifests::names::words_of_key;

use super::names::{self, NameKind};
use super::pair::Pair;
use super::words::reads_like_words;

/// What a program says.
#[derive(Debug, Default)]
pub(crate) struct Program<'t> {
    /// Names and the literals they are given.
    pub(crate) pairs: Vec<Pair>,
    /// The contents of all strings.
    pub(crate) strings: Vec<&'t str>,
}

/// Reads a program.
pub(crate) fn read(text: &str) -> Program<'_> {
    let tokens = tokens(text);
    let strings = tokens.iter().filter_map(|token| if let Token::String(text) = token { Some(*text) } else { None });
    let pairs = (1..tokens.len()).filter_map(|at| Place { tokens: &tokens, at }.pair());
    Program { pairs: pairs.collect(), strings: strings.collect() }
}

/// A part of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Name(&'t str),
    Number(&'t str),
    String(&'t str),
    /// Letters of an operator or a bracket.
    Sign(&'t str),
    Line,
}

/// The operators that are more than one letter, longest first.
const SIGNS: &[&str] =
    &["===", "!==", "==", "!=", "=~", "!~", "<=", ">=", ":=", "=>", "->", "||", "&&", "??", "+=", "::", "?."];

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut is_start = true;
    while at < text.len() {
        let (token, length) = next_token(&text[at..], is_start);
        is_start = match token {
            Some(token) => matches!(token, Token::Line | Token::Sign(";" | "{")),
            None => is_start,
        };
        tokens.extend(token);
        at += length;
    }
    tokens.push(Token::Line);
    tokens
}

/// What a text begins with, if it is no blank and no comment, and its length.
fn next_token(text: &str, is_start: bool) -> (Option<Token<'_>>, usize) {
    let letter = text.chars().next().unwrap_or('\n');
    if letter == '\n' {
        return (Some(Token::Line), 1);
    }
    if letter.is_whitespace() {
        return (None, letter.len_utf8());
    }
    if let Some(length) = comment(text, is_start) {
        return (None, length);
    }
    if let Some((content, length)) = string(text) {
        return (Some(Token::String(content)), length);
    }
    if letter.is_alphabetic() || letter == '_' || letter == '$' {
        return name(text);
    }
    if letter.is_ascii_digit() {
        let length = run(text, |letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.');
        return (Some(Token::Number(&text[..length])), length);
    }
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign)).map_or(letter.len_utf8(), |sign| sign.len());
    (Some(Token::Sign(&text[..sign])), sign)
}

/// A name, or the prefix of a string, which is none: `f"..."`, `rb'...'`.
fn name(text: &str) -> (Option<Token<'_>>, usize) {
    let length = run(text, |letter| letter.is_alphanumeric() || letter == '_' || letter == '$');
    let is_prefix = length <= 2
        && text[length..].starts_with(['"', '\''])
        && text[..length].bytes().all(|byte| b"fFrRbBuU".contains(&byte));
    ((!is_prefix).then(|| Token::Name(text[..length].trim_start_matches('$'))), length)
}

fn run(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !is_part(letter)).unwrap_or(text.len())
}

/// The length of a comment. `//` in Python and `#` in JavaScript are none in the middle of a line.
fn comment(text: &str, is_start: bool) -> Option<usize> {
    let line = || text.find('\n').unwrap_or(text.len());
    match text.as_bytes() {
        [b'/', b'/', ..] => Some(line()),
        [b'/', b'*', ..] => Some(text.find("*/").map_or(text.len(), |end| end + 2)),
        [b'#', b' ' | b'!' | b'#', ..] => Some(line()),
        [b'#', ..] if is_start => Some(line()),
        [b'-', b'-', b' ', ..] if is_start => Some(line()),
        _ => None,
    }
}

/// The content and the length of a string.
fn string(text: &str) -> Option<(&str, usize)> {
    for quote in ["\"\"\"", "'''"] {
        if let Some(inner) = text.strip_prefix(quote) {
            let end = inner.find(quote).unwrap_or(inner.len());
            return Some((&inner[..end], (end + 2 * quote.len()).min(text.len())));
        }
    }
    let quote = text.chars().next().filter(|letter| "\"'`".contains(*letter))?;
    let mut escaped = false;
    for (at, letter) in text[1..].char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if letter == quote => return Some((&text[1..=at], at + 2)),
            // An apostrophe in a text between the lines.
            '\n' if quote != '`' => return None,
            _ => {}
        }
    }
    None
}

/// A place among the parts of a program.
struct Place<'p, 't> {
    tokens: &'p [Token<'t>],
    at: usize,
}

impl<'t> Place<'_, 't> {
    fn token(&self, at: usize) -> Token<'t> {
        self.tokens.get(at).copied().unwrap_or(Token::Line)
    }

    fn before(&self, count: usize) -> Token<'t> {
        self.at.checked_sub(count).map_or(Token::Line, |at| self.tokens[at])
    }

    /// The name and the literal at this place, if it is a literal that is all that a name is given.
    fn pair(&self) -> Option<Pair> {
        let value = match self.token(self.at) {
            Token::String(text) | Token::Number(text) => text,
            _ => return None,
        };
        if !self.ends_expression() {
            return None;
        }
        let (name, is_default) = self.name()?;
        let counts = !is_default || !reads_like_words(value);
        counts.then(|| Pair::new(name, name, value))
    }

    /// Whether the expression ends behind this literal. What only encodes it does not count.
    fn ends_expression(&self) -> bool {
        const SAME: &[&str] = &[
            "encode",
            "getBytes",
            "toCharArray",
            "as_bytes",
            "to_string",
            "to_owned",
            "into",
            "strip",
            "trim",
            "freeze",
        ];
        match (self.token(self.at + 1), self.token(self.at + 2)) {
            (Token::Line, next) => !matches!(next, Token::Sign("+" | "." | "%" | "||" | "?")),
            (Token::Sign("," | ")" | "]" | "}" | ";"), _) => true,
            (Token::Sign("."), Token::Name(method)) => SAME.contains(&method),
            (Token::Name("if" | "unless" | "as"), _) => true,
            _ => false,
        }
    }

    /// The name that the literal is given, and whether it is only the default of one.
    fn name(&self) -> Option<(&'t str, bool)> {
        match self.before(1) {
            Token::Sign("=" | ":=" | "=>") => self.assigned().map(|name| (name, false)),
            Token::Sign(":") => self.key().map(|name| (name, false)),
            Token::Sign("||" | "??") | Token::Name("or") => self.assigned().map(|name| (name, true)),
            Token::Sign(",") => self.argument(),
            Token::Sign("(") => self.setter().map(|name| (name, true)),
            Token::Name(name) if is_credential(name) => Some((name, true)),
            _ => None,
        }
    }

    /// The credential's name in the statement before an operator: `a.password =`, `x["password"] =`, `password: str =`.
    fn assigned(&self) -> Option<&'t str> {
        let before = self.tokens[..self.at].iter().rev().skip(1);
        let statement =
            before.take_while(|token| !matches!(token, Token::Line | Token::Sign("," | ";" | "{" | "}" | "(")));
        let mut names = statement.filter_map(|token| match token {
            Token::Name(text) | Token::String(text) => Some(*text),
            _ => None,
        });
        names.find(|name| is_credential(name))
    }

    /// The key of an object or a dictionary.
    fn key(&self) -> Option<&'t str> {
        match self.before(2) {
            Token::Name(name) | Token::String(name) if is_credential(name) => Some(name),
            _ => None,
        }
    }

    /// `define("DB_PASSWORD", "x")`; behind a getter it is a default.
    fn argument(&self) -> Option<(&'t str, bool)> {
        let (Token::String(name), Token::Sign("(")) = (self.before(2), self.before(3)) else { return None };
        let function =
            if let Token::Name(function) = self.before(4) { function.to_ascii_lowercase() } else { String::new() };
        let reads =
            ["get", "env", "read", "fetch", "lookup", "param", "property", "optional", "default", "config", "var"];
        let is_default = reads.iter().any(|word| function.contains(word)) && !function.contains("set");
        is_credential(name).then_some((name, is_default))
    }

    /// `setPassword("x")`, `.password("x")`.
    fn setter(&self) -> Option<&'t str> {
        let Token::Name(function) = self.before(2) else { return None };
        let words = words_of_key(function);
        let is_setter = words.first().is_some_and(|word| ["set", "with", "add", "use"].contains(&word.as_str()))
            || words.len() == 1;
        (is_setter && is_credential(function)).then_some(function)
    }
}

fn is_credential(name: &str) -> bool {
    names::kind_of(name) != NameKind::Ordinary
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        read(text).pairs.into_iter().map(|pair| (pair.key, pair.value)).collect()
    }

    #[test]
    fn literals_of_every_language_are_found() {
        for text in [
            "password = \"Hk4-tWb9\"",
            "self.password = 'Hk4-tWb9'  # why",
            "password: str = \"Hk4-tWb9\"",
            "x = {\"password\": \"Hk4-tWb9\", \"a\": 1}",
            "conf[\"password\"] = \"Hk4-tWb9\"",
            "connect(user='x', password='Hk4-tWb9')",
            "const password = \"Hk4-tWb9\";",
            "let o = { password: `Hk4-tWb9` };",
            "password := \"Hk4-tWb9\"",
            "var password string = \"Hk4-tWb9\"",
            "private static final String password = \"Hk4-tWb9\";",
            "System.setProperty(\"password\", \"Hk4-tWb9\");",
            "os.Setenv(\"password\", \"Hk4-tWb9\")",
            "builder.password(\"Hk4-tWb9\")",
            "define('password', 'Hk4-tWb9');",
            "'password' => 'Hk4-tWb9',",
            "$password = 'Hk4-tWb9';",
            "password = b\"Hk4-tWb9\".decode()\npassword = \"Hk4-tWb9\".encode()",
            "password = os.getenv(\"password\", \"Hk4-tWb9\")",
            "const password = process.env.X || \"Hk4-tWb9\";",
            "password \"Hk4-tWb9\"",
        ] {
            assert_eq!(found(text), [("password".to_owned(), "Hk4-tWb9".to_owned())], "{text}");
        }
        assert_eq!(found("password = 98237465\n"), [("password".to_owned(), "98237465".to_owned())]);
    }

    #[test]
    fn blanks_and_quotes_without_end_cost_their_length() {
        for text in [" ".repeat(400_000), "'".repeat(400_001), "a\n".repeat(200_000), "`".repeat(400_001)] {
            assert_eq!(found(&text), []);
        }
    }

    #[test]
    fn expressions_are_no_literals() {
        for text in [
            "password = os.getenv('MAPBOX_API_KEY', '')",
            "password = os.environ['POSTGRESQL_PASSWORD']",
            "password = os.environ.get(\"DB_PASSWORD\", \"admin\")",
            "access_token = fetch_token(\n    url,\n)",
            "password = \"a\" + b",
            "password = prefix + \"a\"",
            "if password == \"Hk4-tWb9\":",
            "password = get(\"x\")[\"y\"]",
            "x = {\"password\": self.password, \"a\": 1}",
            "def password(self) -> str:\n    return x(self._password, CACHE)",
            "check(pwhash=user.password, password=user_dict[\"password\"])",
            "# password = \"Hk4-tWb9\"",
            "password = \"%s\" % x",
            "token = read(\"token\")",
            "secret(\"db-password\")",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
