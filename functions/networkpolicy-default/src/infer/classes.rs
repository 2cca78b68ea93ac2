//! The pods that serve Ingress and Gateway classes, and what speaks against letting them in.

use krm::field::FieldPath;
use krm::resource_list::Item;

use crate::config::IngressController;
use crate::facts::classes::{CLASS_ANNOTATION, Class, Serving};
use crate::facts::cluster::Cluster;
use crate::plan::{Plan, Source};
use crate::policy::Peer;
use crate::rule::Rule;
use crate::settings::KnownController;

/// The field of an Ingress that says its class, or would.
pub(super) fn class_field(ingress: &Item) -> FieldPath {
    let is_stated = ingress.value()["spec"]["ingressClassName"].is_string();
    match ingress.annotation(CLASS_ANNOTATION) {
        Some(_) if !is_stated => FieldPath::annotation(CLASS_ANNOTATION),
        _ => FieldPath::from("spec.ingressClassName"),
    }
}

/// The controllers that serve a class, or may.
pub(super) fn serving<'c>(cluster: &'c Cluster<'_>, class: &Class) -> Vec<&'c IngressController> {
    match cluster.serving(class) {
        Serving::One(controller) => vec![controller],
        Serving::OneOf(several) => several.into_iter().map(|known| &known.pods).collect(),
        Serving::Foreign(_) | Serving::Unknown => Vec::new(),
    }
}

/// The pods that serve a class as peers. Without any, the field that names the class has a finding.
pub(super) fn peers(plan: &mut Plan<'_, '_>, source: &Source, class: &Class) -> Vec<Peer> {
    let cluster = plan.cluster;
    let name = class.name();
    match cluster.serving(class) {
        Serving::One(_) => {}
        Serving::OneOf(several) => report_ambiguous(plan, source, name, &several),
        Serving::Foreign(controller) => {
            let message = format!(
                "class `{name}` of this build is served by controller `{controller}`, whose pods this function does not know; \
                 add it to `spec.ingressControllers`"
            );
            plan.report_once(source.finding(Rule::ClassWithoutController, message));
        }
        Serving::Unknown => {
            let known: Vec<_> = cluster.settings.class_names().iter().map(|class| format!("`{class}`")).collect();
            let known = known.join(", ");
            let message = format!("unknown class `{name}`; add it to `spec.ingressControllers`, which has {known}");
            plan.report_once(source.finding(Rule::ClassWithoutController, message));
        }
    }
    let controllers = serving(cluster, class);
    controllers.into_iter().flat_map(|controller| cluster.settings.controller_peers(controller)).collect()
}

/// Says that several controllers call their class the same.
fn report_ambiguous(plan: &mut Plan<'_, '_>, source: &Source, class: &str, several: &[&KnownController]) {
    let names = several.iter().map(|known| format!("`{}` in namespace `{}`", known.app_name(), known.pods.namespace));
    let message = format!(
        "class `{class}` is that of {}, and this build does not say which, so the pods of each are let in; add the \
         IngressClass to the build, or the class to `spec.ingressControllers`",
        names.collect::<Vec<_>>().join(" or of ")
    );
    plan.report_once(source.finding(Rule::ClassAmbiguous, message).because_of(class));
}
