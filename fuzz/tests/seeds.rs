//! What must hold for every input holds for those that fuzzing begins with.

use std::path::PathBuf;

use fuzz::{check, choose, seeds};

#[test]
fn every_seed_passes() {
    let config_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("config.yaml");
    let seeds = seeds();
    assert!(seeds.len() > 500, "{} seeds", seeds.len());
    let faults: Vec<_> =
        seeds.iter().filter_map(|(name, case)| Some(format!("{name}: {}", check(case, &config_file).err()?))).collect();
    assert!(faults.is_empty(), "{} of {} seeds:\n{}", faults.len(), seeds.len(), faults.join("\n"));
}

#[test]
fn a_new_case_changes_few_choices() {
    let all = seeds();
    let without: Vec<_> = all.iter().filter(|(name, _)| *name != all[all.len() / 2].0).cloned().collect();
    let numbers: Vec<u64> = (0..500).map(|number| number * 0x9e37_79b9).collect();
    let texts = |seeds: &[_]| numbers.iter().map(|number| choose(seeds, *number).to_text()).collect::<Vec<_>>();
    let (before, after) = (texts(&without), texts(&all));
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert!(changed < 10, "{changed} of 500 are others");
    let distinct: std::collections::HashSet<_> = after.iter().collect();
    assert!(distinct.len() > 300, "{} cases are chosen", distinct.len());
}
