//! Objects that lead to Services, by a table: Ingresses, routes, middlewares, webhooks, and what KEDA wakes.

use std::cell::OnceCell;
use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::resource_list::Item;
use krm::rule::Severity;
use krm::table;
use manifests::fields::{Match, Pattern};
use manifests::services::PortReference;

use super::backend::{Backend, Reached};
use super::classes::{class_field, peers};
use super::interceptor::{self, Fronts};
use super::{gateway, traefik};
use crate::facts::classes::Class;
use crate::facts::cluster::Cluster;
use crate::plan::{Plan, Source};
use crate::policy::{Peer, Ports};
use crate::reason::Reason;
use crate::rule::Rule;

/// The port of a webhook or API service that names none.
const DEFAULT_CALL_PORT: u16 = 443;

/// The kind that routes of Traefik lead to and that is a referrer itself.
const FOLLOWED: &str = "TraefikService";

/// Objects whose fields lead to ports of Services.
struct Referrers {
    groups: Vec<&'static str>,
    kinds: Vec<&'static str>,
    references: Vec<Pattern>,
    name: &'static str,
    ports: Vec<&'static str>,
    caller: Caller,
}

/// Who connects where an object says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// The controller of an Ingress class.
    Ingress,
    /// The Gateways that a route belongs to.
    Gateway,
    /// Traefik.
    Traefik,
    /// KEDA, whose HTTP add-on is between the ingress controller and pods.
    Keda,
    /// The API server.
    ApiServer,
    /// The pods that an operator makes for the object.
    Made,
}

fn referrers() -> &'static [Referrers] {
    static ROWS: LazyLock<Vec<Referrers>> = LazyLock::new(|| {
        let entries = |column: &'static str| column.split(' ').collect();
        let rows = table::rows(include_str!("../../data/backends.tsv"));
        rows.map(|[groups, kinds, references, name, ports, caller]| Referrers {
            groups: entries(groups),
            kinds: entries(kinds),
            references: references.split(' ').map(Pattern::known).collect(),
            name,
            ports: entries(ports),
            caller: Caller::of(caller),
        })
        .collect()
    });
    &ROWS
}

impl Caller {
    fn of(name: &str) -> Self {
        match name {
            "ingress" => Self::Ingress,
            "gateway" => Self::Gateway,
            "traefik" => Self::Traefik,
            "keda" => Self::Keda,
            "api-server" => Self::ApiServer,
            "made" => Self::Made,
            other => unreachable!("`{other}` is no caller"),
        }
    }

    /// The pods and addresses that connect; nothing if no policy is to allow them.
    fn peers(self, plan: &mut Plan<'_, '_>, item: &Item) -> Option<Vec<Peer>> {
        let settings = plan.cluster.settings;
        match self {
            Self::Ingress => {
                let found = peers(plan, &Source::new(item, class_field(item)), &Class::of_ingress(settings, item));
                Some(found).filter(|peers| !peers.is_empty())
            }
            Self::Gateway => Some(gateway::peers(plan, item)),
            Self::Traefik => Some(traefik::peers(plan, item)).filter(|peers| !peers.is_empty()),
            Self::Keda => Some(vec![Peer::from(&settings.spec.keda)]),
            Self::Made => Some(Vec::new()),
            // It calls from a node: from any address, unless those of the nodes are given.
            Self::ApiServer => {
                Some(settings.node_peers()).filter(|nodes| !nodes.is_empty()).or(Some(vec![Peer::Anybody]))
            }
        }
    }

    fn reason(self) -> Reason {
        match self {
            Self::Ingress | Self::Gateway | Self::Traefik => Reason::IngressController,
            Self::Keda => Reason::Keda,
            Self::ApiServer => Reason::ApiServer,
            Self::Made => Reason::Clients,
        }
    }
}

impl Referrers {
    /// The objects of its kinds.
    fn items<'b>(&self, cluster: &Cluster<'b>) -> impl Iterator<Item = &'b Item> {
        let kinds = self.groups.iter().flat_map(|group| self.kinds.iter().map(move |kind| (*group, *kind)));
        kinds.flat_map(|(group, kind)| cluster.items(group, kind))
    }

    /// The fields of an object that lead to something.
    fn fields<'r>(&self, item: &'r Item) -> Vec<Match<'r>> {
        self.references.iter().flat_map(|pattern| pattern.matches(item.value())).collect()
    }

    /// The fields that lead to Services.
    fn backends<'r, 'f>(
        &self,
        item: &'r Item,
        fields: &'f [Match<'r>],
    ) -> impl Iterator<Item = (&'f Match<'r>, Backend<'r>)> {
        fields.iter().filter_map(move |field| Some((field, self.backend(item, field)?)))
    }

    /// Whether a field leads to an object that is no Service, as those of routes may, and `resource` of an Ingress.
    fn leads_elsewhere(&self, field: &Match<'_>) -> bool {
        if self.caller == Caller::Ingress {
            return field.value["resource"].is_object();
        }
        let text = |key: &str| field.value[key].as_str();
        let is_service =
            text("group").unwrap_or_default().is_empty() && text("kind").is_none_or(|kind| kind == "Service");
        matches!(self.caller, Caller::Gateway | Caller::Traefik) && !is_service
    }

    /// Reports fields that lead to objects which the function does not follow.
    fn report_others(&self, plan: &mut Plan<'_, '_>, item: &Item, fields: &[Match<'_>]) {
        let is_guarded = plan.cluster.settings.protects(item.namespace());
        for field in fields.iter().filter(|field| is_guarded && self.leads_elsewhere(field)) {
            let kind = field.value["kind"].as_str().or(field.value["resource"]["kind"].as_str()).unwrap_or_default();
            if kind != FOLLOWED {
                let message = format!(
                    "leads to an object of kind `{kind}`, which this function does not follow, so nothing is opened; list \
                     who calls the pods behind it under `allow-from`"
                );
                let source = Source::new(item, FieldPath::from(&field.pointer));
                plan.findings.push(source.finding(Rule::BackendNotAService, message));
            }
        }
    }

    /// The reference to a Service that a field is. Routes may also lead to objects of other kinds.
    fn backend<'r>(&self, item: &'r Item, field: &Match<'r>) -> Option<Backend<'r>> {
        let text = |key: &str| field.value[key].as_str();
        let namespace = text("namespace");
        if self.leads_elsewhere(field) || (self.caller == Caller::ApiServer && namespace.is_none()) {
            return None;
        }
        let port = self.ports.iter().find_map(|pointer| PortReference::of(field.value.pointer(pointer)?));
        Some(Backend {
            item,
            path: FieldPath::from(&field.pointer),
            namespace,
            name: field.value.pointer(self.name)?.as_str()?,
            port,
        })
    }
}

