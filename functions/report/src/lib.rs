//! What a report says of the applications of a repository, and the formats it comes in.
//!
//! An [`Assessor`] collects what came of builds and makes an [`Assessment`](model::Assessment) of it, which a
//! [`Format`](format::Format) shows. A report knows no function: a [`Catalog`] brings what is known of them.

mod assess;
mod catalog;
mod changes;
mod effort;
pub mod format;
mod gate;
mod mask;
pub mod model;
mod source;
mod text;

pub use assess::Assessor;
pub use catalog::{Catalog, OWN_NAME, ReportRule};
pub use effort::weights_table;
pub use gate::{Baseline, FailOn};
