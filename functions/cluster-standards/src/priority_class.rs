//! PriorityClasses: known, right for the namespace, and not at odds with what pods state.
//!
//! Source: kubernetes plugin/pkg/admission/priority/admission.go, `computePriority` and `validatePriorityClass`;
//! pkg/apis/scheduling/types.go and validation.

use std::borrow::Cow;
use std::collections::BTreeMap;

use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use krm::rule::Severity;
use serde_json::Value;

use crate::build::Build;
use crate::change::Change;
use crate::config::Completion;
use crate::namespaces::{Origin, setting};
use crate::rule::Rule;
use crate::workloads::Workload;

/// The classes that every cluster has.
const BUILT_IN: [(&str, i64); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];
/// The highest value that a class of a user can have, `HighestUserDefinablePriority`.
const HIGHEST: i64 = 1_000_000_000;
/// What names of built-in classes begin with, `SystemPriorityClassPrefix`.
const RESERVED: &str = "system-";
const FIELD: &str = "priorityClassName";

/// The classes that are known, by name.
struct Classes<'r> {
    known: BTreeMap<&'r str, Class<'r>>,
    /// The class of pods that name none, if the build or the config shows one.
    default: Option<&'r str>,
    /// Whether the config lists classes, so that another one is an error.
    is_listed: bool,
}

#[derive(Clone, Copy)]
struct Class<'r> {
    value: i64,
    /// `preemptionPolicy`, where an object of the build says so.
    preemption: Option<&'r str>,
}

impl<'r> Classes<'r> {
    fn of(build: &Build<'r>) -> Self {
        let built_in = BUILT_IN.map(|(name, value)| (name, Class { value, preemption: None }));
        let listed = &build.spec.priority_classes;
        let listed_classes =
            listed.iter().map(|(name, value)| (name.as_str(), Class { value: i64::from(*value), preemption: None }));
        let objects: Vec<_> = objects(build).collect();
        let of_objects = objects.iter().map(|item| {
            let value = item.value();
            let preemption = value["preemptionPolicy"].as_str().unwrap_or(LOWER);
            (item.name(), Class { value: value["value"].as_i64().unwrap_or(0), preemption: Some(preemption) })
        });
        let default = objects.iter().find(|item| item.value()["globalDefault"] == true).map(|item| item.name());
        let known = built_in.into_iter().chain(listed_classes).chain(of_objects).collect();
        Self { known, default, is_listed: !listed.is_empty() }
    }
}

/// The preemption policy of a class that says none.
const LOWER: &str = "PreemptLowerPriority";

fn objects<'r>(build: &Build<'r>) -> impl Iterator<Item = &'r Item> {
    build.resources.iter().filter(|item| item.is("scheduling.k8s.io", "PriorityClass"))
}

/// Gives pods without a class the one of their namespace.
pub(crate) fn completions(build: &Build<'_>) -> Vec<Change> {
    if !build.spec.completes(Completion::PriorityClassName) {
        return Vec::new();
    }
    let classes = Classes::of(build);
    build
        .workloads
        .iter()
        .filter(|workload| workload.can_change())
        .filter_map(|workload| completion(build, &classes, workload))
        .collect()
}

fn completion(build: &Build<'_>, classes: &Classes<'_>, workload: &Workload<'_>) -> Option<Change> {
    let (_, class) = wanted(build, workload)?;
    let stated = Stated::of(workload);
    let is_free = stated.class().is_none() && stated.priority.is_null() && classes.default != Some(class);
    let pointer = PointerBuf::parse(format!("{}/{FIELD}", workload.kind.spec_pointer())).ok()?;
    is_free.then(|| Change::Set { id: workload.item.id(), pointer, value: class.into() })
}

/// The class that the config says for the namespace of a workload.
fn wanted<'r>(build: &Build<'r>, workload: &Workload<'_>) -> Option<(Origin<'r>, &'r str)> {
    setting(build.spec, workload.namespace(), |entry| entry.priority_class.as_deref())
}

/// What pods state of their priority.
struct Stated<'v> {
    class: Cow<'v, Value>,
    priority: Cow<'v, Value>,
    preemption: Cow<'v, Value>,
}

impl<'v> Stated<'v> {
    fn of(workload: &'v Workload<'_>) -> Self {
        let [class, priority, preemption] = [FIELD, "priority", "preemptionPolicy"].map(|key| workload.spec_field(key));
        Self { class, priority, preemption }
    }

    fn class(&self) -> Option<&str> {
        self.class.as_str().filter(|name| !name.is_empty())
    }
}

/// Checks the classes of the build and the pods that use classes.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    let classes = Classes::of(build);
    check_objects(build, findings);
    for workload in build.workloads.iter() {
        let stated = Stated::of(workload);
        findings.extend(unknown(&classes, workload, &stated));
        findings.extend(other(build, &classes, workload, &stated));
        findings.extend(at_odds(&classes, workload, &stated));
    }
}

