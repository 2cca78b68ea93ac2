//! Whether letters were written by a person or made by a generator.

/// Whether a text reads like words: names, paths, sentences. Generated text mixes cases and digits, or cannot be
/// pronounced.
pub(crate) fn reads_like_words(text: &str) -> bool {
    let mut runs = text.split(|letter: char| !letter.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.all(is_wordy)
}

/// Whether every word of a text is of letters alone, as in prose.
pub(crate) fn is_prose(text: &str) -> bool {
    let words = text.split_whitespace().count();
    words >= 2 && reads_like_words(text) && !text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Words with digits in them; no other run is held against them.
const KNOWN: &[&str] = &[
    "k8s", "k3s", "k3d", "h2c", "i18n", "l10n", "e2e", "s3a", "utf8mb4", "log4j", "log4j2", "x86", "amd64", "arm64",
    "oauth2", "p12", "x509", "http2", "ec2",
];

/// Whether a run of letters and digits is one or more words with a number behind them.
fn is_wordy(run: &str) -> bool {
    let letters = run.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits = run.len() - letters.len();
    if letters.is_empty() {
        return digits <= 5;
    }
    let has_digit = run.bytes().any(|byte| byte.is_ascii_digit());
    if has_digit && KNOWN.iter().any(|known| run.eq_ignore_ascii_case(known)) {
        return true;
    }
    if !letters.is_ascii() {
        return letters.chars().all(char::is_alphabetic);
    }
    let is_lone = |part: &str| part.len() == 1 && part != letters && part.bytes().all(|byte| byte.is_ascii_uppercase());
    digits <= 4
        && parts(letters).count() * 3 <= letters.len() + 2
        && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts(letters).all(|part| is_pronounced(part) && !is_lone(part))
}

/// The words that capitals part: `clientSecret` is `client`, `Secret`; `PGPassword` is `PGPassword`.
fn parts(letters: &str) -> impl Iterator<Item = &str> {
    let bytes = letters.as_bytes();
    let begins = |at: usize| at == 0 || (bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase());
    let starts = (0..bytes.len()).filter(move |at| begins(*at));
    starts.map(move |start| {
        let end = (start + 1..bytes.len()).find(|at| begins(*at)).unwrap_or(bytes.len());
        &letters[start..end]
    })
}

/// Whether a word could be said: it has vowels, no long row of consonants, and its capitals are at its beginning.
fn is_pronounced(word: &str) -> bool {
    let bytes = word.as_bytes();
    let capitals = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    // `APIs`, `XMLHttp`; generated text has rows of capitals in front of single letters.
    let is_acronym = capitals < 2
        || bytes.len() <= capitals
        || &bytes[capitals..] == b"s"
        || (capitals > 2 && bytes.len() > capitals + 2);
    if bytes.len() == 1 || !is_acronym {
        return is_acronym;
    }
    let is_vowel = |byte: &u8| b"aeiouyAEIOUY".contains(byte);
    let vowels = bytes.iter().filter(|byte| is_vowel(byte)).count();
    // Short words may be abbreviations: `db`, `TLS`, `Pkcs`. A capital and a consonant are none.
    if bytes.len() <= 4 {
        return bytes.len() != 2 || capitals != 1 || vowels > 0 || word == "Db";
    }
    let longest = bytes.split(|byte| is_vowel(byte)).map(<[u8]>::len).max().unwrap_or_default();
    vowels * 7 >= bytes.len() && vowels * 4 <= bytes.len() * 3 && longest <= 5
}

/// Whether a value reads like the name of an object rather than like a generated one.
pub(crate) fn is_object_name(value: &str) -> bool {
    let is_label = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"-.".contains(&letter);
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    (1..=63).contains(&value.len()) && value.bytes().all(is_label) && digits * 4 <= value.len()
}

#[cfg(test)]
mod tests {
    use super::super::shape::Numbers;
    use super::super::shape::Shape;
    use super::*;

    #[test]
    fn every_known_word_has_a_digit() {
        assert!(KNOWN.iter().all(|known| known.bytes().any(|byte| byte.is_ascii_digit())));
    }

    #[test]
    fn words_are_told_from_generated_text() {
        for words in [
            "Authorization",
            "X-CSRF-TOKEN",
            "clientSecret",
            "oidc.clientSecret",
            "my-cluster-mongodb-encryption-key",
            "web2",
            "kv/data/shop/api",
            "SCRAM-SHA-512",
            "db",
            "http",
            "app-config-v2",
            "authorization_code",
            "PGPASSWORD",
            "Passwort",
            "",
        ] {
            assert!(reads_like_words(words), "{words}");
        }
        for generated in [
            "Hk4tWb9Nk7q",
            "ecretPass99x",
            "tWb9",
            "98237465",
            "qhzkvmxpwr",
            "f81d4fae7dec11d0a765",
            "xK9",
            "A1b2C3d4",
            "aBCdEFgh",
            "QzWxEc",
        ] {
            assert!(!reads_like_words(generated), "{generated}");
        }
        assert!(is_prose("not set"));
        assert!(!is_prose("set"));
        assert!(!is_prose("pass 12"));
    }

    #[test]
    fn random_text_hardly_ever_reads_like_words() {
        let mut numbers = Numbers(3);
        for shape in ["{alnum 12}", "{alnum 20}", "{anyhex 24}", "{updigit 16}"] {
            let shape = Shape::read(shape);
            let wordy = (0..1000).filter(|_| reads_like_words(&shape.sample(&mut numbers))).count();
            assert!(wordy <= 12, "{wordy} of 1000 of {shape:?}");
        }
    }
}
