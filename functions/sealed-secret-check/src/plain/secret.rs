//! Secrets with values in git.

use krm::field::PointerBuf;
use krm::glob;
use krm::resource_list::Item;
use krm::resource_list::bookkeeping::ORIGIN;

use super::finding::PlainValue;
use crate::config::Spec;
use crate::text::secret;

/// The values of a Secret that are in git in the clear.
pub(super) fn values(item: &Item, spec: &Spec) -> Vec<PlainValue> {
    if is_from_allowed_generator(item, spec) {
        return Vec::new();
    }
    let found = secret::values(item.value()).into_iter();
    let found = found.map(|found| {
        let tokens = [found.field, found.key].into_iter().filter(|token| !token.is_empty());
        PlainValue { pointer: PointerBuf::from_tokens(tokens), hit: found.hit }
    });
    found.collect()
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
