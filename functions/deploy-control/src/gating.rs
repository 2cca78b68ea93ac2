//! Applies gates to Applications.

use krm::field::{Pointer, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;
use serde_json::{Map, Value, json};

use crate::build::Gated;
use crate::config::Spec;
use crate::deployment::Deployment;
use crate::gate::Gate;
use crate::rule::Rule;

/// Makes an Application sync as its gate says.
///
/// A gate is closed by taking `automated` out. `enabled: false` in it does the same only from Argo CD 3.1 on: an older one
/// drops the field and takes what is left for on.
pub(crate) fn apply(spec: &Spec, gated: &Gated<'_>, resources: &mut Resources, findings: &mut Findings) {
    let Gated { deployment, gate } = gated;
    if !gate.is_open() {
        take_out(deployment, resources);
        findings.push(closed(deployment, gate));
    } else if !deployment.is_automated {
        take_out(deployment, resources);
        match spec.automated {
            Some(automated) => {
                let value = json!({"prune": automated.prune, "selfHeal": automated.self_heal});
                put(resources.edit(deployment.id), &deployment.automated_field(), value);
            }
            None => findings.push(not_automated(deployment, gate)),
        }
    }
}

fn closed(deployment: &Deployment, gate: &Gate<'_>) -> Finding {
    let options: Vec<_> =
        gate.closed_by.iter().map(|switch| format!("`{}` is `{}`", switch.option, switch.value)).collect();
    let why = options.join(", ");
    Finding::new(Rule::GateClosed, format!("does not sync by itself: {why}"))
        .on(deployment.object.clone())
        .because_of(why)
}

fn not_automated(deployment: &Deployment, gate: &Gate<'_>) -> Finding {
    let message = format!("may sync by itself in `{}`, but does not say so, and stays so", gate.environment);
    Finding::new(Rule::NotAutomated, message).on(deployment.object.clone()).because_of(gate.environment)
}

/// Takes `automated` out, and the mapping around it if nothing else is in it.
fn take_out(deployment: &Deployment, resources: &mut Resources) {
    for pointer in &deployment.automated {
        let object = resources.edit(deployment.id);
        if let Some((policy, key)) = pointer.split_back() {
            remove(object, policy, &key.decoded());
            let is_empty = object.pointer(policy.as_str()).and_then(Value::as_object).is_some_and(Map::is_empty);
            if let Some((parent, key)) = policy.split_back().filter(|_| is_empty) {
                remove(object, parent, &key.decoded());
            }
        }
    }
}

fn remove(object: &mut Value, parent: &Pointer, key: &str) {
    if let Some(Value::Object(entries)) = object.pointer_mut(parent.as_str()) {
        entries.shift_remove(key);
    }
}

/// Writes a value, and the mappings around it.
fn put(object: &mut Value, pointer: &PointerBuf, value: Value) {
    let place = pointer.tokens().fold(object, |place, token| &mut place[token.decoded().as_ref()]);
    *place = value;
}
