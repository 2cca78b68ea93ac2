//! Maps storage classes to those of another platform, wherever their names stand, and says what the new ones cannot do.

mod checks;
mod claim;
mod classes;
mod config;
mod glance;
mod names;
mod objects;
mod path;
mod places;
mod platforms;
mod pod_volumes;
mod quantity;
mod rewrite;
mod scan;
mod storage_class;
mod usage;

use std::collections::BTreeSet;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::{Item, ItemId, Resources};

use checks::Rules;
use classes::{BuildClasses, Classes};
use config::StorageClasses;
use glance::{Glance, mentioned_class};
use places::Places;
use rewrite::{Change, Rewriter, Scene};
use scan::Search;
use usage::Usage;

pub use config::Spec;
pub use places::{BETA_ANNOTATION, Form, KNOWN_FIELDS, KnownFields, LOOK_ALIKES, LookAlike, OBJECT_STORES, Only};
pub use platforms::platforms_table;

/// The function.
pub struct StorageClassRewrite;

impl Function for StorageClassRewrite {
    type Spec = Spec;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "StorageClassRewrite";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let classes = Classes::new(spec, &build_classes(resources, spec))?;
        let places = Places::new(spec)?;
        let volumes = resources.iter().filter(|item| item.is("", "PersistentVolume")).flat_map(Item::names);
        let volumes: BTreeSet<_> = volumes.collect();
        let rules = Rules { spec, classes: &classes, volumes: &volumes };
        let mentioned = |text: &str| mentioned_class(text, &classes);
        let mut rewriter =
            Rewriter { rules, search: Search { places: &places, mentioned: &mentioned }, usage: Usage::default() };
        let glance = Glance::new(spec, &classes);
        let worthwhile: Vec<_> = resources.iter().filter(|item| glance.is_worthwhile(item)).map(Item::id).collect();
        for id in worthwhile.iter().copied() {
            let changes = changes(resources, id, &mut rewriter, findings);
            if changes.is_empty() {
                continue;
            }
            let object = resources.edit(id);
            changes.into_iter().for_each(|change| change.apply(object));
        }
        for id in unserved(resources, &worthwhile, rules, findings) {
            resources.remove(id);
        }
        let usage = rewriter.usage;
        let used: BTreeSet<_> = usage.used().map(str::to_owned).collect();
        storage_class::rewrite(resources, rules, &used, findings);
        usage.report(rules, findings);
        Ok(())
    }
}

/// The StorageClass objects of the build.
fn build_classes(resources: &Resources, spec: &Spec) -> BuildClasses {
    let foreign = storage_class::foreign(resources, spec.to);
    let mut classes = BuildClasses::default();
    for item in resources.iter().filter(|item| storage_class::is_one(item.group(), item.kind())) {
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
fn changes(resources: &Resources, id: ItemId, rewriter: &mut Rewriter<'_>, findings: &mut Findings) -> Vec<Change> {
    let item = resources.get(id);
    let spots = rewriter.search.object(item.value(), &item.names());
    if spots.is_empty() {
        return Vec::new();
    }
    let reference = item.reference();
    let scene = Scene { root: item.value(), object: &reference, prefix: "" };
    rewriter.changes(scene, spots, findings)
}

/// Looks at the objects that are no claims; returns those that must go.
fn unserved(resources: &Resources, ids: &[ItemId], rules: Rules<'_>, findings: &mut Findings) -> Vec<ItemId> {
    let items = ids.iter().map(|id| resources.get(*id));
    items.filter_map(|item| objects::check(resources, item, rules, findings)).collect()
}
