//! Passwords in addresses and connection strings.

use std::ops::Range;

use manifests::addresses::{authorities, placeholder};

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
    let mut passwords = in_addresses(text);
    passwords.extend(in_parameters(text));
    passwords
}

/// `scheme://user:password@host`.
fn in_addresses(text: &str) -> Vec<Password> {
    let passwords = authorities(text).filter_map(|authority| authority.password);
    passwords.map(|range| Password { what: "a password in an address", range }).collect()
}

/// `password=...` behind `?`, `&`, `;` or a blank: JDBC, ADO.NET, libpq and JAAS.
fn in_parameters(text: &str) -> Vec<Password> {
    const NAMES: [&str; 3] = ["password", "passwd", "pwd"];
    if !text.contains('=') {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let mut passwords = Vec::new();
    for name in NAMES {
        for (at, _) in lower.match_indices(name) {
            let is_word = at == 0 || b"?&; \t\n".contains(&text.as_bytes()[at - 1]);
            let value = text[at + name.len()..].trim_start_matches(' ').strip_prefix('=');
            if let Some(value) = value.filter(|_| is_word) {
                let start = text.len() - value.trim_start_matches(' ').len();
                passwords.push(Password { what: "a password in a connection string", range: parameter(text, start) });
            }
        }
    }
    passwords
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
        ];
        for (text, expected) in cases {
            let found: Vec<_> = passwords(text).into_iter().map(|password| &text[password.range]).collect();
            assert_eq!(found, *expected, "{text}");
        }
    }
}
