//! The clients of replaced listeners: every object that holds an old address.

use k8s_openapi::ByteString;
use krm::field::PointerBuf;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::{Value, json};

use crate::address_book::AddressBook;
use crate::cluster::GROUP;
use crate::listener::LISTENERS;
use crate::rule::Rule;
use crate::scalars::{self, Scalar};

/// Puts the new addresses in the place of the old ones, and reports those that stay.
pub(crate) fn follow(book: &AddressBook, resources: &mut Resources, findings: &mut Findings) {
    let prefilter = book.prefilter();
    let mut changes: Vec<(ItemId, PointerBuf, String)> = Vec::new();
    // The text of a Secret is base64.
    for item in resources.iter().filter(|item| item.is("", "Secret") || prefilter.may_match(item)) {
        let found = search(item, book);
        changes.extend(found.changes.into_iter().map(|(pointer, text)| (item.id(), pointer, text)));
        findings.extend(found.findings);
    }
    for (id, pointer, text) in changes {
        if let Some(value) = resources.edit(id).pointer_mut(pointer.as_str()) {
            *value = json!(text);
        }
    }
}

/// What is to change in an object, and what there is to say about it.
#[derive(Debug, Default)]
struct Found {
    changes: Vec<(PointerBuf, String)>,
    findings: Vec<Finding>,
}

fn search(item: &Item, book: &AddressBook) -> Found {
    let skipped = if item.is(GROUP, "Kafka") { LISTENERS } else { "" };
    let is_encoded = |scalar: &Scalar<'_, '_>| item.is("", "Secret") && scalar.pointer.as_str().starts_with("/data/");
    let mut found = Found::default();
    scalars::visit(item.value(), skipped, |scalar| {
        let warning = |rule, message: String| Finding::new(rule, message).on(item).at(scalar.path());
        if is_encoded(&scalar) {
            if holds_encoded(scalar.value, book) {
                let message = "holds an old address of a Kafka, encoded; encode the new one";
                found.findings.push(warning(Rule::OldKafkaAddress, message.to_owned()));
            }
            return;
        }
        let Some(text) = scalar.value.as_str() else { return };
        let rewrite = book.rewrite(text);
        found.changes.extend(rewrite.text.map(|text| (scalar.pointer.clone(), text)));
        found.findings.extend(rewrite.stale.iter().map(|known| warning(Rule::OldKafkaAddress, known.advice())));
        if rewrite.stale.is_empty() && is_bootstrap_key(scalar.key) && book.holds_unknown_route(text) {
            let message = "looks like the Route of a Kafka that is not in this build; if that Kafka moves, name its old and new \
                           address in `addresses`";
            found.findings.push(warning(Rule::UnknownKafkaRoute, message.to_owned()));
        }
    });
    found
}

/// Whether a value in base64 holds an old address.
fn holds_encoded(value: &Value, book: &AddressBook) -> bool {
    let decoded = serde_json::from_value::<ByteString>(value.clone()).ok();
    decoded.and_then(|bytes| String::from_utf8(bytes.0).ok()).is_some_and(|text| {
        let rewrite = book.rewrite(&text);
        rewrite.text.is_some() || !rewrite.stale.is_empty()
    })
}

/// Whether the value of a key by its name is a bootstrap address.
pub(crate) fn is_bootstrap_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let is_server = ["server", "url", "host", "address", "endpoint"].iter().any(|word| key.contains(word));
    key.contains("bootstrap") || key.contains("broker") || key.contains("kafka") && is_server
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address_book::example;

    /// Hosts, some of them old, in any case.
    fn host() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "orders-kafka-bootstrap-kafka.apps.ocp.example.com:443",
            "orders-kafka-bootstrap-kafka.other.example.com",
            "b.example.com:443",
            "audit-kafka-bootstrap-any.apps.example.com",
            "old.example.com:443",
            "old.example.com.:443",
            "strange.apps.example.com:443",
            "unrelated.example.com:443",
        ]);
        (known, any::<u64>()).prop_map(|(host, mask)| {
            let cased = host.chars().enumerate().map(|(index, letter)| match mask >> (index % 64) & 1 {
                0 => letter,
                _ => letter.to_ascii_uppercase(),
            });
            cased.collect()
        })
    }

    /// A scalar of YAML that means a text, in one of the ways to write it.
    fn written(text: &str, style: u8, cut: usize) -> String {
        let cut = cut % text.len();
        match style {
            0 => text.to_owned(),
            1 => format!("'{text}'"),
            2 => format!("\"{}\\\n    {}\"", &text[..cut], &text[cut..]),
            3 => format!("\"{}\\x{:02x}{}\"", &text[..cut], text.as_bytes()[cut], &text[cut + 1..]),
            4 => format!(">-\n    see\n    {text}"),
            _ => format!("&anchor {text}"),
        }
    }

    proptest! {
        #[test]
        fn the_search_finds_nothing_where_the_prefilter_skips(
            text in host(), style in 0..6u8, cut in any::<usize>(), key in prop::sample::select(vec!["BOOTSTRAP", "x"]),
        ) {
            let alias = if style == 5 { "\n  other: *anchor" } else { "" };
            let data = format!("{key}: {}{alias}", written(&text, style, cut));
            let manifest = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  {data}\n");
            let resources = Resources::from_streams(vec![(None, manifest.clone())]).expect("it is YAML");
            let item = resources.iter().next().expect("it is an object");
            let book = example();
            let found = search(item, &book);
            let is_relevant = !found.changes.is_empty() || !found.findings.is_empty();
            prop_assert!(!is_relevant || book.prefilter().may_match(item), "{manifest}");
            let is_old = !text.to_ascii_lowercase().starts_with("unrelated") && (key != "x" || !text.to_ascii_lowercase().starts_with("strange"));
            prop_assert_eq!(is_relevant, is_old, "{}", manifest);
        }
    }
}
