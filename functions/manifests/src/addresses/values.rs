//! Hosts in values: of variables, options, settings and fields, each with its key.

use std::collections::HashMap;

use krm::field::PointerBuf;
use serde_json::Value;

use super::commands::{Part, assignment, parts_of_script, parts_of_words, unquoted};
use super::keys::{Role, stem};
use super::mentions::{self, Certainty, Mention, entry, list, mention, scan};
use super::trees::{json, leaves};

/// How deep texts in texts are read: a script in a variable in JSON.
const DEPTH: usize = 4;
/// How far a port may be from its host, in keys.
const REACH: usize = 4;

/// The hosts that a text names by itself.
pub fn mentions(text: &str) -> Vec<Mention> {
    mentions_of("", text)
}

/// The hosts that the value of a key names.
pub fn mentions_of(key: &str, value: &str) -> Vec<Mention> {
    read(key, value, DEPTH)
}

/// The hosts that the words of a command line name.
pub fn mentions_in_command(words: &[&str]) -> Vec<Mention> {
    let bare =
        words.iter().filter(|word| !word.starts_with('-')).flat_map(|word| list(word).unwrap_or_else(|| scan(word)));
    let options = words.iter().filter(|word| word.starts_with('-')).flat_map(|word| scan(word));
    let found = bare.chain(options).chain(of_commands(&parts_of_words(words), DEPTH)).collect();
    each_once(found)
}

/// The hosts that the texts of a tree below a key name, with their places in the tree.
pub fn mentions_in_tree(key: &str, value: &Value) -> Vec<(PointerBuf, Mention)> {
    let leaves = leaves(key, value);
    let pairs: Vec<_> = leaves.iter().map(|leaf| (leaf.key, leaf.text.as_ref())).collect();
    let found = in_pairs(&pairs, REACH, DEPTH);
    let found = leaves.iter().zip(found);
    let found = found.flat_map(|(leaf, found)| found.into_iter().map(|mention| (leaf.pointer.clone(), mention)));
    found.filter(|(_, found)| found.certainty > Certainty::Word).collect()
}

/// The hosts that the values of keys name which belong together, as the variables of a container: for each key its own.
/// `DB_PORT` is the port of `DB_HOST`.
pub fn mentions_in_pairs(pairs: &[(&str, &str)]) -> Vec<Vec<Mention>> {
    in_pairs(pairs, usize::MAX, DEPTH)
}

/// The hosts that the settings of a file name, where a port is near to its host.
pub(super) fn mentions_in_settings(pairs: &[(&str, &str)]) -> Vec<Mention> {
    told_apart(in_pairs(pairs, REACH, DEPTH)).collect()
}

/// The mentions that are more than words: among many values a word says nothing.
fn told_apart(found: Vec<Vec<Mention>>) -> impl Iterator<Item = Mention> {
    found.into_iter().flatten().filter(|found| found.certainty > Certainty::Word)
}

fn in_pairs(pairs: &[(&str, &str)], reach: usize, depth: usize) -> Vec<Vec<Mention>> {
    let ports = ports(pairs);
    let pairs = pairs.iter().enumerate();
    pairs
        .map(|(index, (key, value))| {
            let mut found = read(key, value, depth);
            if let [Mention { port: port @ None, scheme: None, .. }] = found.as_mut_slice()
                && !ports.is_empty()
            {
                *port = stem(key).and_then(|stem| nearest(ports.get(&stem)?, index, reach));
            }
            found
        })
        .collect()
}

/// The ports among values, by what their keys have in common with those of hosts.
fn ports(pairs: &[(&str, &str)]) -> HashMap<String, Vec<(usize, u16)>> {
    let mut ports: HashMap<_, Vec<_>> = HashMap::new();
    for (index, (key, value)) in pairs.iter().enumerate() {
        let port = mentions::port(value).filter(|_| Role::of_key(key) == Role::Port);
        if let (Some(port), Some(stem)) = (port, port.and_then(|_| stem(key))) {
            ports.entry(stem).or_default().push((index, port));
        }
    }
    ports
}

