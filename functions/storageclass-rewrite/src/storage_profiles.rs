//! StorageProfiles of KubeVirt, which carry the name of a class and say how claims of it are made.

use std::collections::BTreeMap;

use krm::field::PointerBuf;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use manifests::fields::Field;

use crate::beside::Beside;
use crate::checks::judge_by;
use crate::claim::Claim;
use crate::classes::Outcome;
use crate::context::Context;
use crate::document::{Change, Document, Review};
use crate::rule::Rule;

fn is_one(item: &Item) -> bool {
    item.is("cdi.kubevirt.io", "StorageProfile")
}

/// Judges the claims that a profile leads to; what to write into it.
pub(crate) fn changes(item: &Item, context: Context<'_>, findings: &mut Findings) -> Vec<Change> {
    if !is_one(item) {
        return Vec::new();
    }
    let document = Document::of(item);
    let mut review = Review::new(&document, findings);
    let class = match context.classes.outcome(item.name()) {
        Outcome::Mapped(target) => target,
        _ => item.name(),
    };
    let sets = item.value()["spec"]["claimPropertySets"].as_array().map_or(0, Vec::len);
    for index in 0..sets {
        let parent = PointerBuf::from_tokens(["spec", "claimPropertySets", &index.to_string()]);
        let field = Field { parent, key: "storageClassName".to_owned() };
        let claim = Claim::read(item.value(), &field, Beside::default());
        judge_by(&claim, class, context, &mut review);
    }
    review.into_changes()
}

/// Keeps one of the profiles whose classes became one.
pub(crate) fn merge(resources: &mut Resources, findings: &mut Findings) {
    let mut kept: BTreeMap<String, ItemId> = BTreeMap::new();
    for id in resources.ids_of("cdi.kubevirt.io", "StorageProfile") {
        let item = resources.get(id);
        let name = new_name(item).to_owned();
        let Some(first) = kept.get(&name).map(|first| resources.get(*first)) else {
            kept.insert(name, id);
            continue;
        };
        if item.value()["spec"] != first.value()["spec"] {
            let message = format!(
                "becomes `{name}`, as does `{}`, which says other things of its claims; leave one of them, or map the classes apart in `spec.mapping`",
                first.name()
            );
            findings.push(Finding::new(Rule::StorageProfilesMerge, message).on(item).at("metadata.name"));
        }
        resources.remove(id);
    }
}

fn new_name(item: &Item) -> &str {
    item.value()["metadata"]["name"].as_str().unwrap_or_default()
}
