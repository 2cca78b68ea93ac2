//! What must hold for a function whatever its input is.

use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use krm::host::Outcome;
use krm::yaml::{Tree, parsers_agree};
use serde_json::Value;

use crate::MEMORY;
use crate::case::{Case, Way, programs};

/// A run holds at most this many bytes, and so many for each byte of its input.
const MEMORY_LIMIT: (usize, usize) = (50_000_000, 30);

/// Far beyond what a linear function needs for an input of this size, even on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// Tells what is wrong with what a function does with a case. The config goes through `config_file`.
///
/// # Errors
/// What does not hold.
pub fn check(case: &Case, config_file: &Path) -> Result<(), String> {
    if parsers_agree(&case.manifests) == Some(false) {
        return Err("the two parsers of YAML differ".to_owned());
    }
    let outcome = measured_run(case, config_file)?;
    lines_are_findings(&outcome)?;
    if !outcome.succeeded {
        return failure_is_clean(case, &outcome);
    }
    if outcome.stdout.trim().is_empty() {
        // Of an empty input, or of a check under `validators:`.
        return Ok(());
    }
    untouched_documents_keep_their_bytes(case, &outcome)?;
    second_run_changes_nothing(case, &outcome, config_file)
}

/// The run, if it does not panic and keeps to memory and time.
fn measured_run(case: &Case, config_file: &Path) -> Result<Outcome, String> {
    static PANIC: Mutex<Option<String>> = Mutex::new(None);
    static HOOK: Once = Once::new();
    let panic = || PANIC.lock().unwrap_or_else(PoisonError::into_inner);
    // The host catches a panic and tells of it; the hook sees it in any case.
    HOOK.call_once(|| std::panic::set_hook(Box::new(move |info| *panic() = Some(info.to_string()))));

    let (before, started) = (MEMORY.current_usage(), Instant::now());
    MEMORY.reset_peak_usage();
    let outcome = case.run(config_file);
    let (memory, time) = (MEMORY.peak_usage().saturating_sub(before), started.elapsed());

    let (fixed, factor) = MEMORY_LIMIT;
    match panic().take() {
        Some(panic) => Err(format!("a panic: {panic}")),
        None if outcome.stderr.contains("error: internal error") => {
            Err(format!("an internal error: {}", outcome.stderr))
        }
        None if memory > fixed + factor * case.size() => Err(format!("{memory} bytes of memory")),
        None if time > LONGEST => Err(format!("{time:?} of time")),
        None => Ok(outcome),
    }
}

/// Each line says which function says it, and how severe it is: no text of the input makes a line of its own.
fn lines_are_findings(outcome: &Outcome) -> Result<(), String> {
    let is_finding = |line: &&str| {
        programs().iter().any(|program| {
            let said = line.strip_prefix(program.name()).and_then(|rest| rest.strip_prefix(": "));
            said.is_some_and(|said| {
                ["error: ", "warning: ", "info: "].iter().any(|severity| said.starts_with(severity))
            })
        })
    };
    let is_printable = |line: &&str| !line.contains(char::is_control);
    match outcome.stderr.lines().find(|line| !is_finding(line) || !is_printable(line)) {
        Some(line) => Err(format!("a line that is no finding: {line:?}")),
        None => Ok(()),
    }
}

/// An error is reported, and standard output is empty or holds the objects as they came.
fn failure_is_clean(case: &Case, outcome: &Outcome) -> Result<(), String> {
    if !outcome.stderr.lines().any(|line| line.contains(": error: ") || line.contains(": warning: ")) {
        return Err("a failure without a line".to_owned());
    }
    if outcome.stdout.is_empty() || objects(&outcome.stdout) == objects(&case.manifests) {
        return Ok(());
    }
    Err(format!("a failure with changed objects on standard output:\n{}", outcome.stdout))
}

/// A document that does not come back byte for byte is named by a finding.
fn untouched_documents_keep_their_bytes(case: &Case, outcome: &Outcome) -> Result<(), String> {
    if case.way == Way::List || case.config.contains("report") {
        return Ok(());
    }
    let is_told = |document: &str| {
        // There are several where a marker ends in another break, and in a list.
        let objects = with_items(objects(document));
        if objects.is_empty() {
            return !outcome.stderr.is_empty();
        }
        objects.iter().any(|object| match object["metadata"]["name"].as_str() {
            Some(name) if name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') => {
                outcome.stderr.contains(name)
            }
            // A name that cannot be found in a line as it is.
            _ => !outcome.stderr.is_empty(),
        })
    };
    // The header of a block that ends the text within a line gets another mark, so that its value stays.
    let is_closed = |document: &str| {
        !case.manifests.ends_with('\n')
            && case.manifests.trim().ends_with(document)
            && objects(document).iter().all(|object| objects(&outcome.stdout).contains(object))
    };
    let mut documents = case.manifests.split("\n---\n").map(str::trim);
    match documents.find(|document| !outcome.stdout.contains(document) && !is_told(document) && !is_closed(document)) {
        Some(document) => {
            Err(format!("a document is changed and no finding names it:\n{document}\n{}", outcome.stderr))
        }
        None => Ok(()),
    }
}

/// The objects, and those that are in lists among them.
fn with_items(objects: Vec<Value>) -> Vec<Value> {
    let items = objects.iter().filter_map(|object| object["items"].as_array()).flatten();
    let items: Vec<_> = items.cloned().collect();
    objects.into_iter().chain(items).collect()
}

fn second_run_changes_nothing(case: &Case, outcome: &Outcome, config_file: &Path) -> Result<(), String> {
    let again = Case { manifests: outcome.stdout.clone(), ..case.clone() };
    let second = measured_run(&again, config_file)?;
    let is_same = match case.way {
        // A list holds the results of a run too.
        Way::List => objects(&second.stdout) == objects(&outcome.stdout),
        Way::Files | Way::Plugin => second.stdout == outcome.stdout,
    };
    if second.succeeded && is_same {
        return Ok(());
    }
    Err(format!(
        "a second run differs; after the first:\n{}\nafter the second:\n{}{}",
        outcome.stdout, second.stdout, second.stderr
    ))
}

/// The objects of a text; of a `ResourceList` what is in it.
fn objects(text: &str) -> Vec<Value> {
    let Ok(tree) = Tree::parse(text.to_owned()) else { return Vec::new() };
    let values = tree.documents().iter().map(|document| tree.value(document.root));
    values.map(|mut value| if value["kind"] == "ResourceList" { value["items"].take() } else { value }).collect()
}
