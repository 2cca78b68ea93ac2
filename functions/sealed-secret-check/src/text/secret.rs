//! The values of a Secret, wherever it is: as an object, in another object, or in a text.
//!
//! In a Secret every value is a secret until it is shown that another tool fills it in: nothing but placeholders and what is
//! around them remains. `$name` and `{name}` are no placeholders there. Kubernetes knows only `$(NAME)`, and Flux and envsubst
//! are meant by `${NAME}`.

use std::borrow::Cow;

use krm::resource_list::bookkeeping::NEEDS_HASH_SUFFIX;
use manifests::addresses::placeholder;
use serde_json::Value;

use super::forms::{by_form, in_connections};
use super::hit::Hit;
use super::names::{NameKind, kind_of};
use super::pairs::{Structure, pairs};
use super::values::{Content, content_under, is_dummy};
use super::words::reads_like_words;
use crate::base64;
use crate::rule::Rule;

/// The label of Secrets that hold the keys of the controller. Source: sealed-secrets `pkg/controller/keyregistry.go`.
const KEY_LABEL: &str = "sealedsecrets.bitnami.com/sealed-secrets-key";

/// Keys whose values are public in every Secret.
const PUBLIC_KEYS: &[&str] = &["username", "user", "host", "hostname", "port", "database", "dbname"];

/// A value of a Secret that must not be in git.
#[derive(Debug)]
pub(crate) struct SecretValue<'v> {
    /// `data` or `stringData`.
    pub(crate) field: &'static str,
    /// Its key; empty if the field is no mapping.
    pub(crate) key: &'v str,
    pub(crate) hit: Hit,
}

/// The values of a Secret that are in git in the clear.
pub(crate) fn values(object: &Value) -> Vec<SecretValue<'_>> {
    let secret = Secret::of(object);
    let mut found = Vec::new();
    for field in ["data", "stringData"] {
        for (key, written) in entries(&object[field]) {
            let decoded = if field == "data" { decoded(&written) } else { None };
            let entry = Entry { field, key, plain: decoded.as_deref().unwrap_or(&written), written: &written };
            found.extend(secret.hit(&entry).map(|hit| SecretValue { field, key, hit }));
        }
    }
    found
}

/// The values in a field of a Secret: the key and the text of each. The API server refuses what is no text, but it is in git
/// all the same.
fn entries(values: &Value) -> Vec<(&str, Cow<'_, str>)> {
    match values {
        Value::Object(values) => values.iter().map(|(key, value)| (key.as_str(), text_of(value))).collect(),
        values => vec![("", text_of(values))],
    }
}

fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => "".into(),
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

fn decoded(text: &str) -> Option<String> {
    base64::decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

/// What the object around the values means for them.
struct Secret {
    sops: Sops,
    is_sealing_key: bool,
    is_generated: bool,
    vault: VaultPlugin,
}

impl Secret {
    fn of(object: &Value) -> Self {
        let metadata = &object["metadata"];
        Self {
            sops: Sops::of(object),
            is_sealing_key: metadata["labels"].get(KEY_LABEL).is_some(),
            is_generated: metadata["annotations"].get(NEEDS_HASH_SUFFIX).is_some(),
            vault: VaultPlugin::of(&metadata["annotations"]),
        }
    }

    fn hit(&self, entry: &Entry<'_>) -> Option<Hit> {
        match entry.key {
            "tls.key" if self.is_sealing_key => {
                Some(Hit::new(Rule::SealingKey, "the PRIVATE KEY OF SEALED-SECRETS itself", entry.plain))
            }
            "tls.crt" if self.is_sealing_key && entry.is_public() => None,
            _ => self
                .matter(entry)
                .map(|(rule, what)| Hit { is_public: entry.is_public(), ..Hit::new(rule, what, entry.plain) }),
        }
    }

    /// What the value is, and by which rule, if it must not be in git.
    fn matter(&self, entry: &Entry<'_>) -> Option<(Rule, String)> {
        let plain = entry.plain.trim();
        if plain.is_empty() || self.vault.fills_in(plain) {
            return None;
        }
        match (self.sops, is_sops(entry.written)) {
            (Sops::Encrypted, true) => return None,
            (Sops::No, true) => {
                return Some((
                    Rule::UndecryptableSops,
                    "a SOPS value without the `sops` block that it needs".to_owned(),
                ));
            }
            (Sops::Broken, true) => {
                let what = "a SOPS value in an object without a MAC, so that nothing can decrypt it";
                return Some((Rule::UndecryptableSops, what.to_owned()));
            }
            (_, false) => {}
        }
        if is_injected(plain) {
            return None;
        }
        match Filling::of(plain, entry.field == "stringData") {
            Filling::Whole => None,
            Filling::Default => Some((Rule::PlainSecret, "a variable with a plain value as its default".to_owned())),
            Filling::Part => Some((Rule::PlainSecret, "a plain value beside a placeholder".to_owned())),
            Filling::None if self.sops == Sops::Encrypted => {
                Some((Rule::PlainSecret, "a plain value that SOPS left out (see its encrypted_regex)".to_owned()))
            }
            Filling::None => Some(self.kind(plain)),
        }
    }

    /// What a plain value is.
    fn kind(&self, plain: &str) -> (Rule, String) {
        if is_dummy(plain) {
            let what = "a dummy of a template, which overwrites the live value when it is applied";
            return (Rule::DummySecret, what.to_owned());
        }
        let form = by_form(plain).into_iter().find(|hit| hit.rule.outranks(Rule::PlainCredential));
        let what = match form {
            Some(hit) => format!("a plain value with {} in it", hit.what),
            None if self.is_generated => "a plain value out of a secretGenerator".to_owned(),
            None => "a plain value".to_owned(),
        };
        (Rule::PlainSecret, what)
    }
}

/// An entry of a Secret.
struct Entry<'s> {
    field: &'static str,
    key: &'s str,
    /// The value as the cluster has it.
    plain: &'s str,
    /// The value as it is in the file.
    written: &'s str,
}

