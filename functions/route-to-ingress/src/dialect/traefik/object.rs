//! Traefik's own resources.

use serde_json::Value;

use crate::exposure::Exposure;

/// A resource of Traefik made for a Route.
pub(super) fn object(exposure: &Exposure<'_>, kind: &str, name: &str, spec: Value) -> Value {
    exposure.object("traefik.io/v1alpha1", kind, name, spec)
}
