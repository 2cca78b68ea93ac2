//! Hosts that a program would connect to: in URLs, connection strings, `host:port` and lists of them.

use super::authorities::authorities;
use super::ports::default_port;
use crate::names;

/// A host that a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The host, in lower case and without a dot at its end.
    pub host: String,
    /// The port beside it.
    pub port: Option<u16>,
    /// The scheme of the URL around it, as `postgresql`.
    pub scheme: Option<String>,
}

impl Mention {
    /// The port that clients connect to: the one beside the host, else that of the scheme.
    pub fn dialled_port(&self) -> Option<u16> {
        self.port.or_else(|| default_port(self.scheme.as_deref()?))
    }
}

/// The words of a key whose value is a host.
const HOST_KEYS: [&str; 13] = [
    "addr", "address", "backend", "broker", "brokers", "endpoint", "host", "hostname", "hosts", "server", "servers",
    "uri", "url",
];

/// The hosts that the value of a variable or argument names. A value that is a host and nothing else is one too.
pub fn mentions(text: &str) -> Vec<Mention> {
    let bare: Option<Vec<_>> = text.split([',', ';']).map(|part| entry(part.trim(), None)).collect();
    bare.unwrap_or_else(|| scan(text))
}

/// The hosts that a file names. A word by itself is one only behind a key that speaks of a host.
pub fn mentions_in_file(text: &str) -> Vec<Mention> {
    let is_comment = |line: &str| ["#", "//", ";"].iter().any(|mark| line.starts_with(mark));
    let lines = text.lines().map(str::trim).filter(|line| !is_comment(line));
    lines.flat_map(|line| value_of_host_key(line).map_or_else(|| scan(line), mentions)).collect()
}

fn value_of_host_key(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(['=', ':'])?;
    let key = key.trim().trim_matches(['"', '\'', '-', ' ']).to_lowercase();
    let last = key.rsplit(['.', '_', '-', ' ']).next()?;
    let value = value.trim().trim_end_matches([',', ';']).trim_matches(['"', '\'']);
    Some(value).filter(|value| HOST_KEYS.contains(&last) && !value.is_empty())
}

/// The hosts in a text by what is around them: those of URLs, and words between URLs.
fn scan(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut position = 0;
    for authority in authorities(text) {
        // A URL in the path or query of another is part of it.
        if authority.scheme.start < position {
            continue;
        }
        found.extend(words(&text[position..authority.scheme.start]));
        let scheme = authority.scheme_name();
        found.extend(authority.entries().filter_map(|host| entry(host, Some(&scheme))));
        position = path_end(text, authority.hosts.end);
    }
    found.extend(words(&text[position..]));
    found
}

/// Where the path behind the hosts of a URL ends; the next URL or host is behind a gap.
fn path_end(text: &str, start: usize) -> usize {
    let gap = |letter: char| letter.is_ascii_whitespace() || "\"'`,;|".contains(letter);
    text[start..].find(gap).map_or(text.len(), |length| start + length)
}

/// The words of a text that are hosts beyond doubt: with a port, or with the domain of Services.
fn words(text: &str) -> impl Iterator<Item = Mention> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || ".-_:/@$%\\".contains(letter);
    text.split(move |letter: char| !is_part(letter)).filter_map(word)
}

fn word(word: &str) -> Option<Mention> {
    // Of `@//host` and `user@host` the host; paths and images hold no hosts.
    let word = word.rsplit('@').next()?.trim_start_matches("//");
    let word = word.split('/').next()?.trim_end_matches(['.', ':']);
    let mut parts = word.split(':');
    let mention = mention(parts.next()?, parts.next().and_then(port), None)?;
    let is_service = mention.host.contains(".svc.") || mention.host.ends_with(".svc");
    Some(mention).filter(|mention| mention.port.is_some() || is_service)
}

/// A text that is one host, with or without a port.
fn entry(text: &str, scheme: Option<&str>) -> Option<Mention> {
    match text.split_once(':') {
        None => mention(text, None, scheme),
        Some((host, number)) => mention(host, Some(port(number)?), scheme),
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|number| *number > 0)
}

