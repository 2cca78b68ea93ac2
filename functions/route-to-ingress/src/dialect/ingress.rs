//! The Ingress, as far as all its controllers agree.

use krm::field::FieldPath;
use serde_json::{Map, Value};

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
    let path = |path: &str, path_type: &str| {
        let backend = backend(&exposure.backends[0]);
        Value::from_iter([("backend", backend), ("path", path.into()), ("pathType", path_type.into())])
    };
    let paths = match (&exposure.path, options.style) {
        (Path::At(at), PathStyle::ExactAndBelow) => vec![path(at, "Exact"), path(&format!("{at}/"), "Prefix")],
        (other, _) => vec![path(other.text(), "Prefix")],
    };
    let host = exposure.host.name.as_str();
    let http = Value::from_iter([("paths", paths)]);
    let rule = Value::from_iter([("host", host.into()), ("http", http)]);
    let tls = options.certificate.and_then(|certificate| {
        let further = certificate.order().into_iter().flat_map(|order| &order.hosts).map(String::as_str);
        let hosts: Value = std::iter::once(host).chain(further).collect();
        let entry = Value::from_iter([("hosts", hosts), ("secretName", certificate.secret()?.into())]);
        Some(("tls", Value::from(vec![entry])))
    });
    let fields = [("ingressClassName", options.class.into()), ("rules", vec![rule].into())];
    let spec = fields.into_iter().chain(tls).collect();
    exposure.annotated("networking.k8s.io/v1", "Ingress", (options.name, options.annotations), spec)
}

/// Reports annotations of the Route that what it asks for takes the place of.
pub(super) fn tell_replaced(exposure: &Exposure<'_>, annotations: &[(&str, String)], output: &mut Output<'_>) {
    for (key, value) in annotations.iter().filter(|(key, _)| *key != MIDDLEWARES) {
        if exposure.route.annotation(key).is_some_and(|given| given != value) {
            let message =
                format!("is replaced by `{value}`, which follows from the Route and the options; take it out");
            output.say(Rule::AnnotationWithoutEffect, FieldPath::annotation(key), message);
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

fn backend(backend: &Backend) -> Value {
    let port = match (backend.port.number, &backend.port.name) {
        (Some(number), _) => Value::from_iter([("number", number)]),
        (None, Some(name)) => Value::from_iter([("name", name.as_str())]),
        (None, None) => Value::Object(Map::new()),
    };
    let service = Value::from_iter([("name", backend.reference().into()), ("port", port)]);
    Value::from_iter([("service", service)])
}
