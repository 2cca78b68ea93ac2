//! What a host is to an object that names it.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use krm::resource_list::ItemId;
use manifests::addresses::{Certainty, Mention};

use crate::facts::cluster::{Cluster, ServiceId, ServiceReferent};

/// What a host is to an object that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// A Service of the build, or one that is declared.
    Service(ServiceId),
    /// The API server, by the Service that every cluster has.
    ApiServer,
    /// A Service that is not in the build.
    Unknown {
        /// The namespace that it must be in.
        namespace: String,
    },
    /// One of several Services that once had this name.
    Ambiguous(Vec<ServiceId>),
    /// A host outside the cluster, by its name.
    External(String),
    /// Perhaps no host at all.
    Unclear,
}

/// How many Services of type ExternalName are followed; more are a circle.
const ALIASES: usize = 8;

/// What a host is to the object that names it. Services that are other names of hosts are followed.
pub(super) fn resolve(cluster: &Cluster<'_>, referrer: ItemId, mention: &Mention) -> Host {
    let (mut referrer, mut mention) = (referrer, Cow::Borrowed(mention));
    for _ in 0..ALIASES {
        let found = resolve_once(cluster, referrer, &mention);
        let Host::Service(id) = found else { return found };
        let service = cluster.service(id);
        let (Some(alias), Some(item)) = (service.external_name(), service.item) else { return found };
        let host = alias.trim_end_matches('.').to_ascii_lowercase();
        let certainty = Certainty::Sure;
        (referrer, mention) = (item, Cow::Owned(Mention { host, certainty, ..mention.into_owned() }));
    }
    Host::Unclear
}

/// The Service of the build that a Service is another name of; itself if it is none.
pub(super) fn followed(cluster: &Cluster<'_>, id: ServiceId) -> ServiceId {
    match alias_of(cluster, id) {
        Some(Host::Service(other)) => other,
        _ => id,
    }
}

/// The namespace of the pods behind a Service, or behind the one that it is another name of.
pub(super) fn namespace_behind(cluster: &Cluster<'_>, id: ServiceId) -> Option<String> {
    match alias_of(cluster, id) {
        None => cluster.service(id).namespace().map(str::to_owned),
        Some(Host::Service(other)) => cluster.service(other).namespace().map(str::to_owned),
        Some(Host::Unknown { namespace }) => Some(namespace),
        Some(_) => None,
    }
}

/// What the host is that a Service is another name of.
fn alias_of(cluster: &Cluster<'_>, id: ServiceId) -> Option<Host> {
    let service = cluster.service(id);
    let (alias, item) = (service.external_name()?, service.item?);
    let host = alias.trim_end_matches('.').to_ascii_lowercase();
    let mention = Mention { host, port: None, scheme: None, certainty: Certainty::Sure };
    Some(resolve(cluster, item, &mention))
}

fn resolve_once(cluster: &Cluster<'_>, referrer: ItemId, mention: &Mention) -> Host {
    let found = |name: &str, namespace: Option<&str>| match cluster.service_named(referrer, namespace, name) {
        ServiceReferent::Found(id) => Some(Host::Service(id)),
        ServiceReferent::Ambiguous(ids) => Some(Host::Ambiguous(ids)),
        ServiceReferent::Missing if name == "kubernetes" && namespace == Some("default") => Some(Host::ApiServer),
        ServiceReferent::Missing => None,
    };
    let of_domain = mention.host.strip_suffix(&cluster.settings.spec.cluster_domain);
    let of_domain = of_domain.and_then(|host| host.strip_suffix(".svc."));
    let in_cluster = of_domain.or_else(|| mention.host.strip_suffix(".svc"));
    let labels: Vec<_> = in_cluster.unwrap_or(&mention.host).split('.').collect();
    let named = match (labels.as_slice(), in_cluster.is_some()) {
        ([name], false) => found(name, None),
        ([name, namespace], true) | ([_, name, namespace], _) => found(name, Some(namespace)),
        // A Service of another namespace, else a pod of a headless Service of the same one.
        ([first, second], false) => found(first, Some(second)).or_else(|| found(second, None)),
        _ => None,
    };
    named.unwrap_or_else(|| match (labels.as_slice(), in_cluster.is_some()) {
        ([_, .., namespace], true) => Host::Unknown { namespace: (*namespace).to_owned() },
        ([_, namespace], false) if cluster.has_workloads(Some(namespace)) => {
            Host::Unknown { namespace: (*namespace).to_owned() }
        }
        ([_], _) if mention.certainty == Certainty::Sure => {
            Host::Unknown { namespace: cluster.resources.get(referrer).namespace_name().to_owned() }
        }
        ([_, .., top], false) if is_external(top, mention) => Host::External(mention.host.clone()),
        _ => Host::Unclear,
    })
}

/// A dotted name is a host for sure where a scheme, a port or a key says so.
fn is_external(top: &str, mention: &Mention) -> bool {
    let is_host = mention.certainty == Certainty::Sure || mention.dialled_port().is_some();
    is_host && (top.bytes().any(|byte| byte.is_ascii_alphabetic()) || mention.host.parse::<Ipv4Addr>().is_ok())
}
