//! Objects whose texts name hosts that something else connects to, by a table: connectors, probes, middlewares, triggers.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, Referent};
use krm::rule::Severity;
use krm::table;
use manifests::addresses::{Certainty, Mention, mentions};
use manifests::fields::Pattern;
use manifests::selectors::Selector;

use super::classes::{class_field, peers};
use super::clients;
use super::dialled::{Problem, dialled};
use super::hosts::{Host, resolve};
use super::naming::Naming;
use super::prometheus;
use super::public_hosts::PublicHosts;
use super::texts::mentions_in_field;
use super::traefik;
use crate::facts::classes::Class;
use crate::facts::cluster::ServiceId;
use crate::facts::strimzi;
use crate::facts::workload::WorkloadId;
use crate::plan::{Plan, Source};
use crate::policy::Peer;
use crate::reason::Reason;
use crate::rule::Rule;

/// The label by which a connector names its Kafka Connect.
const CONNECT_LABEL: &str = "strimzi.io/cluster";
/// Where probes name the exporter that does the work.
const PROBERS: [&str; 2] = ["/spec/prober/url", "/spec/vmProberSpec/url"];

/// Fields that name hosts.
struct Row {
    groups: Vec<&'static str>,
    kinds: Vec<&'static str>,
    fields: Vec<Pattern>,
    caller: Caller,
}

/// Who connects where a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// The pods of the Kafka Connect that runs the connector.
    Connect,
    /// The exporter that a probe names.
    Prober,
    /// Prometheus.
    Prometheus,
    /// Any pod of the namespace of Prometheus.
    Alertmanager,
    /// Traefik.
    Traefik,
    /// The controller of an Ingress class.
    Ingress,
    /// KEDA.
    Keda,
}

/// Who connects, as a policy sees it.
enum Callers {
    /// Workloads of the build.
    Workloads(Vec<WorkloadId>),
    /// Others.
    Peers(Vec<Peer>),
}

fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/callers.tsv"));
        rows.map(|[groups, kinds, fields, caller]| Row {
            groups: groups.split(' ').collect(),
            kinds: kinds.split(' ').collect(),
            fields: fields.split(' ').map(Pattern::known).collect(),
            caller: Caller::of(caller),
        })
        .collect()
    });
    &ROWS
}

/// Whether the table says who connects where objects of a kind say.
pub(super) fn knows(item: &Item) -> bool {
    rows().iter().any(|row| row.kinds.contains(&item.kind()) && row.groups.contains(&item.group()))
}

impl Caller {
    fn of(name: &str) -> Self {
        match name {
            "connect" => Self::Connect,
            "prober" => Self::Prober,
            "prometheus" => Self::Prometheus,
            "alertmanager" => Self::Alertmanager,
            "traefik" => Self::Traefik,
            "ingress" => Self::Ingress,
            "keda" => Self::Keda,
            other => unreachable!("`{other}` is no caller"),
        }
    }

    /// Who connects; nothing if that cannot be known.
    fn callers(self, plan: &mut Plan<'_, '_>, item: &Item) -> Option<Callers> {
        let settings = plan.cluster.settings;
        let found = match self {
            Self::Connect => return connect_of(plan, item).map(|id| Callers::Workloads(vec![id])),
            Self::Prober => return Some(prober_of(plan, item)),
            Self::Prometheus => vec![Peer::from(&settings.spec.prometheus)],
            Self::Alertmanager => vec![pods_of_namespace(&settings.spec.prometheus.namespace)],
            Self::Keda => vec![Peer::from(&settings.spec.keda)],
            Self::Traefik => traefik::peers(plan, item),
            Self::Ingress => peers(plan, &Source::new(item, class_field(item)), &Class::of_ingress(settings, item)),
        };
        (!found.is_empty()).then_some(Callers::Peers(found))
    }
}

/// Lets those connect that the table names.
pub(super) fn infer(plan: &mut Plan<'_, '_>, public: &PublicHosts) {
    let cluster = plan.cluster;
    for row in rows() {
        let kinds = row.groups.iter().flat_map(|group| row.kinds.iter().map(move |kind| (*group, *kind)));
        for item in kinds.flat_map(|(group, kind)| cluster.items(group, kind)) {
            let fields = row.fields.iter().flat_map(|pattern| pattern.matches(item.value()));
            let found: Vec<_> = fields.flat_map(|field| mentions_in_field(&field.pointer, field.value)).collect();
            if found.iter().any(|(_, mention)| concerns(plan, item, mention)) {
                row.open(plan, item, &found, public);
            }
        }
    }
}

/// Whether a host is one of a namespace with policies, or one that is not known, or is outside.
fn concerns(plan: &Plan<'_, '_>, item: &Item, mention: &Mention) -> bool {
    let settings = plan.cluster.settings;
    match resolve(plan.cluster, item.id(), mention) {
        Host::Service(id) => settings.protects(plan.cluster.service(id).namespace()),
        Host::Unknown { namespace } => settings.protects(Some(&namespace)),
        Host::Ambiguous(_) | Host::ApiServer | Host::External(_) => settings.protects(item.namespace()),
        Host::Unclear => false,
    }
}

impl Row {
    fn open(&self, plan: &mut Plan<'_, '_>, item: &Item, found: &[(FieldPath, Mention)], public: &PublicHosts) {
        let Some(callers) = self.caller.callers(plan, item) else { return };
        for (path, mention) in found {
            match &callers {
                Callers::Workloads(clients) => {
                    let place = format!("{path} of {} {}", item.kind(), item.name());
                    for client in clients.iter().copied() {
                        clients::connect(
                            plan,
                            &Naming { client, item, mention, place: &place, is_secret: false, public },
                        );
                    }
                }
                Callers::Peers(peers) => {
                    let source = Source::new(item, path.clone());
                    Call { item, mention, source, caller: self.caller, peers }.reach(plan);
                }
            }
        }
    }
}

