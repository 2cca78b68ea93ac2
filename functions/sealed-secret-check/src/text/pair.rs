//! A name and its value in a text.

/// A name and its value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The name, behind the names around it, with dots between.
    pub(crate) path: String,
    /// The last name alone.
    pub(crate) key: String,
    /// The value without its quotes.
    pub(crate) value: String,
}

impl Pair {
    pub(super) fn new(path: impl Into<String>, key: &str, value: &str) -> Self {
        Self { path: path.into(), key: key.to_owned(), value: value.to_owned() }
    }
}
