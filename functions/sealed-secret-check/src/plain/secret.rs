//! Secrets with values in git.

use std::borrow::Cow;

use krm::field::PointerBuf;
use krm::glob;
use krm::resource_list::Item;
use krm::resource_list::bookkeeping::{NEEDS_HASH_SUFFIX, ORIGIN};
use serde_json::Value;

use super::finding::PlainValue;
use crate::base64;
use crate::config::Spec;
use crate::rule::Rule;
use crate::sealed::KEY_LABEL;
use crate::text::{self, Hit, values};

/// Keys whose values are public in every Secret.
const PUBLIC_KEYS: &[&str] = &["username", "user", "host", "hostname", "port", "database", "dbname"];

/// The values of a Secret that are in git in the clear.
pub(super) fn values(item: &Item, spec: &Spec) -> Vec<PlainValue> {
    if is_from_allowed_generator(item, spec) {
        return Vec::new();
    }
    let object = item.value();
    let is_sealing_key = object["metadata"]["labels"].get(KEY_LABEL).is_some();
    let mut values = Vec::new();
    for field in ["data", "stringData"] {
        for (pointer, key, written) in entries(field, &object[field]) {
            let decoded = if field == "data" { decoded(&written) } else { None };
            let entry = Entry { key, plain: decoded.as_deref().unwrap_or(&written), written: &written };
            let hit = match key {
                "tls.key" if is_sealing_key => Some(entry.sealing_key()),
                "tls.crt" if is_sealing_key && entry.is_public() => None,
                _ => entry.hit(item, spec),
            };
            values.extend(hit.map(|hit| PlainValue { pointer, hit }));
        }
    }
    values
}

/// The values in a field of a Secret: where each is, its key and its text. The API server refuses what is no text, but it is
/// in git all the same.
fn entries<'v>(field: &str, values: &'v Value) -> Vec<(PointerBuf, &'v str, Cow<'v, str>)> {
    let Value::Object(values) = values else {
        return vec![(PointerBuf::from_tokens([field]), "", text_of(values))];
    };
    let entry = |(key, value): (&'v String, &'v Value)| {
        (PointerBuf::from_tokens([field, key.as_str()]), key.as_str(), text_of(value))
    };
    values.iter().map(entry).collect()
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

struct Entry<'s> {
    key: &'s str,
    /// The value as the cluster has it.
    plain: &'s str,
    /// The value as it is in the file.
    written: &'s str,
}

impl Entry<'_> {
    fn sealing_key(&self) -> Hit {
        Hit::new(Rule::SealingKey, "the PRIVATE KEY OF SEALED-SECRETS itself", self.plain)
    }

    fn hit(&self, item: &Item, spec: &Spec) -> Option<Hit> {
        self.matter(item, spec).map(|(rule, what)| Hit::new(rule, what, self.plain))
    }

    /// What the value is, and by which rule, if it must not be in git.
    fn matter(&self, item: &Item, spec: &Spec) -> Option<(Rule, String)> {
        let plain = self.plain.trim();
        if plain.is_empty() || (spec.allow_public_keys && self.is_public()) {
            return None;
        }
        let sops = Sops::of(item.value());
        if sops == Sops::Encrypted && is_sops(self.written) {
            return None;
        }
        if is_vault_placeholder(plain, item) {
            return None;
        }
        let substance = values::substance(plain);
        if substance.has_placeholders && !is_sops(self.written) {
            let is_default = |default: &&str| !values::substance(default).rest.trim().is_empty();
            if substance.defaults.iter().any(is_default) {
                return Some((Rule::PlainSecret, "a variable with a plain value as its default".to_owned()));
            }
            let is_leak = text::hits(self.key, plain).iter().any(|hit| hit.rule != Rule::RandomValue);
            return is_leak.then(|| (Rule::PlainSecret, "a plain value beside a placeholder".to_owned()));
        }
        Some(match sops {
            Sops::Encrypted => {
                (Rule::PlainSecret, "a plain value that SOPS left out (see its encrypted_regex)".to_owned())
            }
            Sops::Broken | Sops::No if !is_sops(self.written) => self.kind(item),
            Sops::Broken => (
                Rule::UndecryptableSops,
                "a SOPS value in an object without a MAC, so that nothing can decrypt it".to_owned(),
            ),
            Sops::No => (Rule::UndecryptableSops, "a SOPS value without the `sops` block that it needs".to_owned()),
        })
    }

    /// What a plain value is.
    fn kind(&self, item: &Item) -> (Rule, String) {
        if values::is_dummy(self.plain.trim()) {
            let what = "a dummy of a template, which overwrites the live value when it is applied";
            return (Rule::DummySecret, what.to_owned());
        }
        (Rule::PlainSecret, self.plain_kind(item))
    }

    fn plain_kind(&self, item: &Item) -> String {
        if let Some(hit) = text::hits("", self.plain).into_iter().find(|hit| hit.rule.outranks(Rule::PlainCredential)) {
            return format!("a plain value with {} in it", hit.what);
        }
        match item.annotation(NEEDS_HASH_SUFFIX) {
            Some(_) => "a plain value out of a secretGenerator".to_owned(),
            None => "a plain value".to_owned(),
        }
    }

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

/// Whether a value is a placeholder of the Argo CD Vault Plugin: `<path:...>` anywhere, `<key>` where an annotation gives
/// the path. Source: argocd-vault-plugin `pkg/kube/util.go`.
fn is_vault_placeholder(value: &str, item: &Item) -> bool {
    let has_path = item.annotation("avp.kubernetes.io/path").is_some();
    let is_ignored = item.annotation("avp.kubernetes.io/ignore") == Some("true");
    let is_bracketed = value.starts_with('<') && value.ends_with('>') && value.len() > 2;
    let is_single = is_bracketed && !value[1..value.len() - 1].contains(['<', '>']);
    is_single && !is_ignored && (has_path || value.starts_with("<path:"))
}

/// Whether the Secret comes out of a generator that may make it, as far as the origin annotation tells.
fn is_from_allowed_generator(item: &Item, spec: &Spec) -> bool {
    let Some(origin) = item.annotation(ORIGIN) else { return false };
    let field = |name: &str| {
        origin
            .lines()
            .filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "))
            .next_back()
            .unwrap_or_default()
    };
    let is_generated = origin.contains("configuredBy:");
    let generator = format!("{}/{}", field("apiVersion"), field("kind"));
    is_generated && spec.allow_generators.iter().any(|allowed| glob::matches(allowed, &generator))
}
