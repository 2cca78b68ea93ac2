//! Traefik v3: an Ingress where it can express the Route, else IngressRoutes.
//!
//! Source: traefik `pkg/provider/kubernetes/{ingress,crd}`, `pkg/server/aggregator.go`, v3.7.

mod backends;
mod keys;
mod middlewares;
mod object;
mod own;
mod rules;

use krm::field::FieldPath;
use serde_json::{Map, Value, json};

use super::ingress::{IngressOptions, PathStyle, ingress, path_problem, tell_replaced};
use super::output::{Dialect, Output};
use crate::certificates;
use crate::config::{Spec, Target};
use crate::exposure::{Exposure, Termination, fold};
use crate::middlewares::MIDDLEWARES;
use crate::route::InsecurePolicy;
use crate::settings::Feature;
use crate::target_keys::{Claim, Hand, ServicePorts};
use crate::values::Time;
use backends::{cookie, scheme, service, services, transports, weighed};
use middlewares::{middlewares, redirect, tcp_middlewares};
use object::object;
use own::{Own, tell_all_unread};
use rules::{matcher, priority, sni_matcher, sni_priority};

const ENTRY_POINTS: &str = "traefik.ingress.kubernetes.io/router.entrypoints";
const TLS: &str = "traefik.ingress.kubernetes.io/router.tls";
const PRIORITY: &str = "traefik.ingress.kubernetes.io/router.priority";

/// Traefik v3 as K3s brings it.
pub(super) struct Traefik<'s> {
    pub(super) spec: &'s Spec,
}

/// What is special about one IngressRoute of a Route.
#[derive(Debug, Clone, Copy)]
struct Router<'o> {
    name: &'o str,
    entry_point: &'o str,
    /// References to them.
    middlewares: &'o [Value],
    services: &'o Value,
}

impl Dialect for Traefik<'_> {
    fn write(&self, exposure: &Exposure<'_>, output: &mut Output<'_>) {
        if let Termination::Passthrough { redirect } = exposure.termination {
            tell_all_unread(exposure, output);
            return self.passthrough(exposure, redirect, output);
        }
        let reason = self.beyond_ingress(exposure);
        match (self.spec.target, reason) {
            (Target::Ingress, Some((field, reason))) => {
                let reason = format!("{reason}; set spec.target of the function to `Auto`");
                output.impossible(field, reason);
            }
            (Target::IngressRoute, _) | (_, Some(_)) => self.ingress_route(exposure, output),
            (_, None) => self.ingress(exposure, output),
        }
    }

    fn concerns(&self, group: &str, kind: &str) -> bool {
        keys::concerns(group, kind)
    }

    fn claims<'b>(&self, hand: &Hand<'b>, _: &ServicePorts<'_>) -> Vec<Claim<'b>> {
        keys::claims(&self.spec.ingress_class_name, hand)
    }
}

