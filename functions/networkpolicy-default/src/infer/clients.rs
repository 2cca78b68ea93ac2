//! Workloads that name Services.

use std::collections::BTreeSet;

use manifests::addresses::Certainty;
use manifests::selectors::Selector;
use manifests::services::Service;

use super::dialled::{Problem, dialled};
use super::external;
use super::hosts::{Host, resolve};
use super::naming::Naming;
use super::public_hosts::PublicHosts;
use super::texts::texts_of;
use crate::facts::cluster::{ServiceId, in_namespace};
use crate::facts::workload::WorkloadId;
use crate::plan::Plan;
use crate::policy::Ports;
use crate::reason::Reason;
use crate::rule::Rule;

/// Lets workloads reach the hosts that they name.
pub(super) fn infer(plan: &mut Plan<'_, '_>, public: &PublicHosts) {
    let cluster = plan.cluster;
    let mut named = BTreeSet::new();
    for client in cluster.workload_ids() {
        let Some(item) = cluster.item_of(client) else { continue };
        for text in texts_of(plan, client) {
            for mention in &text.mentions {
                let (place, is_secret) = (&text.place, text.is_secret);
                let naming = Naming { client, item, mention, place, is_secret, public };
                named.extend(connect(plan, &naming).into_iter().map(|server| (client, server)));
            }
        }
    }
    meshes(plan, &named);
}

/// Sets of pods that name each other are one cluster, whose members find one another on any port.
fn meshes(plan: &mut Plan<'_, '_>, named: &BTreeSet<(WorkloadId, WorkloadId)>) {
    let is_mesh = |id: &WorkloadId| plan.cluster.workload(*id).is_mesh;
    let mutual = named.iter().filter(|(one, other)| one != other && named.contains(&(*other, *one)));
    let mutual: Vec<_> = mutual.filter(|(one, other)| is_mesh(one) && is_mesh(other)).copied().collect();
    for (client, server) in mutual {
        let (from, to) = (plan.cluster.workload(client), plan.cluster.workload(server));
        let evidence = format!("{} and {} name each other", from.reference, to.reference);
        plan.connect(client, server, &Ports::All, &evidence);
    }
}

/// Lets a workload reach a host. Gives the pods that it then reaches.
pub(super) fn connect(plan: &mut Plan<'_, '_>, naming: &Naming<'_>) -> Vec<WorkloadId> {
    let (mention, place) = (naming.mention, naming.place);
    match resolve(plan.cluster, naming.item.id(), mention) {
        Host::Service(service) if mention.certainty == Certainty::Word => {
            let (workload, place) = (naming.workload(plan), place.to_owned());
            plan.note_word(service, move || format!("{place} of {} holds its name", workload.reference));
        }
        Host::Service(service) => return connect_to(plan, naming, service),
        Host::ApiServer => connect_to_api_server(plan, naming),
        Host::Unknown { namespace } if mention.certainty == Certainty::Sure => allow_unknown(plan, naming, &namespace),
        Host::Ambiguous(services) => {
            services.into_iter().for_each(|service| plan.note_led_to(service));
            let message = format!(
                "names {} in {place}, and several Services were once named so; use the present name of one",
                naming.quoted(&naming.mention.host)
            );
            naming.warn(plan, Rule::BackendServiceAmbiguous, message);
        }
        // A text of a Secret that looks like an address may be a password.
        Host::External(host) if !naming.is_secret || mention.certainty == Certainty::Sure => {
            external::allow(plan, naming, &host);
        }
        Host::External(_) | Host::Unknown { .. } | Host::Unclear => {}
    }
    Vec::new()
}

fn connect_to(plan: &mut Plan<'_, '_>, naming: &Naming<'_>, id: ServiceId) -> Vec<WorkloadId> {
    let cluster = plan.cluster;
    let (service, workload) = (cluster.service(id), naming.workload(plan));
    let evidence =
        format!("{} {} names Service {} in {}", workload.reference.kind, workload.name, service.name(), naming.place);
    if service.selector.is_none() {
        external::allow_endpoints(plan, naming, service);
    } else if cluster.lacks_pods(id) {
        let (name, place) = (service.name(), naming.place);
        let message = format!(
            "names Service `{name}` in {place}, which selects no pods of this build; correct its selector, or declare \
             the pods under `spec.workloads` if something else makes them"
        );
        naming.warn(plan, Rule::ServiceWithoutPods, message);
    }
    let dialled = dialled(plan, id, naming.mention);
    if let Some(problem) = dialled.problem {
        warn_of_port(plan, naming, service, problem);
    }
    for (server, ports) in &dialled.pods {
        plan.connect(naming.client, *server, ports, &evidence);
    }
    dialled.pods.into_iter().map(|(server, _)| server).collect()
}

fn warn_of_port(plan: &mut Plan<'_, '_>, naming: &Naming<'_>, service: &Service, problem: Problem) {
    let (name, place) = (service.name(), naming.place);
    match problem {
        Problem::Missing(_) if service.selector.is_none() => {}
        Problem::Missing(number) => {
            let message = format!(
                "names {} of Service `{name}` in {place}, which has no such port; correct one of them",
                naming.port(number)
            );
            naming.warn(plan, Rule::NamedPortMissing, message);
        }
        Problem::Untranslated(number) => {
            let message = format!(
                "names {} of the headless Service `{name}` in {place}; such a Service does not translate ports, so name the \
                 port of the pods",
                naming.port(number)
            );
            naming.warn(plan, Rule::HeadlessPortUntranslated, message);
        }
    }
}

fn connect_to_api_server(plan: &mut Plan<'_, '_>, naming: &Naming<'_>) {
    let settings = plan.cluster.settings;
    let cause =
        Reason::ToApiServer.because(format!("it names {} in {}", naming.told(&naming.mention.host), naming.place));
    plan.allow(naming.client, &settings.api_server_peers(), &settings.api_server_ports(), &cause);
}

fn allow_unknown(plan: &mut Plan<'_, '_>, naming: &Naming<'_>, namespace: &str) {
    let settings = plan.cluster.settings;
    if !settings.protects(naming.item.namespace()) {
        return;
    }
    let (host, place) = (naming.told(&naming.mention.host), naming.place);
    let what =
        format!("names {} in {place}, but no such Service is part of this build", naming.quoted(&naming.mention.host));
    let whose = naming.namespace(namespace);
    if !settings.spec.egress {
        // The server is not in this build, so that only the default deny of its namespace is in the way.
        if settings.protects(Some(namespace)) && plan.cluster.has_workloads(Some(namespace)) {
            let message = format!(
                "{what}, and {whose} is denied by default; correct the name, or declare the pods under \
                 `spec.workloads` or the Service under `spec.services` if something else makes it"
            );
            naming.warn(plan, Rule::NamedServiceMissing, message);
        }
        return;
    }
    let message = format!(
        "{what}, so it may connect to every pod and port of {whose}; add the Service to the build, \
         correct the name, or declare it under `spec.services` if something else makes it"
    );
    naming.warn(plan, Rule::NamedServiceMissing, message);
    let workload = naming.workload(plan);
    let peer = in_namespace(Some(namespace), naming.item.namespace(), Selector::default());
    let evidence = format!("{} {} names {host} in {place}", workload.reference.kind, workload.name);
    plan.allow(naming.client, &[peer], &Ports::All, &Reason::ToServices.because(evidence));
}
