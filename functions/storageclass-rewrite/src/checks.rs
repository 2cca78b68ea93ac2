//! What the new class makes of a claim: errors where it would fail, warnings where it behaves differently.

use krm::finding::Finding;
use manifests::fields::Field;
use serde_json::{Value, json};

use crate::claim::Claim;
use crate::config::Spec;
use crate::context::Context;
use crate::document::Review;
use crate::known_classes::Ability;
use crate::quantity::{GIB, format, whole_gibibytes};
use crate::rule::Rule;

/// A claim to be judged.
#[derive(Clone, Copy)]
pub(crate) struct Demand<'d> {
    pub(crate) claim: &'d Claim<'d>,
    /// The field of the class.
    pub(crate) field: &'d Field,
    /// The class that the claim names.
    pub(crate) class: Option<&'d str>,
    /// Whether it was made for the old cluster, as its class tells.
    pub(crate) is_old: bool,
    /// Whether it asks for a volume: a PersistentVolume does not, nor do values that are switched off.
    pub(crate) is_checked: bool,
}

/// Judges what `class`, of the target cluster, makes of a claim, and gives the class that serves the claim in its place, if
/// another one must. Of a class that nothing is known of, nothing is said.
pub(crate) fn judge(
    demand: &Demand<'_>,
    class: &str,
    context: Context<'_>,
    review: &mut Review<'_, '_>,
) -> Option<String> {
    let claim = demand.claim;
    if demand.is_old {
        bound_volume(claim, context, review);
    }
    if is_served_by_build(demand, context, review) {
        return None;
    }
    let ability = context.classes.ability(class)?;
    let shared =
        context.classes.rwx_class().filter(|shared| claim.modes.is_some() && !ability.shared && *shared != class);
    judge_by(claim, shared.unwrap_or(class), context, review);
    shared.map(str::to_owned)
}

/// Judges what a class of the target cluster makes of a claim.
pub(crate) fn judge_by(claim: &Claim<'_>, class: &str, context: Context<'_>, review: &mut Review<'_, '_>) {
    if let Some(ability) = context.classes.ability(class) {
        Judge { claim, class, ability, spec: context.spec, review }.all();
    }
}

/// A claim that is bound to a volume needs it in the new cluster.
pub(crate) fn bound_volume(claim: &Claim<'_>, context: Context<'_>, review: &mut Review<'_, '_>) {
    if let Some((field, name)) = claim.volume.as_ref().filter(|(_, name)| !context.volumes.has(name)) {
        let message = format!(
            "is bound to the volume `{name}`, which the build does not hold; take the field out, or bring the volume into the build"
        );
        review.report_value(Finding::new(Rule::ClaimBoundToOldVolume, message), field);
    }
}

/// Whether a volume of the build serves the claim, so that no driver makes one for it.
fn is_served_by_build(demand: &Demand<'_>, context: Context<'_>, review: &Review<'_, '_>) -> bool {
    let Demand { claim, field, class, .. } = demand;
    let is_bound = claim.volume.as_ref().is_some_and(|(_, name)| context.volumes.has(name));
    let object = &review.document.object;
    let is_claim = &*object.kind == "PersistentVolumeClaim" && field.parent.as_str() == "/spec";
    let is_reserved = is_claim && context.volumes.are_reserved(object.namespace.as_deref(), &object.name);
    is_bound || is_reserved || class.is_some_and(|class| context.volumes.serve(class, claim))
}

/// The sizes of a claim that `spec.roundUp` raises, in bytes before and after.
pub(crate) fn raises(demand: &Demand<'_>, class: &str, context: Context<'_>) -> Vec<(i128, i128)> {
    let Some(ability) = context.classes.ability(class).filter(|_| context.spec.round_up && demand.is_checked) else {
        return Vec::new();
    };
    demand.claim.sizes.iter().map(|(_, size)| (*size, made(*size, ability))).collect()
}

/// The size of the volume that a request leads to.
fn made(bytes: i128, ability: &Ability) -> i128 {
    match i128::from(ability.minimum_gib) {
        // Without a minimum nothing is made to measure.
        0 => bytes,
        _ if bytes == 0 => 0,
        minimum => whole_gibibytes(bytes).max(minimum) * GIB,
    }
}

/// Judges a claim by the class that serves it.
struct Judge<'j, 'r, 'd> {
    claim: &'j Claim<'j>,
    class: &'j str,
    ability: &'j Ability,
    spec: &'j Spec,
    review: &'j mut Review<'r, 'd>,
}

