//! The images of an object, without regard to what becomes of them.

use krm::field::PointerBuf;
use krm::yaml::Tree;
use serde_json::Value;

use crate::lists::items;
use crate::place::{Meaning, Shape};
use crate::search::Search;

/// The images of an object, each with its field. An image in a text has the field of the text.
pub(crate) fn images_of(object: &Value, search: Search<'_>) -> Vec<(PointerBuf, String)> {
    within(object, Shape::Object, search)
}

fn within(value: &Value, shape: Shape, search: Search<'_>) -> Vec<(PointerBuf, String)> {
    let text_at = |pointer: &PointerBuf| value.pointer(pointer.as_str()).and_then(Value::as_str);
    let mut found = Vec::new();
    for place in search.places(value, shape) {
        let Some(text) = text_at(&place.pointer) else { continue };
        let images: Vec<String> = match place.meaning {
            Meaning::Image { .. } | Meaning::Repository => vec![text.to_owned()],
            Meaning::Images { .. } | Meaning::Pair => items(text).map(|item| text[item.range].to_owned()).collect(),
            Meaning::Split { repository: Some(repository) } => {
                let path = text_at(&repository).unwrap_or_default();
                vec![format!("{}/{path}", text.trim_end_matches('/'))]
            }
            Meaning::Embedded(shape) => in_text(text, shape, search),
            _ => Vec::new(),
        };
        found.extend(images.into_iter().map(|image| (place.pointer.clone(), image)));
    }
    found
}

/// The images in YAML.
fn in_text(text: &str, shape: Shape, search: Search<'_>) -> Vec<String> {
    let Ok(tree) = Tree::parse(text.to_owned()) else { return Vec::new() };
    let values = tree.documents().iter().map(|document| tree.value(document.root));
    values.flat_map(|value| within(&value, shape, search)).map(|(_, image)| image).collect()
}
