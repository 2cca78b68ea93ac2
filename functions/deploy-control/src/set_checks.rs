//! What an ApplicationSet can do against a closed gate.

use krm::finding::{Finding, Findings};
use krm::rule::Severity;

use crate::build::Gated;
use crate::deployment::{SetSpec, is_templated};
use crate::gate::Gate;
use crate::rule::Rule;

/// Reports what goes around a closed gate in an ApplicationSet.
pub(crate) fn check(gated: &Gated<'_>, findings: &mut Findings) {
    let Some(set) = gated.deployment.set.as_ref().filter(|_| !gated.gate.is_open()) else { return };
    let tell = |finding: Finding, field: &'static str| finding.on(gated.deployment.object.clone()).at(field);
    findings.extend(template_patch(set).map(|finding| tell(finding, "spec.templatePatch")));
    if set.rolls() {
        let message =
            "starts the syncs of its Applications itself, step by step, though a gate is closed; take the strategy out";
        findings.push(tell(Finding::new(Rule::RollingSync, message), "spec.strategy"));
    }
    if set.ignores_sync_policy() {
        findings.push(tell(ignored(&gated.gate), "spec.ignoreApplicationDifferences"));
    }
    if let Some(sync) = set.leaves_applications() {
        let message = format!(
            "`{sync}` does not update Applications that are there, so they sync as they did; set it to `create-update` or `sync`"
        );
        findings.push(tell(Finding::new(Rule::ApplicationsNotUpdated, message), "spec.syncPolicy.applicationsSync"));
    }
}

fn template_patch(set: &SetSpec) -> Option<Finding> {
    let patch = &set.template_patch;
    if patch.contains("automated") {
        let message =
            "names `automated`, though a gate is closed, and is not read any further; take it out of the patch";
        return Some(Finding::new(Rule::TemplatePatch, message));
    }
    let may_hold_it =
        is_templated(patch) && (patch.contains("syncPolicy") || patch.contains("toYaml") || patch.contains("toJson"));
    may_hold_it.then(|| {
        let message = "may hold `automated` in what a generator fills in; write the sync policy in the template";
        Finding::new(Rule::TemplatePatch, message).with_severity(Severity::Warning)
    })
}

fn ignored(gate: &Gate<'_>) -> Finding {
    let message =
        "lets Applications in the cluster keep another sync policy, though a gate is closed; take the field out";
    let severity = if gate.is_production { Severity::Error } else { Severity::Warning };
    Finding::new(Rule::SyncPolicyIgnored, message).with_severity(severity)
}
