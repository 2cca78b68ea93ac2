//! Hosts in files: variables, properties, INI, YAML, JSON, XML, nginx, HAProxy, Redis, scripts.

use std::cell::LazyCell;
use std::collections::HashSet;

use super::commands::unquoted;
use super::keys::Role;
use super::mentions::Mention;
use super::trees::json;
use super::values::{mentions, mentions_in_settings};

/// A setting of a file: its key, which may be empty, and its value.
type Setting<'t> = (&'t str, &'t str);

/// The hosts that a file names. A word by itself is one only behind a key that speaks of a host.
pub fn mentions_in_file(text: &str) -> Vec<Mention> {
    if text.starts_with("#!") || json(text).is_some() {
        return mentions(text);
    }
    let own_names = LazyCell::new(|| own_names(text));
    let found = mentions_in_settings(&settings(text));
    found.into_iter().filter(|mention| mention.port.is_some() || !own_names.contains(mention.host.as_str())).collect()
}

/// Names that nginx gives to groups of servers and refers to like hosts.
fn own_names(text: &str) -> HashSet<&str> {
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("upstream "));
    names.filter_map(|name| name.split(|letter: char| letter == '{' || letter.is_whitespace()).next()).collect()
}

fn settings(text: &str) -> Vec<Setting<'_>> {
    let mut reader = Reader::default();
    for line in text.lines().map(str::trim) {
        if !["#", "//", ";"].iter().any(|mark| line.starts_with(mark)) {
            reader.line(line);
        }
    }
    reader.settings
}

/// Reads the lines of a file.
#[derive(Default)]
struct Reader<'t> {
    settings: Vec<Setting<'t>>,
    /// The key of a list whose items are on the lines to come.
    list: &'t str,
    /// The name of a property whose value is in another element of XML.
    property: &'t str,
}

impl<'t> Reader<'t> {
    fn line(&mut self, line: &'t str) {
        if line.starts_with('<') {
            return self.elements(line);
        }
        let item = line.strip_prefix("- ").map(str::trim);
        match pair(item.unwrap_or(line)) {
            Some((key, "")) => self.list = key,
            Some((key, value)) => self.setting(key, value),
            None if item.is_some() => self.settings.push((self.list, item.map(cleaned).unwrap_or_default())),
            None => self.settings.push(statement(line).unwrap_or(("", line))),
        }
    }

    /// A setting, whose value may be a list or mapping on the same line.
    fn setting(&mut self, key: &'t str, value: &'t str) {
        let inner = |open: char, close: char| value.strip_prefix(open)?.strip_suffix(close);
        match inner('[', ']').or_else(|| inner('{', '}')) {
            Some(entries) if !value.starts_with("{{") => {
                let entries = entries.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                self.settings.extend(entries.map(|entry| pair(entry).unwrap_or((key, cleaned(entry)))));
            }
            _ => self.settings.push((key, value)),
        }
    }

    /// Elements of XML: their texts and attributes.
    fn elements(&mut self, line: &'t str) {
        for element in line.split('<').filter(|element| !element.is_empty() && !element.starts_with('/')) {
            let (tag, text) = element.split_once('>').unwrap_or((element, ""));
            let attributes: Vec<_> = tag.split_whitespace().filter_map(pair).collect();
            let named = attributes.iter().find(|(key, _)| *key == "name").map(|(_, name)| *name);
            self.settings.extend(attributes.iter().map(|(key, value)| match named {
                Some(name) if *key == "value" => (name, *value),
                _ => (*key, *value),
            }));
            match tag.split_whitespace().next() {
                Some("name") => self.property = text,
                Some("value") => self.settings.push((self.property, text)),
                Some(tag) => self.settings.push((tag, text)),
                None => {}
            }
        }
    }
}

/// `key: value`, `key = value`, `"key":"value"`.
fn pair(line: &str) -> Option<Setting<'_>> {
    let ends_key = |(at, letter): &(usize, char)| {
        let ends_word = || line[at + 1..].is_empty() || line[at + 1..].starts_with([' ', '"']);
        *letter == '=' || (*letter == ':' && ends_word())
    };
    let (at, _) = line.char_indices().find(ends_key)?;
    let key = line[..at].trim();
    let key = unquoted(key.strip_prefix("export ").unwrap_or(key).trim());
    let is_part =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-' | '/' | '*' | '[' | ']');
    (!key.is_empty() && key.chars().all(is_part)).then(|| (key, cleaned(&line[at + 1..])))
}

/// A directive of nginx: `server api weight=5;`.
fn statement(line: &str) -> Option<Setting<'_>> {
    let mut words = line.strip_suffix(';')?.split_whitespace();
    let (key, value) = (words.next()?, words.next()?);
    (Role::of_key(key) == Role::Host).then_some((key, value))
}

/// A value without what ends or surrounds it.
fn cleaned(value: &str) -> &str {
    let value = value.split(" #").next().unwrap_or_default().trim().trim_end_matches([',', ';']);
    unquoted(value.trim_end_matches("/").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let tell = |mention: &Mention| {
            let port = mention.dialled_port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}{port}", mention.host)
        };
        mentions_in_file(text).iter().map(tell).collect()
    }

    #[test]
    fn files_name_hosts_in_many_forms() {
        for (file, expected) in [
            ("# db: old:1\nspring.redis.host=cache\ncache: redis\n  server: 'db'\n", &["cache", "db"][..]),
            ("proxy_pass http://api:8080;\nimage: web:v1\n", &["api:8080"]),
            (
                "targets: ['a:9100', \"b.x.svc\"]\nurl: \"postgres://s:${P}@pg:1/shop\"\n",
                &["a:9100", "b.x.svc", "pg:1"],
            ),
            ("elasticsearch:\n  hosts:\n  - es\n  - es2:1\nname: x\n", &["es", "es2:1"]),
            ("db: {host: pg, port: 5432}\n", &["pg:5432"]),
            ("db:\n  host: pg\n  port: 5432\nredis:\n  host: r\n  port: 6379\n", &["pg:5432", "r:6379"]),
            ("{\"db\":{\"host\":\"pg\",\"port\":5432}}", &["pg:5432"]),
            ("{\n\"host\":\"pg\",\n{{ .more }}\n", &["pg"]),
            ("upstream b {\n  server api;\n}\nproxy_pass http://b;\nfastcgi_pass php:9000;\n", &["api", "php:9000"]),
            ("backend b\n  server s1 api:8080 check\n", &["api:8080"]),
            ("replicaof redis-leader 6379\n", &["redis-leader:6379"]),
            ("sentinel monitor m redis 6379 2\n", &["redis:6379"]),
            ("[databases]\nshop = host=pg port=5432 dbname=shop\n", &["pg:5432"]),
            ("<db><host>pg</host></db>\n", &["pg"]),
            ("<x host=\"a\" port=\"1\"/>\n", &["a:1"]),
            ("<property>\n<name>fs.url</name>\n<value>hdfs://nn:8020</value>\n</property>\n", &["nn:8020"]),
            ("<property name=\"db.host\" value=\"pg\"/>\n", &["pg"]),
            ("#!/bin/sh\nexport A=1\npg_dump -h pg shop\n", &["pg"]),
            ("export DB_HOST=pg\npsql -h pg2 -c \"select a=1\"\n", &["pg", "pg2"]),
        ] {
            assert_eq!(told(file), expected, "{file}");
        }
    }
}
