//! YAML text in, YAML text out.
//!
//! A [`Tree`] knows the place of every node of a text; [`edit`](edit::edit) turns the wish for another value into
//! splices at those places, so that every byte outside them survives. This module knows nothing of Kubernetes.

pub mod edit;
pub mod emit;
pub mod scalar;
mod splice;
mod tree;

pub use edit::{Edit, EditError};
pub use splice::{Splice, splice};
pub use tree::{Document, Entry, Kind, Node, NodeId, ParseError, SequenceItem, Tree};
