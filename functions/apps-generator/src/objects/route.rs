//! Where an app is reached from outside: hosts, path, and what is done to a request on its way.

use crate::app::NamedApp;
use crate::config::{Controller, Ingress, IntOrString, PathType, ScalingType};
use crate::target::Target;

/// Where an app is reached from outside.
#[derive(Debug)]
pub(crate) struct Route<'a> {
    pub(crate) app: &'a NamedApp,
    pub(crate) ingress: &'a Ingress,
    pub(crate) controller: Controller,
    pub(crate) hosts: Vec<&'a str>,
    pub(crate) path: &'a str,
    /// The path that the app gets in the place of `path`.
    pub(crate) rewrite: Option<&'a str>,
    /// Whether the HTTP add-on of KEDA holds requests until a pod is there.
    pub(crate) is_held: bool,
}

impl<'a> Route<'a> {
    /// The route of an app, if it is exposed.
    pub(crate) fn of(app: &'a NamedApp, target: &'a Target<'_>) -> Option<Self> {
        let ingress = app.app.ingress.as_ref().filter(|_| app.is_exposed())?;
        let domain = target.settings.domain.as_deref();
        let hosts = ingress.hosts.iter().map(String::as_str);
        let hosts: Vec<_> = if ingress.hosts.is_empty() { domain.into_iter().collect() } else { hosts.collect() };
        let path = ingress.path.as_deref().unwrap_or("/");
        let stripped = (ingress.strip_prefix && path != "/").then_some("/");
        let rewrite = ingress.rewrite_target.as_deref().or(stripped).filter(|rewrite| *rewrite != path);
        let is_held = app.app.scaling.kind == ScalingType::KedaHttp;
        let controller = ingress.controller.unwrap_or_else(|| target.controller());
        Some(Self { app, ingress, controller, hosts, path, rewrite, is_held })
    }

    /// The path that the app gets, or the interceptor in front of it.
    pub(crate) fn seen_path(&self) -> &str {
        self.rewrite.unwrap_or(self.path)
    }

    /// What the interceptor is told by a header, because it does not see the path: Traefik puts it there.
    pub(crate) fn mark(&self, target: &Target<'_>) -> Option<String> {
        let is_marked = self.is_held && self.rewrite.is_some() && self.controller == Controller::Traefik;
        is_marked.then(|| match self.app.namespace(target) {
            Some(namespace) => format!("{namespace}.{}", self.app.name),
            None => self.app.name.clone(),
        })
    }

    /// The namespace of the Ingress and of what belongs to it: an Ingress reaches Services of its own namespace only.
    pub(crate) fn namespace(&self, target: &'a Target<'_>) -> Option<&'a str> {
        if self.is_held { Some(&target.spec.keda.namespace) } else { self.app.namespace(target) }
    }

    /// The name of the Ingress. In the namespace of KEDA there are those of other namespaces too.
    pub(crate) fn name(&self, target: &Target<'_>) -> String {
        match self.app.namespace(target).filter(|_| self.is_held) {
            Some(namespace) => manifests::names::shortened(&format!("{namespace}-{}", self.app.name), 253),
            None => self.app.name.clone(),
        }
    }

    /// The name of an object that belongs to the Ingress.
    pub(crate) fn part(&self, target: &Target<'_>, part: &str) -> String {
        format!("{}-{part}", self.name(target))
    }

    pub(crate) fn path_type(&self) -> PathType {
        self.ingress.path_type
    }

    /// The port of the Service to which requests go, by its name or its number.
    pub(crate) fn port(&self) -> Option<IntOrString> {
        let first = || self.app.ports().first().map(|(name, _)| IntOrString::String((*name).to_owned()));
        self.ingress.port.clone().or_else(first)
    }

    /// Whether it is encrypted.
    pub(crate) fn is_encrypted(&self, target: &Target<'_>) -> bool {
        self.ingress.tls.as_ref().and_then(|tls| tls.enabled).unwrap_or(target.settings.tls)
    }

    /// The ClusterIssuer of its certificate.
    pub(crate) fn cluster_issuer(&self, target: &'a Target<'_>) -> Option<&'a str> {
        let of_app = self.ingress.tls.as_ref().and_then(|tls| tls.cluster_issuer.as_deref());
        of_app.or(target.settings.cluster_issuer.as_deref())
    }

    /// The Secret with its certificate.
    pub(crate) fn secret(&self, target: &'a Target<'_>) -> Option<String> {
        let of_app = self.ingress.tls.as_ref().and_then(|tls| tls.secret.clone());
        let issued = || self.cluster_issuer(target).map(|_| self.part(target, "tls"));
        of_app.or_else(|| target.settings.tls_secret.clone()).or_else(issued)
    }
}
