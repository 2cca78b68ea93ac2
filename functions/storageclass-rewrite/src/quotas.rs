//! Quotas that leave room for the claims of the build, before and after their sizes are raised.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::{ItemId, Resources};
use serde_json::Value;

use crate::quantity;
use crate::rule::Rule;
use crate::usage::Raises;

/// Raises quotas by what `spec.roundUp` adds to claims, where these fitted before and would no longer fit.
pub(crate) fn raise(resources: &mut Resources, raises: &Raises, findings: &mut Findings) {
    if raises.is_empty() {
        return;
    }
    for id in resources.ids_of("", "ResourceQuota") {
        for (key, limit) in raised(resources, id, raises) {
            let item = resources.get(id);
            let message = format!(
                "is raised to `{limit}`, as `spec.roundUp` raises claims of the namespace and they would no longer fit; see whether that is meant"
            );
            let path = FieldPath::from("spec.hard").key(&key);
            findings.push(Finding::new(Rule::QuotaRaised, message).on(item).at(path));
            resources.edit(id)["spec"]["hard"][&key] = limit.into();
        }
    }
}

/// The limits of a quota that must be higher.
fn raised(resources: &Resources, id: ItemId, raises: &Raises) -> Vec<(String, String)> {
    let item = resources.get(id);
    let of_namespace = raises.get(item.namespace_name()).into_iter().flatten();
    let higher = of_namespace.filter_map(|(key, (before, after))| {
        let limit = quantity::parse(item.value()["spec"]["hard"].get(key).unwrap_or(&Value::Null))?;
        let is_short = *before <= limit && limit < *after;
        is_short.then(|| (key.clone(), quantity::format(limit + after - before)))
    });
    higher.collect()
}
