//! All functions and the Pipeline. The first line of an input names the one that is called, and how.

#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use fastrand::Rng;
use fuzz::{Case, check, mutate, seeds};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target};

fn parse(data: &[u8]) -> Option<Case> {
    Case::parse(str::from_utf8(data).ok()?)
}

/// A file of this process.
fn config_file() -> PathBuf {
    std::env::temp_dir().join(format!("replatform-fuzz-{}.yaml", std::process::id()))
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(case) = parse(data) else { return Corpus::Reject };
    if let Err(fault) = check(&case, &config_file()) {
        eprintln!("{fault}");
        std::process::abort();
    }
    Corpus::Keep
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    static SEEDS: OnceLock<Vec<(String, Case)>> = OnceLock::new();
    let seeds = SEEDS.get_or_init(seeds);
    let mut random = Rng::with_seed(seed.into());
    let mut any = || &seeds[random.usize(..seeds.len())].1;
    let (other, donor) = (any(), any());
    let case = parse(&data[..size]).unwrap_or_else(|| other.clone());
    let text = mutate(&case, donor, &mut random).to_text();
    let length = text.len();
    if length > max_size {
        return size;
    }
    data[..length].copy_from_slice(text.as_bytes());
    length
});
