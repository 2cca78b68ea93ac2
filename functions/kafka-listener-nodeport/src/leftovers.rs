//! What of OpenShift and AMQ Streams is left around a Kafka.

use krm::finding::{Finding, Findings};
use krm::resource_list::{ItemId, Resources};
use serde_json::{Map, Value, json};

use crate::addresses::is_bootstrap_key;
use crate::cluster::{Cluster, GROUP, Pool};
use crate::config::{OldType, Spec};
use crate::listener::LISTENERS;
use crate::strimzi;
use crate::walk;

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
    let template = resources.get(id).value().pointer(&format!("{parent}/template")).and_then(Value::as_object);
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

/// Maps the AMQ Streams images of Strimzi's objects and reports the others.
pub(crate) fn map_images(spec: &Spec, resources: &mut Resources, findings: &mut Findings) {
    let mut changes: Vec<(ItemId, String, &str)> = Vec::new();
    let holds_image = |text: &str| AMQ_IMAGES.iter().any(|amq| text.contains(amq));
    for item in resources.iter().filter(|item| walk::is_worth_reading(item, holds_image)) {
        walk::scalars(item.value(), "", &mut |place, value| {
            let Some(image) = value.as_str().filter(|image| AMQ_IMAGES.iter().any(|amq| image.starts_with(amq))) else {
                return;
            };
            match spec.images.get(image) {
                Some(new) if item.group() == GROUP => changes.push((item.id(), place.pointer.clone(), new)),
                _ => {
                    let message = "an image of AMQ Streams, which only Red Hat's customers can pull; give the upstream image \
                                   in `images`, or nothing there for the operator's own";
                    let message = if item.group() == GROUP {
                        message
                    } else {
                        "an image of AMQ Streams, which only Red Hat's customers can pull; use the upstream image `quay.io/strimzi/…`"
                    };
                    findings.push(Finding::warning(message).on(item.reference()).at(place.path()).current(image));
                }
            }
        });
    }
    for (id, pointer, new) in changes {
        let object = resources.edit(id);
        let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
        match object.pointer_mut(parent) {
            Some(Value::Object(parent)) if new.is_empty() => drop(parent.shift_remove(key)),
            _ => object.pointer_mut(&pointer).into_iter().for_each(|image| *image = json!(new)),
        }
    }
}

/// Reports objects that only OpenShift can use.
pub(crate) fn report(spec: &Spec, resources: &Resources, findings: &mut Findings) {
    const GROUPS: [&str; 3] = ["operators.coreos.com", GROUP, "bitnami.com"];
    for item in resources.iter().filter(|item| GROUPS.contains(&item.group())) {
        let value = item.value();
        if item.is("operators.coreos.com", "Subscription") && value["spec"]["name"] == "amq-streams" {
            let channel = value["spec"]["channel"].as_str().unwrap_or_default();
            let release = strimzi::behind_channel(channel).map(|release| format!(" {release}")).unwrap_or_default();
            let message = format!(
                "subscribes to AMQ Streams, which comes from Red Hat by way of OLM; K3s has neither: install Strimzi{release} from \
                 its own manifests or chart, and take this out"
            );
            findings.push(Finding::warning(message).on(item.reference()).at("spec.name").current("amq-streams"));
        }
        if item.is(GROUP, "KafkaConnectS2I") {
            let message =
                "builds its image with OpenShift, and Strimzi no longer has it; use a KafkaConnect with `build`";
            findings.push(Finding::warning(message).on(item.reference()));
        }
        if item.is(GROUP, "KafkaConnect") && value["spec"]["build"]["output"]["type"] == "imagestream" {
            let message = "pushes to an ImageStream of OpenShift; use `docker` with a registry";
            findings.push(
                Finding::warning(message).on(item.reference()).at("spec.build.output.type").current("imagestream"),
            );
        }
        if item.is("bitnami.com", "SealedSecret") && !item.names().iter().any(|name| spec.resealed.contains(name)) {
            for key in value["spec"]["encryptedData"].as_object().into_iter().flat_map(Map::keys) {
                if is_bootstrap_key(key) {
                    let message = "sounds like a bootstrap address, and nobody can see inside; if it is that of a replaced listener, \
                                   seal the new one and name the SealedSecret in `resealed`";
                    let path = format!("spec.encryptedData.{key}");
                    findings.push(Finding::warning(message).on(item.reference()).at(path));
                }
            }
        }
    }
}
