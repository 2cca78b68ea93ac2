//! What decides in the place of a field that an overlay does not state.

use std::collections::HashMap;

use krm::field::Pointer;
use krm::resource_list::{Item, Resources};
use manifests::autoscalers::Autoscaled;
use manifests::pods::PodTemplate;
use serde_json::Value;

use crate::aspect::Aspect;
use crate::document::Document;
use crate::statement::is_stated;

/// What decides in the place of a field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Another object, in words.
    By(String),
    /// The object itself, in another field.
    Itself,
}

/// The objects of a build that decide for others.
pub(crate) struct Elsewhere<'r> {
    resources: &'r Resources,
    autoscaled: Autoscaled,
    /// The LimitRange with defaults for containers, by namespace.
    limit_ranges: HashMap<&'r str, &'r Item>,
}

impl<'r> Elsewhere<'r> {
    /// Reads a build.
    pub(crate) fn among(resources: &'r Resources) -> Self {
        let limit_ranges = resources.iter().filter(|item| item.is("", "LimitRange") && gives_defaults(item.value()));
        let limit_ranges = limit_ranges.map(|item| (item.namespace_name(), item)).collect();
        Self { resources, autoscaled: Autoscaled::among(resources), limit_ranges }
    }

    /// What decides a field of an object that does not state it, if anything does.
    pub(crate) fn decides(&self, document: &Document<'_>, aspect: Aspect, field: &Pointer) -> Option<Decision> {
        let item = document.item;
        match aspect {
            Aspect::Replicas => self.autoscaled.autoscaler(item.id()).map(|id| named(self.resources.get(id))),
            Aspect::Resources if has_resources_of_pod(item) || is_injected(document, field) => Some(Decision::Itself),
            Aspect::Resources => self.limit_ranges.get(item.namespace_name()).map(|item| named(item)),
            _ => None,
        }
    }
}

fn named(item: &Item) -> Decision {
    Decision::By(item.reference().to_string())
}

/// Whether a LimitRange fills in what containers do not state.
///
/// Source: kubernetes pkg/apis/core/v1/defaults.go, `SetDefaults_LimitRangeItem`: a maximum is a default limit, and a minimum a
/// default request.
fn gives_defaults(limit_range: &Value) -> bool {
    let entries = limit_range["spec"]["limits"].as_array().into_iter().flatten();
    let fills = |entry: &Value| ["default", "defaultRequest", "max", "min"].iter().any(|key| is_stated(&entry[*key]));
    entries.into_iter().any(|entry| entry["type"] == "Container" && fills(entry))
}

/// Whether an object states the resources of its pods as a whole.
fn has_resources_of_pod(item: &Item) -> bool {
    PodTemplate::of(item).is_some_and(|template| is_stated(&template.spec["resources"]))
}

/// Whether a container is one that Istio injects, of which the manifest holds settings only.
///
/// Source: istio/istio manifests/charts/istio-control/istio-discovery/files, where the image `auto` is replaced.
fn is_injected(document: &Document<'_>, field: &Pointer) -> bool {
    let container = field.parent().and_then(|container| document.at(container));
    container.is_some_and(|container| container["image"] == "auto")
}
