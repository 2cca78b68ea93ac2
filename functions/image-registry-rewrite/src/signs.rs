//! What keys and the looks of texts say.

use manifests::image_keys::ImageKey;
use manifests::images::leading_name;

use crate::place::Meaning;

/// What a key says of a text, where nothing else does.
pub(crate) fn meaning_of(role: ImageKey, text: &str) -> Option<Meaning> {
    match role {
        ImageKey::Image => Some(Meaning::Image { is_sure: false }),
        // There are repositories of many things.
        ImageKey::Repository => names_registry(text).then_some(Meaning::Image { is_sure: false }),
        ImageKey::Images => Some(Meaning::Images { is_sure: false }),
        ImageKey::Registry => Some(Meaning::LooseRegistry),
    }
}

/// What a flag says of its value.
pub(crate) fn meaning_of_argument(flag: &str, value: &str) -> Option<Meaning> {
    let role = ImageKey::of(flag).filter(|role| *role != ImageKey::Registry)?;
    meaning_of(role, value)
}

/// Whether a text is an image with its registry.
pub(crate) fn names_registry(text: &str) -> bool {
    leading_name(text).is_some_and(|name| name.domain.is_some())
}

/// Whether a text may be YAML with more than one value: lines with keys or items, or JSON.
pub(crate) fn is_structured(text: &str) -> bool {
    let is_part = |line: &str| line.contains(": ") || line.ends_with(':') || line.trim_start().starts_with("- ");
    if text.contains('\n') && text.lines().any(is_part) {
        return true;
    }
    let text = text.trim();
    text.starts_with(['{', '[']) && text.ends_with(['}', ']']) && !text.starts_with("{{")
}

/// Whether a text is the name of a flag or a variable.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
