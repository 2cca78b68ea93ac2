//! Names of credentials.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use krm::needles::Needles;
use krm::table;
use manifests::names::words_of_key;

use super::words::reads_like_words;

/// What the name of a field, a variable or a line says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameKind {
    /// Nothing.
    Ordinary,
    /// The value is a credential.
    Credential,
    /// The value is a credential if it looks generated.
    Weak,
    /// The value is a credential or the name of a Secret.
    CredentialOrName,
}

/// The words of names, by what they say.
struct Grammar(HashMap<&'static str, HashSet<&'static str>>);

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
    let mut roles: HashMap<_, HashSet<_>> = HashMap::new();
    for [word, role] in table::rows(include_str!("../../data/credential-names.tsv")) {
        roles.entry(role).or_default().insert(word);
    }
    Grammar(roles)
});

impl Grammar {
    fn is(&self, role: &str, word: &str) -> bool {
        self.0.get(role).is_some_and(|words| words.contains(word))
    }

    fn ends_like_one(&self, word: &str) -> bool {
        self.0.get("ending").into_iter().flatten().any(|ending| word.len() > ending.len() && word.ends_with(ending))
    }

    /// What the words of a name say; those that change nothing are gone from its end.
    fn kind(&self, words: &[&str]) -> NameKind {
        let Some((last, before)) = words.split_last() else { return NameKind::Ordinary };
        let previous = before.last().copied().unwrap_or_default();
        match *last {
            "key" | "keys" if self.is("key", previous) => NameKind::Credential,
            "key" if self.is("weak-key", previous) => NameKind::Weak,
            "secret" if !self.is("secret", previous) => NameKind::CredentialOrName,
            "pass" if previous == "proxy" => NameKind::Ordinary,
            "pass" if !before.is_empty() => NameKind::Credential,
            "cookie" if previous == "erlang" => NameKind::Credential,
            "bypass" | "compass" | "encompass" | "surpass" | "trespass" => NameKind::Ordinary,
            last if self.is("credential", last) || self.ends_like_one(last) => NameKind::Credential,
            last if self.is("weak", last) || last.ends_with("pass") => NameKind::Weak,
            _ => NameKind::Ordinary,
        }
    }
}

/// What a name says of its value.
pub(crate) fn kind_of(name: &str) -> NameKind {
    // A part of a program is no name.
    if !has_stem(name) || name.contains(['(', ')', '{', '}', '=', ';', '"']) || is_of_a_tool(name) {
        return NameKind::Ordinary;
    }
    let words = words_of_key(name);
    let mut words: Vec<&str> = words.iter().map(|word| without_number(word)).filter(|word| !word.is_empty()).collect();
    let is_switch = words.len() > 1 && GRAMMAR.is("switch", words[0]);
    if is_switch || words.contains(&"existing") || words.iter().any(|word| GRAMMAR.is("public", word)) {
        return NameKind::Ordinary;
    }
    let kind = GRAMMAR.kind(&words);
    if kind != NameKind::Ordinary {
        return kind;
    }
    while words.len() > 1 && words.last().is_some_and(|word| GRAMMAR.is("behind", word)) {
        words.pop();
    }
    GRAMMAR.kind(&words)
}

/// Names beside each other.
pub(crate) struct Siblings(HashSet<String>);

impl<'n> FromIterator<&'n str> for Siblings {
    fn from_iter<I: IntoIterator<Item = &'n str>>(names: I) -> Self {
        Self(names.into_iter().filter(|name| has_stem(name)).map(|name| words_of_key(name).concat()).collect())
    }
}

impl Siblings {
    /// Whether a name is that of an access key whose secret has another of the names: `S3_ACCESS_KEY` beside `S3_SECRET_KEY`.
    /// Such a key tells which account it is, as a user name does. Source: the S3 API, and the variables of MinIO.
    pub(crate) fn hold_the_secret_of(&self, name: &str) -> bool {
        const SECRETS: [&str; 4] = ["secretkey", "secretaccesskey", "accesssecretkey", "accesskeysecret"];
        let name = words_of_key(name).concat();
        let Some((before, behind)) = name.split_once("accesskey").filter(|(before, _)| !before.ends_with("secret"))
        else {
            return false;
        };
        let behind = behind.strip_prefix("id").unwrap_or(behind);
        !behind.starts_with("secret")
            && SECRETS.iter().any(|secret| self.0.contains(&format!("{before}{secret}{behind}")))
    }
}

