//! Passwords in addresses and connection strings.

use std::ops::Range;
use std::sync::LazyLock;

use krm::needles::Needles;

use manifests::addresses::{Authority, authorities, placeholder};

use super::words::reads_like_words;

/// A password in an address or a connection string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Password {
    /// What it is, as a noun.
    pub(crate) what: &'static str,
    /// Where it is, in bytes.
    pub(crate) range: Range<usize>,
}

/// Every password in the addresses and connection strings of a text, whatever it is worth.
pub(crate) fn passwords(text: &str) -> Vec<Password> {
    let mut passwords = Vec::new();
    if text.contains("://") {
        passwords.extend(in_addresses(text));
    }
    if text.contains('=') {
        passwords.extend(in_parameters(text));
    }
    if text.contains(['@', '/']) {
        passwords.extend(before_hosts(text));
    }
    passwords
}

/// `scheme://user:password@host`, and `scheme://token@host`.
fn in_addresses(text: &str) -> Vec<Password> {
    let password = |authority: Authority<'_>| {
        let hosts = &text[authority.hosts.clone()];
        match (authority.password, authority.userinfo) {
            (Some(range), _) => Some(Password { what: "a password in an address", range }),
            // The user of a Sentry address is a public key.
            (None, Some(range)) if is_generated(&text[range.clone()]) && !hosts.contains("sentry") => {
                Some(Password { what: "a token in an address", range })
            }
            _ => None,
        }
    };
    authorities(text).filter_map(password).collect()
}

