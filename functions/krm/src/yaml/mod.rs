//! YAML text in, YAML text out.
//!
//! A [`Tree`] knows the place of every node of a text; [`edit`](edit::edit) turns the wish for another value into
//! splices at those places, so that every byte outside them survives. This module knows nothing of Kubernetes.

mod assembly;
mod breaks;
mod builder;
mod children;
pub mod edit;
pub mod emit;
mod kind;
mod limits;
mod line;
mod node;
mod parts;
mod reader;
pub mod scalar;
mod splice;
mod subset;
mod tree;
mod writer;

pub use edit::{Edit, EditError};
pub use kind::{Kind, NodeId};
pub(crate) use line::ends_line;
pub use node::{Document, Entry, Node, ParseError, SequenceItem};
pub(crate) use parts::{Alone, Parts};
pub use splice::{Splice, splice};
pub(crate) use splice::{pieces, put_in_order};
pub use tree::{Tree, parsers_agree};
