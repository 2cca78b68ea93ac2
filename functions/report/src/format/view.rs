//! What formats must know besides the report, and what they share.

/// What a format must know besides the report.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The directory of the repository, from that of the checkout, in which the repository may be a part. Code hosts want the
    /// paths of files from there.
    pub prefix: String,
    /// The columns of the terminal.
    pub width: usize,
    /// Whether to use colours.
    pub is_coloured: bool,
}

impl View {
    /// The path of a file as code hosts want it.
    pub(super) fn path(&self, file: &str) -> String {
        match (self.prefix.as_str(), file) {
            ("", file) => file.to_owned(),
            (prefix, ".") => prefix.to_owned(),
            (prefix, file) => format!("{prefix}/{file}"),
        }
    }
}

/// A value in JSON, for people to read too.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
