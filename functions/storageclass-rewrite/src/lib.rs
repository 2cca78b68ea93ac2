//! Maps storage classes to those of another platform, wherever they are named, and reports what the new ones cannot do.

mod checks;
mod claim;
mod classes;
mod config;
mod context;
mod document;
mod field_table;
mod known_classes;
mod limit_range;
mod names;
mod prefilter;
mod quantity;
mod rewrite;
mod rule;
mod search;
mod shared_claims;
mod snapshots;
mod storage_class;
mod target;
#[cfg(test)]
mod tests;
mod usage;
mod volumes;

use std::collections::BTreeSet;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::{Item, ItemId, Resources};

use classes::{BuildClasses, Classes};
use config::StorageClasses;
use context::Context;
use document::{Change, Document};
use field_table::FieldTable;
use prefilter::{mentioned_class, prefilter};
use rewrite::Rewriter;
use rule::Rule;
use search::Search;
use usage::Usage;

pub use config::Spec;
pub use field_table::{
    BETA_ANNOTATION, Content, KnownField, LookAlike, OBJECT_STORES, Selection, known_fields, look_alikes,
};
pub use known_classes::sources_table;

/// The function.
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
        let classes = Classes::new(spec, &build_classes(resources, spec))?;
        let fields = FieldTable::new(spec)?;
        let volumes = resources.iter().filter(|item| item.is("", "PersistentVolume")).flat_map(Item::names).collect();
        let context = Context { spec, classes: &classes, volumes: &volumes };
        let mentioned = |text: &str| mentioned_class(text, &classes);
        let search = Search { fields: &fields, mentioned: &mentioned };
        let mut rewriter = Rewriter { context, search, usage: Usage::default() };
        let prefilter = prefilter(spec, &classes);
        let ids: Vec<_> = resources.iter().filter(|item| prefilter.may_match(item)).map(Item::id).collect();
        for id in ids.iter().copied() {
            let changes = changes(resources.get(id), &mut rewriter, findings);
            if !changes.is_empty() {
                let object = resources.edit(id);
                changes.into_iter().for_each(|change| change.apply(object));
            }
        }
        let is_gone = |id: &ItemId| check(resources, resources.get(*id), context, findings);
        for id in ids.into_iter().filter(is_gone).collect::<Vec<_>>() {
            resources.remove(id);
        }
        let usage = rewriter.usage;
        let used: BTreeSet<_> = usage.used().map(str::to_owned).collect();
        storage_class::rewrite(resources, context, &used, findings);
        usage.report(context, findings);
        Ok(())
    }
}

/// The StorageClass objects of the build.
fn build_classes(resources: &Resources, spec: &Spec) -> BuildClasses {
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
    classes
}

/// What to write into an object.
fn changes(item: &Item, rewriter: &mut Rewriter<'_>, findings: &mut Findings) -> Vec<Change> {
    let matches = rewriter.search.object(item.value(), &item.names());
    if matches.is_empty() {
        return Vec::new();
    }
    rewriter.changes(&Document::of(item), matches, findings)
}

/// Checks what is no claim in an object; whether the object must go.
fn check(resources: &Resources, item: &Item, context: Context<'_>, findings: &mut Findings) -> bool {
    if snapshots::is_one(item) {
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
