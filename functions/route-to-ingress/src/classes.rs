//! Which controller serves the class of the options, as far as the platform and the build tell. What is written for another
//! one does nothing there, and its allow lists keep no client out.

use std::collections::BTreeSet;

use krm::finding::Finding;
use krm::resource_list::Resources;
use krm::rule::Severity;
use platforms::ingress_controllers;

use crate::config::{Controller, Spec, Target};
use crate::exposure::Exposure;
use crate::rule::Rule;

/// Says what speaks against the controllers that Routes are written for, once for each class.
pub(crate) fn doubts(exposures: &[Exposure<'_>], options: &[Spec], resources: &Resources) -> Vec<Finding> {
    let used: BTreeSet<_> = exposures.iter().map(|exposure| exposure.options).collect();
    let mut told = BTreeSet::new();
    let used = used.into_iter().map(|place| &options[place]).filter(|spec| spec.target != Target::Gateway);
    used.filter(|spec| told.insert(&spec.ingress_class_name)).filter_map(|spec| doubt(spec, resources)).collect()
}

fn doubt(spec: &Spec, resources: &Resources) -> Option<Finding> {
    let written_for = spec.controller().ok()?;
    match controller_of_class(&spec.ingress_class_name, resources) {
        Some(controller) => contradiction(spec, written_for, &controller),
        None => doubt_of_platform(spec, written_for),
    }
}

/// What the IngressClass of this name says, if the build has it.
fn controller_of_class(class: &str, resources: &Resources) -> Option<String> {
    let mut classes = resources.iter().filter(|item| item.is("networking.k8s.io", "IngressClass"));
    let found = classes.find(|item| item.name() == class)?;
    found.value()["spec"]["controller"].as_str().map(str::to_owned)
}

/// The IngressClass names another controller. One that no table knows may be the one that the options name.
fn contradiction(spec: &Spec, written_for: Controller, controller: &str) -> Option<Finding> {
    let known = ingress_controllers(spec.platform).find(|known| known.is(controller));
    let is_ours = match &known {
        Some(known) => known.app_name == written_for.app_name(),
        None => spec.controller.is_some(),
    };
    let message = format!(
        "class `{}` of this build is served by controller `{controller}`, which does not read what is written for `{}`; \
         name a class of that one, or say who serves this class by `spec.controller`",
        spec.ingress_class_name,
        written_for.app_name()
    );
    (!is_ours).then(|| Finding::new(Rule::ClassOfAnotherController, message).at("spec.ingressClassName"))
}

/// The platform knows the class as that of another controller, or of several.
fn doubt_of_platform(spec: &Spec, written_for: Controller) -> Option<Finding> {
    let class = &spec.ingress_class_name;
    let names: Vec<_> = spec.known_controllers().map(|known| known.app_name).collect();
    let (platform, app_name) = (spec.platform.name(), written_for.app_name());
    let is_stated = spec.controller.is_some();
    if is_stated && !names.is_empty() && !names.contains(&app_name) {
        let message = format!(
            "`{class}` is the class of `{}` on {platform}, which does not read what is written for `{app_name}`; add the \
             IngressClass to the build if it is another's, or name a class of `{app_name}`",
            names.join("` or `")
        );
        let finding = Finding::new(Rule::ClassOfAnotherController, message).with_severity(Severity::Warning);
        return Some(finding.at("spec.ingressClassName"));
    }
    let message = format!(
        "`{class}` is the class of `{}` on {platform}, and what is written is for `{app_name}`; say so by `spec.controller`, \
         or add the IngressClass to the build",
        names.join("` and of `")
    );
    let is_unclear = !is_stated && names.len() > 1;
    is_unclear.then(|| Finding::new(Rule::ControllerAmbiguous, message).at("spec.ingressClassName"))
}
