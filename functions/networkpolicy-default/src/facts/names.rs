//! Names that tell workloads apart: policies are named after them.

use std::collections::{HashMap, HashSet};

use manifests::names::shortened;

use super::workload::Workload;
use crate::reason::Reason;

/// Names that policies of no workload begin with.
const RESERVED: [&str; 1] = ["acme-http01-solver"];

/// Letters of the longest name that an object may have.
const LONGEST_NAME: usize = 253;

/// Gives workloads of one name in one namespace names of their own: with their kind behind it, and a number if that is
/// taken too. All are so short that a policy can be named after them.
pub(super) fn tell_apart(workloads: &mut [Workload]) {
    let longest_suffix = Reason::all().map(|reason| reason.suffix().len()).max().unwrap_or_default();
    let limit = LONGEST_NAME - longest_suffix - "-".len();
    for workload in &mut *workloads {
        workload.name = shortened(&workload.name, limit).into();
    }
    let is_shared = shared(workloads);
    if !is_shared.contains(&true) {
        return;
    }
    let kept = workloads.iter().zip(&is_shared).filter(|(_, is_shared)| !**is_shared);
    let mut taken: HashSet<_> = kept.map(|(workload, _)| key(workload, &workload.name)).collect();
    let mut next: HashMap<_, usize> = HashMap::new();
    for (workload, _) in workloads.iter_mut().zip(is_shared).filter(|(_, is_shared)| *is_shared) {
        let with_kind = format!("{}-{}", workload.name, workload.reference.kind.to_lowercase());
        let next = next.entry(key(workload, &with_kind)).or_insert(1);
        let mut names = (*next..).map(|number| (number, shortened(&numbered(&with_kind, number), limit)));
        if let Some((number, name)) = names.find(|(_, name)| taken.insert(key(workload, name))) {
            *next = number + 1;
            workload.name = name.into();
        }
    }
}

/// A name with its number behind it, if it is not the first.
fn numbered(name: &str, number: usize) -> String {
    if number == 1 { name.to_owned() } else { format!("{name}-{number}") }
}

/// Whether the name of each workload is that of another one too, or a reserved one.
fn shared(workloads: &[Workload]) -> Vec<bool> {
    let mut count: HashMap<_, usize> = HashMap::new();
    for workload in workloads {
        *count.entry((workload.namespace_name(), &workload.name)).or_default() += 1;
    }
    let is_shared = |workload: &Workload| {
        count[&(workload.namespace_name(), &workload.name)] > 1 || RESERVED.contains(&&*workload.name)
    };
    workloads.iter().map(is_shared).collect()
}

fn key(workload: &Workload, name: &str) -> (String, String) {
    (workload.namespace_name().to_owned(), name.to_owned())
}
