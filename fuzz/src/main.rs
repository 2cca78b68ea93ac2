//! Checks the functions on inputs that are made of the seeds, always the same ones.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to a person")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use fastrand::Rng;
use fuzz::{Case, check, choose, disagreement, mutate, seeds};

const USAGE: &str = "\
usage: fuzz RUNS [SEED]        checks RUNS inputs; another SEED (0) gives others
       fuzz --case FILE...     checks these
       fuzz --parsers RUNS [SEED] holds the two parsers of YAML against each other on RUNS texts
       fuzz --seeds DIRECTORY  writes the inputs to begin with, each as a file

An input that fails is left in target/fuzz/faults.";

/// A process takes no more: what a run leaves behind is freed at its end only.
const RUNS_OF_A_PROCESS: u64 = 2000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let succeeded = match words[..] {
        ["--case", ref files @ ..] => files.iter().all(|file| check_file(Path::new(file))),
        ["--seeds", directory] => write_seeds(Path::new(directory)),
        ["--parsers", runs, ref seed @ ..] => match (runs.parse(), seed.first().unwrap_or(&"0").parse()) {
            (Ok(runs), Ok(seed)) => compare_parsers(runs, seed),
            _ => false,
        },
        ["--batch", from, to, seed] => match (from.parse(), to.parse(), seed.parse()) {
            (Ok(from), Ok(to), Ok(seed)) => run_batch(from..to, seed),
            _ => false,
        },
        [runs] | [runs, _] if runs.parse::<u64>().is_ok() => {
            run_batches(runs.parse().unwrap_or_default(), words.get(1).copied().unwrap_or("0"))
        }
        _ => {
            eprintln!("{USAGE}");
            false
        }
    };
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The directory of what is written, with `name` in it.
fn in_target(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz");
    fs::create_dir_all(&directory).expect("target/fuzz can be made");
    directory.join(name)
}

/// The batches one after the other, two at a time, each in a process of its own: so a crash stops one batch only.
fn run_batches(runs: u64, seed: &str) -> bool {
    let started = Instant::now();
    let own = std::env::current_exe().expect("the program has a path");
    let starts: Vec<u64> = (0..runs).step_by(usize::try_from(RUNS_OF_A_PROCESS).unwrap_or(usize::MAX)).collect();
    let mut failed = 0;
    for pair in starts.chunks(2) {
        let running: Vec<_> = pair
            .iter()
            .map(|from| {
                let to = (from + RUNS_OF_A_PROCESS).min(runs);
                let arguments = ["--batch", &from.to_string(), &to.to_string(), seed].map(str::to_owned);
                Command::new(&own).args(arguments).stdin(Stdio::null()).spawn().expect("the program starts")
            })
            .collect();
        for (mut child, from) in running.into_iter().zip(pair) {
            let status = child.wait().expect("a batch ends");
            if status.code().is_none() {
                let kept = keep_fault(&fs::read_to_string(in_target(&format!("running-{from}"))).unwrap_or_default());
                println!("{kept}: the process ended: {status}");
            }
            failed += u32::from(!status.success());
        }
    }
    println!("fuzz: {runs} inputs in {} s, {failed} of {} batches failed", started.elapsed().as_secs(), starts.len());
    failed == 0
}

/// The inputs of these numbers.
fn run_batch(numbers: std::ops::Range<u64>, seed: u64) -> bool {
    let seeds = seeds();
    let running = in_target(&format!("running-{}", numbers.start));
    let config_file = in_target(&format!("config-{}.yaml", numbers.start));
    let mut succeeded = true;
    for number in numbers {
        let mut random = Rng::with_seed(seed.wrapping_mul(1 << 32) + number);
        let (case, donor) = (choose(&seeds, random.u64(..)), choose(&seeds, random.u64(..)));
        let case = mutate(case, donor, &mut random);
        // What is left of it if the process ends.
        fs::write(&running, case.to_text()).expect("target/fuzz can be written");
        if let Err(fault) = check(&case, &config_file) {
            println!("{}: {fault}", keep_fault(&case.to_text()));
            succeeded = false;
        }
    }
    let _ = fs::remove_file(running);
    let _ = fs::remove_file(config_file);
    succeeded
}

/// Holds the two parsers of YAML against each other.
fn compare_parsers(runs: u64, seed: u64) -> bool {
    let started = Instant::now();
    let found = disagreement(&seeds(), runs, seed);
    if let Some(text) = &found {
        println!("{}: the parsers differ", keep_fault(text));
    }
    println!("fuzz: {runs} texts in {} s, {} differences", started.elapsed().as_secs(), u8::from(found.is_some()));
    found.is_none()
}

/// Leaves an input that fails, under the name that is printed.
fn keep_fault(text: &str) -> String {
    let directory = in_target("faults");
    fs::create_dir_all(&directory).expect("target/fuzz can be written");
    let number = fs::read_dir(&directory).map_or(0, Iterator::count);
    let name = format!("{number:03}-{}.case", std::process::id());
    fs::write(directory.join(&name), text).expect("target/fuzz can be written");
    format!("target/fuzz/faults/{name}")
}

fn check_file(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    let verdict = match Case::parse(&text) {
        Some(case) => check(&case, &in_target("config.yaml")),
        None => Err("holds no case".to_owned()),
    };
    if let Err(fault) = &verdict {
        println!("{}: {fault}", path.display());
    }
    verdict.is_ok()
}

fn write_seeds(directory: &Path) -> bool {
    let write = |(name, case): (String, Case)| fs::write(directory.join(name), case.to_text()).is_ok();
    fs::create_dir_all(directory).is_ok() && seeds().into_iter().all(write)
}
