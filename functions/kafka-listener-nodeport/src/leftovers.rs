//! What of OpenShift and AMQ Streams is left around a Kafka.

use std::collections::{BTreeSet, HashSet};

use krm::field::{FieldPath, Pointer, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Prefilter, Resources};
use serde_json::{Map, Value, json};

use crate::bootstrap_keys::is_bootstrap_key;
use crate::cluster::{Cluster, GROUP, Pool};
use crate::config::{OldType, Spec};
use crate::listener::LISTENERS;
use crate::rule::Rule;
use crate::{scalars, strimzi};

/// The repositories of AMQ Streams images. They need a pull secret of Red Hat.
const AMQ_IMAGES: [&str; 2] = ["registry.redhat.io/amq-streams/", "registry.redhat.io/amq7/amq-streams-"];

/// Templates of the Routes and Ingresses of old listeners.
const TEMPLATES: [(OldType, [&str; 2]); 2] = [
    (OldType::Route, ["externalBootstrapRoute", "perPodRoute"]),
    (OldType::Ingress, ["externalBootstrapIngress", "perPodIngress"]),
];

/// Takes out the templates of objects that no listener of the cluster makes any more.
pub(crate) fn drop_templates(cluster: &Cluster, resources: &mut Resources) {
    let value = resources.get(cluster.id).value();
    let listeners = value.pointer(LISTENERS).and_then(Value::as_array).cloned().unwrap_or_default();
    let dead = TEMPLATES.iter().filter(|(old, _)| !listeners.iter().any(|listener| listener["type"] == old.name()));
    let dead: Vec<&str> = dead.flat_map(|(_, names)| names).copied().collect();
    drop_template(cluster.id, "/spec/kafka", &dead, resources);
    for Pool { id, .. } in &cluster.pools {
        drop_template(*id, "/spec", &dead, resources);
    }
}

fn drop_template(id: ItemId, parent: &str, names: &[&str], resources: &mut Resources) {
    let has_one = |template: &Map<String, Value>| names.iter().any(|name| template.contains_key(*name));
    let template = resources.get(id).value().pointer(parent).and_then(|parent| parent["template"].as_object());
    if !template.is_some_and(has_one) {
        return;
    }
    let Some(parent) = resources.edit(id).pointer_mut(parent).and_then(Value::as_object_mut) else { return };
    let Some(template) = parent.get_mut("template").and_then(Value::as_object_mut) else { return };
    template.retain(|name, _| !names.contains(&name.as_str()));
    if template.is_empty() {
        parent.shift_remove("template");
    }
}

/// Maps the AMQ Streams images of Strimzi's objects and reports the others. It gives the images of the config that no
/// object has.
pub(crate) fn map_images<'s>(spec: &'s Spec, resources: &mut Resources, findings: &mut Findings) -> BTreeSet<&'s str> {
    let mut unmatched: BTreeSet<_> = spec.images.keys().map(String::as_str).collect();
    let mut changes: Vec<(ItemId, PointerBuf, &str)> = Vec::new();
    let prefilter = Prefilter::new(AMQ_IMAGES);
    for item in resources.iter().filter(|item| prefilter.may_match(item)) {
        scalars::visit(item.value(), "", |scalar| {
            let Some(image) = scalar.value.as_str().filter(|image| is_amq_image(image)) else { return };
            unmatched.remove(image);
            match (item.group() == GROUP, spec.images.get(image)) {
                (true, Some(new)) => changes.push((item.id(), scalar.pointer.clone(), new)),
                (of_strimzi, _) => {
                    let remedy = if of_strimzi {
                        "give the upstream image in `images`, or nothing there for the operator's own"
                    } else {
                        "use the upstream image `quay.io/strimzi/…`"
                    };
                    let message = format!("an image of AMQ Streams, which only Red Hat's customers can pull; {remedy}");
                    findings.push(Finding::new(Rule::AmqStreamsImage, message).on(item).at(scalar.path()));
                }
            }
        });
    }
    for (id, pointer, new) in changes {
        set_or_remove(resources.edit(id), &pointer, new);
    }
    unmatched
}

