//! A cheap look at the text of an object, to skip the many that a search has nothing to find in.

use std::borrow::Cow;

use super::item::Item;
use crate::needles::Needles;

/// What begins an alias and an escape: text behind which something else is meant than is written.
const UNTOLD: [&str; 2] = ["*", "\\"];

/// Texts that a search looks for, without regard to the case of ASCII letters.
///
/// It agrees with a search through the values: no string or key of an object that is skipped holds any of the texts. This
/// is true of texts that YAML never breaks: without white space, quotes and backslashes.
#[derive(Debug)]
pub struct Prefilter(Needles);

impl Prefilter {
    /// A prefilter for these texts. They must not hold white space, quotes or backslashes, which YAML may write in other ways.
    pub fn new<T: AsRef<str>>(needles: impl IntoIterator<Item = T>) -> Self {
        let mut needles: Vec<_> = needles.into_iter().map(|needle| needle.as_ref().to_ascii_lowercase()).collect();
        needles.sort_unstable();
        // A text that begins with another is found where the other is: of `app-1` and `app-10` one is enough.
        needles.dedup_by(|longer, kept| longer.starts_with(kept.as_str()));
        let needles = needles.into_iter().map(Cow::Owned);
        Self(Needles::ignoring_case(needles.chain(UNTOLD.map(Cow::Borrowed))))
    }

    /// Whether an object may hold one of the texts. Where the YAML is not what it means, because of an alias, an escape
    /// or a change that a function made, it may.
    pub fn may_match(&self, item: &Item) -> bool {
        item.text_as_it_came().is_none_or(|text| self.0.are_in(text))
    }
}
