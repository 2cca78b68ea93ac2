//! What the new class makes of a claim: errors where it would fail, warnings where it behaves differently.

use std::collections::BTreeSet;

use krm::finding::{Finding, Findings};
use serde_json::{Map, Value, json};

use crate::claim::Claim;
use crate::classes::Classes;
use crate::config::Spec;
use crate::path::Place;
use crate::platforms::Ability;
use crate::quantity::{GIB, format, whole_gibibytes};
use crate::rewrite::{Change, Scene};

/// A claim to be judged.
#[derive(Clone, Copy)]
pub(crate) struct Demand<'d> {
    /// The mapping in which the class stands.
    pub(crate) map: &'d Map<String, Value>,
    /// Where the class stands.
    pub(crate) place: &'d Place,
    /// Whether it was made for the old cluster, as its class tells.
    pub(crate) is_old: bool,
    /// Whether it asks for a volume: a PersistentVolume does not, nor do values that are switched off.
    pub(crate) is_checked: bool,
}

/// What comes of judging a claim.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    /// The class that serves the claim in place of the one it was judged by.
    pub(crate) class: Option<String>,
    /// What else changes in the claim.
    pub(crate) changes: Vec<Change>,
}

/// What claims are judged by.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'r> {
    pub(crate) spec: &'r Spec,
    pub(crate) classes: &'r Classes,
    /// The PersistentVolumes of the build.
    pub(crate) volumes: &'r BTreeSet<String>,
}

/// Judges what `class`, of the target cluster, makes of a claim. Of a class that nothing is known of, nothing is said.
pub(crate) fn judge(
    scene: Scene<'_>,
    demand: &Demand<'_>,
    class: &str,
    rules: Rules<'_>,
    findings: &mut Findings,
) -> Judgement {
    let Rules { spec, classes, volumes } = rules;
    let claim = Claim::read(demand.map, &demand.place.holder);
    let mut judgement = Judgement::default();
    let mut report = |place: &Place, finding: Finding| {
        let current = place.read(scene.root).cloned().unwrap_or_default();
        findings.push(scene.at(finding, &place.pointer()).current(current));
    };
    if let Some((place, name)) = &claim.volume {
        let message = format!(
            "is bound to the volume `{name}` of the old cluster; take the field out, or bring the volume into the build"
        );
        if demand.is_old && !volumes.contains(*name) {
            report(place, Finding::error(message));
        }
    }
    let Some(mut ability) = classes.ability(class) else { return judgement };
    let mut class = class;
    if let (Some(place), false) = (&claim.modes, ability.shared) {
        match classes.rwx_class() {
            Some(shared) if shared != class => {
                judgement.class = Some(shared.to_owned());
                class = shared;
                match classes.ability(shared) {
                    Some(known) => ability = known,
                    None => return judgement,
                }
            }
            _ if spec.reduce_access_modes => {
                let message = format!(
                    "`{}` becomes `ReadWriteOnce`: pods of other nodes will wait for the volume",
                    claim.shared_modes.join("`, `")
                );
                report(place, Finding::warning(message));
                judgement.changes.push(Change { place: place.clone(), value: one_node(place, demand.map) });
            }
            _ => {}
        }
    }
    let is_reduced = spec.reduce_access_modes && !judgement.changes.is_empty();
    if let (Some(place), false, false) = (&claim.modes, ability.shared, is_reduced) {
        let modes = claim.shared_modes.join("`, `");
        let message = format!(
            "`{modes}` cannot be had from `{class}`; set `spec.rwxClass`, or `spec.reduceAccessModes` if one node is enough"
        );
        report(place, Finding::error(message));
    }
    if let (Some(place), false) = (&claim.block, ability.block) {
        report(
            place,
            Finding::error(format!(
                "`{class}` makes no block volumes, so the claim would never bind; use a file system, or map it to another class"
            )),
        );
    }
    if let (Some(place), false) = (&claim.selector, ability.selector) {
        report(
            place,
            Finding::error(format!(
                "`{class}` makes no volume for a claim with a selector; take the selector out, or bring a volume and name the class \"\""
            )),
        );
    }
    if let Some((place, kind)) = &claim.source {
        copies(place, kind, class, ability, &mut report);
    }
    if let Some((place, name)) = &claim.attributes {
        report(
            place,
            Finding::error(format!("`{class}` knows no VolumeAttributesClass such as `{name}`; take the field out")),
        );
    }
    sizes(&claim, class, ability, spec, &mut judgement, &mut report);
    judgement
}

/// The access modes with those of one node alone.
fn one_node(place: &Place, map: &Map<String, Value>) -> Value {
    match map.get(&place.key) {
        Some(Value::Array(_)) => json!(["ReadWriteOnce"]),
        _ => json!("ReadWriteOnce"),
    }
}

fn copies(place: &Place, kind: &str, class: &str, ability: &Ability, report: &mut impl FnMut(&Place, Finding)) {
    match kind {
        "VolumeSnapshot" if !ability.snapshots => {
            report(
                place,
                Finding::error(format!(
                    "`{class}` knows no snapshots, so the claim would never bind; restore the data from a backup"
                )),
            );
        }
        "PersistentVolumeClaim" if !ability.clones => {
            report(
                place,
                Finding::error(format!(
                    "`{class}` cannot clone volumes, so the claim would never bind; copy the data in a Job"
                )),
            );
        }
        "VolumeSnapshot" | "PersistentVolumeClaim" => {}
        other => {
            report(
                place,
                Finding::warning(format!(
                    "the volume is filled by a `{other}`; see that its populator runs on the new cluster"
                )),
            );
        }
    }
}

fn sizes(
    claim: &Claim<'_>,
    class: &str,
    ability: &Ability,
    spec: &Spec,
    judgement: &mut Judgement,
    report: &mut impl FnMut(&Place, Finding),
) {
    let minimum = i128::from(ability.minimum_gib);
    let Some((place, bytes)) = &claim.size else { return };
    // Without a minimum nothing is made to measure.
    let made = if minimum == 0 { *bytes } else { whole_gibibytes(*bytes).max(minimum) * GIB };
    if let Some(maximum) = ability.maximum_gib.filter(|maximum| made > i128::from(*maximum) * GIB) {
        report(
            place,
            Finding::error(format!(
                "`{class}` makes volumes of up to {maximum} GiB; split the data, or map it to another class"
            )),
        );
        return;
    }
    if let Some((place, _)) = claim.limit.as_ref().filter(|(_, limit)| *limit < made) {
        let message =
            format!("`{class}` makes a volume of `{}`, which this limit refuses; raise or remove it", format(made));
        report(place, Finding::error(message));
    }
    if made == *bytes {
        return;
    }
    if spec.round_up {
        judgement.changes.push(Change { place: place.clone(), value: format(made).into() });
    } else if *bytes < minimum * GIB {
        report(
            place,
            Finding::warning(format!(
                "`{class}` makes (and bills) a volume of `{}`; set `spec.roundUp` to say so in the manifest",
                format(made)
            )),
        );
    }
}
