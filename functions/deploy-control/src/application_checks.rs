//! What an Application can do against gates, and what production asks for.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};

use crate::build::{Build, Gated};
use crate::environments::Environments;
use crate::rule::Rule;
use crate::version::{Feature, Version};

/// Reports what goes around gates in an Application.
pub(crate) fn check(version: Version, gated: &Gated<'_>, findings: &mut Findings) {
    check_production(gated, findings);
    check_operation(gated, findings);
    check_enabled(version, gated, findings);
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
        findings
            .push(Finding::new(Rule::OperationInManifest, message).on(gated.deployment.object.clone()).at("operation"));
    }
}

/// Says so if nothing in the build says who may start the syncs of a project.
pub(crate) fn check_approvers(build: &Build<'_>, findings: &mut Findings) {
    for project in build.projects.iter().filter(|project| !project.has_sync_role) {
        let is_of_project =
            |gated: &&Gated<'_>| build.project_of(&gated.deployment).is_some_and(|it| it.id == project.id);
        if build.gated.iter().filter(is_of_project).any(|gated| gated.gate.needs_approval) {
            let message =
                "has no role that may sync Applications, so the ConfigMap argocd-rbac-cm decides who approves";
            findings.push(Finding::new(Rule::ApproversUnseen, message).on(project.object.clone()).at("spec.roles"));
        }
    }
}

/// `enabled` of `automated` that stays, though the release of Argo CD does not know it.
fn check_enabled(version: Version, gated: &Gated<'_>, findings: &mut Findings) {
    let Gated { deployment, gate } = gated;
    if version.has(Feature::AutomatedEnabled) || !gate.is_open() || !deployment.is_automated {
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

/// Reports what deploys these Applications, if it does so without a person, or if the build does not show it.
pub(crate) fn check_parents(environments: &Environments<'_>, build: &Build<'_>, findings: &mut Findings) {
    let is_given = environments.spec.automated.is_some();
    let gated =
        build.gated.iter().map(|it| (&it.deployment, it.gate.is_open() && (it.deployment.is_automated || is_given)));
    let others = build.others.iter().map(|(deployment, _)| (deployment, deployment.is_automated));
    for (deployment, _) in gated.chain(others).filter(|(deployment, syncs)| *syncs && build.is_parent(deployment)) {
        let message = "syncs by itself into the namespace of the Applications, so whoever changes what it follows opens their \
                       gates; let people sync it, or protect its branch";
        findings.push(Finding::new(Rule::ParentSyncs, message).on(deployment.object.clone()));
    }
    let is_shown = build.deployments().any(|deployment| build.is_parent(deployment));
    if !build.gated.is_empty() && !is_shown {
        let message =
            "what deploys the Applications is not in this build: whoever changes what that follows opens their gates";
        findings.push(Finding::new(Rule::ParentUnseen, message));
    }
}
