//! The objects of a build: read, looked up, changed and written back without touching what did not change.

pub mod bookkeeping;
mod item;
mod output;
mod packed;
mod prefilter;
mod render;
mod resources;
mod settle;
mod source;

pub use item::{Item, ItemId, namespace_name};
pub(crate) use output::Output;
pub use packed::Packed;
pub use prefilter::Prefilter;
pub(crate) use render::{Misread, Written};
pub use resources::{Referent, Resources};
pub use settle::{may_field_hold_secret, may_hold_secret, speaks_of_secrets};
pub use source::LoadError;
