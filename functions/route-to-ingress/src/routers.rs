//! The routers of OpenShift that a build describes: which Routes each of them serves.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use krm::resource_list::{Item, Resources};
use manifests::selectors::{Labels, Selector};
use serde_json::Value;

/// The label that every namespace has.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// A router of OpenShift.
#[derive(Debug)]
pub(crate) struct Router {
    /// The IngressController, as findings name it.
    pub(crate) name: String,
    /// The domain of its hosts.
    pub(crate) domain: Option<String>,
    /// Which Routes it serves.
    pub(crate) routes: Wanted,
    /// Of which namespaces.
    pub(crate) namespaces: Wanted,
    /// Whether only an inner network reaches it.
    pub(crate) is_internal: bool,
    /// Whether it lets Routes of several namespaces share a host.
    pub(crate) shares_hosts: bool,
}

impl Router {
    /// The routers that a build describes.
    pub(crate) fn all(resources: &Resources) -> Vec<Self> {
        let items = resources.iter().filter(|item| item.is("operator.openshift.io", "IngressController"));
        items.map(Self::read).collect()
    }

    /// Source: openshift/api `operator/v1/types_ingress.go`.
    fn read(item: &Item) -> Self {
        let spec = &item.value()["spec"];
        let publishing = &spec["endpointPublishingStrategy"];
        let is_named_internal = words(item.name()).any(is_inner);
        Self {
            name: item.reference().to_string(),
            domain: spec["domain"].as_str().map(str::to_owned),
            routes: Wanted::of_field(&spec["routeSelector"]),
            namespaces: Wanted::of_field(&spec["namespaceSelector"]),
            is_internal: publishing["loadBalancer"]["scope"] == "Internal"
                || publishing["type"] == "Private"
                || is_named_internal,
            shares_hosts: spec["routeAdmission"]["namespaceOwnership"] == "InterNamespaceAllowed",
        }
    }

    /// Whether it serves some Routes only.
    pub(crate) fn is_shard(&self) -> bool {
        !(self.routes.selector.is_everything() && self.namespaces.selector.is_everything())
    }

    /// Whether it serves a Route with these labels; nothing if that cannot be told.
    pub(crate) fn serves(&self, route: &Labels, namespace: &Namespace) -> Option<bool> {
        serves(&self.routes, &self.namespaces, route, namespace)
    }
}

/// Whether selectors of Routes and of their namespaces mean a Route; nothing if that cannot be told.
pub(crate) fn serves(routes: &Wanted, namespaces: &Wanted, route: &Labels, namespace: &Namespace) -> Option<bool> {
    if routes.selector.matches(route) { namespace.is_wanted(namespaces) } else { Some(false) }
}

/// The labels that are wanted of a Route or a namespace.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    selector: Selector,
    /// Whether the name of a namespace says enough.
    is_by_name: bool,
}

impl Wanted {
    /// What a selector wants.
    ///
    /// # Errors
    /// The places of the expressions that the API server refuses.
    pub(crate) fn of(selector: LabelSelector) -> Result<Self, Vec<usize>> {
        let labels = selector.match_labels.iter().flat_map(|labels| labels.keys());
        let expressions = selector.match_expressions.iter().flatten().map(|expression| &expression.key);
        let is_by_name = labels.chain(expressions).all(|key| key == NAMESPACE_NAME);
        Ok(Self { selector: Selector::try_from(selector)?, is_by_name })
    }

    /// What a field of an object wants. One that cannot be read wants nothing, as OpenShift refuses the object.
    fn of_field(value: &Value) -> Self {
        let selector = serde_json::from_value::<Option<LabelSelector>>(value.clone()).ok().flatten();
        Self::of(selector.unwrap_or_default()).unwrap_or_default()
    }
}

/// A namespace, as far as the build knows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Namespace {
    /// Its labels.
    labels: Labels,
    /// Whether these are all of them.
    is_known: bool,
    /// Whether its name is known.
    is_named: bool,
}

impl Namespace {
    /// The namespace of this name, and its object if the build has it.
    pub(crate) fn of(name: Option<&str>, item: Option<&Item>) -> Self {
        let labels = item.map(|item| manifests::selectors::labels_of(&item.value()["metadata"]["labels"]));
        let is_known = labels.is_some();
        let mut labels = labels.unwrap_or_default();
        labels.extend(name.map(|name| (NAMESPACE_NAME.to_owned(), name.to_owned())));
        Self { labels, is_known, is_named: name.is_some() }
    }

    fn is_wanted(&self, wanted: &Wanted) -> Option<bool> {
        let is_known = wanted.selector.is_everything() || self.is_known || self.is_named && wanted.is_by_name;
        is_known.then(|| wanted.selector.matches(&self.labels))
    }
}

/// The words of a name or of the value of a label.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(['-', '_', '.', '/'])
}

/// Whether a word means an inner network.
pub(crate) fn is_inner(word: &str) -> bool {
    ["internal", "private", "intranet", "intern"].iter().any(|inner| word.eq_ignore_ascii_case(inner))
}
