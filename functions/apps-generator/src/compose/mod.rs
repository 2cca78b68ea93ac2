//! Compose projects, which become apps: what a person could have written by hand.
//!
//! What becomes of each key is a row of `data/compose-keys.tsv`. What compose cannot say is in `x-replatform`: of a service, what
//! its app has besides; of a volume, its size; of the project, its variables and profiles.

mod app;
mod deploy;
pub(crate) mod entries;
mod extends;
mod files;
mod host_paths;
mod interpolation;
mod keys;
mod labels;
mod mounts;
mod names;
mod neighbours;
mod node;
mod order;
mod ports;
mod project;
pub mod schema;
mod security;
mod service;
mod units;
mod volumes;
mod words;
