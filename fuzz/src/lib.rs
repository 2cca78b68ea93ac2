//! Fuzzing: inputs that are changed by their structure, and what must hold for a function whatever its input is.
//!
//! A [`Case`] is an input of a function. [`seeds`] are those to begin with, [`mutate()`] makes another one of it, and
//! [`check()`] tells what is wrong. The program `fuzz` does that on any Rust toolchain, always with the same inputs;
//! `libfuzzer/` lets libFuzzer search by coverage.

mod case;
mod check;
mod lines;
mod mutate;
mod parsers;
mod seeds;

pub use case::{Case, Way, program_named, programs};
pub use check::check;
pub use mutate::mutate;
pub use parsers::disagreement;
pub use seeds::{choose, seeds};

/// Counts what a run holds at most.
#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;