impl Entry<'_> {
    fn is_public(&self) -> bool {
        let has = |part: &str| self.plain.contains(part);
        PUBLIC_KEYS.contains(&self.key)
            || ((has("-----BEGIN CERTIFICATE-----") || has("-----BEGIN PUBLIC KEY-----")) && !has("PRIVATE KEY"))
    }
}

/// What SOPS did to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sops {
    No,
    Encrypted,
    /// There is no MAC, so nothing decrypts it.
    Broken,
}

impl Sops {
    fn of(object: &Value) -> Self {
        match (&object["sops"], object["sops"]["mac"].as_str()) {
            (Value::Null, _) => Self::No,
            (_, Some(mac)) if !mac.is_empty() => Self::Encrypted,
            _ => Self::Broken,
        }
    }
}

fn is_sops(value: &str) -> bool {
    value.starts_with("ENC[") && value.trim_end().ends_with(']')
}

/// What the Argo CD Vault Plugin does to an object: `<path:...>` is replaced anywhere, `<key>` where an annotation gives the
/// path. Source: argocd-vault-plugin `pkg/kube/util.go`.
struct VaultPlugin {
    has_path: bool,
    is_ignored: bool,
}

impl VaultPlugin {
    fn of(annotations: &Value) -> Self {
        Self {
            has_path: annotations["avp.kubernetes.io/path"].is_string(),
            is_ignored: annotations["avp.kubernetes.io/ignore"] == "true",
        }
    }

    fn fills_in(&self, value: &str) -> bool {
        let inner = value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let is_single = inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(['<', '>']));
        is_single && !self.is_ignored && (self.has_path || value.starts_with("<path:"))
    }
}

/// How much of a value another tool fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filling {
    /// Nothing.
    None,
    /// All that could be a secret.
    Whole,
    /// It may, but there is a default.
    Default,
    /// There is a value of its own beside it.
    Part,
}

impl Filling {
    fn of(plain: &str, is_written_plain: bool) -> Self {
        if is_written_plain && is_variable(plain) {
            return Self::Whole;
        }
        let mut rest = String::new();
        let mut count = 0;
        let mut at = 0;
        while let Some(letter) = plain[at..].chars().next() {
            match filled_in(&plain[at..]) {
                Some((length, default)) => {
                    if default
                        .is_some_and(|default| Self::of(default, false) != Self::Whole && !default.trim().is_empty())
                    {
                        return Self::Default;
                    }
                    count += 1;
                    at += length;
                }
                None => {
                    rest.push(letter);
                    at += letter.len_utf8();
                }
            }
        }
        match count {
            0 => Self::None,
            _ if is_harmless_around(&rest) && !holds_a_credential(plain) => Self::Whole,
            _ => Self::Part,
        }
    }
}

/// `op://VAULT/ITEM/FIELD` alone, which `op inject` of 1Password replaces. Source: the secret references of 1Password.
fn is_injected(value: &str) -> bool {
    let is_part = |part: &&str| {
        !part.is_empty() && !part.contains(|letter: char| "\"':@".contains(letter) || letter.is_control())
    };
    let parts: Vec<_> = value.strip_prefix("op://").unwrap_or_default().split('/').collect();
    (3..=4).contains(&parts.len()) && parts.iter().all(is_part)
}

