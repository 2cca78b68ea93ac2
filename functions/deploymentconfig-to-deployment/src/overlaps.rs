//! DeploymentConfigs whose selector selects pods of other workloads too.
//!
//! OpenShift adds `deploymentconfig: NAME` to the selector of each, so two may have the same labels. Deployments may not.

use std::collections::{BTreeMap, HashMap, HashSet};

use krm::resource_list::{Item, ItemId, Resources};
use manifests::pods::PodTemplate;
use serde_json::Value;

use crate::kinds::DEPLOYMENT_CONFIG;

/// Labels, or a selector of them.
type Labels<'v> = BTreeMap<&'v str, &'v str>;
/// How many pods there are of a namespace and of values.
type Counts<'v> = HashMap<(&'v str, Vec<&'v str>), usize>;

/// The DeploymentConfigs with such a selector.
pub(crate) fn overlapping(resources: &Resources) -> HashSet<ItemId> {
    let configs = resources.iter().filter(|item| DEPLOYMENT_CONFIG.is_of(item));
    let selectors: Vec<_> = configs.map(|item| (item, selector(item))).collect();
    let mut counts: HashMap<Vec<&str>, Counts<'_>> =
        selectors.iter().map(|(_, selector)| (selector.keys().copied().collect(), Counts::new())).collect();
    if counts.is_empty() {
        return HashSet::new();
    }
    for item in resources.iter() {
        let Some(template) = PodTemplate::of(item) else { continue };
        let labels = labels(&template.metadata["labels"]);
        for (keys, counts) in &mut counts {
            let values: Option<Vec<&str>> = keys.iter().map(|key| labels.get(key).copied()).collect();
            if let Some(values) = values {
                *counts.entry((item.namespace_name(), values)).or_default() += 1;
            }
        }
    }
    let is_shared = |(item, selector): &(&Item, Labels<'_>)| {
        let (keys, values): (Vec<_>, Vec<_>) = selector.iter().map(|(key, value)| (*key, *value)).unzip();
        counts[&keys].get(&(item.namespace_name(), values)).is_some_and(|count| *count > 1)
    };
    selectors.iter().filter(|found| is_shared(found)).map(|(item, _)| item.id()).collect()
}

/// The selector of a DeploymentConfig: the labels of its template where it names none.
fn selector(config: &Item) -> Labels<'_> {
    let spec = &config.value()["spec"];
    let written = labels(&spec["selector"]);
    if written.is_empty() { labels(&spec["template"]["metadata"]["labels"]) } else { written }
}

fn labels(value: &Value) -> Labels<'_> {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect()
}