/// Whether a text is long enough for a token and reads like no word.
fn is_generated(text: &str) -> bool {
    text.len() >= 16
        && !reads_like_words(text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}

/// The names of parameters that are passwords, wherever they are, and of those that are credentials in queries and lists.
const PASSWORDS: [&str; 4] = ["password", "passwd", "pwd", "passphrase"];
const CREDENTIALS: [&str; 13] = [
    "accountkey",
    "sharedaccesskey",
    "sharedsecretkey",
    "sharedaccesssignature",
    "sig",
    "access_token",
    "auth_token",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "client_secret",
    "secret",
];

/// `password=...` behind `?`, `&`, `;`, `,` or a blank: JDBC, ADO.NET, libpq, JAAS, StackExchange.Redis; and the parameters of
/// queries and of Azure's connection strings.
fn in_parameters(text: &str) -> Vec<Password> {
    static NAMES: LazyLock<Needles> =
        LazyLock::new(|| Needles::ignoring_case(PASSWORDS.into_iter().chain(CREDENTIALS)));
    if !NAMES.are_in(text) {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let find = |name: &'static str, before: &'static [u8]| {
        let places = lower.match_indices(name).filter_map(move |(at, _)| {
            let is_word = at == 0 || before.contains(&text.as_bytes()[at - 1]);
            let value = text[at + name.len()..]
                .trim_start_matches(' ')
                .strip_prefix('=')
                .filter(|value| !value.starts_with(['=', '~']));
            value.filter(|_| is_word).map(|value| (at, text.len() - value.trim_start_matches(' ').len()))
        });
        places.map(|(at, start)| within_query(text, at, parameter(text, start))).collect::<Vec<_>>()
    };
    let what = "a password in a connection string";
    let passwords = PASSWORDS.into_iter().flat_map(|name| find(name, b"?&;, \t\n\"'"));
    // The last argument of a call, `connect(user=u, password=p)`, is a variable.
    let is_variable = |range: &Range<usize>| {
        text[range.clone()].strip_suffix(')').is_some_and(|name| !name.contains('(') && reads_like_words(name))
    };
    let passwords = passwords.filter(|range| !is_variable(range)).map(|range| Password { what, range });
    let is_own = |range: &Range<usize>| {
        let value = &text[range.clone()];
        value.len() >= 8 && (!reads_like_words(value) || value.contains(['%', '+']))
    };
    let tokens = CREDENTIALS.into_iter().flat_map(|name| find(name, b"?&;")).filter(is_own);
    passwords
        .chain(tokens.map(|range| Password { what: "a credential in an address or a connection string", range }))
        .collect()
}

/// `user:password@tcp(host)` of Go's MySQL driver, and `thin:user/password@host` of Oracle.
fn before_hosts(text: &str) -> Vec<Password> {
    let mut passwords = Vec::new();
    for mark in ["@tcp(", "@unix(", "@tcp6("] {
        for (end, _) in text.match_indices(mark) {
            let start = word_start(&text[..end]);
            let user = text[start..end].find(':');
            passwords.extend(user.map(|colon| start + colon + 1..end));
        }
    }
    for mark in ["oracle:thin:", "oracle:oci:"] {
        for (at, _) in text.match_indices(mark) {
            let start = at + mark.len();
            let end = start + word_end(&text[start..]);
            let user = text[start..end].find('/').filter(|slash| *slash > 0);
            let password = user.and_then(|slash| Some(start + slash + 1..start + text[start..end].rfind('@')?));
            passwords.extend(password.filter(|range| range.start < range.end));
        }
    }
    passwords.into_iter().map(|range| Password { what: "a password in a connection string", range }).collect()
}

fn word_start(text: &str) -> usize {
    text.rfind(|letter: char| letter.is_whitespace() || "\"'`=".contains(letter)).map_or(0, |at| at + 1)
}

/// How many letters of a password are read.
const LONGEST: usize = 1024;

/// The value of a parameter without its quotes.
fn parameter(text: &str, start: usize) -> Range<usize> {
    let rest = &text[start..];
    let rest = rest.char_indices().nth(LONGEST).map_or(rest, |(end, _)| &rest[..end]);
    let quote = rest.chars().next().filter(|letter| "\"'".contains(*letter));
    match quote {
        Some(quote) => start + 1..start + rest[1..].find([quote, '\n']).map_or(rest.len(), |length| 1 + length),
        None => start..start + word_end(rest),
    }
}

/// The value of a parameter of a query, whose name begins there, without the fragment of the address behind it.
fn within_query(text: &str, name: usize, value: Range<usize>) -> Range<usize> {
    if !text[..name].ends_with(['?', '&']) {
        return value;
    }
    let mut at = value.start;
    while let Some(letter) = text[at..value.end].chars().next() {
        match placeholder(&text[at..value.end]) {
            Some(placeholder) => at += placeholder.length,
            None if letter == '#' && at > value.start => return value.start..at,
            None => at += letter.len_utf8(),
        }
    }
    value
}

/// Where a value without quotes ends; a placeholder in it may hold any letter.
fn word_end(text: &str) -> usize {
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        if let Some(placeholder) = placeholder(&text[at..]) {
            at += placeholder.length;
        } else if "&;\"'`,<>".contains(letter) || letter.is_whitespace() {
            break;
        } else {
            at += letter.len_utf8();
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_cut_out_of_connections() {
        let cases: &[(&str, &[&str])] = &[
            ("postgres://shop:Mz6-rTk3@db:5432/x", &["Mz6-rTk3"]),
            ("redis://:Bq4-wLx7@cache:6379/0", &["Bq4-wLx7"]),
            ("--cache=redis://:a@b", &["a"]),
            ("mongodb+srv://sink:Ew8@d.example.com", &["Ew8"]),
            ("amqp://u:p1@h1,amqp://u:p2@h2", &["p1", "p2"]),
            ("postgres://u:p@ss@db/x", &["p@ss"]),
            ("postgres://u:$(DB_PASSWORD)@db/x", &["$(DB_PASSWORD)"]),
            ("postgres://u:<path:kv/data/x#y>@db/x", &["<path:kv/data/x#y>"]),
            ("postgres://shop:Xb6-m@<path:kv/x#host>/shop", &["Xb6-m"]),
            ("postgres://<path:kv/x#user>:<path:kv/x#password>@db/x", &["<path:kv/x#password>"]),
            ("jdbc:sqlserver://sql:1433;user=a;password=b@c", &["b@c"]),
            ("postgres://{{ .user }}:{{ .password }}@db", &["{{ .password }}"]),
            ("https://user@host:8443/a", &[]),
            ("https://host:8443/a:b@c", &[]),
            ("http://[::1]:80/", &[]),
            ("see ://x:y@z", &[]),
            ("jdbc:postgresql://db/x?user=u&password=Pd3", &["Pd3"]),
            ("Server=db,1433;User Id=u;Password=Kf5;Encrypt=true", &["Kf5"]),
            ("host=db password=Jt9 dbname=x", &["Jt9"]),
            ("required username=\"u\" password=\"Cv7 x\";", &["Cv7 x"]),
            ("password = 'x'", &["x"]),
            ("<input type=\"password\" name=\"password\">", &[]),
            ("security.password.encoder=bcrypt", &[]),
            ("PASSWORD_MIN_LENGTH=12", &[]),
            ("DB_PASSWORD=x", &[]),
            ("h:6379,password=Hk4,ssl=True", &["Hk4"]),
            ("shop:Hk4@tcp(db:3306)/shop", &["Hk4"]),
            ("jdbc:oracle:thin:shop/Hk4@db:1521:x", &["Hk4"]),
            ("jdbc:oracle:thin:@db:1521:x", &[]),
            ("AccountName=x;AccountKey=Hk4tWb9Nk7q+/==;EndpointSuffix=y", &["Hk4tWb9Nk7q+/=="]),
            ("https://x/y?token=Hk4tWb9Nk7q&z=1", &["Hk4tWb9Nk7q"]),
            ("https://Hk4tWb9Nk7qHk4tWb9@github.com/x", &["Hk4tWb9Nk7qHk4tWb9"]),
            ("https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1", &[]),
            ("https://x/y?token=refresh", &[]),
            ("if password == \"x\"", &[]),
            ("connect(user=u, password=p)", &[]),
            ("http://h/x?user={{ .u }}&password={{ .p }}#video=copy", &["{{ .p }}"]),
            ("http://h/x?password=Hk4#top", &["Hk4"]),
            ("http://h/x?password=#Hk4", &["#Hk4"]),
            ("http://h/x?password=<path:kv/x#y>#top", &["<path:kv/x#y>"]),
            ("Server=db;Password=Hk4#t", &["Hk4#t"]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = passwords(text).into_iter().map(|password| &text[password.range]).collect();
            assert_eq!(found, *expected, "{text}");
        }
    }
}