/// `$DB_PASSWORD` alone, which GNU's envsubst fills in.
fn is_variable(value: &str) -> bool {
    value.strip_prefix('$').is_some_and(|name| {
        name.contains('_')
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

/// The placeholder with which a text begins, if a tool fills it in in Secrets: its length and its default.
fn filled_in(text: &str) -> Option<(usize, Option<&str>)> {
    let found = placeholder(text)?;
    let whole = &text[..found.length];
    let is_name = |name: &str| {
        let name = name.split([':', '-', '=', '?', '+', '/', '#', '%', ',', '^', '|']).next().unwrap_or_default();
        name.starts_with(|first: char| first.is_ascii_alphanumeric() || "_{(".contains(first))
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.{}()".contains(&byte))
    };
    let is_one = match text.as_bytes() {
        [b'$', b'{' | b'(', ..] => is_name(&whole[2..whole.len() - 1]),
        [b'{', b'{', ..] | [b'<' | b'E', ..] => true,
        [b'r', ..] => whole.contains("://"),
        [b'v', ..] => whole.contains('/'),
        _ => false,
    };
    is_one.then_some((found.length, found.default))
}

/// Whether what is around placeholders holds nothing of its own: words of an address or of settings, and no phrase.
fn is_harmless_around(rest: &str) -> bool {
    let rest = without_certificates(rest);
    let is_setting =
        |word: &str| word.contains(['=', ':', '/']) || !word.bytes().any(|byte| byte.is_ascii_alphanumeric());
    let is_phrase = |line: &str| {
        let words = line.split_whitespace().filter(|word| !is_setting(word)).count();
        words > 1 && !line.contains(['=', ':'])
    };
    reads_like_words(&rest) && (rest.trim().contains('\n') || !rest.lines().any(is_phrase))
}

fn without_certificates(text: &str) -> Cow<'_, str> {
    let (Some(start), Some(end)) = (text.find("-----BEGIN CERTIFICATE-----"), text.rfind("-----END CERTIFICATE-----"))
    else {
        return text.into();
    };
    if start < end { format!("{}{}", &text[..start], &text[end..]).into() } else { text.into() }
}

/// Whether a text of settings holds a credential beside its placeholders.
fn holds_a_credential(text: &str) -> bool {
    let pairs = Structure::read(text).map_or_else(|_| pairs(text), |structure| structure.pairs());
    let is_own = |key: &str, value: &str| match kind_of(key) {
        NameKind::Ordinary => false,
        kind => matches!(content_under(kind, key, value), Content::Literal | Content::Dummy | Content::EncodedDummy),
    };
    !by_form(text).is_empty()
        || !in_connections(text).is_empty()
        || pairs.iter().any(|pair| is_own(&pair.key, &pair.value))
}

#[cfg(test)]
mod tests {
    use ::base64::prelude::{BASE64_STANDARD, Engine};
    use serde_json::json;

    use super::super::shape::Numbers;
    use super::*;

    fn is_found(value: &str) -> bool {
        values(&json!({"kind": "Secret", "stringData": {"x": value}})).len() == 1
    }

    fn is_found_encoded(value: &str) -> bool {
        values(&json!({"kind": "Secret", "data": {"x": BASE64_STANDARD.encode(value)}})).len() == 1
    }

    #[test]
    fn only_what_another_tool_fills_in_is_harmless() {
        for plain in [
            "$ecret99Pass",
            "Tr0ub4dor&$xyz",
            "abc {{x}} def",
            "admin:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/",
            "{SHA}x",
            "{USER}",
            "%(x)s",
            "[db]\nx = ${HOME}\npw = Hk4-tWb9-Nk7q\n",
            "password: summertime\nuser: ${U}\n",
            "${X:-Hk4}",
            "Hk4${X}tWb9",
            "postgres://u:Hk4@${H}/x",
            "x",
            "98237465",
            "${a b}x",
            "op://u:Hk4-tWb9@h/x/y",
            "op://vault/item",
            "op://vault/item/field\nHk4-tWb9",
            "shop://vault/item/field",
        ] {
            assert!(is_found(plain) && is_found_encoded(plain), "{plain}");
        }
        for filled in [
            "${DB_PASSWORD}",
            "$(DB_PASSWORD)",
            "{{ .password }}",
            "<path:kv/data/x#y>",
            "<path:a#u>:<path:a#p>",
            "$DB_PASSWORD",
            "postgres://${U}:${P}@db.web:5432/shop?sslmode=disable",
            "admin:${HASH}",
            "Bearer ${TOKEN}",
            "user=${U} password=${P} host=db",
            "[db]\nhost = db.web\nport = 27017\npassword = ${P}\n",
            "url: postgres://<path:a#u>:<path:a#p>@db/x\n",
            "ref+vault://a#/b",
            "vault:a/b#c",
            "<secret:app|base64>",
            "op://vault/item/field",
            "op://my vault/item/section/field\n",
            "",
        ] {
            assert!(!is_found(filled), "{filled}");
        }
        assert!(is_found_encoded("$DB_PASSWORD"), "nothing fills in what is in base64");
    }

    #[test]
    fn no_random_password_passes() {
        let mut numbers = Numbers(5);
        let alphabets: [&[u8]; 5] = [
            b"abcdefghijklmnopqrstuvwxyz",
            b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*",
            b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~",
            b"0123456789abcdef",
        ];
        for alphabet in alphabets {
            for length in [8, 16, 20, 32, 64] {
                let mut letter = || char::from(alphabet[numbers.below(alphabet.len())]);
                let passed: Vec<String> = (0..1000)
                    .map(|_| (0..length).map(|_| letter()).collect())
                    .filter(|password: &String| !is_found(password) || !is_found_encoded(password))
                    .collect();
                assert!(passed.is_empty(), "{passed:?}");
            }
        }
    }
}