fn unknown(classes: &Classes<'_>, workload: &Workload<'_>, stated: &Stated<'_>) -> Option<Finding> {
    let name = stated.class().filter(|name| !classes.known.contains_key(name))?;
    let message = if classes.is_listed {
        format!(
            "`{name}` is no PriorityClass of the build or of `spec.priorityClasses`, and the API server refuses pods of an unknown class; correct the name, or list the class"
        )
    } else {
        format!(
            "`{name}` is no PriorityClass of the build, and the API server refuses pods of an unknown class; list the classes of the cluster in `spec.priorityClasses`"
        )
    };
    let severity = if classes.is_listed { Severity::Error } else { Severity::Warning };
    let finding = Finding::new(Rule::UnknownPriorityClass, message).with_severity(severity).on(workload.item);
    Some(finding.at(workload.spec_path(FIELD)).current(name).because_of(name))
}

fn other(build: &Build<'_>, classes: &Classes<'_>, workload: &Workload<'_>, stated: &Stated<'_>) -> Option<Finding> {
    let (origin, wanted) = wanted(build, workload)?;
    let found = stated.class();
    if found.or(classes.default) == Some(wanted) || found.is_some_and(|name| name.starts_with(RESERVED)) {
        return None;
    }
    let message = match found {
        Some(found) => {
            format!("`{found}` is not `{wanted}`, which {origin} gives the namespace `{}`", workload.namespace())
        }
        None => format!(
            "the pods name no PriorityClass, and {origin} gives the namespace `{}` the class `{wanted}`; name it{}",
            workload.namespace(),
            workload.or_complete("PriorityClassName")
        ),
    };
    let finding = Finding::new(Rule::OtherPriorityClass, message).on(workload.item).at(workload.spec_path(FIELD));
    Some(finding.proposed(wanted).because_of(format!("{found:?} {}", workload.namespace())))
}

/// What the API server computes from the class must not be stated otherwise.
fn at_odds(classes: &Classes<'_>, workload: &Workload<'_>, stated: &Stated<'_>) -> Option<Finding> {
    let name = stated.class().or(classes.default);
    let class = match name {
        Some(name) => *classes.known.get(name)?,
        // The default of the cluster need not be in the build.
        None => return (!stated.priority.is_null()).then(|| without_class(workload, stated)),
    };
    let priority = stated.priority.as_i64().filter(|priority| *priority != class.value);
    if let Some(priority) = priority {
        let message = format!(
            "`{priority}` is not `{}`, the value of the PriorityClass `{}`, so the API server refuses the pods; take the field out",
            class.value,
            name.unwrap_or_default()
        );
        let finding = Finding::new(Rule::StatedPriority, message).on(workload.item);
        return Some(finding.at(workload.spec_path("priority")).current(priority));
    }
    let preemption =
        stated.preemption.as_str().filter(|policy| class.preemption.is_some_and(|known| known != *policy))?;
    let message = format!(
        "`{preemption}` is not the policy of the PriorityClass `{}`, so the API server refuses the pods; take the field out",
        name.unwrap_or_default()
    );
    Some(Finding::new(Rule::StatedPriority, message).on(workload.item).at(workload.spec_path("preemptionPolicy")))
}

/// A priority without a class is right only where it happens to be that of the default class.
fn without_class(workload: &Workload<'_>, stated: &Stated<'_>) -> Finding {
    let message = "the pods name no PriorityClass, and the API server refuses any other priority than that of its default class, `0` if there is none; name a class and take the field out";
    let severity = if *stated.priority == 0 { Severity::Info } else { Severity::Error };
    let finding = Finding::new(Rule::StatedPriority, message).with_severity(severity).on(workload.item);
    finding.at(workload.spec_path("priority"))
}

/// The PriorityClasses themselves.
fn check_objects(build: &Build<'_>, findings: &mut Findings) {
    let mut default: Option<&Item> = None;
    for item in objects(build) {
        let value = &item.value()["value"];
        let number = value.as_i64();
        if item.name().starts_with(RESERVED)
            && !BUILT_IN.iter().any(|(name, built_in)| item.name() == *name && number == Some(*built_in))
        {
            let message = format!(
                "names that begin with `{RESERVED}` are reserved for the classes of Kubernetes; give it another name"
            );
            findings.push(Finding::new(Rule::RefusedPriorityClass, message).on(item).at("metadata.name"));
        } else if number.is_some_and(|number| number > HIGHEST) && !item.name().starts_with(RESERVED) {
            let message = format!("the highest value is `{HIGHEST}`; give it less");
            findings
                .push(Finding::new(Rule::RefusedPriorityClass, message).on(item).at("value").current(value.clone()));
        }
        if item.value()["globalDefault"] == true {
            match default {
                Some(first) => findings.push(second_default(item, first)),
                None => default = Some(item),
            }
        }
        if item.names().len() > 1 {
            findings.push(renamed(item));
        }
    }
}

fn second_default(item: &Item, first: &Item) -> Finding {
    let message = format!(
        "PriorityClass `{}` is the default already, and the API server takes one only; take the field out of one of the two",
        first.name()
    );
    Finding::new(Rule::RefusedPriorityClass, message).on(item).at("globalDefault")
}

fn renamed(item: &Item) -> Finding {
    let former = item.names().pop().unwrap_or_default();
    let message = format!(
        "kustomize renamed it from `{former}`, so that pods of other builds which name `{former}` are refused; build it where nothing renames it"
    );
    Finding::new(Rule::RenamedPriorityClass, message).on(item).at(FieldPath::from("metadata.name"))
}
