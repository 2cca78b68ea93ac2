//! The objects of an app.

mod configmaps;
mod containers;
mod env;
mod ingress;
mod probes;
mod route;
mod scaling;
mod service;
mod traefik;
mod volumes;
mod workload;

use serde_json::Value;

use crate::app::NamedApp;
use crate::config::Controller;
use crate::fields::Fields;
use crate::target::Target;

pub(crate) use containers::image;
pub(crate) use probes::type_of;
pub(crate) use route::Route;
pub(crate) use scaling::targets;
pub(crate) use traefik::names_objects;
pub(crate) use volumes::{all_mounts, mode};

/// The objects of an app, in the order in which they are applied: what others need comes first.
pub fn objects(app: &NamedApp, target: &Target<'_>) -> Vec<Value> {
    let route = Route::of(app, target);
    let of_traefik = route.as_ref().filter(|route| route.controller == Controller::Traefik);
    let annotations = of_traefik.map_or_else(Fields::new, |route| traefik::service_annotations(route, target));
    let mut objects: Vec<Value> = service::service_account(app, target).into_iter().collect();
    objects.extend(configmaps::configmaps(app, target));
    objects.extend(volumes::claims(app, target));
    objects.extend(service::services(app, target, annotations));
    objects.push(workload::workload(app, target));
    objects.extend(service::budget(app, target));
    objects.extend(scaling::scalers(app, target));
    objects.extend(route.iter().flat_map(|route| ingress::ingress(route, target)));
    objects
}
