//! Limits for claims that their class does not keep.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use krm::rule::CommonRule;

use crate::context::Context;
use crate::quantity::{self, GIB};
use crate::rule::Rule;

/// Warns of a limit for claims below the smallest volume: what claims ask for and what they get differ for good.
pub(crate) fn check(item: &Item, context: Context<'_>, findings: &mut Findings) {
    let class = context.classes.target().class();
    let minimum = context.classes.ability(class).map_or(0, |ability| i128::from(ability.minimum_gib)) * GIB;
    let limits = item.value()["spec"]["limits"].as_array().into_iter().flatten().enumerate();
    for (index, limit) in limits.filter(|(_, limit)| limit["type"] == "PersistentVolumeClaim") {
        let most = &limit["max"]["storage"];
        let path = || FieldPath::from("spec.limits").index(index).key("max").key("storage");
        if !most.is_null() && quantity::parse(most).is_none() {
            let message = "is no quantity such as `10Gi`, so the limit is not checked; correct it";
            findings.push(Finding::new(CommonRule::MalformedField, message).on(item).at(path()).current(most.clone()));
        }
        if quantity::parse(most).is_some_and(|most| most < minimum) {
            let message = format!(
                "`{class}` makes volumes of `{}` and more, which claims may not ask for here; raise the limit",
                quantity::format(minimum)
            );
            findings.push(Finding::new(Rule::LimitRangeBelowVolume, message).on(item).at(path()).current(most.clone()));
        }
    }
}
