//! What must hold for every input holds for those that fuzzing begins with.

use std::path::PathBuf;

use fuzz::{check, seeds};

#[test]
fn every_seed_passes() {
    let config_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("config.yaml");
    let seeds = seeds();
    assert!(seeds.len() > 500, "{} seeds", seeds.len());
    let faults: Vec<_> =
        seeds.iter().filter_map(|(name, case)| Some(format!("{name}: {}", check(case, &config_file).err()?))).collect();
    assert!(faults.is_empty(), "{} of {} seeds:\n{}", faults.len(), seeds.len(), faults.join("\n"));
}