/// Whether a name and its value are those of a key in a Secret that is named beside it: `secretKey` behind `secretName`.
pub(crate) fn is_key_of_secret<'n>(name: &str, value: &str, others: impl IntoIterator<Item = &'n str>) -> bool {
    let is_named = |other: &str| matches!(other, "secret" | "secretName" | "existingSecret");
    name == "secretKey" && reads_like_words(value) && others.into_iter().any(is_named)
}

/// Annotations whose values are names, paths and switches of a tool, whatever words their names hold.
fn is_of_a_tool(name: &str) -> bool {
    static TOOLS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        table::rows(include_str!("../../data/annotations-of-tools.tsv")).map(|[domain]| domain).collect()
    });
    name.split_once('/').is_some_and(|(domain, _)| {
        TOOLS
            .iter()
            .any(|tool| domain.strip_suffix(tool).is_some_and(|before| before.is_empty() || before.ends_with('.')))
    })
}

/// A word without the number behind it.
fn without_number(word: &str) -> &str {
    match word {
        "oauth2" | "base64" | "b64" => word,
        _ => word.trim_end_matches(|letter: char| letter.is_ascii_digit()),
    }
}

/// Whether a name holds any part of a word that can name a credential; most names hold none.
pub(crate) fn has_stem(name: &str) -> bool {
    static STEMS: LazyLock<Needles> = LazyLock::new(|| {
        Needles::ignoring_case([
            "pass", "pwd", "pw", "secret", "token", "key", "cred", "auth", "cookie", "psk", "salt", "pepper", "pat",
            "jwt", "bearer", "licen", "seed", "mnemonic",
        ])
    });
    STEMS.are_in(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_keys_are_told_by_the_secret_beside_them() {
        for (name, other) in [
            ("S3_ACCESS_KEY", "S3_SECRET_KEY"),
            ("accessKey", "secretKey"),
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
            ("aliyunAccessKeyId", "aliyunAccessKeySecret"),
        ] {
            let siblings: Siblings = ["x", name, other].into_iter().collect();
            assert!(siblings.hold_the_secret_of(name), "{name} beside {other}");
            assert!(!siblings.hold_the_secret_of(other), "{other} beside {name}");
            let siblings: Siblings = ["x", name, "DB_SECRET_KEY"].into_iter().collect();
            assert!(!siblings.hold_the_secret_of(name), "{name}");
        }
    }

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
            "DB_PASSWORD2",
            "PASSWORD1",
            "PASSWORD_PROD",
            "passwordDev",
            "DB_PASSWORD_VALUE",
            "SECRET_KEY_BASE",
            "APP_KEY",
            "DB_PW",
            "bindPW",
            "RABBITMQ_ERLANG_COOKIE",
            "PresharedKey",
            "pre-shared-key",
            "adminPasswordHash",
            "requirepass",
            "masterauth",
            "NEXTAUTH_SECRET",
            "apiKeys",
        ];
        for key in credentials {
            assert_eq!(kind_of(key), NameKind::Credential, "{key}");
        }
        for key in ["DB_SECRET", "authenticationSecret", "secret"] {
            assert_eq!(kind_of(key), NameKind::CredentialOrName, "{key}");
        }
        for key in [
            "PASS",
            "pass",
            "DBPASS",
            "routing_key",
            "LICENSE_KEY",
            "REDIS_AUTH",
            "GITHUB_PAT",
            "PASSWORD_SALT",
            "RING_NUM_TOKENS",
        ] {
            assert_eq!(kind_of(key), NameKind::Weak, "{key}");
        }
        let ordinary = [
            "",
            "DB_SECRET_NAME",
            "TLS_SECRET_PATH",
            "ALLOW_EMPTY_PASSWORD",
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
            "vault.hashicorp.com/agent-inject-secret-db-password",
            "STRIPE_PUBLISHABLE_API_KEY",
            "SENTRY_PUBLIC_KEY",
            "RECAPTCHA_SITE_KEY",
            "OAUTH_REDIRECT_URI",
            "monkey",
            "key",
            "compass",
        ];
        for key in ordinary {
            assert_eq!(kind_of(key), NameKind::Ordinary, "{key}");
        }
    }
}
