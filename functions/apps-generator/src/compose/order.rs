//! The order in which services start, as far as Kubernetes has one.

use std::collections::{BTreeMap, BTreeSet};

use super::service::{Condition, Run, Service};
use crate::rule::Rule;

/// Which services end by themselves, and which come after those that others wait for to end.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The services that become Jobs.
    jobs: BTreeSet<String>,
    /// The waves of Argo CD, of those that are not in the first.
    waves: BTreeMap<String, u32>,
}

impl Order {
    /// Finds the order, and tells what becomes of it.
    pub(super) fn of(services: &[Service<'_>]) -> Self {
        let mut order = Self::default();
        for service in services {
            check(service, services);
            let ends = services
                .iter()
                .flat_map(|other| &other.dependencies)
                .any(|dependency| dependency.service == service.key && dependency.condition == Condition::Completed);
            if ends || (service.run != Run::Always && !service.is_server()) {
                order.jobs.insert(service.key.to_owned());
            }
        }
        let mut known = BTreeMap::new();
        for service in services {
            match wave(service.key, services, &mut known) {
                Some(0) => {}
                Some(wave) => drop(order.waves.insert(service.key.to_owned(), wave)),
                None => service.node.at("depends_on").tell(Rule::ComposeValue, "the service waits for itself"),
            }
        }
        order
    }

    /// Whether a service ends by itself.
    pub(super) fn is_job(&self, service: &Service<'_>) -> bool {
        self.jobs.contains(service.key)
    }

    /// The wave of a service; nothing for the first.
    pub(super) fn wave(&self, service: &Service<'_>) -> Option<u32> {
        self.waves.get(service.key).copied()
    }
}

/// Tells what becomes of the services that one waits for.
fn check(service: &Service<'_>, services: &[Service<'_>]) {
    for dependency in &service.dependencies {
        let place = &dependency.node;
        let Some(other) = services.iter().find(|other| other.key == dependency.service) else {
            if !dependency.optional {
                let message = format!(
                    "`{}` is no service of the project, or is left out; correct the name, or name its profile in `x-replatform.profiles`",
                    dependency.service
                );
                place.tell(Rule::ComposeValue, message);
            }
            continue;
        };
        let message = match dependency.condition {
            Condition::Started => {
                format!(
                    "Kubernetes starts all Pods at once; `{}` must try again until `{}` answers",
                    service.name, other.name
                )
            }
            Condition::Healthy => format!(
                "Kubernetes starts all Pods at once; while `{}` is not ready its Service leads nowhere, and `{}` must try again",
                other.name, service.name
            ),
            Condition::Completed => format!(
                "Argo CD starts `{}` when the Job `{}` has ended, by sync waves; with other tools `{}` must try again until the work is done",
                service.name, other.name, service.name
            ),
        };
        place.tell(Rule::ComposeStartOrder, message);
    }
}

/// The number of Jobs that must end one after the other before a service starts. Nothing if it waits for itself.
fn wave<'s>(key: &'s str, services: &'s [Service<'_>], known: &mut BTreeMap<&'s str, Option<u32>>) -> Option<u32> {
    if let Some(wave) = known.get(key) {
        return *wave;
    }
    let Some(service) = services.iter().find(|service| service.key == key) else { return Some(0) };
    // Until it is known it is none, so that a service which waits for itself has none.
    known.insert(key, None);
    let mut latest = 0;
    for dependency in &service.dependencies {
        let step = u32::from(dependency.condition == Condition::Completed);
        latest = latest.max(wave(&dependency.service, services, known)? + step);
    }
    known.insert(key, Some(latest));
    Some(latest)
}
