//! Credentials behind a name and a blank: `requirepass x`, `PASSWORD 'x'` of SQL, `.netrc`, `.pgpass`, `sasl_passwd`.

use super::names::{NameKind, has_stem, kind_of};
use super::pair::Pair;
use super::values::{Content, content_of};
use super::words::reads_like_words;

/// The credentials of the lines of a text.
pub(super) fn pairs(text: &str) -> Vec<Pair> {
    if !text.contains([' ', '\t', ':']) {
        return Vec::new();
    }
    text.lines().flat_map(of_line).collect()
}

fn of_line(line: &str) -> Vec<Pair> {
    let line = line.trim();
    if line.len() < 8 || line.len() > 4096 || line.starts_with(['#', ';', '"']) || line.starts_with("//") {
        return Vec::new();
    }
    let mut pairs: Vec<_> = of_fields(line).into_iter().collect();
    pairs.extend(identified(line));
    pairs.extend(of_redis_user(line));
    if pairs.is_empty() && has_stem(line) {
        pairs = of_words(line);
    }
    pairs
}

/// A name of a credential and the word behind it, where the word looks generated.
fn of_words(line: &str) -> Vec<Pair> {
    let words: Vec<_> = line.split_whitespace().collect();
    let pair = |pair: &[&str]| {
        let name = pair[0].trim_matches(['"', '\'', '(']);
        let is_name =
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)) && !name.starts_with('-');
        if !is_name || !matches!(kind_of(name), NameKind::Credential | NameKind::Weak) {
            return None;
        }
        let value = pair[1].trim_end_matches([';', ',', ')']);
        let value = unquoted(value);
        let is_own = value.len() >= 6 && !reads_like_words(value) && content_of(value) == Content::Literal;
        let is_own = is_own && !value.contains(['=', '(', '{', '<', ':', '"', '\''])
            || is_own && value.len() >= 8 && pair[1].starts_with(['"', '\'']);
        is_own.then(|| Pair::new(name, name, value))
    };
    words.windows(2).filter_map(pair).collect()
}

fn unquoted(word: &str) -> &str {
    let quote = word.chars().next().filter(|letter| "\"'".contains(*letter));
    quote.and_then(|quote| word[1..].split_once(quote)).map_or(word, |(inner, _)| inner)
}

/// `user x on >password` of Redis.
fn of_redis_user(line: &str) -> Option<Pair> {
    let words = line.strip_prefix("user ")?.split_whitespace();
    let passwords = words.filter_map(|word| word.strip_prefix('>')).filter(|word| !word.is_empty());
    passwords.map(|value| Pair::new("user", "password", value)).next()
}

/// `CREATE USER x PASSWORD 'y'`, `IDENTIFIED BY 'y'`, `IDENTIFIED WITH z BY 'y'`, `= PASSWORD('y')`.
fn identified(line: &str) -> Vec<Pair> {
    if !line.contains(['\'', '"']) {
        return Vec::new();
    }
    let lower = line.to_ascii_lowercase();
    let mut pairs = Vec::new();
    for (mark, is_sql) in [
        ("password '", true),
        ("password('", true),
        (" by '", lower.contains("identified ")),
        (" by \"", lower.contains("identified ")),
    ] {
        for (at, _) in lower.match_indices(mark).filter(|_| is_sql) {
            let start = at + mark.len();
            let quote = char::from(line.as_bytes()[start - 1]);
            let is_statement = ["create ", "alter ", "grant ", "set ", "identified ", "with ", "execute "]
                .iter()
                .any(|word| lower.contains(word));
            if let Some(end) = line[start..].find(quote).filter(|_| is_statement) {
                pairs.push(Pair::new("password", "password", &line[start..start + end]));
            }
        }
    }
    pairs
}

/// `host:5432:db:user:password`, and `[host]:587 user:password`.
fn of_fields(line: &str) -> Option<Pair> {
    if line.bytes().filter(|byte| *byte == b':').count() < 2 {
        return None;
    }
    let fields: Vec<_> = line.split(':').collect();
    let is_port = |text: &str| text == "*" || text.parse::<u16>().is_ok();
    let value = match fields.as_slice() {
        [host, port, _, user, password] if is_port(port) && !host.contains([' ', '/']) && !user.contains(' ') => {
            password
        }
        [host, rest, password] if host.starts_with('[') && host.ends_with(']') && rest.contains([' ', '\t']) => {
            password
        }
        _ => return None,
    };
    (!value.is_empty() && !value.contains([' ', '/'])).then(|| Pair::new("password", "password", value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_in_lines() {
        let cases: [(&str, &[&str]); 18] = [
            ("requirepass Hk4-tWb9", &["Hk4-tWb9"]),
            ("masterauth \"Hk4-tWb9\"", &["Hk4-tWb9"]),
            ("machine x login y password Hk4-tWb9", &["Hk4-tWb9"]),
            ("user admin insecure-password Hk4-tWb9", &["Hk4-tWb9"]),
            ("user default on >Hk4-tWb9 ~* +@all", &["Hk4-tWb9"]),
            ("db:5432:shop:shop:Hk4-tWb9", &["Hk4-tWb9"]),
            ("*:*:*:shop:Hk4-tWb9", &["Hk4-tWb9"]),
            ("[smtp.example.com]:587 shop:Hk4-tWb9", &["Hk4-tWb9"]),
            ("CREATE USER shop WITH PASSWORD 'Hk4-tWb9';", &["Hk4-tWb9"]),
            ("CREATE USER shop IDENTIFIED BY 'Hk4-tWb9';", &["Hk4-tWb9"]),
            ("ALTER USER a IDENTIFIED WITH b BY 'Hk4-tWb9';", &["Hk4-tWb9"]),
            ("proxy_set_header X-API-Key \"Hk4-tWb9\";", &["Hk4-tWb9"]),
            ("the password is stored in the vault", &[]),
            ("proxy_pass http://x;", &[]),
            ("auth_basic_user_file /etc/x;", &[]),
            ("token bucket of 100 requests", &[]),
            ("password required pam_unix.so", &[]),
            ("# requirepass Hk4-tWb9", &[]),
        ];
        for (line, expected) in cases {
            let found: Vec<_> = pairs(line).into_iter().map(|pair| pair.value).collect();
            assert_eq!(found, expected, "{line}");
        }
    }
}
