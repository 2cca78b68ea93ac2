//! Keys whose values are bootstrap addresses of Kafka.

/// Whether the value of a key by its name is a bootstrap address.
pub(crate) fn is_bootstrap_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let is_server = ["server", "url", "host", "address", "endpoint"].iter().any(|word| key.contains(word));
    key.contains("bootstrap") || key.contains("broker") || key.contains("kafka") && is_server
}

/// The words by which a key is about where data comes from.
const SOURCE_WORDS: [&str; 6] = ["from", "legacy", "old", "origin", "source", "src"];

/// Whether a key by its name is about a source, as `source.cluster.bootstrap.servers`, `srcKafka` or `OLD_BOOTSTRAP`.
pub(crate) fn is_source_key(key: &str) -> bool {
    words(key).any(|word| SOURCE_WORDS.iter().any(|source| word.eq_ignore_ascii_case(source)))
}

/// The words of a key, which other signs than letters and a change from lower to upper case separate.
fn words(key: &str) -> impl Iterator<Item = &str> {
    let mut was_lower = false;
    let parts = key.split(|letter: char| !letter.is_ascii_alphanumeric());
    parts.flat_map(move |part| {
        let mut start = 0;
        let mut words = Vec::new();
        for (index, letter) in part.char_indices() {
            if was_lower && letter.is_ascii_uppercase() && index > start {
                words.push(&part[start..index]);
                start = index;
            }
            was_lower = letter.is_ascii_lowercase();
        }
        was_lower = false;
        words.push(&part[start..]);
        words
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_known_by_a_whole_word() {
        for key in [
            "source",
            "SOURCE_BOOTSTRAP_SERVERS",
            "source.cluster.bootstrap.servers",
            "srcKafka",
            "kafkaSource",
            "OLD_KAFKA_BOOTSTRAP",
            "src.kafka",
        ] {
            assert!(is_source_key(key), "{key}");
        }
        for key in ["", "resource", "sources", "bootstrapServers", "RESOURCE_KAFKA", "scr", "folder"] {
            assert!(!is_source_key(key), "{key}");
        }
    }
}
