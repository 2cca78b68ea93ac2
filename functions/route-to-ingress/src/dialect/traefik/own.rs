//! What people tell Traefik in annotations of a Route. It reads them on Ingresses only; an IngressRoute says the same in
//! fields.

use krm::field::FieldPath;
use serde_json::{Map, Value, json};

use crate::dialect::output::Output;
use crate::exposure::{Exposure, fold};
use crate::middlewares::MIDDLEWARES;
use crate::rule::Rule;

/// What annotations that Traefik reads start with.
const OF_TRAEFIK: &str = "traefik.ingress.kubernetes.io/";
const TLS_OPTIONS: &str = "traefik.ingress.kubernetes.io/router.tls.options";
const RESOLVER: &str = "traefik.ingress.kubernetes.io/router.tls.certresolver";

/// The fields of an IngressRoute that annotations of the Route ask for.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Middlewares, which work before those that the Route asks for.
    pub(super) middlewares: Vec<Value>,
    /// Fields of `tls`.
    pub(super) tls: Map<String, Value>,
}

impl Own {
    /// What the annotations of a Route say. What has no field is reported.
    pub(super) fn of(exposure: &Exposure<'_>, output: &mut Output<'_>) -> Self {
        let mut own = Self::default();
        let annotations = exposure.route.user_annotations().into_iter().filter(|(key, _)| key.starts_with(OF_TRAEFIK));
        for (key, text) in annotations {
            let text = text.unwrap_or_default();
            match key {
                MIDDLEWARES => {
                    let named = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                    let references = named.filter_map(|name| reference(exposure, key, name, output));
                    own.middlewares.extend(references.collect::<Vec<_>>());
                }
                TLS_OPTIONS => {
                    let options = reference(exposure, key, text, output);
                    own.tls.extend(options.map(|options| ("options".to_owned(), options)));
                }
                RESOLVER => drop(own.tls.insert("certResolver".to_owned(), text.into())),
                _ => tell_unread(key, output),
            }
        }
        own
    }
}

/// Reports annotations of the Route that Traefik reads on Ingresses only.
pub(super) fn tell_all_unread(exposure: &Exposure<'_>, output: &mut Output<'_>) {
    let annotations = exposure.route.user_annotations().into_iter().filter(|(key, _)| key.starts_with(OF_TRAEFIK));
    annotations.for_each(|(key, _)| tell_unread(key, output));
}

fn tell_unread(annotation: &str, output: &mut Output<'_>) {
    let message = "is read on Ingresses only, and the Route becomes an IngressRoute; take it out, or write the IngressRoute yourself";
    output.say(Rule::AnnotationWithoutEffect, FieldPath::annotation(annotation), message);
}

/// The reference in a field to what an annotation names by its id. Unless it is told otherwise, Traefik lets an IngressRoute
/// name objects of its own namespace only.
fn reference(exposure: &Exposure<'_>, annotation: &str, name: &str, output: &mut Output<'_>) -> Option<Value> {
    let Some(id) = name.strip_suffix("@kubernetescrd") else { return Some(json!({"name": name})) };
    let namespace = exposure.namespace.as_deref().map(fold);
    let here = namespace.and_then(|namespace| id.strip_prefix(&format!("{namespace}-")));
    if here.is_none() {
        let reason = format!(
            "`{name}` is of another namespace, which an IngressRoute cannot name unless Traefik allows it, and the Route becomes an \
             IngressRoute"
        );
        output.unsupported(FieldPath::annotation(annotation), &reason);
    }
    here.map(|name| json!({"name": name}))
}
