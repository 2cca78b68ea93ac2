//! Names of credentials.

/// Words that name a credential when a name ends in them.
const CREDENTIALS: &[&str] =
    &["password", "passwd", "pwd", "passphrase", "passcode", "secret", "token", "apikey", "credential", "credentials"];

/// Words that make a following `key` a credential.
const KEYS: &[&str] =
    &["api", "access", "secret", "private", "auth", "encryption", "signing", "master", "account", "shared"];

/// Endings of words written without separators, as `PGPASSWORD`.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "clientsecret",
    "authtoken",
    "accesstoken",
];

/// First words that make a name a switch or a limit, as in `ALLOW_EMPTY_PASSWORD`.
const SWITCHES: &[&str] =
    &["allow", "disable", "enable", "require", "num", "max", "min", "use", "has", "is", "no", "skip", "existing"];

/// Words before `secret` that make it a value of its own. Behind others it is mostly the name of a Secret.
const VALUES: &[&str] = &[
    "client",
    "app",
    "api",
    "consumer",
    "oauth",
    "oauth2",
    "oidc",
    "shared",
    "cookie",
    "session",
    "jwt",
    "hmac",
    "webhook",
    "signing",
    "auth",
    "master",
    "encryption",
    "token",
];

/// What the name of a field, a variable or a line says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// Nothing.
    Ordinary,
    /// The value is a credential.
    Credential,
    /// The value is a credential or the name of a Secret.
    CredentialOrName,
}

/// What a name says of its value.
pub(crate) fn kind_of(key: &str) -> KeyKind {
    if !has_stem(key) {
        return KeyKind::Ordinary;
    }
    let mut words = words(key);
    while words.len() > 1 && words.last().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
        words.pop();
    }
    let Some((last, before)) = words.split_last() else { return KeyKind::Ordinary };
    let previous = before.last().map(String::as_str).unwrap_or_default();
    if words.iter().any(|word| word == "existing") || (words.len() > 1 && SWITCHES.contains(&words[0].as_str())) {
        return KeyKind::Ordinary;
    }
    let is_credential = CREDENTIALS.contains(&last.as_str())
        || (last == "pass" && !before.is_empty() && previous != "proxy")
        || (last == "key" && KEYS.contains(&previous))
        || ENDINGS.iter().any(|ending| last.ends_with(ending));
    match (is_credential, last.as_str()) {
        (false, _) => KeyKind::Ordinary,
        (true, "secret") if !VALUES.contains(&previous) => KeyKind::CredentialOrName,
        (true, _) => KeyKind::Credential,
    }
}

/// Whether a name holds any part of a word that can name a credential; most names hold none.
fn has_stem(key: &str) -> bool {
    const STEMS: [&[u8]; 6] = [b"pass", b"pwd", b"secret", b"token", b"key", b"credential"];
    let holds = |stem: &[u8]| key.as_bytes().windows(stem.len()).any(|part| part.eq_ignore_ascii_case(stem));
    STEMS.into_iter().any(holds)
}

/// The words of a name in lower case: `auth.clientSecret` is `auth`, `client`, `secret`.
pub(crate) fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in key.chars() {
        let starts = letter.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit());
        if starts || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_their_values_are() {
        let credentials = [
            "password",
            "DB_PASSWORD",
            "PGPASSWORD",
            "spring.datasource.password",
            "redisPassword",
            "SMTP_PASS",
            "clientSecret",
            "OAUTH_CLIENT_SECRET",
            "aws_secret_access_key",
            "SECRET_KEY",
            "SESSION_SIGNING_KEY",
            "API_TOKEN",
            "apiKey",
            "admin-token",
            "X_APIKEY",
            "PASSWORD_2",
            "RESTIC_PASSPHRASE",
            "credentials",
            "_authToken",
        ];
        for key in credentials {
            assert_eq!(kind_of(key), KeyKind::Credential, "{key}");
        }
        for key in ["DB_SECRET", "authenticationSecret", "secret"] {
            assert_eq!(kind_of(key), KeyKind::CredentialOrName, "{key}");
        }
        let ordinary = [
            "",
            "DB_SECRET_NAME",
            "TLS_SECRET_PATH",
            "ALLOW_EMPTY_PASSWORD",
            "RING_NUM_TOKENS",
            "TOKEN_TTL",
            "API_KEY_ID",
            "existingSecret",
            "auth.existingSecret",
            "passwordKey",
            "userPasswordKey",
            "password-file",
            "MAX_TOKEN",
            "tls-private-key-file",
            "proxy_pass",
            "pass",
            "OAUTH_REDIRECT_URI",
            "monkey",
            "key",
            "compass",
        ];
        for key in ordinary {
            assert_eq!(kind_of(key), KeyKind::Ordinary, "{key}");
        }
    }
}
