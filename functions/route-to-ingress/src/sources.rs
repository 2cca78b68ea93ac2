//! What OpenShift serves: Routes, and Ingresses that it makes Routes of.
//!
//! Source of the latter: openshift/route-controller-manager `pkg/route/ingress/ingress.go`.

use std::collections::HashSet;

use k8s_openapi::api::networking::v1::{HTTPIngressPath, Ingress, IngressRule, IngressSpec, IngressTLS};
use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Resources};
use manifests::services::PortReference;

use crate::annotations::Meaning;
use crate::config::Placeholders;
use crate::origin::Origin;
use crate::placeholders;
use crate::route::{
    self, InsecurePolicy, LocalReference, RoutePort, RouteSpec, TargetReference, Tls, WildcardPolicy, is_route,
};
use crate::rule::Rule;

/// The controller of classes of which OpenShift makes Routes, and the class that it has by itself.
const CONTROLLER: &str = "openshift.io/ingress-to-route";
const CLASS: &str = "openshift-default";
/// The annotation that names the class of an Ingress, and wins over the field.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const TERMINATION: &str = "route.openshift.io/termination";

/// A Route, or one that OpenShift makes of an Ingress.
#[derive(Debug)]
pub(crate) struct Source<'r> {
    /// The Route or the Ingress.
    pub(crate) item: &'r Item,
    pub(crate) origin: Origin,
    /// The name of what it becomes.
    pub(crate) name: String,
    /// The Route, or why it cannot be read.
    pub(crate) route: Result<RouteSpec, Vec<Finding>>,
}

/// What OpenShift serves of a build.
#[derive(Debug, Default)]
pub(crate) struct Served<'r> {
    /// Everything, in the order of the build.
    pub(crate) sources: Vec<Source<'r>>,
    /// The Routes and Ingresses.
    pub(crate) items: HashSet<ItemId>,
    /// What it does not serve of Ingresses.
    pub(crate) findings: Vec<Finding>,
}

impl<'r> Served<'r> {
    /// Looks through a build.
    pub(crate) fn of(resources: &'r Resources, policy: Placeholders) -> Self {
        let classes: HashSet<&str> = classes(resources).chain([CLASS]).collect();
        let mut served = Self::default();
        for item in resources.iter() {
            if is_route(item) {
                let (origin, name) = (Origin::Route, item.name().to_owned());
                let route = resources.look(item, |item| route::read(item, policy));
                served.sources.push(Source { item, origin, name, route });
            } else if is_for_openshift(item, &classes) {
                let (sources, findings) = of_ingress(item, policy);
                served.sources.extend(sources);
                served.findings.extend(findings);
            } else {
                continue;
            }
            served.items.insert(item.id());
        }
        served
    }
}

/// The Ingress classes of the build of which OpenShift makes Routes.
fn classes(resources: &Resources) -> impl Iterator<Item = &str> {
    let classes = resources.iter().filter(|item| item.is("networking.k8s.io", "IngressClass"));
    classes.filter(|item| item.value()["spec"]["controller"] == CONTROLLER).map(Item::name)
}

/// Whether OpenShift makes Routes of an object. It does so of an Ingress without a class too, but such a one may be meant for
/// any cluster unless it says something to OpenShift.
fn is_for_openshift(item: &Item, classes: &HashSet<&str>) -> bool {
    if !item.is("networking.k8s.io", "Ingress") {
        return false;
    }
    let speaks_to_openshift = || {
        item.user_annotations().iter().any(|(key, _)| matches!(Meaning::of(key), Meaning::Router | Meaning::Ingress))
    };
    let class = item.annotation(CLASS_ANNOTATION).or_else(|| item.value()["spec"]["ingressClassName"].as_str());
    class.map_or_else(speaks_to_openshift, |class| classes.contains(class))
}

/// The Routes that OpenShift makes of an Ingress, and what it leaves out.
fn of_ingress(item: &Item, policy: Placeholders) -> (Vec<Source<'_>>, Vec<Finding>) {
    let (ingress, mut findings) = item.read::<Ingress>();
    findings.extend(placeholders::unfilled(item, policy));
    let spec = ingress.spec.unwrap_or_default();
    let mut reader = IngressReader { item, spec: &spec, sources: Vec::new(), findings };
    if spec.default_backend.is_some() {
        reader.leave_out(FieldPath::from("spec.defaultBackend"), "names no host");
    }
    for (index, rule) in spec.rules.iter().flatten().enumerate() {
        reader.rule(index, rule);
    }
    if reader.sources.is_empty() {
        let message = "has no rule of which OpenShift makes a Route, so it serves nothing; take it out";
        reader.findings.push(Finding::new(Rule::RouteServesNothing, message).on(item).at("spec.rules"));
    }
    (reader.sources, reader.findings)
}

