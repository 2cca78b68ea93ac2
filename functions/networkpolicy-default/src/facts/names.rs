//! Names that tell workloads apart: policies are named after them.

use std::collections::{HashMap, HashSet};

use super::workload::Workload;

/// Names that policies of no workload begin with.
const RESERVED: [&str; 1] = ["acme-http01-solver"];

/// Gives workloads of one name in one namespace names of their own: with their kind behind it, and a number if that is
/// taken too.
pub(super) fn tell_apart(workloads: &mut [Workload]) {
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
        let mut names = std::iter::once(with_kind.clone()).chain(numbered);
        if let Some(name) = names.find(|name| taken.insert(key(workload, name))) {
            workload.name = name;
        }
    }
}

fn key(workload: &Workload, name: &str) -> (String, String) {
    (workload.namespace_name().to_owned(), name.to_owned())
}
