//! Which Applications a window reaches.
//!
//! Source: `Matches` in argoproj/argo-cd v3.5.1 `pkg/apis/application/v1alpha1/types.go`: the name of the Application, the
//! name or server of its cluster, and its namespace; one of them, or with `andOperator` all that are given.

use krm::finding::{Finding, Findings};
use krm::glob;

use crate::build::{Build, Gated};
use crate::deployment::{Deployment, is_templated};
use crate::gate::WantedWindow;
use crate::rule::Rule;
use crate::version::{Feature, Version};
use crate::windows::SyncWindow;

/// What a window is for: these Applications, and where namespaces are given only those in them.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    pub(crate) applications: Vec<String>,
    pub(crate) namespaces: Vec<String>,
}

/// The targets of a window for some Applications of a project. More than one is needed where names alone reach others.
pub(crate) fn targets(
    version: Version,
    build: &Build<'_>,
    group: &[&Gated<'_>],
    window: &WantedWindow,
    findings: &mut Findings,
) -> Vec<Targets> {
    let mut all = Vec::from([Targets::default()]);
    for gated in group {
        let deployment = &gated.deployment;
        let others = others(build, deployment, window);
        let namespaces = if others.is_empty() { Vec::new() } else { vec![namespace(deployment).to_owned()] };
        let is_told_apart =
            others.iter().all(|other| !is_templated(namespace(other)) && namespace(other) != namespace(deployment))
                && !is_templated(namespace(deployment));
        if let Some(other) = others.first().filter(|_| !is_told_apart || !version.has(Feature::AndOperator)) {
            findings.push(reaches(deployment, other, is_told_apart));
            continue;
        }
        match all.iter_mut().find(|targets| targets.namespaces == namespaces) {
            Some(targets) if targets.applications.contains(&deployment.target) => {}
            Some(targets) => targets.applications.push(deployment.target.clone()),
            None => all.push(Targets { applications: vec![deployment.target.clone()], namespaces }),
        }
    }
    all.retain(|targets| !targets.applications.is_empty());
    // Hosts give the objects in orders of their own.
    all.iter_mut().for_each(|targets| targets.applications.sort());
    all
}

fn namespace(deployment: &Deployment) -> &str {
    &deployment.application.destination.namespace
}

/// The Applications of the same project that the name of one reaches too, and that the window is not for.
fn others<'b>(build: &'b Build<'_>, deployment: &Deployment, window: &WantedWindow) -> Vec<&'b Deployment> {
    let has_window = |gated: &&Gated<'_>| gated.gate.windows.contains(window);
    let same =
        |other: &Deployment| build.gated.iter().find(|it| it.deployment.id == other.id).filter(has_window).is_some();
    let in_project = build.deployments().filter(|other| other.project() == deployment.project());
    in_project.filter(|other| overlap(&deployment.target, &other.target) && !same(other)).collect()
}

fn reaches(deployment: &Deployment, other: &Deployment, is_told_apart: bool) -> Finding {
    let since = Feature::AndOperator.since();
    let remedy = match is_told_apart {
        true => format!(
            "Argo CD {since} and later can tell them apart by namespace, so set `argoCDVersion: \"{since}\"` if that is installed"
        ),
        false => "give them projects of their own".to_owned(),
    };
    let message = format!("a window for `{}` would hold for {} too; {remedy}", deployment.target, other.object);
    Finding::new(Rule::WindowReachesOthers, message).on(deployment.object.clone())
}

/// Whether two patterns may match the same name.
fn overlap(one: &str, other: &str) -> bool {
    match (one.contains('*'), other.contains('*')) {
        (_, false) => glob::matches(one, other),
        (false, true) => glob::matches(other, one),
        (true, true) => {
            let ends = |text: &str| {
                let (head, rest) = text.split_once('*').unwrap_or((text, ""));
                (head.to_owned(), rest.rsplit('*').next().unwrap_or_default().to_owned())
            };
            let ((head, tail), (other_head, other_tail)) = (ends(one), ends(other));
            (head.starts_with(&other_head) || other_head.starts_with(&head))
                && (tail.ends_with(&other_tail) || other_tail.ends_with(&tail))
        }
    }
}

/// Whether a window that people wrote may reach an Application.
pub(crate) fn may_reach(window: &SyncWindow, deployment: &Deployment) -> bool {
    let destination = &deployment.application.destination;
    let sorts = [
        (&window.applications, vec![&deployment.target]),
        (&window.clusters, vec![&destination.name, &destination.server]),
        (&window.namespaces, vec![&destination.namespace]),
    ];
    let mut matched = sorts
        .iter()
        .filter(|(patterns, _)| !patterns.is_empty())
        .map(|(patterns, texts)| patterns.iter().any(|pattern| texts.iter().any(|text| may_match(pattern, text))));
    if window.and_operator { matched.all(|is_matched| is_matched) } else { matched.any(|is_matched| is_matched) }
}

/// Whether a pattern of Argo CD may match a text. What it reads besides `*` is taken to match.
fn may_match(pattern: &str, text: &str) -> bool {
    is_templated(text) || pattern.contains(['?', '[', '{', '\\']) || overlap(pattern, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_may_match_one_name_overlap() {
        for (one, other, expected) in [
            ("web", "web", true),
            ("web", "api", false),
            ("*-prod", "web-prod", true),
            ("*-prod", "web-dev", false),
            ("web", "*", true),
            ("*-prod", "*-dev", false),
            ("web-*", "*-dev", true),
            ("web-*", "api-*", false),
            ("*", "*-dev", true),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }
}
