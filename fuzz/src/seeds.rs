//! The cases to begin with: those of `corpus/`, and the golden cases of the functions.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::case::{Case, Way, programs};

/// A Pipeline of all functions, for manifests that its functions have.
const PIPELINE: &str = "\
apiVersion: replatform.dev/v1alpha1
kind: Pipeline
metadata:
  name: replatform
spec:
  platform: K3s
  functions:
  - kind: KafkaListenerNodePort
    spec:
      host: kafka.example.com
  - kind: RouteToIngress
    spec:
      domain: example.com
  - kind: StorageClassRewrite
  - kind: NetworkPolicyDefault
  - kind: SealedSecretCheck
";

/// One of so many golden cases is one for the Pipeline too.
const PIPELINE_EVERY: u64 = 5;

/// The files and directories in a directory, in order.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The cases to begin with, each with its name.
///
/// # Panics
/// If a file of the corpus holds no case.
pub fn seeds() -> Vec<(String, Case)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = |path: &Path| path.file_name().unwrap_or_default().display().to_string();
    let mut seeds = Vec::new();
    for path in entries(&root.join("corpus")) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let case = Case::parse(&text).unwrap_or_else(|| panic!("{} holds no case", path.display()));
        seeds.push((name(&path), case));
    }
    for program in programs() {
        for directory in entries(&root.join("../functions").join(program.name()).join("cases")) {
            let read = |file: &str| fs::read_to_string(directory.join(file));
            let Ok(manifests) = read("input.yaml") else { continue };
            let is_list = manifests.lines().any(|line| line == "kind: ResourceList");
            let way = if is_list { Way::List } else { Way::Files };
            let config = read("config.yaml").unwrap_or_default();
            let case = Case { program: program.name(), way, config, manifests };
            seeds.push((format!("{}-{}", program.name(), name(&directory)), case));
        }
    }
    let is_for_pipeline =
        |(name, case): &&(String, Case)| case.way == Way::Files && mixed(name, 0).is_multiple_of(PIPELINE_EVERY);
    let for_pipeline: Vec<_> = seeds.iter().filter(is_for_pipeline).cloned().collect();
    for (name, case) in for_pipeline {
        let case = Case { program: programs()[0].name(), config: PIPELINE.to_owned(), ..case };
        seeds.push((format!("pipeline-{name}"), case));
    }
    seeds
}

/// One of the cases, by a random number. A new case takes the place of another for few numbers, so that the inputs of a run
/// stay the same but for those (rendezvous hashing).
///
/// # Panics
/// If there is no case.
pub fn choose(seeds: &[(String, Case)], number: u64) -> &Case {
    &seeds.iter().max_by_key(|(name, _)| mixed(name, number)).expect("there are cases").1
}

/// A random number that depends on a name and a number (FNV-1a, and one step of wyrand).
fn mixed(name: &str, number: u64) -> u64 {
    let hash = name.bytes().fold(number, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    Rng::with_seed(hash).u64(..)
}
