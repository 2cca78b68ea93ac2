//! URLs and their parts: `scheme://user:password@host:port,host:port/path`.

use std::ops::Range;

use super::placeholders::letters_outside;

/// The authority of a URL in a text. All ranges are in bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority<'t> {
    text: &'t str,
    /// The last word of the scheme, as `postgresql+asyncpg` or the `postgresql` of `jdbc:postgresql`; empty if a
    /// placeholder is in its place.
    pub scheme: Range<usize>,
    /// What is before the last `@`, if there is one.
    pub userinfo: Option<Range<usize>>,
    /// What is behind the first colon of the `userinfo`, if there is one.
    pub password: Option<Range<usize>>,
    /// The list of hosts with their ports.
    pub hosts: Range<usize>,
}

/// Every authority in a text, in order. What ends one in a text is no part of it: white space, quotes, brackets, and a
/// comma before another URL. Only user and password may hold brackets, semicolons and commas.
pub fn authorities(text: &str) -> impl Iterator<Item = Authority<'_>> {
    let mut position = 0;
    std::iter::from_fn(move || {
        loop {
            let mark = position + text[position..].find(SCHEME_MARK)?;
            position = mark + SCHEME_MARK.len();
            if let Some(scheme) = scheme_before(text, mark) {
                let authority = Authority::at(text, scheme, position);
                position = authority.hosts.end;
                return Some(authority);
            }
        }
    })
}

const SCHEME_MARK: &str = "://";

impl<'t> Authority<'t> {
    fn at(text: &'t str, scheme: Range<usize>, start: usize) -> Self {
        let userinfo = user_end(text, start).map(|end| start..end);
        let hosts_start = userinfo.as_ref().map_or(start, |userinfo| userinfo.end + 1);
        let password = userinfo.clone().and_then(|userinfo| password_in(text, userinfo));
        Self { text, scheme, userinfo, password, hosts: hosts_start..hosts_end(text, hosts_start) }
    }

    /// The scheme in lower case without its driver: `postgresql` of `postgresql+asyncpg`.
    pub fn scheme_name(&self) -> String {
        self.text[self.scheme.clone()].split('+').next().unwrap_or_default().to_ascii_lowercase()
    }

    /// The entries of the list of hosts, without users of their own: `host`, `host:port`, or placeholders among them.
    pub fn entries(&self) -> impl Iterator<Item = &'t str> {
        let text = &self.text[..self.hosts.end];
        let mut start = self.hosts.start;
        let commas = letters_outside(text, start).filter(|(_, letter)| *letter == ',').map(|(at, _)| at);
        commas.chain([text.len()]).map(move |end| {
            let entry = &text[start..end];
            start = end + 1;
            entry.rsplit_once('@').map_or(entry, |(_, entry)| entry)
        })
    }
}

/// The scheme that ends before `://`, if there is one. A placeholder may be in its place.
fn scheme_before(text: &str, mark: usize) -> Option<Range<usize>> {
    let before = &text[..mark];
    let start = before.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || "+.-".contains(letter)).len();
    let ends_scheme = |letter: char| letter.is_ascii_alphanumeric() || ")}>".contains(letter);
    before.ends_with(ends_scheme).then_some(start..mark)
}

/// The `@` that ends user and password.
fn user_end(text: &str, start: usize) -> Option<usize> {
    let mut at_sign = None;
    for (at, letter) in letters_outside(text, start) {
        match letter {
            '@' => at_sign = Some(at),
            ',' | ';' if at_sign.is_some() || is_entry(&text[start..at]) => break,
            _ if ends_url(letter) => break,
            _ => {}
        }
    }
    at_sign
}

