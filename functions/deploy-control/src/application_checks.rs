//! What an Application can do against gates, and what production asks for.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};

use crate::build::{Build, Gated};
use crate::environments::Environments;
use crate::rule::Rule;
use crate::version::Feature;

/// Reports what goes around gates in an Application.
pub(crate) fn check(environments: &Environments<'_>, build: &Build<'_>, gated: &Gated<'_>, findings: &mut Findings) {
    check_production(gated, findings);
    check_operation(gated, findings);
    check_parent(environments, build, gated, findings);
    check_approvers(build, gated, findings);
    check_enabled(environments, gated, findings);
}

fn check_production(gated: &Gated<'_>, findings: &mut Findings) {
    let Gated { deployment, gate } = gated;
    if !gate.is_production {
        return;
    }
    if gate.is_open() {
        let message = format!(
            "is of production (`{}`), and no gate keeps it from syncing by itself; set `auto_deploy` of the environment to `false`",
            gate.environment
        );
        findings.push(Finding::new(Rule::AutomatedProduction, message).on(deployment.object.clone()));
    }
    if deployment.sources().any(|source| source.follows_head()) {
        let message = "is of production and follows the newest commit of the default branch; name a branch, a tag or a commit in `targetRevision`";
        findings.push(Finding::new(Rule::MovingRevision, message).on(deployment.object.clone()));
    }
}

fn check_operation(gated: &Gated<'_>, findings: &mut Findings) {
    if gated.deployment.has_operation && !gated.gate.is_open() {
        let message = "starts a sync as soon as it is applied, though a gate is closed; take it out";
        findings.push(
            Finding::new(Rule::OperationInManifest, message).on(gated.deployment.object.clone()).at("operation"),
        );
    }
}

/// Whether an Application may open the gates of the others without a person.
fn check_parent(environments: &Environments<'_>, build: &Build<'_>, gated: &Gated<'_>, findings: &mut Findings) {
    let syncs = gated.deployment.is_automated || environments.spec.automated.is_some();
    if gated.gate.is_open() && syncs && build.is_parent(&gated.deployment) {
        let message = "syncs by itself into the namespace of the Applications, so whoever changes what it follows opens their \
                       gates; let people sync it, or protect its branch";
        findings.push(Finding::new(Rule::ParentSyncs, message).on(gated.deployment.object.clone()));
    }
}

fn check_approvers(build: &Build<'_>, gated: &Gated<'_>, findings: &mut Findings) {
    if !gated.gate.needs_approval {
        return;
    }
    if let Some(project) = build.project_of(&gated.deployment).filter(|project| !project.has_sync_role) {
        let message = "has no role that may sync Applications, so the ConfigMap argocd-rbac-cm decides who approves";
        let finding = Finding::new(Rule::ApproversUnseen, message).on(project.object.clone()).at("spec.roles");
        findings.push(finding.because_of(project.object.to_string()));
    }
}

/// `enabled` of `automated` that stays, though the release of Argo CD does not know it.
fn check_enabled(environments: &Environments<'_>, gated: &Gated<'_>, findings: &mut Findings) {
    let Gated { deployment, gate } = gated;
    if environments.version.has(Feature::AutomatedEnabled) || !gate.is_open() || !deployment.is_automated {
        return;
    }
    for pointer in deployment.automated.iter().filter(|_| deployment.names_enabled) {
        let since = Feature::AutomatedEnabled.since();
        let message = format!(
            "`enabled` is dropped by Argo CD before {since}, and what is left is on; set `argoCDVersion: \"{since}\"` if that is installed"
        );
        let finding = Finding::new(Rule::NewerArgoCDNeeded, message);
        findings.push(finding.on(deployment.object.clone()).at(FieldPath::from(pointer)));
    }
}

/// Says so if the build does not show what deploys these Applications.
pub(crate) fn check_for_parent(build: &Build<'_>, findings: &mut Findings) {
    let is_shown = build.deployments().any(|deployment| build.is_parent(deployment));
    if !build.gated.is_empty() && !is_shown {
        let message = "what deploys the Applications is not in this build: whoever changes what that follows opens their gates";
        findings.push(Finding::new(Rule::ParentUnseen, message));
    }
}
