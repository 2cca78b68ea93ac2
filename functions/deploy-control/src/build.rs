//! What a build holds of Argo CD, and what the config says of it.

use std::collections::BTreeSet;

use krm::finding::Findings;
use krm::resource_list::Resources;

use crate::deployment::{Deployment, deployments};
use crate::environments::Environments;
use crate::gate::Gate;
use crate::matching::{Belonging, environment_of};
use crate::projects::{Project, projects};

/// What a build holds of Argo CD.
pub(crate) struct Build<'s> {
    /// The Applications and ApplicationSets of environments.
    pub(crate) gated: Vec<Gated<'s>>,
    /// The others, and why.
    pub(crate) others: Vec<(Deployment, NotGated)>,
    pub(crate) projects: Vec<Project>,
    /// The namespaces in which Applications and projects are.
    pub(crate) namespaces: BTreeSet<String>,
}

/// An Application, and what the config says of it.
pub(crate) struct Gated<'s> {
    pub(crate) deployment: Deployment,
    pub(crate) gate: Gate<'s>,
}

/// Why an Application has no gate.
pub(crate) enum NotGated {
    /// No environment matches it.
    Unmatched,
    /// Several do.
    Ambiguous(Vec<String>),
    /// Any of these may.
    Unclear(Vec<String>),
}

impl<'s> Build<'s> {
    /// Reads a build.
    pub(crate) fn of(environments: &Environments<'s>, resources: &Resources, findings: &mut Findings) -> Self {
        let deployments = deployments(resources, findings);
        let projects = projects(resources, findings);
        let objects = deployments.iter().map(|it| &it.object).chain(projects.iter().map(|it| &it.object));
        let namespaces = objects.filter_map(|object| object.namespace.as_deref().map(str::to_owned)).collect();
        let mut build = Self { gated: Vec::new(), others: Vec::new(), projects, namespaces };
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        for deployment in deployments {
            let not_gated = match environment_of(environments, &deployment) {
                Belonging::One(environment) => {
                    let gate = Gate::of(environments, environment, &deployment);
                    build.gated.push(Gated { deployment, gate });
                    continue;
                }
                Belonging::None => NotGated::Unmatched,
                Belonging::Several(names) => NotGated::Ambiguous(owned(names)),
                Belonging::Unclear(names) => NotGated::Unclear(owned(names)),
            };
            build.others.push((deployment, not_gated));
        }
        build
    }

    /// The project of an Application; none if the build does not have it, or has several of that name elsewhere.
    pub(crate) fn project_of(&self, deployment: &Deployment) -> Option<&Project> {
        let named: Vec<_> = self.projects.iter().filter(|it| &*it.object.name == deployment.project()).collect();
        let beside = named.iter().find(|it| it.object.namespace == deployment.object.namespace);
        match named.as_slice() {
            [one] => Some(one),
            _ => beside.copied(),
        }
    }

    /// All Applications and ApplicationSets.
    pub(crate) fn deployments(&self) -> impl Iterator<Item = &Deployment> {
        self.gated.iter().map(|gated| &gated.deployment).chain(self.others.iter().map(|(deployment, _)| deployment))
    }

    /// Whether an Application goes where the Applications themselves are, so that it may change them.
    pub(crate) fn is_parent(&self, deployment: &Deployment) -> bool {
        self.namespaces.contains(&deployment.application.destination.namespace)
    }
}