/// An Ingress while Routes are made of it.
struct IngressReader<'r, 's> {
    item: &'r Item,
    spec: &'s IngressSpec,
    sources: Vec<Source<'r>>,
    findings: Vec<Finding>,
}

impl IngressReader<'_, '_> {
    fn leave_out(&mut self, field: FieldPath, why: &str) {
        let message = format!("{why}, so OpenShift makes no Route of it; it is left out");
        self.findings.push(Finding::new(Rule::IngressForOpenShift, message).on(self.item).at(field));
    }

    fn rule(&mut self, index: usize, rule: &IngressRule) {
        let field = FieldPath::from("spec.rules").index(index);
        let host = rule.host.as_deref().unwrap_or_default();
        let Some(http) = &rule.http else { return self.leave_out(field, "has no paths") };
        if host.is_empty() {
            return self.leave_out(field, "names no host");
        }
        for (place, path) in http.paths.iter().enumerate() {
            let field = field.clone().key("http").key("paths").index(place);
            if path.path_type == "Exact" {
                self.leave_out(field, "has the path type `Exact`");
                continue;
            }
            let tls = self.tls_entry(host).map(|(place, _)| place);
            let Some(route) = self.route(host, path) else {
                self.leave_out(field, "leads to no Service");
                continue;
            };
            self.sources.push(Source {
                item: self.item,
                origin: Origin::Ingress { rule: index, path: place, tls },
                name: self.next_name(),
                route: Ok(route),
            });
        }
    }

    /// The name of the Ingress, then that name with a number.
    fn next_name(&self) -> String {
        match self.sources.len() {
            0 => self.item.name().to_owned(),
            count => format!("{}-{}", self.item.name(), count + 1),
        }
    }

    fn tls_entry(&self, host: &str) -> Option<(usize, &IngressTLS)> {
        let names_host = |tls: &IngressTLS| tls.hosts.iter().flatten().any(|named| named == host);
        self.spec.tls.iter().flatten().enumerate().find(|(_, tls)| names_host(tls))
    }

    fn route(&mut self, host: &str, path: &HTTPIngressPath) -> Option<RouteSpec> {
        let service = path.backend.service.as_ref()?;
        let port = service.port.as_ref().and_then(|port| match (&port.name, port.number) {
            (Some(name), _) => Some(PortReference::Name(name.clone())),
            (None, number) => number.and_then(|number| u16::try_from(number).ok()).map(PortReference::Number),
        })?;
        let tls = self.tls(host);
        let (host, wildcard_policy) = match host.strip_prefix("*.") {
            Some(domain) => (format!("wildcard.{domain}"), Some(WildcardPolicy::Subdomain)),
            None => (host.to_owned(), None),
        };
        Some(RouteSpec {
            tls,
            host: Some(host),
            path: path.path.clone().filter(|path| !path.is_empty()),
            to: TargetReference { kind: String::new(), name: service.name.clone(), weight: None },
            port: Some(RoutePort::OfService(port)),
            wildcard_policy,
            ..RouteSpec::default()
        })
    }

    /// TLS of a host. OpenShift always redirects plain HTTP then.
    fn tls(&mut self, host: &str) -> Option<Tls> {
        let entry = self.tls_entry(host).map(|(place, tls)| (place, tls.secret_name.clone()));
        let secret = entry.as_ref().and_then(|(_, secret)| secret.clone()).filter(|secret| !secret.is_empty());
        let is_empty = self.spec.tls.iter().flatten().any(|tls| *tls == IngressTLS::default());
        let known = ["edge", "reencrypt", "passthrough"];
        let termination = self.item.annotation(TERMINATION).filter(|termination| known.contains(termination));
        if let (Some((place, _)), None, None, false) = (&entry, &secret, termination, is_empty) {
            let message = "names no Secret, so OpenShift serves nothing of this host; it is served by TLS now";
            let field = FieldPath::from("spec.tls").index(*place);
            self.findings.push(Finding::new(Rule::IngressForOpenShift, message).on(self.item).at(field));
        }
        if entry.is_none() && termination.is_none() && !is_empty {
            return None;
        }
        let termination = termination.unwrap_or("edge");
        Some(Tls {
            termination: termination.to_owned(),
            insecure_edge_termination_policy: InsecurePolicy::Redirect,
            external_certificate: secret.filter(|_| termination != "passthrough").map(|name| LocalReference { name }),
            ..Tls::default()
        })
    }
}