fn is_amq_image(image: &str) -> bool {
    AMQ_IMAGES.iter().any(|amq| image.starts_with(amq))
}

/// Sets the text at a pointer. An empty text takes the entry of a mapping out.
fn set_or_remove(object: &mut Value, pointer: &Pointer, text: &str) {
    let Some((parent, key)) = pointer.split_back() else { return };
    match object.pointer_mut(parent.as_str()) {
        Some(Value::Object(parent)) if text.is_empty() => drop(parent.shift_remove(key.decoded().as_ref())),
        _ => object.pointer_mut(pointer.as_str()).into_iter().for_each(|value| *value = json!(text)),
    }
}

/// Reports objects that only OpenShift can use.
pub(crate) fn report(spec: &Spec, resources: &Resources, findings: &mut Findings) {
    for item in resources.iter() {
        match (item.group(), item.kind()) {
            ("operators.coreos.com", "Subscription") => findings.extend(subscription(item)),
            (GROUP, "KafkaConnectS2I") => {
                let message =
                    "builds its image with OpenShift, and Strimzi no longer has it; use a KafkaConnect with `build`";
                findings.push(Finding::new(Rule::OpenShiftConnectBuild, message).on(item));
            }
            (GROUP, "KafkaConnect") if item.value()["spec"]["build"]["output"]["type"] == "imagestream" => {
                let message = "pushes to an ImageStream of OpenShift; use `docker` with a registry";
                let finding = Finding::new(Rule::OpenShiftConnectBuild, message).on(item).at("spec.build.output.type");
                findings.push(finding.current("imagestream"));
            }
            ("bitnami.com", "SealedSecret") => findings.extend(sealed_addresses(item, spec)),
            _ => {}
        }
    }
}

/// A Subscription of OLM to Strimzi, as Red Hat or as its own project packages it.
fn subscription(item: &Item) -> Option<Finding> {
    let spec = &item.value()["spec"];
    let name = spec["name"].as_str()?;
    let (rule, message) = match name {
        "amq-streams" => {
            let release = strimzi::behind_channel(spec["channel"].as_str().unwrap_or_default());
            let release = release.map(|release| format!(" {release}")).unwrap_or_default();
            let message = format!(
                "subscribes to AMQ Streams, which comes from Red Hat by way of OLM; K3s has neither: install Strimzi{release} \
                 from its own manifests or chart, and take this out"
            );
            (Rule::AmqStreamsSubscription, message)
        }
        "strimzi-kafka-operator" => {
            let message = "subscribes to Strimzi by way of OLM, which K3s does not have of itself: install Strimzi from its own \
                           manifests or chart, and take this out; accept it if OLM runs there";
            (Rule::StrimziSubscription, message.to_owned())
        }
        _ => return None,
    };
    Some(Finding::new(rule, message).on(item).at("spec.name").current(name))
}

/// The names in `resealed` that no SealedSecret has.
pub(crate) fn unmatched_resealed<'s>(spec: &'s Spec, resources: &Resources) -> BTreeSet<&'s str> {
    let sealed = resources.iter().filter(|item| item.is("bitnami.com", "SealedSecret"));
    let names: HashSet<_> = sealed.flat_map(Item::names).collect();
    spec.resealed.iter().map(String::as_str).filter(|name| !names.contains(*name)).collect()
}

/// Keys of a SealedSecret that read like bootstrap addresses.
fn sealed_addresses(item: &Item, spec: &Spec) -> Vec<Finding> {
    if item.names().iter().any(|name| spec.resealed.contains(name)) {
        return Vec::new();
    }
    let keys = item.value()["spec"]["encryptedData"].as_object().into_iter().flat_map(Map::keys);
    let finding = |key: &String| {
        let message = "sounds like a bootstrap address, and its value is encrypted; if it is that of a replaced listener, seal the \
                       new one and name the SealedSecret in `resealed`";
        Finding::new(Rule::SealedBootstrapAddress, message).on(item).at(FieldPath::from("spec.encryptedData").key(key))
    };
    keys.filter(|key| is_bootstrap_key(key)).map(finding).collect()
}
