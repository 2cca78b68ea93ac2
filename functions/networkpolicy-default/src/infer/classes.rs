//! Ingress classes, and the controllers that serve them.

use krm::field::FieldPath;
use krm::resource_list::Item;

use crate::config::IngressController;
use crate::plan::{Plan, Source};
use crate::rule::Rule;
use crate::settings::Settings;

/// The annotation that named the class before `spec.ingressClassName`.
pub(super) const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// The class of an Ingress, and the field that says so.
pub(super) fn class_of(settings: &Settings, ingress: &Item) -> (FieldPath, String) {
    let field = FieldPath::from("spec.ingressClassName");
    if let Some(class) = ingress.value()["spec"]["ingressClassName"].as_str() {
        return (field, class.to_owned());
    }
    match ingress.annotation(CLASS_ANNOTATION) {
        Some(class) => (FieldPath::annotation(CLASS_ANNOTATION), class.to_owned()),
        None => (field, settings.spec.default_ingress_class.clone()),
    }
}

/// The pods that serve a class. An unknown class is an error of the field that names it.
pub(super) fn controller<'c>(plan: &mut Plan<'c, '_>, source: &Source, class: &str) -> Option<&'c IngressController> {
    let controllers = &plan.cluster.settings.controllers;
    let found = controllers.get(class);
    if found.is_none() {
        let known: Vec<_> = controllers.keys().map(|class| format!("`{class}`")).collect();
        let known = known.join(", ");
        let message = format!("unknown class `{class}`; add it to `spec.ingressControllers`, which has {known}");
        plan.report_once(source.finding(Rule::ClassWithoutController, message));
    }
    found
}
