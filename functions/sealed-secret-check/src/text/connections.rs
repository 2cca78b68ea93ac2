//! Passwords in addresses and connection strings.

use std::ops::Range;

use super::values::placeholder;

/// A password in an address or a connection string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Password {
    /// What it stands in.
    pub(crate) what: &'static str,
    /// Where it stands.
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
    let mut passwords = Vec::new();
    let mut from = 0;
    while let Some(found) = text[from..].find("://") {
        let authority_at = from + found + "://".len();
        from = authority_at;
        let has_scheme = text[..authority_at - "://".len()].ends_with(|letter: char| letter.is_ascii_alphanumeric());
        let (end, at_sign) = authority(text, authority_at);
        let Some(at_sign) = at_sign.filter(|_| has_scheme) else { continue };
        let user_end = text[authority_at..at_sign].find(':').map(|colon| authority_at + colon);
        if let Some(colon) = user_end {
            passwords.push(Password { what: "a password in an address", range: colon + 1..at_sign });
        }
        from = end;
    }
    passwords
}

/// Where an authority ends, and its last `@`. A placeholder in it may hold any letter.
fn authority(text: &str, from: usize) -> (usize, Option<usize>) {
    let mut at = from;
    let mut at_sign = None;
    while let Some(letter) = text[at..].chars().next() {
        if let Some(placeholder) = placeholder(&text[at..]).filter(|_| !text[at..].starts_with("vault:")) {
            at += placeholder.length;
            // A variable like `$name` takes what may follow a password too.
            if letter == '$' && text[at..].is_empty() {
                break;
            }
            continue;
        }
        if "/?#\"'`<>,\\".contains(letter) || letter.is_whitespace() {
            break;
        }
        if letter == '@' {
            at_sign = Some(at);
        }
        at += letter.len_utf8();
    }
    (at, at_sign)
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

/// The length in bytes up to which a password is read.
const LONGEST: usize = 1024;

/// The value of a parameter without its quotes.
fn parameter(text: &str, start: usize) -> Range<usize> {
    let text = super::head(text, start + LONGEST);
    let rest = &text[start..];
    if let Some(quote) = rest.chars().next().filter(|letter| "\"'".contains(*letter)) {
        let end = rest[1..].find([quote, '\n']).map_or(text.len(), |length| start + 1 + length);
        return start + 1..end;
    }
    let mut at = start;
    while let Some(letter) = text[at..].chars().next() {
        if let Some(placeholder) = placeholder(&text[at..]) {
            at += placeholder.length;
        } else if "&;\"'`,<>".contains(letter) || letter.is_whitespace() {
            break;
        } else {
            at += letter.len_utf8();
        }
    }
    start..at
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