/// The port that is nearest to a host.
fn nearest(ports: &[(usize, u16)], host: usize, reach: usize) -> Option<u16> {
    let behind = ports.partition_point(|(index, _)| *index < host);
    let around = [ports.get(behind), behind.checked_sub(1).and_then(|before| ports.get(before))];
    let nearest = around.into_iter().flatten().min_by_key(|(index, _)| index.abs_diff(host))?;
    Some(nearest.1).filter(|_| nearest.0.abs_diff(host) <= reach)
}

fn read(key: &str, value: &str, depth: usize) -> Vec<Mention> {
    // A number names no host, whatever its key.
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let role = Role::of_key(key);
    if depth == 0 || matches!(role, Role::Own | Role::None | Role::Port) {
        return Vec::new();
    }
    if let Some(value) = json(value) {
        let leaves = leaves(key, &value);
        let pairs: Vec<_> = leaves.iter().map(|leaf| (leaf.key, leaf.text.as_ref())).collect();
        return told_apart(in_pairs(&pairs, REACH, depth - 1)).collect();
    }
    let certainty = match role {
        Role::Host => Certainty::Sure,
        Role::Likely => Certainty::Likely,
        _ => Certainty::Word,
    };
    if role == Role::Host
        && let Some(found) = of_windows(value)
    {
        return vec![found.at_least(certainty)];
    }
    if let Some(found) = list(value) {
        return found.into_iter().map(|found| found.at_least(certainty)).collect();
    }
    let settings = settings(value);
    let found = if settings.is_empty() { parts(value, depth) } else { of_settings(&settings, depth) };
    each_once(scan(value).into_iter().chain(found).collect())
}

/// The host of ADO.NET and its like: `tcp:sql,1433` and `sql\INSTANCE`.
fn of_windows(value: &str) -> Option<Mention> {
    let address = value.strip_prefix("tcp:").unwrap_or(value);
    match address.split_once(',') {
        Some((host, port)) => Some(Mention { port: Some(mentions::port(port.trim())?), ..mention(host, None, None)? }),
        None => mention(address.split_once('\\').map_or(address, |(host, _)| host), None, None)
            .filter(|_| address.len() < value.len() || address.contains('\\')),
    }
}

/// The settings of a connection string: `Host=db;Port=5432`, `redis,password=x`. Only a first part may have no key.
fn settings(value: &str) -> Vec<(&str, &str)> {
    if !value.contains('=') {
        return Vec::new();
    }
    let setting = |part: &str| part.split_once('=').is_some_and(|(key, _)| is_key(key.trim()));
    if setting(value) && !value.contains([';', ' ']) && value.matches('=').count() == 1 {
        return value.split_once('=').into_iter().collect();
    }
    let separator = if value.contains(';') { ';' } else { ',' };
    let mut parts = value.split(separator).map(str::trim).filter(|part| !part.is_empty());
    let is_connection = match separator {
        ';' => parts.clone().any(|part| part.split_once('=').is_some_and(|(key, _)| Role::of_key(key) == Role::Host)),
        _ => parts.next().is_some_and(|first| entry(first, None).is_some()) && parts.clone().all(setting),
    };
    let all = value.split(separator).filter(|part| is_connection && !part.trim().is_empty());
    all.map(|part| part.split_once('=').unwrap_or(("", part))).map(|(key, value)| (key.trim(), value.trim())).collect()
}

/// Whether a text is the key of a setting.
fn is_key(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(is_part)
}

fn of_settings(settings: &[(&str, &str)], depth: usize) -> Vec<Mention> {
    let pairs: Vec<_> = settings.iter().map(|(key, value)| (*key, unquoted(value))).collect();
    let first = pairs.first().filter(|(key, _)| key.is_empty()).and_then(|(_, value)| entry(value, None));
    let first = first.map(|found| found.at_least(Certainty::Likely));
    first.into_iter().chain(told_apart(in_pairs(&pairs, usize::MAX, depth - 1))).collect()
}

fn parts(value: &str, depth: usize) -> Vec<Mention> {
    let is_command = value.contains(char::is_whitespace) || assignment(value).is_some() || value.contains('(');
    if is_command { of_commands(&parts_of_script(value), depth) } else { Vec::new() }
}

