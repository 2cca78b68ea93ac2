//! Why connections are allowed.

use std::fmt::Write as _;

use crate::policy::Direction;

/// Why connections are allowed. There is one policy for each workload and reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reason {
    /// An Ingress or route leads to it.
    IngressController,
    /// Its metrics are scraped.
    Prometheus,
    /// Workloads of the build name it or a Service of it.
    Clients,
    /// Pods of its application share its label.
    SameApp,
    /// Its replicas talk to one another.
    Replicas,
    /// It is reached from outside the cluster without an ingress controller.
    Anywhere,
    /// The API server calls it.
    ApiServer,
    /// Who may reach it is listed.
    Listed,
    /// The operator that makes it looks after it.
    Operator,
    /// KEDA asks or wakes it.
    Keda,
    /// It names Services.
    ToServices,
    /// It talks to pods of its application.
    ToSameApp,
    /// Its replicas talk to one another.
    ToReplicas,
    /// Its ServiceAccount has rights.
    ToApiServer,
    /// It names hosts outside the cluster.
    ToExternal,
    /// It names public hosts that lead back into the cluster.
    ToIngressController,
}

impl Reason {
    /// All of them in order, with what the name of the policy ends in, and what implies it, for people.
    const ALL: [(Self, &'static str, &'static str); 16] = [
        (
            Self::IngressController,
            "allow-from-ingress-controller",
            "an Ingress, a Gateway route, Traefik's IngressRoute, IngressRouteTCP, IngressRouteUDP, TraefikService or \
                 Middleware, `auth-url`, `default-backend` and `mirror-target` of ingress-nginx, a Kafka listener of type \
                 `ingress`; visibility `public`",
        ),
        (
            Self::Prometheus,
            "allow-from-prometheus",
            "a ServiceMonitor, PodMonitor, Probe or ScrapeConfig, or their counterparts of VictoriaMetrics; an \
                 AlertmanagerConfig; `prometheus.io/scrape` on pods or Services; `spec.metricsPorts`; `enablePodMonitor` of \
                 CloudNativePG",
        ),
        (
            Self::Clients,
            "allow-from-clients",
            "workloads that name a Service of it in variables, arguments, ConfigMaps or Secrets; custom resources whose pods \
                 name one (connectors, external PostgreSQL clusters); what Strimzi and poolers of CloudNativePG connect to",
        ),
        (Self::SameApp, "allow-from-same-app", "pods of its namespace with the same value of `spec.sameAppLabel`"),
        (
            Self::Replicas,
            "allow-from-replicas",
            "it is a StatefulSet, or the replicas of a database, broker or Kafka that an operator makes",
        ),
        (
            Self::Anywhere,
            "allow-from-anywhere",
            "a Service of type LoadBalancer or NodePort or with `externalIPs`, a `hostPort`, `nodePortLB`, a Kafka listener open outside",
        ),
        (Self::ApiServer, "allow-from-api-server", "an admission or conversion webhook, or an APIService"),
        (Self::Listed, "allow-from-listed", "`replatform.dev/allow-from` or `spec.workloads[].allowFrom`"),
        (Self::Operator, "allow-from-operator", "it is made by Strimzi or CloudNativePG"),
        (
            Self::Keda,
            "allow-from-keda",
            "an HTTPScaledObject or InterceptorRoute, or a trigger of a ScaledObject or ScaledJob",
        ),
        (Self::ToServices, "allow-to-services", "the other end of `allow-from-clients`"),
        (Self::ToSameApp, "allow-to-same-app", "the other end of `allow-from-same-app`"),
        (Self::ToReplicas, "allow-to-replicas", "the other end of `allow-from-replicas`"),
        (
            Self::ToApiServer,
            "allow-to-api-server",
            "a RoleBinding or ClusterRoleBinding of its ServiceAccount, or of a group that it is in; it names `kubernetes.default.svc`",
        ),
        (
            Self::ToExternal,
            "allow-to-external",
            "it names a host outside the cluster with a port or scheme, an address, or a Service that is another name of \
                 one or has Endpoints of its own",
        ),
        (
            Self::ToIngressController,
            "allow-to-ingress-controller",
            "it names the host of an Ingress, IngressRoute, Gateway or route of the build",
        ),
    ];

    /// The one before all others.
    pub(crate) const FIRST: Self = Self::ALL[0].0;

    /// All of them, in order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().map(|(reason, _, _)| reason)
    }

    /// What the name of the policy ends in.
    pub(crate) fn suffix(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// What the policy rules.
    pub(crate) fn direction(self) -> Direction {
        if self < Self::ToServices { Direction::Ingress } else { Direction::Egress }
    }

    /// The reason with the objects that imply it.
    pub(crate) fn because(self, evidence: impl Into<String>) -> Cause {
        Cause { reason: self, evidence: evidence.into() }
    }
}

/// A reason, and which objects of the build imply it.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    /// The reason.
    pub(crate) reason: Reason,
    /// The objects, as an annotation of the policy tells them.
    pub(crate) evidence: String,
}

/// The allow policies, as a Markdown table.
pub fn policies_table() -> String {
    let mut table = "| Policy | Implied by |\n| --- | --- |\n".to_owned();
    for (_, suffix, evidence) in Reason::ALL {
        let _ = writeln!(table, "| `WORKLOAD-{suffix}` | {evidence} |");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for (position, (reason, suffix, _)) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, position, "{suffix}");
            let expected = if suffix.starts_with("allow-from-") { Direction::Ingress } else { Direction::Egress };
            assert_eq!(reason.direction(), expected, "{suffix}");
        }
    }
}
