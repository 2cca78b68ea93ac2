//! The formats that a report comes in.
//!
//! Each escapes what comes from the repository by a type of its own, in which a text cannot be put otherwise.

mod github;
mod gitlab;
mod html;
mod markdown;
mod sarif;
mod table;
mod view;

pub use self::view::View;
use self::view::json;
use crate::model::Assessment;

/// A format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text for a terminal.
    Table,
    /// All of the model; its schema is `schema.json` of this crate.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which annotate files.
    GitHub,
    /// The code quality report of GitLab CI.
    GitLab,
    /// Markdown, for the step summary of GitHub Actions or a comment.
    Markdown,
    /// A page that needs nothing else.
    Html,
}

impl Format {
    /// All of them, each with the word for it.
    pub const ALL: [(&str, Self); 7] = [
        ("table", Self::Table),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("github", Self::GitHub),
        ("gitlab", Self::GitLab),
        ("markdown", Self::Markdown),
        ("html", Self::Html),
    ];

    /// The one that a word means.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(name, format)| (name == word).then_some(format))
    }

    /// The report in this format.
    pub fn render(self, assessment: &Assessment, view: &View) -> String {
        match self {
            Self::Table => table::render(assessment, view),
            Self::Json => json(assessment),
            Self::Sarif => sarif::render(assessment, view),
            Self::GitHub => github::render(assessment, view),
            Self::GitLab => gitlab::render(assessment, view),
            Self::Markdown => markdown::render(assessment),
            Self::Html => html::render(assessment),
        }
    }
}
