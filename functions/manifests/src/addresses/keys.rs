//! What the key of a value says about the value: `DATABASE_HOST` has a host, `DATABASE_NAME` has none.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use krm::table;

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

/// The table.
struct Roles {
    /// The words of hosts and ports of more than one letter, the longest first.
    ends: Vec<&'static str>,
    by_word: HashMap<&'static str, Word>,
}

/// A word of the table.
#[derive(Default)]
struct Word {
    /// Its role by itself.
    role: Option<Role>,
    /// The words that have a role behind it.
    pairs: Vec<(&'static str, Role)>,
}

impl Word {
    /// The role of another word behind this one.
    fn role_before(&self, next: &str) -> Option<Role> {
        self.pairs.iter().find(|(word, _)| *word == next).map(|(_, role)| *role)
    }
}

fn roles() -> &'static Roles {
    static ROLES: LazyLock<Roles> = LazyLock::new(|| {
        let mut by_word: HashMap<_, Word> = HashMap::new();
        for [words, role, _example] in table::rows(include_str!("../../data/address-keys.tsv")) {
            match words.split_once(' ') {
                Some((first, second)) => by_word.entry(first).or_default().pairs.push((second, Role::of(role))),
                None => by_word.entry(words).or_default().role = Some(Role::of(role)),
            }
        }
        let known = by_word.iter().filter(|(_, word)| matches!(word.role, Some(Role::Host | Role::Port)));
        let mut ends: Vec<_> = known.map(|(word, _)| *word).filter(|word| word.len() > 1).collect();
        ends.sort_unstable_by_key(|word| Reverse(word.len()));
        Roles { ends, by_word }
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
        let lower = key.to_ascii_lowercase();
        let (mut before, mut role, mut last): (Option<&Word>, _, _) = (None, None, "");
        for range in words(key) {
            let word = &lower[range];
            let known = roles().by_word.get(word);
            let by_word = known.and_then(|known| known.role);
            let by_pair = before.and_then(|before| before.role_before(word));
            if [by_word, by_pair].contains(&Some(Self::Own)) {
                return Self::Own;
            }
            (before, role, last) = (known, by_pair.or(by_word), word);
        }
        role.unwrap_or_else(|| Self::of_grown_word(last))
    }

    /// What a word says that has grown together of several.
    fn of_grown_word(word: &str) -> Self {
        if word.ends_with("port") {
            Self::Port
        } else if is_grown(word) {
            Self::Likely
        } else {
            Self::Unknown
        }
    }
}

fn is_grown(word: &str) -> bool {
    GROWN.iter().any(|end| word.ends_with(end))
}

/// Whether the value of a key is a host or a URL, by the key alone: `DATABASE_URL`, `PGHOST`.
pub fn names_host(key: &str) -> bool {
    match Role::of_key(key) {
        Role::Host => true,
        Role::Likely => words(key).last().is_some_and(|word| is_grown(&key[word].to_ascii_lowercase())),
        Role::Port | Role::None | Role::Own | Role::Unknown => false,
    }
}

/// Where the words of a key are, in bytes, without numbers: `DATABASE` and `HOST` of `DATABASE_HOST_1`, `database` and `Host`
/// of `databaseHost`. They are made of letters of ASCII.
fn words(key: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = key.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + bytes[from..].iter().position(u8::is_ascii_alphabetic)?;
        let ends = |pair: &[u8]| {
            !pair[1].is_ascii_alphabetic() || (pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
        };
        from = bytes[start..].windows(2).position(ends).map_or(bytes.len(), |at| start + at + 1);
        Some(start..from)
    })
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
    use proptest::prelude::*;

    use super::*;
    use crate::names::words_of_key;

    proptest! {
        #[test]
        fn words_are_those_of_any_key_without_numbers(key in "[a-cA-C0-9_.äÄß-]{0,16}") {
            let lower = key.to_ascii_lowercase();
            let found: Vec<_> = words(&key).map(|word| &lower[word]).collect();
            let all = words_of_key(&key);
            let letters = all.iter().flat_map(|word| word.split(|letter: char| !letter.is_ascii_alphabetic()));
            prop_assert_eq!(found, letters.filter(|word| !word.is_empty()).collect::<Vec<_>>());
        }
    }

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
            ("dbHOST", Role::Host),
            ("hostÄ", Role::Host),
            ("noProxyX", Role::Own),
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
