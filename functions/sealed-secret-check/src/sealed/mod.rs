//! SealedSecrets that cannot be unsealed, or give a Secret that the cluster refuses.

mod closed;
mod copies;
mod identity;
pub(crate) mod keyring;
mod opening;
mod scope;
mod sealed_secret;
mod shape;
mod template;
mod value;

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};

use copies::Copies;
use keyring::Keyring;
use sealed_secret::{API_VERSION, SealedSecret};
pub(crate) use sealed_secret::{GROUP, KIND, keys_of};

use crate::rule::Rule;

/// Checks every SealedSecret.
pub(crate) fn check(resources: &Resources, keyring: &Keyring, findings: &mut Findings) {
    let sealed: Vec<_> = resources.iter().filter(|item| item.is(GROUP, KIND)).map(SealedSecret::read).collect();
    findings.extend(resources.iter().filter_map(unchecked));
    let copies = Copies::among(&sealed);
    for one in &sealed {
        findings.extend(shape::problems(one));
        findings.extend(one.broken_values());
        if keyring.can_open() {
            findings.extend(
                one.whole_values().filter_map(|whole| opening::problem(&whole, copies.labels_of(&whole), keyring)),
            );
        } else {
            findings.extend(identity::problems(one));
            findings.extend(one.whole_values().filter_map(|whole| copies.problem(&whole)));
            findings.extend(one.whole_values().filter_map(|whole| closed::foreign_value(&whole, keyring)));
            findings.extend(one.whole_values().filter_map(|whole| closed::short_value(&whole)));
        }
    }
}

/// The warning about an object that is called like a SealedSecret, but is none that the controller looks at. Other operators
/// seal too, under the same kind.
fn unchecked(item: &Item) -> Option<Finding> {
    let is_foreign = item.kind() == KIND && item.group() != GROUP;
    let message = format!(
        "`{}` is not the API of sealed-secrets, so this object is not checked; write `{API_VERSION}`, or accept it if another \
         operator unseals it",
        item.api_version()
    );
    is_foreign.then(|| Finding::new(Rule::UncheckedSealedSecret, message).on(item).at("apiVersion"))
}