/// Lets callers reach what objects lead to.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    let fronts = OnceCell::new();
    for referrers in referrers() {
        for item in referrers.items(cluster) {
            let fields = referrers.fields(item);
            referrers.report_others(plan, item, &fields);
            // What counts is where the Service is.
            let backends: Vec<_> =
                referrers.backends(item, &fields).filter(|(_, backend)| backend.is_guarded(plan)).collect();
            if backends.is_empty() {
                continue;
            }
            let Some(peers) = referrers.caller.peers(plan, item) else {
                backends.iter().for_each(|(_, backend)| backend.note_refused(plan));
                continue;
            };
            for (field, backend) in backends {
                if field.value["nodePortLB"] == true {
                    // Traefik goes through the node, whose address is what the pod sees.
                    backend.open(plan, Reason::Anywhere, &[Peer::Anybody]);
                } else if referrers.caller == Caller::Keda {
                    let fronts = fronts.get_or_init(|| self::fronts(plan));
                    interceptor::open(plan, fronts, &backend, &peers);
                } else {
                    open(plan, referrers.caller, &backend, &peers);
                }
            }
        }
    }
}

/// The Ingresses and routes that lead to KEDA's interceptor.
fn fronts(plan: &Plan<'_, '_>) -> Fronts {
    let mut fronts = Fronts::default();
    let may_be = |row: &&Referrers| matches!(row.caller, Caller::Ingress | Caller::Gateway | Caller::Traefik);
    for referrers in referrers().iter().filter(may_be) {
        for item in referrers.items(plan.cluster) {
            let fields = referrers.fields(item);
            for (field, backend) in referrers.backends(item, &fields) {
                fronts.add(plan, &backend, field.pointer.as_str());
            }
        }
    }
    fronts
}

fn open(plan: &mut Plan<'_, '_>, caller: Caller, backend: &Backend<'_>, peers: &[Peer]) {
    match caller {
        Caller::ApiServer => call(plan, backend, peers),
        Caller::Gateway if peers.is_empty() || !gateway::may_lead(plan, backend) => backend.note_refused(plan),
        Caller::Made => connect(plan, backend),
        _ => backend.open(plan, caller.reason(), peers),
    }
}

/// Lets the pods that an operator makes for the object connect.
fn connect(plan: &mut Plan<'_, '_>, backend: &Backend<'_>) {
    let Some(client) = plan.cluster.pods_of(backend.item.id()) else { return };
    match backend.reach(plan) {
        Ok(Reached { endpoints, evidence }) => {
            for endpoint in endpoints {
                plan.connect(client, endpoint.workload, &Ports::from(endpoint.port), &evidence);
            }
        }
        Err(problem) => plan.findings.push(problem.with_severity(Severity::Warning)),
    }
}

/// Lets the API server call; it is no way into the cluster. That it calls nothing of this build is common.
fn call(plan: &mut Plan<'_, '_>, backend: &Backend<'_>, peers: &[Peer]) {
    let port = backend.port.clone().unwrap_or(PortReference::Number(DEFAULT_CALL_PORT));
    let backend = Backend { port: Some(port), path: backend.path.clone(), ..*backend };
    match backend.reach(plan) {
        Ok(Reached { endpoints, evidence }) => {
            let cause = Reason::ApiServer.because(evidence);
            for endpoint in endpoints {
                plan.allow(endpoint.workload, peers, &Ports::from(endpoint.port), &cause);
            }
        }
        Err(problem) => plan.findings.push(problem.with_severity(Severity::Warning)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_well_formed() {
        for row in referrers() {
            let pointers = row.ports.iter().chain([&row.name]);
            assert!(pointers.into_iter().all(|pointer| pointer.starts_with('/')), "{:?}", row.kinds);
            assert!(!row.references.is_empty() && !row.kinds.is_empty() && !row.groups.is_empty(), "{:?}", row.kinds);
        }
        assert!(referrers().iter().any(|row| row.caller == Caller::ApiServer));
    }
}