impl Judge<'_, '_, '_> {
    fn all(mut self) {
        self.access_modes();
        self.refusals();
        self.source();
        self.attributes();
        self.sizes();
    }

    fn refuse(&mut self, rule: Rule, field: &Field, reason: &str) {
        self.review.report_value(Finding::new(rule, format!("`{}` {reason}", self.class)), field);
    }

    /// Access modes of several nodes.
    fn access_modes(&mut self) {
        let Some(field) = self.claim.modes.as_ref().filter(|_| !self.ability.shared) else { return };
        let modes = self.claim.shared_modes.join("`, `");
        if self.spec.reduce_access_modes && self.spec.rwx_class.is_none() {
            let message = format!("`{modes}` becomes `ReadWriteOnce`: pods of other nodes will wait for the volume");
            self.review.report_value(Finding::new(Rule::ClaimAccessReduced, message), field);
            let is_list = field.read(self.review.document.value).is_some_and(Value::is_array);
            self.review.write(field.clone(), if is_list { json!(["ReadWriteOnce"]) } else { json!("ReadWriteOnce") });
        } else {
            let message = format!(
                "`{modes}` is not supported by `{}`; set `spec.rwxClass`, or `spec.reduceAccessModes` if one node is enough",
                self.class
            );
            self.review.report_value(Finding::new(Rule::ClaimAccessUnsupported, message), field);
        }
    }

    /// What the claim asks for and the class does not have.
    fn refusals(&mut self) {
        let Claim { block, selector, source, .. } = self.claim;
        let copy_of = |wanted: &str| source.as_ref().filter(|(_, kind)| *kind == wanted).map(|(field, _)| field);
        let refusals = [
            (
                Rule::ClaimNeedsBlock,
                block.as_ref(),
                self.ability.block,
                "makes no block volumes, so the claim would never bind; use a file system, or map it to another class",
            ),
            (
                Rule::ClaimWithSelector,
                selector.as_ref(),
                self.ability.selector,
                "makes no volume for a claim with a selector; take the selector out, or bring a volume and name the class \"\"",
            ),
            (
                Rule::ClaimCopiesVolume,
                copy_of("VolumeSnapshot"),
                self.ability.snapshots,
                "has no snapshots, so the claim would never bind; restore the data from a backup",
            ),
            (
                Rule::ClaimCopiesVolume,
                copy_of("PersistentVolumeClaim"),
                self.ability.clones,
                "cannot clone volumes, so the claim would never bind; copy the data in a Job",
            ),
        ];
        for (rule, field, _, reason) in refusals.into_iter().filter(|(_, _, is_able, _)| !is_able) {
            if let Some(field) = field {
                self.refuse(rule, field, reason);
            }
        }
    }

    /// What fills the volume, if it is neither a snapshot nor a claim.
    fn source(&mut self) {
        if let Some((field, kind)) = &self.claim.source
            && !["VolumeSnapshot", "PersistentVolumeClaim"].contains(kind)
        {
            let message = format!("the volume is filled by a `{kind}`; see that its populator runs on the new cluster");
            self.review.report_value(Finding::new(Rule::ClaimFilledByPopulator, message), field);
        }
    }

    fn attributes(&mut self) {
        if let Some((field, name)) = &self.claim.attributes {
            let reason = format!("has no VolumeAttributesClass such as `{name}`; take the field out");
            self.refuse(Rule::ClaimNamesAttributes, field, &reason);
        }
    }

    fn sizes(&mut self) {
        for (field, bytes) in &self.claim.sizes {
            self.size(field, *bytes);
        }
        self.unread_size();
    }

    fn size(&mut self, field: &Field, bytes: i128) {
        let made = made(bytes, self.ability);
        if let Some(maximum) = self.ability.maximum_gib.filter(|maximum| made > i128::from(*maximum) * GIB) {
            let reason = format!("makes volumes of up to {maximum} GiB; split the data, or map it to another class");
            return self.refuse(Rule::ClaimTooLarge, field, &reason);
        }
        self.limit(made);
        if made == bytes {
            return;
        }
        if self.spec.round_up {
            self.review.write(field.clone(), format(made));
        } else if bytes < i128::from(self.ability.minimum_gib) * GIB {
            let message = format!(
                "`{}` makes (and bills) a volume of `{}`; set `spec.roundUp` to say so in the manifest",
                self.class,
                format(made)
            );
            self.review.report_value(Finding::new(Rule::ClaimBelowSmallestVolume, message), field);
        }
    }

    /// A limit below the volume that is made, which the driver refuses.
    fn limit(&mut self, made: i128) {
        let Some((limit, _)) = self.claim.limit.as_ref().filter(|(_, limit)| *limit < made) else { return };
        if self.spec.round_up {
            return self.review.write(limit.clone(), format(made));
        }
        let reason = format!(
            "makes a volume of `{}`, which this limit refuses; raise or remove it, or set `spec.roundUp`",
            format(made)
        );
        self.refuse(Rule::ClaimLimitBelowVolume, limit, &reason);
    }

    /// A size that is there and says nothing.
    fn unread_size(&mut self) {
        if let Some(field) = &self.claim.unread_size {
            let message = "is no quantity such as `10Gi`, so the size is not checked; write one, or check the size that a later step fills in";
            self.review.report_value(Finding::new(Rule::ClaimSizeUnread, message), field);
        }
    }
}
