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
        workload.name = shortened(&workload.name, limit);
    }
    let mut count: HashMap<_, usize> = HashMap::new();
    for workload in &*workloads {
        *count.entry(key(workload, &workload.name)).or_default() += 1;
    }
    let is_shared =
        |workload: &Workload| count[&key(workload, &workload.name)] > 1 || RESERVED.contains(&workload.name.as_str());
    let kept = workloads.iter().filter(|workload| !is_shared(workload));
    let mut taken: HashSet<_> = kept.map(|workload| key(workload, &workload.name)).collect();
    for workload in workloads.iter_mut().filter(|workload| is_shared(workload)) {
        let with_kind = format!("{}-{}", workload.name, workload.reference.kind.to_lowercase());
        let numbered = (2..).map(|number| format!("{with_kind}-{number}"));
        let mut names = std::iter::once(with_kind.clone()).chain(numbered).map(|name| shortened(&name, limit));
        if let Some(name) = names.find(|name| taken.insert(key(workload, name))) {
            workload.name = name;
        }
    }
}

fn key(workload: &Workload, name: &str) -> (String, String) {
    (workload.namespace_name().to_owned(), name.to_owned())
}
