//! The documentation site: pages for mdBook, made of the documents of the repository.
//!
//! `docs/pages/SUMMARY.md` names the pages. A page is a document of the repository as it is, or one in `docs/pages`, which can
//! include parts of others. So a text is written once, and a link that leads to a file at a Git host leads to the page on
//! the site.

pub mod markdown;
pub mod site;
pub mod summary;
