//! Where each Route is served: at the entry points of the options, at those of a shard, or not at all.
//!
//! OpenShift spreads Routes over several routers, the shards, by labels of Routes and of namespaces. What such a router
//! served is not published anywhere else by default if only an inner network reached it.

use std::collections::HashMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, Resources};
use manifests::selectors::{Labels, labels_of};

use crate::config::{ShardRoutes, Spec};
use crate::routers::{Namespace, Router, Wanted, is_inner, serves, words};
use crate::rule::Rule;

/// What keys of labels hold that say who reaches a Route, as `type` and `router-shard`. Other labels say what it belongs to.
const ABOUT_REACH: [&str; 14] = [
    "type", "shard", "router", "route", "ingress", "expos", "visib", "network", "zone", "scope", "access", "domain",
    "dns", "gateway",
];

/// Where a Route is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// By the options in this place of [`options`].
    By(usize),
    /// Nowhere.
    LeftOut,
}

/// The options by which Routes are served: those of the function, then those of each shard.
pub(crate) fn options(spec: &Spec) -> Vec<Spec> {
    std::iter::once(spec.clone()).chain(spec.shards.iter().map(|shard| spec.with(shard))).collect()
}

/// The first of the options whose controller serves the Routes of these too.
pub(crate) fn controller(options: &[Spec], place: usize) -> usize {
    let Spec { ingress_class_name, controller, .. } = &options[place];
    let is_same = |spec: &Spec| spec.ingress_class_name == *ingress_class_name && spec.controller == *controller;
    options.iter().position(is_same).unwrap_or(place)
}

/// The shards of the options and the routers of the build.
pub(crate) struct Shards<'r> {
    shards: Vec<Shard>,
    routers: &'r [Router],
    namespaces: HashMap<&'r str, &'r Item>,
}

struct Shard {
    routes: Wanted,
    namespaces: Wanted,
    placement: Placement,
}

impl<'r> Shards<'r> {
    /// Reads the options.
    ///
    /// # Errors
    /// A selector that the API server would refuse.
    pub(crate) fn of(spec: &Spec, resources: &'r Resources, routers: &'r [Router]) -> Result<Self, ConfigError> {
        let mut shards = Vec::new();
        for (index, shard) in spec.shards.iter().enumerate() {
            let path = FieldPath::from("spec.shards").index(index);
            shards.push(Shard {
                routes: wanted(path.clone().key("routeSelector"), LabelSelector::from(&shard.route_selector))?,
                namespaces: wanted(path.key("namespaceSelector"), LabelSelector::from(&shard.namespace_selector))?,
                placement: match shard.routes {
                    ShardRoutes::Convert => Placement::By(1 + index),
                    ShardRoutes::LeaveOut => Placement::LeftOut,
                },
            });
        }
        let namespaces = resources.iter().filter(|item| item.is("", "Namespace"));
        Ok(Self { shards, routers, namespaces: namespaces.map(|item| (item.name(), item)).collect() })
    }

    /// Where a Route of this namespace is served, and the finding about that.
    ///
    /// # Errors
    /// A finding if a shard of the options may mean the Route, but the build does not tell.
    pub(crate) fn place(&self, route: &Item, namespace: Option<&str>) -> Result<(Placement, Option<Finding>), Finding> {
        let object = namespace.and_then(|name| self.namespaces.get(name)).copied();
        let namespace = Namespace::of(namespace, object);
        let labels = labels_of(&route.field(&["metadata", "labels"]));
        for (index, shard) in self.shards.iter().enumerate() {
            match serves(&shard.routes, &shard.namespaces, &labels, &namespace) {
                Some(true) => return Ok((shard.placement, None)),
                Some(false) => {}
                None => return Err(unknown(route, index)),
            }
        }
        let finding = self.of_routers(route, &labels, &namespace).or_else(|| of_labels(route, &labels));
        Ok((Placement::By(0), finding))
    }

