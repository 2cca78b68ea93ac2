//! What Secrets hold, as far as a build shows it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use krm::resource_list::Item;
use serde_json::Value;

/// Base64 as Go reads it, which is how the API server and the sealed-secrets controller do.
///
/// Source: Go `encoding/base64`, `StdEncoding`: line breaks are skipped, padding is required, bits behind the end of the data
/// do not matter, and everything else outside the alphabet is an error.
const GO: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// What a build shows of the data of a Secret. The texts are secret: no finding may hold one of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SecretData {
    /// The texts by key, decoded. What is no text is left out.
    pub texts: BTreeMap<String, String>,
    /// The keys whose values are sealed.
    pub sealed: BTreeSet<String>,
}

impl SecretData {
    /// The data of a Secret: `stringData` before `data`.
    ///
    /// Source: kubernetes/api core/v1 types.go, `Secret`.
    pub fn of_secret(secret: &Item) -> Self {
        let (data, plain) = (secret.field(&["data"]), secret.field(&["stringData"]));
        let data = texts(&data).filter_map(|(key, value)| Some((key.to_owned(), decoded(value)?)));
        let plain = texts(&plain).map(owned);
        Self { texts: data.chain(plain).collect(), sealed: BTreeSet::new() }
    }

    /// The same of one key, without a look at the others.
    pub fn of_secret_key(secret: &Item, key: &str) -> Self {
        let text = secret.field(&["stringData", key]).as_str().map(str::to_owned);
        let text = text.or_else(|| decoded(secret.field(&["data", key]).as_str()?));
        Self { texts: text.map(|text| (key.to_owned(), text)).into_iter().collect(), sealed: BTreeSet::new() }
    }

    /// The data of the Secret that the controller of Sealed Secrets makes of a SealedSecret: a template is not sealed, and
    /// counts before a sealed value. What it puts in is.
    ///
    /// Source: sealed-secrets pkg/apis/sealedsecrets/v1alpha1, `SealedSecretSpec`, `SecretTemplateSpec` and `Unseal`.
    pub fn of_sealed_secret(sealed: &Item) -> Self {
        let spec = sealed.field(&["spec"]);
        let texts: BTreeMap<_, _> = texts(&spec["template"]["data"]).map(owned).collect();
        let keys = spec["encryptedData"].as_object().into_iter().flatten().map(|(key, _)| key.clone());
        Self { sealed: keys.filter(|key| !texts.contains_key(key)).collect(), texts }
    }
}

fn texts(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

fn owned((key, text): (&str, &str)) -> (String, String) {
    (key.to_owned(), text.to_owned())
}

/// The bytes that base64 encodes, as the API server reads it; nothing if it is malformed.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let stripped: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    GO.decode(stripped).ok()
}

/// The text that base64 encodes; nothing if it is malformed, or encodes bytes that are no text.
fn decoded(value: &str) -> Option<String> {
    let text = String::from_utf8(decode_base64(value)?).ok()?;
    let is_text = text.chars().all(|letter| !letter.is_control() || letter.is_whitespace());
    is_text.then_some(text)
}

#[cfg(test)]
mod tests {
    use krm::resource_list::Resources;

    use super::*;

    fn resources(text: &str) -> Resources {
        Resources::from_streams(vec![(None, text.to_owned())]).expect("the text is YAML")
    }

    #[test]
    fn the_texts_of_a_secret_are_decoded() {
        let resources = resources(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {both: plain, number: 1}\n\
             data: {url: aHR0cDovL2Ri, both: Yg==, bits: Yh==, bytes: /w==, zero: AA==, bad: 'a', lines: \"aHR0\\ncDov\\n\"}\n",
        );
        let data = SecretData::of_secret(resources.iter().next().expect("the object is there"));
        let texts: Vec<_> = data.texts.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
        assert_eq!(texts, [("bits", "b"), ("both", "plain"), ("lines", "http:/"), ("url", "http://db")]);
        for key in ["bits", "both", "lines", "url", "number", "bytes", "zero", "bad", "none"] {
            let one = SecretData::of_secret_key(resources.iter().next().expect("the object is there"), key);
            assert_eq!(one.texts.get(key), data.texts.get(key), "{key}");
            assert!(one.texts.len() <= 1);
        }
    }

    #[test]
    fn a_sealed_secret_shows_its_keys_and_its_template() {
        let resources = resources(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s}\n\
             spec: {encryptedData: {password: AgA, url: AgA}, template: {data: {url: 'pg://u:{{ .password }}@db'}}}\n",
        );
        let data = SecretData::of_sealed_secret(resources.iter().next().expect("the object is there"));
        assert_eq!(data.texts, [("url".to_owned(), "pg://u:{{ .password }}@db".to_owned())].into());
        assert_eq!(data.sealed, ["password".to_owned()].into());
    }
}
