//! Texts that something later is to fill in.

use std::borrow::Cow;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use manifests::addresses::placeholder;
use serde_json::Value;

use crate::annotations::{self, Form, Meaning, Topic};
use crate::config::Placeholders;
use crate::rule::Rule;

/// Fields that take a text whole, so that a placeholder in it can be filled in after the build too.
const TAKEN_WHOLE: [&str; 7] = [
    "spec.host",
    "spec.path",
    "spec.to.name",
    "spec.alternateBackends",
    "spec.tls.externalCertificate.name",
    "spec.tls.destinationCACertificate",
    HEADERS,
];

/// Values of headers are plain text, in which only some of the marks are placeholders.
const HEADERS: &str = "spec.httpHeaders";

/// Whether something later is to fill in a part of a text.
pub(crate) fn holds_placeholder(text: &str) -> bool {
    const MARKS: [&str; 4] = ["${", "{{", "ENC[", "$("];
    // Most texts hold none of the letters that each mark has.
    text.bytes().any(|byte| matches!(byte, b'$' | b'{' | b'[')) && MARKS.iter().any(|mark| text.contains(mark))
}

/// The text with something plain in the place of each placeholder, to see whether the rest of it is well formed.
pub(crate) fn filled_in(text: &str) -> Cow<'_, str> {
    if is_plain_name(text) {
        return text.into();
    }
    pieces(text).map(|(piece, is_placeholder)| if is_placeholder { "x" } else { piece }).collect()
}

/// The text in lower case, but for its placeholders.
pub(crate) fn in_lower_case(text: &str) -> String {
    if is_plain_name(text) {
        return text.to_ascii_lowercase();
    }
    let piece = |(piece, is_placeholder): (&str, bool)| match is_placeholder {
        true => piece.to_owned(),
        false => piece.to_ascii_lowercase(),
    };
    pieces(text).map(piece).collect()
}

/// Whether a text is made of what names of hosts are made of, so that no placeholder is in it.
fn is_plain_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'*'))
}

/// The placeholders of a text and single letters between them, and whether each is a placeholder.
fn pieces(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let letter = rest.chars().next()?;
        let found = placeholder(rest).map(|found| found.length);
        let (piece, behind) = rest.split_at(found.unwrap_or(letter.len_utf8()));
        rest = behind;
        Some((piece, found.is_some()))
    })
}

/// Findings for what must be filled in before a Route can be understood: of its fields, and of the annotations that say
/// something about it.
pub(crate) fn unfilled(item: &Item, policy: Placeholders) -> Vec<Finding> {
    let value = item.value();
    let fields = [(&value["spec"], "spec"), (&value["metadata"]["name"], "metadata.name")];
    // Paths are made only where they are needed.
    let fields = fields.into_iter().filter(|(value, _)| holds_any(value));
    let mut found: Vec<_> = fields.flat_map(|(value, path)| in_fields(value, path.into())).collect();
    found.retain(|(field, text)| !(field.as_str().starts_with(HEADERS) && is_plain(text)));
    let is_whole = |field: &str| TAKEN_WHOLE.iter().any(|start| field.starts_with(start));
    found.retain(|(field, _)| policy == Placeholders::Refuse || !is_whole(field.as_str()));
    let annotations = item.user_annotations().into_iter().filter_map(|(key, text)| Some((key, text?)));
    let annotations = annotations.filter(|(key, text)| holds_placeholder(text) && must_be_known(key, policy));
    found.extend(annotations.map(|(key, text)| (FieldPath::annotation(key), text)));
    let finding = |(field, text): (FieldPath, &str)| {
        let rest = match (policy, is_whole(field.as_str())) {
            (Placeholders::Refuse, true) => {
                "fill it in before this function runs, or set spec.placeholders of the function to `Keep` where something after \
                 the build fills it in"
            }
            _ => "fill it in before this function runs, which must know what is meant",
        };
        Finding::new(Rule::RoutePlaceholder, format!("holds a placeholder; {rest}")).on(item).at(field).current(text)
    };
    found.into_iter().map(finding).collect()
}

/// Whether the text of a header is meant as it is written: `{{` and `$(` are placeholders of no tool that runs after a
/// build.
fn is_plain(text: &str) -> bool {
    !text.contains("${") && !text.contains("ENC[")
}

/// Whether what an annotation says must be known here.
fn must_be_known(annotation: &str, policy: Placeholders) -> bool {
    match Meaning::of(annotation) {
        Meaning::Router | Meaning::Host | Meaning::Ingress => true,
        Meaning::Certificate => annotations::certificate(annotation).is_some_and(|row| {
            let is_whole = row.form == Form::Text && !matches!(row.topic, Topic::IssuerKind | Topic::Acme);
            row.topic != Topic::State && (policy == Placeholders::Refuse || !is_whole)
        }),
        Meaning::Class | Meaning::Nothing | Meaning::Foreign => false,
    }
}

/// Whether a string in `value` holds a placeholder.
fn holds_any(value: &Value) -> bool {
    match value {
        Value::String(text) => holds_placeholder(text),
        Value::Object(object) => object.values().any(holds_any),
        Value::Array(items) => items.iter().any(holds_any),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The strings in `value` that hold placeholders of Templates, Helm, Flux or SOPS, with their paths.
fn in_fields(value: &Value, path: FieldPath) -> Vec<(FieldPath, &str)> {
    match value {
        Value::String(text) if holds_placeholder(text) => vec![(path, text)],
        Value::Object(object) => {
            object.iter().flat_map(|(key, value)| in_fields(value, path.clone().key(key))).collect()
        }
        Value::Array(array) => {
            array.iter().enumerate().flat_map(|(index, value)| in_fields(value, path.clone().index(index))).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_keep_their_case_and_count_as_a_letter() {
        for (text, filled, lower) in [
            ("Web.${CLUSTER_DOMAIN}", "Web.x", "web.${CLUSTER_DOMAIN}"),
            ("${HOST}", "x", "${HOST}"),
            ("a-{{ .Name }}.B", "a-x.B", "a-{{ .Name }}.b"),
            ("Web.example.com", "Web.example.com", "web.example.com"),
            ("${open", "${open", "${open"),
            ("ENC[Ab]", "x", "ENC[Ab]"),
            ("vault:A#b", "x", "vault:A#b"),
            ("*.A-b.Example", "*.A-b.Example", "*.a-b.example"),
        ] {
            assert_eq!((filled_in(text).as_ref(), in_lower_case(text).as_str()), (filled, lower), "{text}");
        }
    }
}
