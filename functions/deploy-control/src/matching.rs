//! Which environment an Application belongs to, and which services it is of.

use krm::glob;

use crate::config::{Match, Service};
use crate::deployment::{Deployment, is_templated};
use crate::environments::{Checked, Environments};

/// What is known of a belonging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    /// A generator fills in what decides it.
    Unclear,
}

/// The environment of an Application.
pub(crate) enum Belonging<'e, 's> {
    /// It belongs to this one.
    One(&'e Checked<'s>),
    /// It belongs to none.
    None,
    /// Several match it.
    Several(Vec<&'e str>),
    /// Any of these may match what a generator fills in.
    Unclear(Vec<&'e str>),
}

/// The environment of an Application.
pub(crate) fn environment_of<'e, 's>(environments: &'e Environments<'s>, deployment: &Deployment) -> Belonging<'e, 's> {
    let with = |wanted: Answer| -> Vec<&'e Checked<'s>> {
        environments.all.iter().filter(|it| answer(&it.config.matched, deployment) == wanted).collect()
    };
    let names = |environments: Vec<&'e Checked<'s>>| environments.iter().map(|it| it.name).collect();
    match with(Answer::Yes).as_slice() {
        [] => match with(Answer::Unclear) {
            unclear if unclear.is_empty() => Belonging::None,
            unclear => Belonging::Unclear(names(unclear)),
        },
        [one] => Belonging::One(one),
        several => Belonging::Several(names(several.to_vec())),
    }
}

/// Whether all that is given matches.
fn answer(matched: &Match, deployment: &Deployment) -> Answer {
    let destination = &deployment.application.destination;
    let paths: Vec<_> = deployment.sources().map(|source| source.path()).collect();
    let lists = [
        (&matched.names, vec![&*deployment.object.name]),
        (&matched.projects, vec![deployment.project()]),
        (&matched.paths, paths),
        (&matched.namespaces, vec![destination.namespace.as_str()]),
        (&matched.clusters, vec![destination.name.as_str(), destination.server.as_str()]),
    ];
    let of_lists =
        lists.iter().filter(|(patterns, _)| !patterns.is_empty()).map(|(patterns, texts)| any(patterns, texts));
    let of_labels = matched.labels.iter().map(|(key, value)| match deployment.labels.get(key) {
        Some(found) if found == value => Answer::Yes,
        Some(found) if is_templated(found) => Answer::Unclear,
        _ => Answer::No,
    });
    let answers: Vec<_> = of_lists.chain(of_labels).collect();
    match answers.as_slice() {
        answers if answers.contains(&Answer::No) => Answer::No,
        answers if answers.contains(&Answer::Unclear) => Answer::Unclear,
        _ => Answer::Yes,
    }
}

/// Whether one of the patterns matches one of the texts.
fn any(patterns: &[String], texts: &[&str]) -> Answer {
    let given = || texts.iter().filter(|text| !text.is_empty());
    let is_match = |text: &&&str| patterns.iter().any(|pattern| glob::matches(pattern, text));
    match () {
        () if given().any(|text| !is_templated(text) && is_match(&text)) => Answer::Yes,
        () if given().any(|text| is_templated(text)) => Answer::Unclear,
        () => Answer::No,
    }
}

/// Whether a service is that of an Application.
pub(crate) fn is_of_service(name: &str, service: &Service, deployment: &Deployment) -> bool {
    match &service.applications {
        Some(patterns) => patterns.iter().any(|pattern| glob::matches(pattern, &deployment.object.name)),
        None => &*deployment.object.name == name,
    }
}