impl Traefik<'_> {
    /// The field that an Ingress of Traefik cannot express, and why.
    fn beyond_ingress(&self, exposure: &Exposure<'_>) -> Option<(FieldPath, &'static str)> {
        let of_route = |field: &'static str, reason| Some((FieldPath::from(field), reason));
        if exposure.apart.router {
            return of_route("metadata.name", "Traefik would mix up an Ingress of this Route with another one");
        }
        if exposure.backends.len() > 1 {
            return of_route("spec.alternateBackends", "an Ingress of Traefik cannot weigh backends");
        }
        if let Some(backend_tls) = &exposure.backend_tls {
            return of_route(backend_tls.field, "an Ingress of Traefik has no TLS of its own to the backend");
        }
        if exposure.backends.iter().any(|backend| scheme(exposure, backend).is_some()) {
            let reason = "Traefik would guess another protocol from the port, and an Ingress cannot tell it";
            return of_route("spec.port.targetPort", reason);
        }
        if let Some(reason) = path_problem(&exposure.path) {
            return of_route("spec.path", reason);
        }
        if exposure.path.text().contains('`') {
            return of_route("spec.path", "Traefik puts the path of an Ingress between backticks");
        }
        if cookie(exposure, self.spec).is_some() {
            return of_route("metadata.annotations", "an Ingress of Traefik has no cookie of its own");
        }
        let setting = exposure.settings.iter().find(|setting| match &setting.feature {
            Feature::Balance(_) => true,
            Feature::Timeout(time) => *time < Time::OF_BACKENDS,
            _ => false,
        })?;
        Some((FieldPath::from(setting), "an Ingress of Traefik cannot set this for one Route"))
    }

    fn ingress(&self, exposure: &Exposure<'_>, output: &mut Output<'_>) {
        let entry_points = &self.spec.entry_points;
        let middlewares = middlewares(exposure, output);
        let Some(mut annotations) = self.annotations(exposure, &middlewares, output) else { return };
        keep_middlewares(exposure, &mut annotations);
        let name = &exposure.name;
        match &exposure.termination {
            Termination::Edge { insecure, certificate } => {
                annotations.extend(certificates::annotations(certificate));
                match insecure {
                    // With TLS forced, plain HTTP would find nothing; the entry point brings TLS by itself.
                    InsecurePolicy::Allow => {
                        annotations.push((ENTRY_POINTS, format!("{},{}", entry_points.http, entry_points.https)));
                    }
                    _ => annotations.extend([(ENTRY_POINTS, entry_points.https.clone()), (TLS, "true".to_owned())]),
                }
                tell_replaced(exposure, &annotations, output);
                let options = self.ingress_options(name, &annotations);
                output.objects.push(ingress(exposure, IngressOptions { certificate: Some(certificate), ..options }));
                output.objects.extend(certificates::beside_ingress(exposure, certificate));
                if *insecure == InsecurePolicy::Redirect {
                    self.redirect_ingress(exposure, output);
                }
            }
            _ => {
                annotations.push((ENTRY_POINTS, entry_points.http.clone()));
                tell_replaced(exposure, &annotations, output);
                output.objects.push(ingress(exposure, self.ingress_options(name, &annotations)));
            }
        }
        output.objects.extend(middlewares);
    }

    /// An Ingress that redirects plain HTTP, with its Middleware.
    fn redirect_ingress(&self, exposure: &Exposure<'_>, output: &mut Output<'_>) {
        let redirect = redirect(exposure);
        let middlewares = std::slice::from_ref(&redirect);
        let Some(mut annotations) = self.annotations(exposure, middlewares, output) else { return };
        annotations.push((ENTRY_POINTS, self.spec.entry_points.http.clone()));
        let name = http_name(exposure);
        output.objects.push(ingress(exposure, self.ingress_options(&name, &annotations)));
        output.objects.push(redirect);
    }

    fn ingress_options<'o>(&'o self, name: &'o str, annotations: &'o [(&'o str, String)]) -> IngressOptions<'o> {
        let class = &self.spec.ingress_class_name;
        IngressOptions { name, class, annotations, certificate: None, style: PathStyle::ExactAndBelow }
    }

    /// The annotations that every Ingress of the Route has: priority and Middlewares.
    fn annotations(
        &self,
        exposure: &Exposure<'_>,
        middlewares: &[Value],
        output: &mut Output<'_>,
    ) -> Option<Vec<(&'static str, String)>> {
        let references = self.references(exposure, middlewares, output)?;
        let mut annotations = Vec::from_iter(priority(exposure).map(|priority| (PRIORITY, priority.to_string())));
        if !references.is_empty() {
            annotations.push((MIDDLEWARES, references.join(",")));
        }
        Some(annotations)
    }

    /// Middlewares as annotations name them: namespace and name, folded, and their provider.
    fn references(
        &self,
        exposure: &Exposure<'_>,
        middlewares: &[Value],
        output: &mut Output<'_>,
    ) -> Option<Vec<String>> {
        let names = middlewares.iter().filter_map(|middleware| middleware["metadata"]["name"].as_str());
        match (&exposure.namespace, middlewares.is_empty()) {
            (_, true) => Some(Vec::new()),
            (Some(namespace), _) => {
                Some(names.map(|name| format!("{}@kubernetescrd", fold(&format!("{namespace}-{name}")))).collect())
            }
            (None, _) => {
                output.namespace_missing("the Ingress must name it with its Middleware");
                None
            }
        }
    }

    fn ingress_route(&self, exposure: &Exposure<'_>, output: &mut Output<'_>) {
        let entry_points = &self.spec.entry_points;
        let name = &exposure.name;
        let own = Own::of(exposure, output);
        let middlewares = middlewares(exposure, output);
        let references: Vec<_> = own.middlewares.iter().cloned().chain(names(&middlewares)).collect();
        let transports = transports(exposure, self.spec, output);
        let (services, weighted) = services(exposure, self.spec, &transports, output);
        let http = Router { name, entry_point: &entry_points.http, middlewares: &references, services: &services };
        match &exposure.termination {
            Termination::Edge { insecure, certificate } => {
                let secret = certificate.secret().map(|secret| ("secretName".to_owned(), secret.into()));
                let tls = Value::Object(secret.into_iter().chain(own.tls).collect());
                let mut https = self.route(exposure, &Router { entry_point: &entry_points.https, ..http });
                https["spec"]["tls"] = tls;
                output.objects.push(https);
                match insecure {
                    InsecurePolicy::None => {}
                    InsecurePolicy::Allow => {
                        let name = http_name(exposure);
                        output.objects.push(self.route(exposure, &Router { name: &name, ..http }));
                    }
                    InsecurePolicy::Redirect => self.redirect_route(exposure, output),
                }
                output.objects.extend(certificates::object(exposure, certificate));
            }
            _ => output.objects.push(self.route(exposure, &http)),
        }
        output.objects.extend(middlewares);
        output.objects.extend(transports);
        output.objects.extend(weighted);
    }

    /// An IngressRoute on one entry point.
    fn route(&self, exposure: &Exposure<'_>, router: &Router<'_>) -> Value {
        let Router { name, entry_point, middlewares, services } = router;
        let mut rule = json!({"kind": "Rule", "match": matcher(exposure), "services": services});
        if let Some(priority) = priority(exposure) {
            rule["priority"] = priority.into();
        }
        if !middlewares.is_empty() {
            rule["middlewares"] = middlewares.to_vec().into();
        }
        let spec = json!({"entryPoints": [entry_point], "routes": [rule]});
        self.classed(object(exposure, "IngressRoute", name, spec))
    }

    /// An IngressRoute that redirects plain HTTP, with its Middleware. Its backend gets no request.
    fn redirect_route(&self, exposure: &Exposure<'_>, output: &mut Output<'_>) {
        let redirect = redirect(exposure);
        let services = json!([service(&exposure.backends[0])]);
        let name = http_name(exposure);
        let entry_point = &self.spec.entry_points.http;
        let middlewares: Vec<_> = names(std::slice::from_ref(&redirect)).collect();
        let router = Router { name: &name, entry_point, middlewares: &middlewares, services: &services };
        output.objects.push(self.route(exposure, &router));
        output.objects.push(redirect);
    }

    /// The class of a Traefik that serves one class only.
    fn classed(&self, mut object: Value) -> Value {
        if self.spec.ingress_class_name != "traefik" {
            let annotations = &mut object["metadata"]["annotations"];
            if annotations.is_null() {
                *annotations = Value::Object(Map::new());
            }
            annotations["kubernetes.io/ingress.class"] = self.spec.ingress_class_name.clone().into();
        }
        object
    }

    fn passthrough(&self, exposure: &Exposure<'_>, redirect_http: bool, output: &mut Output<'_>) {
        if self.spec.target == Target::Ingress {
            let reason = "`passthrough` is TCP, and an Ingress of Traefik is HTTP only; set spec.target of the function to `Auto`";
            return output.impossible("spec.tls.termination", reason);
        }
        let middlewares = tcp_middlewares(exposure, output);
        let services: Vec<_> = exposure.backends.iter().map(|backend| weighed(exposure, backend)).collect();
        let mut rule = json!({"match": sni_matcher(exposure), "services": services});
        if let Some(priority) = sni_priority(exposure) {
            rule["priority"] = priority.into();
        }
        if !middlewares.is_empty() {
            rule["middlewares"] = names(&middlewares).collect();
        }
        let spec = json!({
            "entryPoints": [self.spec.entry_points.https], "routes": [rule], "tls": {"passthrough": true},
        });
        output.objects.push(self.classed(object(exposure, "IngressRouteTCP", &exposure.name, spec)));
        output.objects.extend(middlewares);
        if redirect_http {
            self.redirect_route(exposure, output);
        }
    }
}

/// Middlewares that people named on the Route work before those that it asks for.
fn keep_middlewares(exposure: &Exposure<'_>, annotations: &mut [(&'static str, String)]) {
    let references = annotations.iter_mut().find(|(key, _)| *key == MIDDLEWARES);
    if let Some((_, references)) = references
        && let Some(named) = exposure.route.annotation(MIDDLEWARES)
    {
        *references = format!("{named},{references}");
    }
}

fn http_name(exposure: &Exposure<'_>) -> String {
    format!("{}-http", exposure.base_name())
}

/// References to objects of the same namespace.
fn names(objects: &[Value]) -> impl Iterator<Item = Value> {
    objects.iter().map(|object| json!({"name": object["metadata"]["name"]}))
}
