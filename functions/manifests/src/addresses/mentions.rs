//! Hosts that a program would connect to: in URLs, `host:port` and lists of them.

use super::authorities::{Authority, authorities};
use super::ports::{default_port, names_no_host};
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
    /// How much says that it is a host.
    pub certainty: Certainty,
}

/// How much says that a text is a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Nothing: it is a word that could name one.
    Word,
    /// A port beside it, or a key of which it may be the host. It is one where a Service has this name.
    Likely,
    /// A URL, the domain of Services, or a key that speaks of a host.
    Sure,
}

impl Mention {
    /// The port that clients connect to: the one beside the host, else that of the scheme.
    pub fn dialled_port(&self) -> Option<u16> {
        self.port.or_else(|| default_port(self.scheme.as_deref()?))
    }

    /// The mention, if no more says so at least this much.
    pub(super) fn at_least(mut self, certainty: Certainty) -> Self {
        self.certainty = self.certainty.max(certainty);
        self
    }
}

/// Words that keys of hosts have in the place of one.
const NO_HOSTS: [&str; 13] =
    ["all", "any", "auto", "default", "disabled", "enabled", "false", "local", "no", "none", "null", "true", "yes"];

/// Schemes whose address is behind a third slash: `dns:///db:5432`.
const RESOLVERS: [&str; 2] = ["dns", "passthrough"];

/// The hosts in a text by what is around them: those of URLs, and words between URLs.
pub(super) fn scan(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut position = 0;
    for authority in authorities(text) {
        // A URL in the path or query of another is part of it.
        if authority.scheme.start < position {
            continue;
        }
        found.extend(words(&text[position..authority.scheme.start]));
        let scheme = authority.scheme_name();
        position = if is_resolver(text, &authority, &scheme) {
            authority.hosts.end + 1
        } else {
            path_end(text, authority.hosts.end)
        };
        if !names_no_host(&scheme) {
            found.extend(authority.entries().filter_map(|host| entry(host, Some(&scheme))));
        }
    }
    found.extend(words(&text[position..]));
    found
}

fn is_resolver(text: &str, authority: &Authority<'_>, scheme: &str) -> bool {
    RESOLVERS.contains(&scheme) && authority.hosts.is_empty() && text[authority.hosts.end..].starts_with('/')
}

/// Where the path behind the hosts of a URL ends; the next URL or host is behind a gap.
fn path_end(text: &str, start: usize) -> usize {
    let gap = |letter: char| letter.is_ascii_whitespace() || matches!(letter, '"' | '\'' | '`' | ',' | ';' | '|');
    text[start..].find(gap).map_or(text.len(), |length| start + length)
}

/// The words of a text that are hosts beyond doubt: with a port, or with the domain of Services.
fn words(text: &str) -> impl Iterator<Item = Mention> {
    let is_part = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | ':' | '/' | '@' | '$' | '%' | '\\')
    };
    text.split(move |letter: char| !is_part(letter)).filter_map(word)
}

fn word(word: &str) -> Option<Mention> {
    // A port has a colon before it, and the domain of Services a dot.
    if !word.contains([':', '.']) {
        return None;
    }
    // Of `@//host` and `user@host` the host; paths and images hold no hosts.
    let word = word.rsplit('@').next()?.trim_start_matches("//");
    let address = member_of_set(word).or_else(|| word.split('/').next())?.trim_end_matches(['.', ':']);
    let mut parts = address.split(':');
    let mention = mention(parts.next()?, parts.next().and_then(port), None)?;
    match mention.port {
        _ if is_of_services(&mention.host) => Some(mention.at_least(Certainty::Sure)),
        Some(_) => Some(mention.at_least(Certainty::Likely)),
        None => None,
    }
}

/// Whether a host is in the domain of Services.
fn is_of_services(host: &str) -> bool {
    host.split('.').skip(1).any(|label| label == "svc")
}

/// The address behind the name of a replica set of MongoDB: `rs0/mongo-0.mongo:27017`. Images have small numbers, if any.
fn member_of_set(word: &str) -> Option<&str> {
    let (set, address) = word.split_once('/')?;
    let number: u16 = address.rsplit_once(':')?.1.parse().ok()?;
    let is_name = !set.is_empty() && set.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_name && number >= 1024).then_some(address)
}

/// The hosts of a text that is a list of hosts and nothing else, or one.
pub(super) fn list(text: &str) -> Option<Vec<Mention>> {
    let entries = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
    let found: Option<Vec<_>> = entries.map(|part| entry(part, None)).collect();
    found.filter(|found| !found.is_empty())
}

/// A text that is one host, with or without a port.
pub(super) fn entry(text: &str, scheme: Option<&str>) -> Option<Mention> {
    let certainty = if scheme.is_some() { Certainty::Sure } else { Certainty::Word };
    let found = match text.split_once(':') {
        None => mention(text, None, scheme)?,
        Some((host, number)) => mention(host, Some(port(number)?), scheme)?.at_least(Certainty::Likely),
    };
    let certainty = if is_of_services(&found.host) { Certainty::Sure } else { certainty };
    Some(found.at_least(certainty))
}

pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|number| *number > 0)
}

/// A mention, if the text can be the name or address of another host. A number alone is none.
pub(super) fn mention(host: &str, port: Option<u16>, scheme: Option<&str>) -> Option<Mention> {
    let name = host.strip_suffix('.').unwrap_or(host);
    if !names::is_host_name(host) || name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let is_word = port.is_none() && scheme.is_none() && NO_HOSTS.contains(&name.as_str());
    let is_itself = ["localhost", "0.0.0.0"].contains(&name.as_str()) || name.starts_with("127.");
    let scheme = scheme.map(str::to_owned);
    (!is_word && !is_itself).then_some(Mention { host: name, port, scheme, certainty: Certainty::Word })
}