fn of_commands(commands: &[Vec<Part<'_>>], depth: usize) -> Vec<Mention> {
    commands.iter().flat_map(|parts| of_parts(parts, depth)).collect()
}

fn of_parts(parts: &[Part<'_>], depth: usize) -> Vec<Mention> {
    let pairs: Vec<_> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Pair(key, value) => Some((*key, *value)),
            Part::Address(..) | Part::Name(_) => None,
        })
        .collect();
    let mut found: Vec<_> = told_apart(in_pairs(&pairs, REACH, depth - 1)).collect();
    found.extend(parts.iter().filter_map(|part| match part {
        Part::Pair(..) => None,
        Part::Address(host, port) => {
            Some(mention(host, Some(mentions::port(port)?), None)?.at_least(Certainty::Likely))
        }
        Part::Name(name) => Some(mention(name, None, None)?.at_least(Certainty::Likely)),
    }));
    found
}

/// Every address once, at the place of the first and as sure as the surest. One without a port is the same as one with.
fn each_once(found: Vec<Mention>) -> Vec<Mention> {
    if found.len() < 2 {
        return found;
    }
    let mut once: Vec<Mention> = Vec::new();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for next in found {
        let known = places.entry(next.host.clone()).or_default();
        let is_same = |place: &&usize| {
            let port = once[**place].port;
            port == next.port || port.is_none() || next.port.is_none()
        };
        if let Some(place) = known.iter().find(is_same).copied() {
            let known = &mut once[place];
            known.port = known.port.or(next.port);
            known.scheme = known.scheme.take().or(next.scheme);
            known.certainty = known.certainty.max(next.certainty);
        } else {
            known.push(once.len());
            once.push(next);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mentions: &[Mention]) -> Vec<String> {
        let tell = |mention: &Mention| {
            let port = mention.dialled_port().map(|port| format!(":{port}")).unwrap_or_default();
            let mark = match mention.certainty {
                Certainty::Word => "?",
                Certainty::Likely => "",
                Certainty::Sure => "!",
            };
            format!("{}{port}{mark}", mention.host)
        };
        mentions.iter().map(tell).collect()
    }

    #[test]
    fn values_name_hosts_in_many_ways() {
        let cases: [(&str, &[&str]); 49] = [
            ("db", &["db?"]),
            ("db:5432", &["db:5432"]),
            ("db.data", &["db.data?"]),
            ("db.data.svc.cluster.local.", &["db.data.svc.cluster.local!"]),
            ("http://api", &["api:80!"]),
            ("https://api.shop.svc/v1?x=db:1", &["api.shop.svc:443!"]),
            ("postgres://user:p%40ss@db:6432/shop?sslmode=require", &["db:6432!"]),
            ("postgresql+asyncpg://db/shop", &["db:5432!"]),
            ("jdbc:postgresql://db1:5432,db2:5433/shop", &["db1:5432!", "db2:5433!"]),
            ("jdbc:sqlserver://sql:1433;databaseName=shop", &["sql:1433!"]),
            ("jdbc:oracle:thin:@//ora:1521/x", &["ora:1521"]),
            ("mongodb+srv://m.data.svc/x", &["m.data.svc:27017!"]),
            ("amqp://guest:guest@mq:5672//", &["mq:5672!"]),
            ("nats://n1:4222,nats://n2:4222", &["n1:4222!", "n2:4222!"]),
            ("http://a:1/x,http://b:2/y", &["a:1!", "b:2!"]),
            ("k-0.k:9092,k-1.k:9092", &["k-0.k:9092", "k-1.k:9092"]),
            ("rs0/m-0.m:27017,m-1.m:27017", &["m-0.m:27017", "m-1.m:27017"]),
            ("Server=tcp:sql,1433", &["sql:1433!"]),
            ("Server=mssql;Database=shop;User Id=sa", &["mssql!"]),
            ("Host=pg;Port=5432;Database=shop", &["pg:5432!"]),
            ("host=pg2 port=5432 dbname=x", &["pg2:5432!"]),
            ("redis:6379,password=x,ssl=False", &["redis:6379"]),
            ("redis,password=x", &["redis"]),
            ("-Xmx1g -Dspring.redis.host=cache", &["cache!"]),
            (r#"{"db":{"host":"pg","port":5432}}"#, &["pg:5432!"]),
            ("--upstream=http://api:8080 --peer cache:6379", &["api:8080!", "cache:6379"]),
            ("exec web --db db.data.svc", &["db.data.svc!"]),
            ("pg_dump -h pg -p 5432 -U shop", &["pg:5432"]),
            ("until nc -z pg 5432; do sleep 1; done", &["pg:5432"]),
            ("mysql -h my --port=3306; redis-cli -h r ping", &["my:3306", "r"]),
            ("(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=ora)(PORT=1521)))", &["ora:1521!"]),
            ("wait for db to come up", &[]),
            ("registry.example.com/redis:7", &[]),
            ("/var/lib/redis", &[]),
            ("8080", &[]),
            ("12:30:45", &[]),
            ("localhost:80", &[]),
            ("s3://backups/x gs://data oci://charts unix://sock", &[]),
            ("dns:///db:5432", &["db:5432"]),
            ("HTTP://Api.Shop.SVC:8080", &["api.shop.svc:8080!"]),
            ("http://login?next=http://other:1/x http://api:2", &["login:80!", "api:2!"]),
            ("${SCHEME}://api:8080/x", &["api:8080!"]),
            ("postgres://shop:$(DB_PASSWORD)@db:5432/shop", &["db:5432!"]),
            ("postgres://$(DB_USER):$(DB_PASSWORD)@db/shop", &["db:5432!"]),
            ("postgres://shop:{{ .password }}@db:5432/shop", &["db:5432!"]),
            ("postgres://shop:a(b)c[d]{e}f|g@db:5432/shop", &["db:5432!"]),
            ("redis://:$(REDIS_PASSWORD)@r1:1,r2:2,$(R3):3/0", &["r1:1!", "r2:2!"]),
            ("http://$(HOST):8080/x http://api:1", &["api:1!"]),
            ("$(HOST):8080", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(told(&mentions(text)), expected, "{text}");
        }
    }

    #[test]
    fn keys_say_whether_a_word_is_a_host() {
        for (key, value, expected) in [
            ("DB_HOST", "db", &["db!"][..]),
            ("DB_HOST", "sql\\EXPRESS", &["sql!"]),
            ("ZK", "zk", &["zk"]),
            ("POSTGRES_DB", "db", &["db?"]),
            ("DB_TYPE", "db", &["db?"]),
            ("CACHE_ENABLED", "true", &[]),
            ("NO_PROXY", "db.shop.svc", &[]),
            ("IMAGE", "redis:7000", &[]),
            ("DB_PORT", "db:1", &[]),
        ] {
            assert_eq!(told(&mentions_of(key, value)), expected, "{key}={value}");
        }
    }

    #[test]
    fn ports_go_with_the_hosts_beside_them() {
        let found = mentions_in_pairs(&[("DB_HOST", "db"), ("PGHOST", "pg"), ("PGPORT", "6432"), ("DB_PORT", "5432")]);
        assert_eq!(found.iter().flat_map(|found| told(found)).collect::<Vec<_>>(), ["db:5432!", "pg:6432"]);
        let found =
            mentions_in_tree("", &serde_json::json!({"a": {"host": "x", "port": 1}, "b": {"host": "y", "port": "2"}}));
        let found: Vec<_> =
            found.iter().map(|(at, found)| format!("{at} {}", told(std::slice::from_ref(found))[0])).collect();
        assert_eq!(found, ["/a/host x:1!", "/b/host y:2!"]);
    }

    #[test]
    fn command_lines_name_hosts() {
        for (words, expected) in [
            (&["/wait", "-h", "pg", "-p", "5432"][..], &["pg:5432"][..]),
            (&["sh", "-c", "mysql -h pg -u x"], &["sh?", "pg"]),
            (&["redis-server", "--replicaof", "r-0.r", "6379"], &["redis-server?", "r-0.r:6379"]),
            (&["-db-host", "pg"], &["pg!"]),
            (&["--upstream", "pg:5432"], &["pg:5432"]),
        ] {
            assert_eq!(told(&mentions_in_command(words)), expected, "{words:?}");
        }
    }
}
