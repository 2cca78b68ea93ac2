//! Listeners that do not come up on K3s and are in no Kafka of the build: of Kafkas in other objects, and of Helm charts.

use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Prefilter, Resources};
use krm::yaml::Tree;
use manifests::helm::{self, Form};
use serde_json::Value;

use crate::cluster::GROUP;
use crate::config::{OldType, Spec};
use crate::rule::Rule;

/// The key of the listeners, in a Kafka as in the values of charts that make one.
const KEY: &str = "listeners";

/// Reports the listeners, once for each field that holds some.
pub(crate) fn report(spec: &Spec, resources: &Resources, findings: &mut Findings) {
    let prefilter = Prefilter::new([KEY]);
    let is_relevant = |item: &&Item| !item.is(GROUP, "Kafka") && prefilter.may_match(item);
    for item in resources.iter().filter(is_relevant) {
        let mut search = Search { spec, found: Vec::new() };
        search.visit(item.value(), &mut PointerBuf::new(), false);
        search.visit_charts(item.value());
        for Found { path, old_type } in search.found {
            let message = format!(
                "holds a listener of type `{old_type}`, and this function changes the objects of the build only; {}",
                remedy(item)
            );
            findings.push(Finding::new(Rule::WrappedListener, message).on(item).at(path));
        }
    }
}

fn remedy(item: &Item) -> &'static str {
    match (item.group(), item.kind()) {
        ("template.openshift.io" | "", "Template") => "process the Template before, as `oc process --local` does",
        _ if !helm::values_of(item.value()).is_empty() => {
            "give it the type and the node ports here, or run this function on what the chart renders"
        }
        _ => "run this function on the Kafka before it is wrapped in this object, or change the type here",
    }
}

/// A field with listeners, and the type of one of them.
struct Found {
    path: FieldPath,
    old_type: &'static str,
}

struct Search<'s> {
    spec: &'s Spec,
    found: Vec<Found>,
}

impl Search<'_> {
    /// Looks through a value. `in_kafka` says whether it is part of a Kafka; elsewhere an Ingress is no sign of one.
    fn visit(&mut self, value: &Value, pointer: &mut PointerBuf, in_kafka: bool) {
        match value {
            Value::Object(fields) => {
                let is_kafka = value["kind"] == "Kafka" && value["apiVersion"].as_str().is_some_and(is_of_strimzi);
                let in_kafka = in_kafka || is_kafka;
                for (key, value) in fields.iter().filter(|(key, _)| *key != "status") {
                    pointer.push_back(key);
                    match self.old_type(value, in_kafka).filter(|_| key == KEY) {
                        Some(old_type) => self.found.push(Found { path: FieldPath::from(&*pointer), old_type }),
                        None => self.visit(value, pointer, in_kafka),
                    }
                    pointer.pop_back();
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointer.push_back(index);
                    self.visit(item, pointer, in_kafka);
                    pointer.pop_back();
                }
            }
            Value::String(text) if text.contains(KEY) => self.visit_text(text, pointer),
            _ => {}
        }
    }

    /// Looks through a text that is YAML; of what it holds the field of the text is reported.
    fn visit_text(&mut self, text: &str, pointer: &PointerBuf) {
        let Ok(tree) = Tree::parse(text.to_owned()) else { return };
        let mut inner = Search { spec: self.spec, found: Vec::new() };
        for document in tree.documents() {
            let value = tree.value(document.root);
            if value.is_object() || value.is_array() {
                inner.visit(&value, &mut PointerBuf::new(), false);
            }
        }
        let first = inner.found.into_iter().next();
        self.found.extend(first.map(|found| Found { path: FieldPath::from(pointer), ..found }));
    }

    /// Looks through values of charts with dotted names. The other forms are found as they are.
    fn visit_charts(&mut self, object: &Value) {
        let values = helm::values_of(object);
        let dotted = values.iter().filter(|values| matches!(values.form, Form::Parameters | Form::Dotted));
        for part in dotted.flat_map(|values| values.read().unwrap_or_default()) {
            let mut inner = Search { spec: self.spec, found: Vec::new() };
            inner.visit(&part.value, &mut PointerBuf::new(), false);
            let first = inner.found.into_iter().next();
            self.found.extend(first.map(|found| Found { path: part.path_of(&PointerBuf::new()), ..found }));
        }
    }

    /// The old type of a listener among these, a list or the object of earlier versions.
    fn old_type(&self, listeners: &Value, in_kafka: bool) -> Option<&'static str> {
        let old = |listener: &Value| {
            let is_old = |old: &&OldType| listener["type"] == old.name() && (in_kafka || **old == OldType::Route);
            self.spec.replaces.iter().find(is_old).map(|old| old.name())
        };
        match listeners {
            Value::Array(items) => items.iter().find_map(old),
            Value::Object(items) => items.values().find_map(old),
            _ => None,
        }
    }
}

fn is_of_strimzi(api_version: &str) -> bool {
    api_version.split('/').next() == Some(GROUP)
}