    /// What the routers of the build say about a Route that no shard of the options means.
    fn of_routers(&self, route: &Item, labels: &Labels, namespace: &Namespace) -> Option<Finding> {
        let serving = |router: &&Router| router.serves(labels, namespace) != Some(false);
        let serving: Vec<_> = self.routers.iter().filter(serving).collect();
        let is_public = serving.iter().any(|router| !router.is_internal);
        let internal = serving.iter().find(|router| router.is_internal && (router.is_shard() || !is_public));
        if let Some(router) = internal {
            let why = match router.serves(labels, namespace) {
                Some(_) => format!("is served by {}, which only an inner network reaches", router.name),
                None => format!(
                    "may be served by {}, which only an inner network reaches; the Namespace with its labels is not in this build",
                    router.name
                ),
            };
            return Some(internal_route(route, &why));
        }
        let shard = serving.iter().find(|router| router.is_shard())?;
        let domain = shard.domain.as_deref().map(|domain| format!(" in the domain `{domain}`")).unwrap_or_default();
        let message = format!(
            "is served by {}{domain}, one of several routers, and goes to the entry points of all Routes; say by spec.shards of \
             the function where its Routes go",
            shard.name
        );
        Some(Finding::new(Rule::RouteOfShard, message).on(route).at("metadata.labels"))
    }
}

/// What labels say about a Route that no router of the build is known to serve.
fn of_labels(route: &Item, labels: &Labels) -> Option<Finding> {
    let says_inner = |(key, value): &(&String, &String)| {
        let name = key.rsplit('/').next().unwrap_or_default();
        let is_about_reach = ABOUT_REACH.iter().any(|part| name.to_ascii_lowercase().contains(part));
        is_about_reach && words(value).any(is_inner) || words(name).any(is_inner) && value.as_str() == "true"
    };
    let (key, value) = labels.iter().find(says_inner)?;
    Some(internal_route(route, &format!("has the label `{key}: {value}`, which looks like that of an inner network")))
}

fn internal_route(route: &Item, why: &str) -> Finding {
    let message = format!(
        "{why}, and would be published with all other Routes; say by spec.shards of the function where it goes, or that it is \
         left out"
    );
    Finding::new(Rule::InternalRoute, message).on(route).at("metadata.labels")
}

fn unknown(route: &Item, shard: usize) -> Finding {
    let message = format!(
        "may be meant by spec.shards[{shard}], which selects by labels of namespaces, but the Namespace of the Route is not in this \
         build; add it, or select by `kubernetes.io/metadata.name`"
    );
    Finding::new(Rule::UnknownShard, message).on(route).at("metadata.namespace")
}

fn wanted(path: FieldPath, selector: LabelSelector) -> Result<Wanted, ConfigError> {
    Wanted::of(selector).map_err(|places| {
        let place = places.first().copied().unwrap_or_default();
        let message = "must have `values` with `In` and `NotIn`, and none with `Exists` and `DoesNotExist`";
        ConfigError::new(path.key("matchExpressions").index(place), message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_who_reaches_a_route() {
        let says = |key: &str, value: &str| {
            let route = r#"{apiVersion: v1, kind: Route, metadata: {name: web}}"#;
            let resources = Resources::from_streams(vec![(None, route.to_owned())]).expect("it is YAML");
            let route = resources.iter().next().expect("it holds an object");
            of_labels(route, &[(key.to_owned(), value.to_owned())].into()).is_some()
        };
        for (key, value, expected) in [
            ("type", "internal", true),
            ("router-shard", "Private", true),
            ("example.com/exposure", "internal-only", true),
            ("internal", "true", true),
            ("internal", "false", false),
            ("type", "external", false),
            ("helm.sh/chart", "private-registry-1.0", false),
            ("app", "internal", false),
            ("app.kubernetes.io/part-of", "internal-tools", false),
        ] {
            assert_eq!(says(key, value), expected, "{key}: {value}");
        }
    }
}
