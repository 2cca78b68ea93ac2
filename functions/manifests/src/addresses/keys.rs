//! What the key of a value says about the value: `DATABASE_HOST` has a host, `DATABASE_NAME` has none.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

use krm::table;

use crate::names::words_of_key;

/// What a key says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is a host or a URL.
    Host,
    /// It is a host if there is one of this name.
    Likely,
    /// It is the port of a host.
    Port,
    /// The program does not connect to it.
    None,
    /// It is an address of the program itself, and so is whatever a key with these words has.
    Own,
    /// The key does not tell.
    Unknown,
}

/// The roles of the table, by one word or by two.
struct Roles {
    /// The words of hosts and ports of more than one letter, the longest first.
    ends: Vec<&'static str>,
    by_word: HashMap<&'static str, Role>,
    by_pair: HashMap<(&'static str, &'static str), Role>,
}

fn roles() -> &'static Roles {
    static ROLES: LazyLock<Roles> = LazyLock::new(|| {
        let mut roles = Roles { ends: Vec::new(), by_word: HashMap::new(), by_pair: HashMap::new() };
        for [words, role, _example] in table::rows(include_str!("../../data/address-keys.tsv")) {
            match words.split_once(' ') {
                Some(pair) => roles.by_pair.insert(pair, Role::of(role)),
                None => roles.by_word.insert(words, Role::of(role)),
            };
        }
        let known = roles.by_word.iter().filter(|(_, role)| matches!(role, Role::Host | Role::Port));
        roles.ends = known.map(|(word, _)| *word).filter(|word| word.len() > 1).collect();
        roles.ends.sort_unstable_by_key(|word| Reverse(word.len()));
        roles
    });
    &ROLES
}

/// Ends of words that have grown together with another, as in `PGHOST`.
const GROWN: [&str; 7] = ["host", "hostname", "addr", "server", "servers", "url", "dsn"];

impl Role {
    fn of(name: &str) -> Self {
        match name {
            "host" => Self::Host,
            "likely" => Self::Likely,
            "port" => Self::Port,
            "none" => Self::None,
            "own" => Self::Own,
            other => unreachable!("`{other}` is no role of a key"),
        }
    }

    /// What a key says.
    pub(super) fn of_key(key: &str) -> Self {
        let words = words(key);
        let by_word = |word: &String| roles().by_word.get(word.as_str()).copied();
        let by_pair = |pair: &[String]| roles().by_pair.get(&(pair[0].as_str(), pair[1].as_str())).copied();
        let is_own = |role: Option<Self>| role == Some(Self::Own);
        if words.iter().any(|word| is_own(by_word(word))) || words.windows(2).any(|pair| is_own(by_pair(pair))) {
            return Self::Own;
        }
        let Some(last) = words.last() else { return Self::Unknown };
        let pair = words.windows(2).last().and_then(by_pair);
        pair.or_else(|| by_word(last)).unwrap_or_else(|| Self::of_grown_word(last))
    }

    /// What a word says that has grown together of several.
    fn of_grown_word(word: &str) -> Self {
        if word.ends_with("port") {
            Self::Port
        } else if GROWN.iter().any(|end| word.ends_with(end)) {
            Self::Likely
        } else {
            Self::Unknown
        }
    }
}

/// Whether the value of a key is a host or a URL, by the key alone: `DATABASE_URL`, `PGHOST`.
pub fn names_host(key: &str) -> bool {
    let is_grown = |word: &String| GROWN.iter().any(|end| word.ends_with(end));
    match Role::of_key(key) {
        Role::Host => true,
        Role::Likely => words(key).last().is_some_and(is_grown),
        Role::Port | Role::None | Role::Own | Role::Unknown => false,
    }
}

/// The words of a key in lower case, without numbers: `database`, `host` of `DATABASE_HOST_1` and `databaseHost`.
fn words(key: &str) -> Vec<String> {
    let words = words_of_key(key);
    let letters = words.iter().flat_map(|word| word.split(|letter: char| !letter.is_ascii_alphabetic()));
    letters.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What the key of a host and the key of its port have in common: `db_` of `DB_HOST` and `DB_PORT`; nothing if the key is
/// that of neither.
pub(super) fn stem(key: &str) -> Option<String> {
    let lower = key.to_ascii_lowercase();
    if ["h", "p"].contains(&lower.as_str()) {
        return Some(String::new());
    }
    roles().ends.iter().find_map(|end| lower.strip_suffix(end)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_what_their_values_are() {
        for (key, expected) in [
            ("DB_HOST", Role::Host),
            ("database.hostname", Role::Host),
            ("databaseHost", Role::Host),
            ("SPRING_DATASOURCE_URL", Role::Host),
            ("bootstrap.servers", Role::Host),
            ("REDIS_HOST_1", Role::Host),
            ("Data Source", Role::Host),
            ("PGHOST", Role::Likely),
            ("ZK", Role::Likely),
            ("PAYMENT_SERVICE", Role::Likely),
            ("DB_PORT", Role::Port),
            ("PGPORT", Role::Port),
            ("NO_PROXY", Role::Own),
            ("DJANGO_ALLOWED_HOSTS", Role::None),
            ("IMAGE_SERVICE_URL", Role::Host),
            ("--web.listen-address", Role::Own),
            ("KAFKA_CFG_ADVERTISED_LISTENERS", Role::Own),
            ("POSTGRES_DB", Role::Unknown),
            ("DATABASE", Role::Unknown),
            ("DB_USER", Role::Unknown),
            ("S3_BUCKET", Role::Unknown),
            ("CLIENT_ID", Role::Unknown),
            ("OTEL_SERVICE_NAME", Role::Unknown),
            ("", Role::Unknown),
        ] {
            assert_eq!(Role::of_key(key), expected, "{key}");
        }
    }

    #[test]
    fn hosts_and_ports_share_a_stem() {
        for (host, port) in
            [("DB_HOST", "DB_PORT"), ("PGHOST", "PGPORT"), ("dbHost", "dbPort"), ("host", "port"), ("h", "p")]
        {
            assert!(stem(host).is_some() && stem(host) == stem(port), "{host}");
        }
        assert!(stem("DB_HOST") != stem("REDIS_PORT") && stem("name").is_none());
    }

    #[test]
    fn the_table_names_each_key_once_in_order() {
        let rows = table::rows::<3>(include_str!("../../data/address-keys.tsv"));
        let words: Vec<_> = rows.map(|[words, ..]| words).collect();
        assert!(words.is_sorted_by(|one, next| one < next), "{words:?}");
    }
}