/// The pods of the Kafka Connect that runs a connector.
fn connect_of(plan: &mut Plan<'_, '_>, connector: &Item) -> Option<WorkloadId> {
    let cluster = plan.cluster;
    let name = connector.value()["metadata"]["labels"][CONNECT_LABEL].as_str()?;
    if let Referent::Found(connect) = cluster.resources.referent(connector.id(), strimzi::GROUP, "KafkaConnect", name) {
        return cluster.pods_of(connect);
    }
    let message =
        format!("belongs to KafkaConnect `{name}`, which is not part of this build, so nothing is opened for it");
    let field = FieldPath::from("metadata.labels").key(CONNECT_LABEL);
    plan.findings.push(Finding::new(Rule::OwnerMissing, message).on(connector).at(field));
    None
}

/// The pods of the exporter that a probe names.
fn prober_of(plan: &mut Plan<'_, '_>, probe: &Item) -> Callers {
    let cluster = plan.cluster;
    let prometheus = || Callers::Peers(vec![Peer::from(&cluster.settings.spec.prometheus)]);
    let url = PROBERS.iter().find_map(|pointer| probe.value().pointer(pointer)?.as_str());
    // The address comes without a scheme.
    let Some(mention) = url.and_then(|url| mentions(&format!("http://{url}")).into_iter().next()) else {
        return prometheus();
    };
    match resolve(cluster, probe.id(), &mention) {
        Host::Service(id) if !cluster.pods_behind(id).is_empty() => {
            Callers::Workloads(cluster.pods_behind(id).to_vec())
        }
        Host::Service(id) => {
            Callers::Peers(vec![pods_of_namespace(cluster.service(id).namespace().unwrap_or("default"))])
        }
        Host::Unknown { namespace } => Callers::Peers(vec![pods_of_namespace(&namespace)]),
        // `exporter.namespace` of another build.
        _ => match mention.host.split('.').collect::<Vec<_>>().as_slice() {
            [_, namespace] => Callers::Peers(vec![pods_of_namespace(namespace)]),
            _ => prometheus(),
        },
    }
}

fn pods_of_namespace(namespace: &str) -> Peer {
    Peer::Pods { namespace: Some(namespace.to_owned()), selector: Selector::default() }
}

/// An object that has something outside the build connect to a host.
struct Call<'c> {
    item: &'c Item,
    mention: &'c Mention,
    /// The field that names the host.
    source: Source,
    caller: Caller,
    peers: &'c [Peer],
}

impl Call<'_> {
    /// Lets the peers reach the host, if it is a Service.
    fn reach(&self, plan: &mut Plan<'_, '_>) {
        let settings = plan.cluster.settings;
        match resolve(plan.cluster, self.item.id(), self.mention) {
            Host::Service(id) if settings.protects(plan.cluster.service(id).namespace()) => self.open(plan, id),
            Host::Unknown { namespace }
                if settings.protects(Some(&namespace)) && plan.cluster.has_workloads(Some(&namespace)) =>
            {
                let message = format!(
                    "names `{}`, but no such Service is part of this build, and namespace `{namespace}` is denied by \
                     default; correct the name, or declare the Service under `spec.services` if something else makes it",
                    self.mention.host
                );
                self.warn(plan, Rule::NamedServiceMissing, message);
            }
            Host::Ambiguous(services) => {
                services.into_iter().for_each(|service| plan.note_led_to(service));
                let message =
                    format!("several Services were once named `{}`; use the present name of one", self.mention.host);
                self.warn(plan, Rule::BackendServiceAmbiguous, message);
            }
            _ => {}
        }
    }

    fn open(&self, plan: &mut Plan<'_, '_>, id: ServiceId) {
        if self.mention.certainty == Certainty::Word {
            return;
        }
        let service = plan.cluster.service(id);
        if plan.cluster.lacks_pods(id) {
            let message = format!(
                "names Service `{}`, which selects no pods of this build; correct its selector, or declare the pods under \
                 `spec.workloads` if something else makes them",
                service.name()
            );
            self.warn(plan, Rule::ServiceWithoutPods, message);
        }
        let dialled = dialled(plan, id, self.mention);
        if let (Some(Problem::Missing(number)), true) = (dialled.problem, service.selector.is_some()) {
            let name = service.name();
            let message =
                format!("names port {number} of Service `{name}`, which has no such port; correct one of them");
            self.warn(plan, Rule::NamedPortMissing, message);
        }
        let (kind, name) = (self.item.kind(), self.item.name());
        let evidence = format!("{kind} {name} names Service {}", service.name());
        for (pods, ports) in dialled.pods {
            match self.caller {
                Caller::Traefik | Caller::Ingress => {
                    let cause = Reason::IngressController.because(&evidence);
                    plan.expose_ports((pods, &ports), self.peers, &cause, &self.source);
                }
                Caller::Keda => plan.allow(pods, self.peers, &ports, &Reason::Keda.because(&evidence)),
                _ => prometheus::scrape_by(plan, (pods, &ports), self.peers, (self.item, &evidence)),
            }
        }
    }

    fn warn(&self, plan: &mut Plan<'_, '_>, rule: Rule, message: String) {
        plan.report_once(self.source.finding(rule, message).with_severity(Severity::Warning));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_well_formed() {
        for row in rows() {
            assert!(!row.fields.is_empty() && !row.kinds.is_empty() && !row.groups.is_empty(), "{:?}", row.kinds);
        }
        assert!(rows().iter().any(|row| row.caller == Caller::Connect));
    }
}
