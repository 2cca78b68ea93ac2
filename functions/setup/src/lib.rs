//! The transformers and the wiring of a repository that begins to use the functions, as files to review.

mod configs;
mod paths;
mod plan;
mod survey;
mod text;
mod wiring;

pub use configs::Function;
pub use plan::{Plan, Request, Written};
pub use survey::Survey;
pub use wiring::Wiring;
