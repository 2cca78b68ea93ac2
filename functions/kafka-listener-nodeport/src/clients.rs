//! The clients of replaced listeners: every object that holds an old address.

use std::borrow::Cow;

use k8s_openapi::ByteString;
use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::{Value, json};

use crate::address_book::AddressBook;
use crate::bootstrap_keys::is_bootstrap_key;
use crate::cluster::GROUP;
use crate::listener::LISTENERS;
use crate::mirrors::Sources;
use crate::rule::Rule;
use crate::scalars::{self, Part, Scalar};

/// Puts the new addresses in the place of the old ones, and reports those that stay.
pub(crate) fn follow(book: &mut AddressBook, resources: &mut Resources, findings: &mut Findings) {
    let prefilter = book.prefilter();
    // The text of a Secret is base64.
    let is_relevant = |item: &&Item| item.is("", "Secret") || prefilter.may_match(item);
    let items: Vec<_> = resources.iter().filter(is_relevant).map(Item::id).collect();
    for id in &items {
        resources.look(resources.get(*id), |item| {
            visit_texts(item, |text| book.survey(&text.content, text.is_source));
        });
    }
    let mut changes: Vec<(ItemId, PointerBuf, String)> = Vec::new();
    for id in items {
        let found = resources.look(resources.get(id), |item| search(item, book));
        changes.extend(found.changes.into_iter().map(|(pointer, text)| (id, pointer, text)));
        findings.extend(found.findings);
    }
    for (id, pointer, text) in changes {
        if let Some(value) = resources.edit(id).pointer_mut(pointer.as_str()) {
            *value = json!(text);
        }
    }
}

/// A text in an object.
struct Text<'w, 'v> {
    pointer: &'w PointerBuf,
    key: &'v str,
    content: Cow<'v, str>,
    form: Form,
    /// Whether the field names what a mirror copies from.
    is_source: bool,
}

/// What a text is in its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Value,
    /// A value in base64.
    Encoded,
    /// The key of a mapping.
    Key,
}

/// Calls `visit` for every text of an object in which clients may have an address.
fn visit_texts<'v>(item: &'v Item, mut visit: impl FnMut(&Text<'_, 'v>)) {
    let skipped = if item.is(GROUP, "Kafka") { LISTENERS } else { "" };
    let sources = Sources::of(item);
    scalars::visit_parts(item.value(), skipped, |part| match part {
        Part::Key { pointer, key } => {
            visit(&Text { pointer, key, content: Cow::Borrowed(key), form: Form::Key, is_source: false });
        }
        Part::Scalar(Scalar { pointer, key, value }) => {
            let is_encoded = is_encoded(item, pointer);
            let content = if is_encoded { decoded(value).map(Cow::Owned) } else { value.as_str().map(Cow::Borrowed) };
            let form = if is_encoded { Form::Encoded } else { Form::Value };
            if let Some(content) = content {
                visit(&Text { pointer, key, content, form, is_source: sources.hold(pointer, key) });
            }
        }
    });
}

/// Whether a field holds base64.
fn is_encoded(item: &Item, pointer: &PointerBuf) -> bool {
    let field = match item.kind() {
        "Secret" => "/data/",
        "ConfigMap" => "/binaryData/",
        _ => return false,
    };
    item.group().is_empty() && pointer.as_str().starts_with(field)
}

fn decoded(value: &Value) -> Option<String> {
    let bytes: ByteString = serde_json::from_value(value.clone()).ok()?;
    String::from_utf8(bytes.0).ok()
}

/// What is to change in an object, and what there is to say about it.
#[derive(Debug, Default)]
struct Found {
    changes: Vec<(PointerBuf, String)>,
    findings: Vec<Finding>,
}

fn search(item: &Item, book: &AddressBook) -> Found {
    let mut found = Found::default();
    visit_texts(item, |text| {
        let mut warn = |rule, message: String| {
            found.findings.push(Finding::new(rule, message).on(item).at(FieldPath::from(text.pointer)));
        };
        let rewrite = book.rewrite(&text.content, text.is_source);
        let is_old = rewrite.text.is_some() || !rewrite.kept.is_empty();
        match text.form {
            Form::Encoded if is_old => {
                warn(Rule::OldKafkaAddress, "holds an old address of a Kafka, encoded; encode the new one".to_owned());
            }
            Form::Key if is_old => warn(
                Rule::OldKafkaAddress,
                "holds an old address of a Kafka as a key, which this function does not change; write the new one"
                    .to_owned(),
            ),
            Form::Value => {
                rewrite.kept.iter().for_each(|kept| warn(kept.rule(), kept.message()));
                if rewrite.kept.is_empty() && is_bootstrap_key(text.key) && book.holds_unknown_route(&text.content) {
                    let message = "looks like the Route of a Kafka that is not in this build; if that Kafka moves, name its old \
                                   and new address in `addresses`; if it stays, name it there with itself";
                    warn(Rule::UnknownKafkaRoute, message.to_owned());
                }
                found.changes.extend(rewrite.text.map(|new| (text.pointer.clone(), new)));
            }
            Form::Encoded | Form::Key => {}
        }
    });
    found
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
