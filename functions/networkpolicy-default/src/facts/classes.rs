//! The controllers that serve Ingress and Gateway classes, as far as options, platform and build say.

use std::collections::{BTreeMap, BTreeSet};

use krm::resource_list::Item;

use super::objects::Objects;
use crate::config::IngressController;
use crate::settings::{KnownController, Settings};

/// The annotation that named the class before `spec.ingressClassName`.
pub(crate) const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// A class by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// One that an Ingress or an object of Traefik names.
    Ingress(String),
    /// One that a Gateway names.
    Gateway(String),
}

impl Class {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Ingress(name) | Self::Gateway(name) => name,
        }
    }

    /// The class of an Ingress.
    pub(crate) fn of_ingress(settings: &Settings, ingress: &Item) -> Self {
        Self::Ingress(class_name(settings, ingress).to_owned())
    }

    /// The class of an Ingress, or of what becomes one, that names none.
    pub(crate) fn default_of(settings: &Settings) -> Self {
        Self::Ingress(settings.spec.default_ingress_class.clone())
    }

    /// The class that an object of Traefik names.
    pub(crate) fn of_traefik(item: &Item) -> Self {
        Self::Ingress(item.annotation(CLASS_ANNOTATION).unwrap_or("traefik").to_owned())
    }

    /// The class of a Gateway.
    pub(crate) fn of_gateway(gateway: &Item) -> Self {
        Self::Gateway(gateway.value()["spec"]["gatewayClassName"].as_str().unwrap_or_default().to_owned())
    }
}

/// The name of the class of an Ingress.
fn class_name<'i>(settings: &'i Settings, ingress: &'i Item) -> &'i str {
    let stated = ingress.value()["spec"]["ingressClassName"].as_str();
    stated.or_else(|| ingress.annotation(CLASS_ANNOTATION)).unwrap_or(&settings.spec.default_ingress_class)
}

/// Who serves a class.
pub(crate) enum Serving<'c> {
    /// This controller.
    One(&'c IngressController),
    /// One of several, and nothing says which.
    OneOf(Vec<&'c KnownController>),
    /// A controller of this name, whose pods are not known.
    Foreign(&'c str),
    /// A controller that is not known.
    Unknown,
}

/// What the build says about the controllers of classes.
#[derive(Default)]
pub(crate) struct Classes {
    /// The controllers that IngressClasses and GatewayClasses name.
    named: BTreeMap<Class, String>,
    /// The keys of the annotations of all Ingresses of a class.
    annotations: BTreeMap<String, BTreeSet<String>>,
}

impl Classes {
    /// Reads the classes of the build, by their present and their former names, and the annotations of its Ingresses.
    pub(crate) fn new(objects: &Objects<'_>, settings: &Settings) -> Self {
        let mut classes = Self::default();
        for item in objects.of("networking.k8s.io", "IngressClass") {
            classes.name(item, "controller", Class::Ingress);
        }
        for item in objects.of("gateway.networking.k8s.io", "GatewayClass") {
            classes.name(item, "controllerName", Class::Gateway);
        }
        for item in objects.of("networking.k8s.io", "Ingress") {
            let keys = item.value()["metadata"]["annotations"].as_object().into_iter().flatten().map(|(key, _)| key);
            let known = keys.filter(|key| settings.known.iter().any(|known| known.is_told_by(key)));
            let known: Vec<_> = known.cloned().collect();
            if !known.is_empty() {
                classes.annotations.entry(class_name(settings, item).to_owned()).or_default().extend(known);
            }
        }
        classes
    }

    fn name(&mut self, item: &Item, field: &str, class: fn(String) -> Class) {
        let Some(controller) = item.value()["spec"][field].as_str() else { return };
        for name in item.names() {
            self.named.insert(class(name.to_owned()), controller.to_owned());
        }
    }

    /// Who serves a class. The options come first, then what the class of the build names, then the annotations of its
    /// Ingresses, then the name.
    pub(crate) fn serving<'c>(&'c self, settings: &'c Settings, class: &Class) -> Serving<'c> {
        if let Some(configured) = settings.spec.ingress_controllers.get(class.name()) {
            return Serving::One(configured);
        }
        if let Some(controller) = self.named.get(class) {
            let known = settings.known.iter().find(|known| known.is(controller));
            return known.map_or(Serving::Foreign(controller), |known| Serving::One(&known.pods));
        }
        let of_class: Vec<_> = settings.known.iter().filter(|known| known.serves(class.name())).collect();
        let annotations = self.annotations.get(class.name());
        let is_told =
            |known: &&&KnownController| annotations.is_some_and(|keys| keys.iter().any(|key| known.is_told_by(key)));
        let told: Vec<_> = of_class.iter().filter(is_told).copied().collect();
        match (of_class.as_slice(), told.as_slice()) {
            ([], _) => Serving::Unknown,
            ([one], _) | (_, [one]) => Serving::One(&one.pods),
            _ => Serving::OneOf(of_class),
        }
    }
}