/// A mention, if the text can be the name or address of a host. A number alone is none.
fn mention(host: &str, port: Option<u16>, scheme: Option<&str>) -> Option<Mention> {
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_host = names::is_host_name(host) && !name.bytes().all(|byte| byte.is_ascii_digit());
    is_host.then(|| Mention { host: name.to_ascii_lowercase(), port, scheme: scheme.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mentions: &[Mention]) -> Vec<String> {
        let tell = |mention: &Mention| {
            let port = mention.dialled_port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}{port}", mention.host)
        };
        mentions.iter().map(tell).collect()
    }

    #[test]
    fn values_name_hosts_in_many_ways() {
        let cases: [(&str, &[&str]); 39] = [
            ("db", &["db"]),
            ("db:5432", &["db:5432"]),
            ("db.data", &["db.data"]),
            ("db.data.svc.cluster.local.", &["db.data.svc.cluster.local"]),
            ("http://api", &["api:80"]),
            ("https://api.shop.svc/v1?x=db:1", &["api.shop.svc:443"]),
            ("postgres://user:p%40ss@db:6432/shop?sslmode=require", &["db:6432"]),
            ("postgresql+asyncpg://db/shop", &["db:5432"]),
            ("jdbc:postgresql://db1:5432,db2:5433/shop", &["db1:5432", "db2:5433"]),
            ("jdbc:sqlserver://sql:1433;databaseName=shop", &["sql:1433"]),
            ("jdbc:oracle:thin:@//ora:1521/x", &["ora:1521"]),
            ("mongodb+srv://m.data.svc/x", &["m.data.svc:27017"]),
            ("amqp://guest:guest@mq:5672//", &["mq:5672"]),
            ("nats://n1:4222,nats://n2:4222", &["n1:4222", "n2:4222"]),
            ("http://a:1/x,http://b:2/y", &["a:1", "b:2"]),
            ("k-0.k:9092,k-1.k:9092", &["k-0.k:9092", "k-1.k:9092"]),
            ("Server=tcp:sql,1433", &[]),
            ("--upstream=http://api:8080 --peer cache:6379", &["api:8080", "cache:6379"]),
            ("exec web --db db.data.svc", &["db.data.svc"]),
            ("wait for db to come up", &[]),
            ("registry.example.com/redis:7", &[]),
            ("/var/lib/redis", &[]),
            ("8080", &[]),
            ("0.5", &["0.5"]),
            ("12:30:45", &[]),
            ("HTTP://Api.Shop.SVC:8080", &["api.shop.svc:8080"]),
            ("http://login?next=http://other:1/x http://api:2", &["login:80", "api:2"]),
            ("${SCHEME}://api:8080/x", &["api:8080"]),
            ("postgres://shop:$(DB_PASSWORD)@db:5432/shop", &["db:5432"]),
            ("postgres://$(DB_USER):$(DB_PASSWORD)@db/shop", &["db:5432"]),
            ("postgres://shop:${DB_PASSWORD}@db:5432/shop", &["db:5432"]),
            ("postgres://shop:<path:kv/data/x#y>@db:5432/shop", &["db:5432"]),
            ("postgres://shop:<password>@db:5432/shop", &["db:5432"]),
            ("postgres://shop:{{ .password }}@db:5432/shop", &["db:5432"]),
            ("postgres://shop:vault:secret/data/x#y@db:5432/shop", &["db:5432"]),
            ("postgres://shop:a(b)c[d]{e}f|g@db:5432/shop", &["db:5432"]),
            ("redis://:$(REDIS_PASSWORD)@r1:1,r2:2,$(R3):3/0", &["r1:1", "r2:2"]),
            ("http://$(HOST):8080/x http://api:1", &["api:1"]),
            ("$(HOST):8080", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(told(&mentions(text)), expected, "{text}");
        }
    }

    #[test]
    fn files_name_hosts_where_their_keys_say_so() {
        let file = "# db: old:1\nspring.redis.host=cache\ncache: redis\n  server: 'db'\nproxy_pass http://api:8080;\nimage: web:v1\ntargets: ['a:9100', \"b.x.svc\"]\nurl: \"postgres://shop:${PASSWORD}@pg:1/shop\"\n";
        assert_eq!(told(&mentions_in_file(file)), ["cache", "db", "api:8080", "a:9100", "b.x.svc", "pg:1"]);
    }
}
