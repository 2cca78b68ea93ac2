//! A repository of kustomizations: its roots, and how they are built.

mod adaptation;
mod builds;
mod built;
pub mod confinement;
mod copy;
mod coverage;
mod deployers;
pub mod findings;
pub mod git;
mod group;
mod home;
pub mod kustomization;
pub mod kustomize;
mod parameters;
mod paths;
mod programs;
mod progress;
mod rendering;
mod repository;
mod skippable;
mod sources;
mod tree;
pub mod types;
mod wiring;

pub use adaptation::Adaptation;
pub use builds::{Adapt, Adapted, Builder, Options, with_an_object};
pub use built::{Built, Root};
pub use coverage::{Coverage, kinds_of};
pub use deployers::only_deploys;
pub use home::{Functions, Home, passes_objects_on};
pub use progress::Progress;
pub use rendering::Rendering;
pub use repository::{Base, Repository};
pub use skippable::{RUNTIME, Skippable};
pub use tree::Remark;
