//! Objects of other kinds that name a Service of the build: something connects to it, and nothing says what.

use krm::field::{FieldPath, Pointer};
use krm::finding::Finding;
use krm::resource_list::{Item, Prefilter};
use manifests::addresses::{Certainty, Mention, mentions_in_file};
use manifests::pods;

use super::callers;
use super::hosts::{Host, resolve};
use super::stored::texts_in;
use super::texts::mentions_in_field;
use crate::facts::cluster::ServiceId;
use crate::plan::Plan;
use crate::rule::Rule;

/// API groups whose objects connect to nothing by themselves, or which other modules read. Those of Traefik and of KEDA's
/// HTTP add-on say what the two serve: a ServersTransport names whom the certificate of a backend is for, and a route the
/// hosts that it matches.
const KNOWN_GROUPS: [&str; 24] = [
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "cert-manager.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "gateway.networking.k8s.io",
    "http.keda.sh",
    "kafka.strimzi.io",
    "networking.istio.io",
    "networking.k8s.io",
    "operators.coreos.com",
    "policy",
    "rbac.authorization.k8s.io",
    "route.openshift.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "template.openshift.io",
    "traefik.containo.us",
    "traefik.io",
];

/// Reports objects that name Services, without a word of who connects. Of a Service that is closed it becomes a hint.
pub(super) fn report(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    let names = names_of_services(plan);
    if names.is_empty() {
        return;
    }
    let prefilter = Prefilter::new(names);
    let may_name_one = |item: &&Item| item.kind() == "Secret" || prefilter.may_match(item);
    for item in cluster.resources.iter().filter(|item| is_unknown(item)).filter(may_name_one) {
        if cluster.pods_of(item.id()).is_some() || plan.is_read(item.id()) {
            continue;
        }
        let found =
            cluster.resources.look(item, |item| if item.group().is_empty() { in_data(item) } else { in_spec(item) });
        for (path, mention) in found {
            if let Some(service) = named(plan, item, &mention) {
                report_named(plan, item, path, service);
            }
        }
    }
}

/// The names by which objects name the Services of the build. What names a Service holds one of them, but for Secrets, whose
/// data is encoded.
fn names_of_services(plan: &Plan<'_, '_>) -> Vec<String> {
    let services = plan.cluster.resources.iter().filter(|item| item.is("", "Service"));
    services.flat_map(Item::names).collect()
}

fn is_unknown(item: &Item) -> bool {
    match item.group() {
        "" => matches!(item.kind(), "ConfigMap" | "Secret"),
        group => !KNOWN_GROUPS.contains(&group) && pods::kind(group, item.kind()).is_none() && !callers::knows(item),
    }
}

/// The hosts in the spec of an object, but for the names that certificates are checked for: what is connected to is named in
/// another field, or selected.
fn in_spec(item: &Item) -> Vec<(FieldPath, Mention)> {
    let mut found = mentions_in_field(Pointer::from_static("/spec"), &item.value()["spec"]);
    found.retain(|(path, _)| !path.to_string().ends_with("tlsConfig.serverName"));
    found
}

/// The hosts in the data of a ConfigMap or Secret.
fn in_data(item: &Item) -> Vec<(FieldPath, Mention)> {
    let found = texts_in(item).into_iter().flat_map(|(key, text)| {
        let field = if item.value()["stringData"][&key].is_string() { "stringData" } else { "data" };
        let path = FieldPath::from(field).key(&key);
        mentions_in_file(&text).into_iter().map(move |mention| (path.clone(), mention))
    });
    found.collect()
}

/// The Service with policies that a mention means beyond doubt.
fn named(plan: &Plan<'_, '_>, item: &Item, mention: &Mention) -> Option<ServiceId> {
    let cluster = plan.cluster;
    let Host::Service(id) = resolve(cluster, item.id(), mention) else { return None };
    let service = cluster.service(id);
    let has_port =
        mention.dialled_port().is_some_and(|dialled| service.ports.iter().any(|port| port.number == dialled));
    let is_meant = mention.certainty == Certainty::Sure || has_port;
    (is_meant && service.item.is_some() && cluster.settings.protects(service.namespace())).then_some(id)
}

fn report_named<'c>(plan: &mut Plan<'c, '_>, item: &'c Item, path: FieldPath, id: ServiceId) {
    let cluster = plan.cluster;
    let pods = cluster.pods_behind(id);
    let Some(first) = pods.first().map(|pod| cluster.workload(*pod)) else { return };
    let place = path.clone();
    plan.note_word(id, move || format!("{place} of {} names it", item.reference()));
    if pods.iter().any(|pod| plan.has_ingress(*pod)) && first.allow_from.is_empty() {
        let message = format!(
            "names Service `{}`, and this build does not say which pods connect; list them under \
             `replatform.dev/allow-from` of {}",
            cluster.service(id).name(),
            first.reference
        );
        plan.report_once(Finding::new(Rule::CallerUnknown, message).on(item).at(path));
    }
}
