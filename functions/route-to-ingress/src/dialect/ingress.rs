//! The Ingress, as far as all its controllers agree.

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec,
    IngressTLS, ServiceBackendPort,
};
use krm::field::FieldPath;
use serde_json::Value;

use super::output::Output;
use crate::exposure::{Backend, Certificate, Exposure, Path};
use crate::middlewares::MIDDLEWARES;
use crate::rule::Rule;

/// Which paths an Ingress names for a Route path.
#[derive(Debug, Clone, Copy)]
pub(super) enum PathStyle {
    /// `Exact /foo` and `Prefix /foo/`, for controllers whose `Prefix` would match `/foobar` too.
    ExactAndBelow,
    /// `Prefix /foo`, for controllers that compare whole segments.
    Prefix,
}

/// What is special about one Ingress of a Route.
#[derive(Debug, Clone, Copy)]
pub(super) struct IngressOptions<'o> {
    pub(super) name: &'o str,
    pub(super) class: &'o str,
    pub(super) annotations: &'o [(&'o str, String)],
    /// The certificate that clients see, if TLS ends at the controller.
    pub(super) certificate: Option<&'o Certificate>,
    pub(super) style: PathStyle,
}

/// An Ingress of the Route to one backend.
pub(super) fn ingress(exposure: &Exposure<'_>, options: IngressOptions<'_>) -> Value {
    let backend = backend(&exposure.backends[0]);
    let path = |path: &str, path_type: &str| HTTPIngressPath {
        backend: backend.clone(),
        path: Some(path.to_owned()),
        path_type: path_type.to_owned(),
    };
    let paths = match (&exposure.path, options.style) {
        (Path::At(at), PathStyle::ExactAndBelow) => vec![path(at, "Exact"), path(&format!("{at}/"), "Prefix")],
        (other, _) => vec![path(other.text(), "Prefix")],
    };
    let rule = IngressRule { host: Some(exposure.host.name.clone()), http: Some(HTTPIngressRuleValue { paths }) };
    let tls = options.certificate.and_then(|certificate| {
        let further = certificate.order().into_iter().flat_map(|order| order.hosts.clone());
        let hosts = std::iter::once(exposure.host.name.clone()).chain(further).collect();
        Some(vec![IngressTLS { hosts: Some(hosts), secret_name: Some(certificate.secret()?.to_owned()) }])
    });
    let ingress = Ingress {
        metadata: exposure.metadata(options.name, options.annotations),
        spec: Some(IngressSpec {
            ingress_class_name: Some(options.class.to_owned()),
            rules: Some(vec![rule]),
            tls,
            ..IngressSpec::default()
        }),
        ..Ingress::default()
    };
    serde_json::to_value(ingress).unwrap_or_default()
}

/// Reports annotations of the Route that what it asks for takes the place of.
pub(super) fn tell_replaced(exposure: &Exposure<'_>, annotations: &[(&str, String)], output: &mut Output<'_>) {
    for (key, value) in annotations.iter().filter(|(key, _)| *key != MIDDLEWARES) {
        if exposure.route.annotation(key).is_some_and(|given| given != value) {
            let message =
                format!("is replaced by `{value}`, which follows from the Route and the options; take it out");
            output.say(Rule::AnnotationWithoutEffect, FieldPath::annotation(key), &message);
        }
    }
}

/// Why the API server would refuse the path in an Ingress, if it would.
///
/// Source: `validateHTTPIngressPath` in kubernetes `pkg/apis/networking/validation`.
pub(super) fn path_problem(path: &Path) -> Option<&'static str> {
    let text = path.text();
    let lower = text.to_lowercase();
    let refused = ["//", "/./", "/../", "%2f"].iter().any(|sequence| lower.contains(sequence));
    (refused || text.ends_with("/..") || text.ends_with("/.")).then_some("an Ingress cannot hold this path")
}

fn backend(backend: &Backend) -> IngressBackend {
    let port = match (backend.port.number, &backend.port.name) {
        (Some(number), _) => ServiceBackendPort { number: Some(i32::from(number)), name: None },
        (None, name) => ServiceBackendPort { number: None, name: name.clone() },
    };
    IngressBackend {
        service: Some(IngressServiceBackend { name: backend.reference().to_owned(), port: Some(port) }),
        resource: None,
    }
}
