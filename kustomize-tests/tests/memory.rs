//! How much memory a function takes for a large build: at most four times what comes in, and 10 MB.

use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};

use kustomize_tests::{FUNCTIONS, Function, Scratch, root, shell};

/// How many applications of five objects each the build has.
const APPLICATIONS: usize = 2000;

/// The list of the build with the config that the examples have for a function; nothing if they have none.
fn list(directory: &Scratch, function: Function) -> Option<u64> {
    let config = root().join(format!("examples/transformers/{}.yaml", function.name));
    let script = format!(
        ". '{}'\n[[ -e objects.yaml ]] || detailed_applications {APPLICATIONS} >objects.yaml\nresource_list objects.yaml '{}' >list.yaml",
        root().join("kustomize-tests/inputs.sh").display(),
        config.display(),
    );
    config.is_file().then(|| {
        assert!(shell(&script, directory.path()).status().is_ok_and(|status| status.success()), "{}", function.name);
        fs::metadata(directory.path().join("list.yaml")).expect("the list is written").len()
    })
}

/// The most memory, in bytes, that a function ever had in RAM until it writes. What it writes is more than a pipe holds, so that it
/// waits after the first byte until the rest is read.
fn peak(function: Function, directory: &Scratch) -> u64 {
    let list = File::open(directory.path().join("list.yaml")).expect("the list is there");
    let mut command = Command::new(function.program());
    let mut run = command.stdin(list).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut output = run.stdout.take().expect("it has an output");
    output.read_exact(&mut [0]).expect("it writes a list");
    let status = fs::read_to_string(format!("/proc/{}/status", run.id())).expect("it still runs");
    std::io::copy(&mut output, &mut std::io::sink()).expect("it writes the rest");
    run.wait().expect("it ends");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells the most memory");
    let kilobytes = line.trim().strip_suffix(" kB").and_then(|number| number.parse::<u64>().ok());
    1024 * kilobytes.expect("it is a number")
}

#[test]
fn a_function_takes_at_most_four_times_its_input() {
    let directory = Scratch::new();
    let measured = FUNCTIONS.iter().filter_map(|function| {
        let allowed = 4 * list(&directory, *function)? + 10_000_000;
        Some((function.name, peak(*function, &directory), allowed))
    });
    let measured: Vec<_> = measured.collect();
    assert!(measured.len() >= 10, "{measured:?}");
    let too_much: Vec<_> = measured.iter().filter(|(_, peak, allowed)| peak > allowed).collect();
    assert!(too_much.is_empty(), "{too_much:?} of {measured:?}");
}
