//! Maps storage classes to those of another platform, wherever they are named, and reports what the new ones cannot do.

mod beside;
mod build_volumes;
mod checks;
mod claim;
mod classes;
mod config;
mod context;
mod document;
mod field_table;
mod known_classes;
mod limit_range;
mod mentions;
mod names;
mod prefilter;
mod promises;
mod quantity;
mod quotas;
mod rewrite;
mod rule;
mod search;
mod shared_claims;
mod signs;
mod snapshot_classes;
mod snapshots;
mod storage_class;
mod storage_profiles;
mod target;
#[cfg(test)]
mod tests;
mod usage;
mod variables;
mod volumes;

use std::collections::BTreeSet;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::{Item, ItemId, Resources};

use build_volumes::BuildVolumes;
use classes::{BuildClasses, Classes};
use config::StorageClasses;
use context::Context;
use document::{Change, Document};
use field_table::FieldTable;
use known_classes::known_class;
use prefilter::prefilter;
use rewrite::Rewriter;
use rule::Rule;
use search::Search;
use snapshot_classes::SnapshotClasses;
use usage::Usage;

pub use beside::Beside;
pub use config::Spec;
pub use field_table::{BETA_ANNOTATION, Content, KnownField, LookAlike, Selection, known_fields, look_alikes};
pub use known_classes::sources_table;

/// The function, as hosts and Pipelines run it.
pub struct StorageClassRewrite;

impl Function for StorageClassRewrite {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "StorageClassRewrite";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let volumes = BuildVolumes::of(resources, spec.target());
        let classes = Classes::new(spec, &build_classes(resources, spec, &volumes))?;
        let fields = FieldTable::new(spec)?;
        let snapshots = SnapshotClasses::of(resources, spec.target());
        let context = Context { spec, classes: &classes, volumes: &volumes, snapshots: &snapshots };
        let search = Search { fields: &fields, classes: &classes };
        let mut rewriter = Rewriter { context, search, usage: Usage::default() };
        let prefilter = prefilter(spec, &classes);
        let ids: Vec<_> = resources.iter().filter(|item| prefilter.may_match(item)).map(Item::id).collect();
        for id in ids.iter().copied() {
            let changes = resources.look(resources.get(id), |item| changes(item, &mut rewriter, findings));
            if !changes.is_empty() {
                let object = resources.edit(id);
                changes.into_iter().for_each(|change| change.apply(object));
            }
        }
        let is_gone =
            |id: &ItemId| resources.look(resources.get(*id), |item| check(resources, item, context, findings));
        for id in ids.into_iter().filter(is_gone).collect::<Vec<_>>() {
            resources.remove(id);
        }
        storage_profiles::merge(resources, findings);
        quotas::raise(resources, rewriter.usage.raises(), findings);
        storage_class::rewrite(resources, context, &rewriter.usage, findings);
        variables::report(resources, rewriter.usage.variables(), context, findings);
        rewriter.usage.report(context, findings);
        Ok(())
    }
}

/// The StorageClass objects of the build.
fn build_classes(resources: &Resources, spec: &Spec, volumes: &BuildVolumes) -> BuildClasses {
    let foreign = storage_class::foreign(resources, spec.target());
    let mut classes = BuildClasses::default();
    for item in resources.iter().filter(|item| storage_class::is_one(item)) {
        if !foreign.contains(&item.id()) {
            let provisioner = item.value()["provisioner"].as_str().map(str::to_owned);
            classes.native.extend(item.names().into_iter().map(|name| (name, provisioner.clone())));
        } else if spec.storage_classes == StorageClasses::Convert {
            classes.converted.extend(item.names());
        }
    }
    let defined = resources.iter().filter(|item| storage_class::is_one(item)).flat_map(Item::names);
    let defined: BTreeSet<_> = defined.collect();
    // A class of a cloud has a driver there, which made the volumes that the build does not hold.
    let is_static = |class: &&str| !defined.contains(*class) && known_class(class).is_none();
    let of_volumes = volumes.classes().filter(is_static);
    classes.of_volumes = of_volumes.map(str::to_owned).collect();
    classes
}

/// What to write into an object.
fn changes(item: &Item, rewriter: &mut Rewriter<'_>, findings: &mut Findings) -> Vec<Change> {
    let matches = rewriter.search.object(item.value(), &item.names());
    let of_profile = storage_profiles::changes(item, rewriter.context, findings);
    if matches.is_empty() {
        return of_profile;
    }
    let mut changes = rewriter.changes(&Document::of(item), matches, findings);
    changes.extend(of_profile);
    changes
}

/// Checks what is no claim in an object; whether the object must go.
fn check(resources: &Resources, item: &Item, context: Context<'_>, findings: &mut Findings) -> bool {
    if snapshot_classes::is_one(item) {
        return snapshots::must_go(item, context, findings);
    }
    match (item.group(), item.kind()) {
        ("", "PersistentVolume") => {
            volumes::check_volume(item, context.classes.target(), findings);
            volumes::check_state(item, findings);
        }
        ("", "PersistentVolumeClaim") => volumes::check_state(item, findings),
        ("", "LimitRange") => limit_range::check(item, context, findings),
        _ => shared_claims::check(resources, item, findings),
    }
    snapshots::check_fields(item, context, findings);
    false
}