fn ends_url(letter: char) -> bool {
    matches!(letter, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>' | '\\') || letter.is_whitespace()
}

/// Whether a text reads like an entry of a list of hosts, rather than like user and password: its port, if it has one, is
/// a number or a placeholder.
fn is_entry(text: &str) -> bool {
    let colon = letters_outside(text, 0).filter(|(_, letter)| *letter == ':').last();
    colon.is_none_or(|(at, _)| {
        at + 1 < text.len() && letters_outside(text, at + 1).all(|(_, letter)| letter.is_ascii_digit())
    })
}

fn password_in(text: &str, userinfo: Range<usize>) -> Option<Range<usize>> {
    let (colon, _) = letters_outside(&text[..userinfo.end], userinfo.start).find(|(_, letter)| *letter == ':')?;
    Some(colon + 1..userinfo.end)
}

/// Where a list of hosts ends.
fn hosts_end(text: &str, start: usize) -> usize {
    let ends = |at: usize, letter: char| {
        ends_url(letter)
            || matches!(letter, '(' | ')' | '{' | '}' | ';' | '|')
            || (letter == ',' && begins_url(&text[at + 1..]))
    };
    letters_outside(text, start).find(|(at, letter)| ends(*at, *letter)).map_or(text.len(), |(at, _)| at)
}

fn begins_url(text: &str) -> bool {
    let behind = text.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || "+.-:".contains(letter));
    behind.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        // Scheme, password and hosts of each URL.
        type Parts = (&'static str, Option<&'static str>, &'static [&'static str]);
        let cases: [(&str, &[Parts]); 32] = [
            ("no url", &[]),
            ("see ://x:y@z", &[]),
            ("http://api", &[("http", None, &["api"])]),
            ("HTTPS://Api:8443/a:b@c", &[("https", None, &["Api:8443"])]),
            ("http://[::1]:80/", &[("http", None, &["[::1]:80"])]),
            ("https://user@host:8443/a", &[("https", None, &["host:8443"])]),
            ("postgres://shop:Mz6@db:5432/x", &[("postgres", Some("Mz6"), &["db:5432"])]),
            ("postgresql+asyncpg://u:@db", &[("postgresql", Some(""), &["db"])]),
            ("jdbc:postgresql://db1:5432,db2:5433/shop", &[("postgresql", None, &["db1:5432", "db2:5433"])]),
            ("jdbc:sqlserver://sql:1433;user=a;password=b@c", &[("sqlserver", None, &["sql:1433"])]),
            ("--cache=redis://:a@b", &[("redis", Some("a"), &["b"])]),
            ("amqp://u:p1@h1,amqp://u:p2@h2", &[("amqp", Some("p1"), &["h1"]), ("amqp", Some("p2"), &["h2"])]),
            ("amqp://u:p1@h1,u:p2@h2", &[("amqp", Some("p1"), &["h1", "h2"])]),
            ("http://a:1,jdbc:x://b:2", &[("http", None, &["a:1"]), ("x", None, &["b:2"])]),
            ("http://a:1/x,http://b:2/y", &[("http", None, &["a:1"]), ("http", None, &["b:2"])]),
            ("http://a:1,x@y", &[("http", None, &["a:1", "y"])]),
            ("(http://api:8080)", &[("http", None, &["api:8080"])]),
            ("proxy_pass http://api:8080;", &[("http", None, &["api:8080"])]),
            ("postgres://u:p@ss@db/x", &[("postgres", Some("p@ss"), &["db"])]),
            ("postgres://u:p(w)[d]{1}|2@db/x", &[("postgres", Some("p(w)[d]{1}|2"), &["db"])]),
            ("postgres://u:p,w;d@db/x", &[("postgres", Some("p,w;d"), &["db"])]),
            ("postgres://u:$(DB_PASSWORD)@db:1/x", &[("postgres", Some("$(DB_PASSWORD)"), &["db:1"])]),
            ("postgres://$USER:Lit3@db", &[("postgres", Some("Lit3"), &["db"])]),
            ("postgres://<path:kv/x#u>:<path:kv/x#y>@db/x", &[("postgres", Some("<path:kv/x#y>"), &["db"])]),
            ("postgres://u:<password>@<host>:1/x", &[("postgres", Some("<password>"), &["<host>:1"])]),
            ("<a>http://api:1<b>x@y</b></a>", &[("http", None, &["api:1"])]),
            ("postgres://u:vault:kv/x#y@db/x", &[("postgres", Some("vault:kv/x#y"), &["db"])]),
            ("http://vault:8200/ui#/a", &[("http", None, &["vault:8200"])]),
            (
                "x://u:ref+vault://kv/x#/y@db/x y://h",
                &[("x", Some("ref+vault://kv/x#/y"), &["db"]), ("y", None, &["h"])],
            ),
            ("${SCHEME}://api:8080/x", &[("", None, &["api:8080"])]),
            ("nats://${HOSTS:-a,b,c}:1,d:2/x", &[("nats", None, &["${HOSTS:-a,b,c}:1", "d:2"])]),
            ("x://{{ .u }}:{{ .p }}@{{ .h }}", &[("x", Some("{{ .p }}"), &["{{ .h }}"])]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = authorities(text).collect();
            let parts: Vec<_> = found
                .iter()
                .map(|authority| {
                    let password = authority.password.clone().map(|range| &text[range]);
                    (authority.scheme_name(), password, authority.entries().collect::<Vec<_>>())
                })
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(scheme, password, hosts)| (scheme.to_string(), *password, hosts.to_vec()))
                .collect();
            assert_eq!(parts, expected, "{text}");
        }
    }
}
