//! Host names in texts: URLs, connection strings, `host:port` and lists of them.

/// A host that a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    /// The host, in lower case and without a dot at its end.
    pub(crate) host: String,
    /// The port beside it.
    pub(crate) port: Option<u16>,
    /// The scheme of the URL that it stands in, as `postgresql`.
    pub(crate) scheme: Option<String>,
}

impl Mention {
    /// The port that clients of this scheme connect to if none is given.
    pub(crate) fn dialled_port(&self) -> Option<u16> {
        let default = |scheme: &str| DEFAULT_PORTS.iter().find(|(known, _)| *known == scheme).map(|(_, port)| *port);
        self.port.or_else(|| default(self.scheme.as_deref()?))
    }
}

/// Ports that clients take for granted, by scheme; from the documentation of each client.
const DEFAULT_PORTS: [(&str, u16); 19] = [
    ("http", 80),
    ("https", 443),
    ("ws", 80),
    ("wss", 443),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("mysql", 3306),
    ("mariadb", 3306),
    ("sqlserver", 1433),
    ("mongodb", 27017),
    ("redis", 6379),
    ("rediss", 6379),
    ("amqp", 5672),
    ("amqps", 5671),
    ("nats", 4222),
    ("ldap", 389),
    ("ldaps", 636),
    ("smtp", 25),
    ("mqtt", 1883),
];

/// What ends the part of a URL that names hosts.
const END_OF_AUTHORITY: &[char] =
    &['/', '?', '#', '"', '\'', '`', ';', '<', '>', '(', ')', '{', '}', '|', '\\', ' ', '\t', '\n', '\r'];

/// The words of a key whose value is a host.
const HOST_KEYS: [&str; 13] = [
    "addr", "address", "backend", "broker", "brokers", "endpoint", "host", "hostname", "hosts", "server", "servers",
    "uri", "url",
];

/// The hosts that a value of a variable or argument names. A value that is a host and nothing else is one too.
pub(crate) fn mentions(text: &str) -> Vec<Mention> {
    let bare: Option<Vec<_>> = text.split([',', ';']).map(|part| bare(part.trim())).collect();
    bare.unwrap_or_else(|| scan(text))
}

/// The hosts that a file names. A word by itself is one only behind a key that speaks of a host.
pub(crate) fn mentions_in_file(text: &str) -> Vec<Mention> {
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

/// A text that is one host, with or without a port.
fn bare(text: &str) -> Option<Mention> {
    let (host, port) = split_port(text)?;
    is_host(host).then(|| mention(host, port, None))
}

/// The hosts in a text by what stands around them.
fn scan(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(mark) = rest.find("://") {
        let (before, after) = (&rest[..mark], &rest[mark + 3..]);
        let start = before
            .rfind(|c: char| !c.is_ascii_alphanumeric() && !"+.-".contains(c))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        words(&before[..start], &mut found);
        let scheme = before[start..].rsplit('+').next_back().unwrap_or_default().to_lowercase();
        let authority = &after[..after.find(END_OF_AUTHORITY).unwrap_or(after.len())];
        rest = &after[hosts_of(authority, &scheme, &mut found)..];
        // What follows the hosts is a path; the next URL or host stands behind a gap.
        let path = rest.find([' ', '\t', '\n', '\r', '"', '\'', '`', ',', ';', '|']).unwrap_or(rest.len());
        rest = &rest[path..];
    }
    words(rest, &mut found);
    found
}

/// Takes in the hosts of a URL, and says how far they go: a list of hosts may be a list of URLs.
fn hosts_of(authority: &str, scheme: &str, found: &mut Vec<Mention>) -> usize {
    let mut position = authority.rfind('@').map_or(0, |at| at + 1);
    for part in authority[position..].split(',') {
        // `http:` of the next URL.
        if part.ends_with(':') && position > 0 {
            return position - 1;
        }
        if let Some((host, port)) = split_port(part).filter(|(host, _)| is_host(host)) {
            found.push(mention(host, port, Some(scheme)));
        }
        position += part.len() + 1;
    }
    authority.len()
}

/// Takes in the words of a text that are hosts beyond doubt: with a port, or with the domain of Services.
fn words(text: &str, found: &mut Vec<Mention>) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || ".-_:/@$%\\".contains(c);
    for word in text.split(|c: char| !is_part(c)) {
        // Of `@//host` and `user@host` the host; paths and images hold no hosts.
        let word = word.rsplit('@').next().unwrap_or_default().trim_start_matches("//");
        let word = word.split('/').next().unwrap_or_default().trim_end_matches(['.', ':']);
        let mut parts = word.split(':');
        let (host, port) = (parts.next().unwrap_or_default(), parts.next().and_then(number));
        let is_service = host.contains(".svc.") || host.ends_with(".svc");
        if is_host(host) && (port.is_some() || is_service) {
            found.push(mention(host, port, None));
        }
    }
}

fn mention(host: &str, port: Option<u16>, scheme: Option<&str>) -> Mention {
    let host = host.trim_end_matches('.').to_lowercase();
    Mention { host, port, scheme: scheme.map(str::to_owned) }
}

fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    match text.split_once(':') {
        None => Some((text, None)),
        Some((host, port)) => Some((host, Some(number(port)?))),
    }
}

fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|number| *number > 0)
}

/// Whether a text can be the name of a host, or an address.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let text = text.trim_end_matches('.');
    text.len() <= 253 && text.split('.').all(is_label) && text.bytes().any(|byte| !byte.is_ascii_digit())
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
        let cases: [(&str, &[&str]); 25] = [
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
        ];
        for (text, expected) in cases {
            assert_eq!(told(&mentions(text)), expected, "{text}");
        }
    }

    #[test]
    fn files_name_hosts_where_their_keys_say_so() {
        let file = "# db: old:1\nspring.redis.host=cache\ncache: redis\n  server: 'db'\nproxy_pass http://api:8080;\nimage: web:v1\ntargets: ['a:9100', \"b.x.svc\"]\n";
        assert_eq!(told(&mentions_in_file(file)), ["cache", "db", "api:8080", "a:9100", "b.x.svc"]);
    }
}
