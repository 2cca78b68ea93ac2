//! A repository of kustomizations: its roots, and how they are built.

mod built;
pub mod confinement;
pub mod findings;
pub mod kustomize;
pub mod types;

pub use built::{Built, Root};
