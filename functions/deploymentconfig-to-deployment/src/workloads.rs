//! Images of workloads that come from image streams: they are written as the images that they are.

use krm::field::FieldPath;
use krm::resource_list::Item;
use manifests::images::Image;
use manifests::pods::{Container, PodTemplate};
use serde_json::Value;

use crate::annotations;
use crate::kinds::DEPLOYMENT_CONFIG;
use crate::plan::Plan;
use crate::resolver::{Resolution, Resolver, in_full};
use crate::rule::Rule;
use crate::stream_tag::{StreamTag, is_internal_image};
use crate::triggers::{self, Containers, ImageTrigger, image_triggers};
use crate::usage::Usage;

/// The annotation that makes OpenShift look for image streams behind bare names.
const RESOLVE_NAMES: &str = "alpha.image.policy.openshift.io/resolve-names";

const MISSING: &str = "this container has no image, and no trigger gives it one; write the image. A strategic patch of a \
                       DeploymentConfig replaces the whole list of containers and so takes the image away; use a JSON patch";

/// Resolves the images of every workload, and gives what they read.
pub(crate) fn resolve_all(resolver: &Resolver<'_>, plan: &mut Plan) -> Usage {
    let mut usage = Usage::default();
    for item in resolver.resources.iter() {
        resolver.resources.look(item, |item| {
            if let Some(template) = PodTemplate::of(item) {
                Workload { item, template, resolver, usage: &mut usage, plan: &mut *plan }.resolve();
            }
        });
    }
    usage
}

/// A workload whose images are resolved.
struct Workload<'w> {
    item: &'w Item,
    template: PodTemplate<'w>,
    resolver: &'w Resolver<'w>,
    usage: &'w mut Usage,
    plan: &'w mut Plan,
}

/// A field that holds an image.
#[derive(Debug, Clone)]
struct Place {
    pointer: String,
    path: FieldPath,
    /// What is reported if there is no image.
    rule: Rule,
}

impl Workload<'_> {
    fn resolve(mut self) {
        let triggers = self.triggers();
        for container in self.template.containers() {
            self.container(&container, &triggers);
        }
        for (index, (path, volume)) in self.template.volumes().enumerate() {
            if let Some(image) = volume["image"]["reference"].as_str().filter(|image| is_internal_image(image)) {
                let pointer = format!("{}/volumes/{index}/image/reference", self.template.spec_pointer());
                let path = path.key("image").key("reference");
                self.internal(&Place { pointer, path, rule: Rule::InternalImage }, image);
            }
        }
        self.drop_annotations();
    }

    /// The triggers that can be read.
    fn triggers(&mut self) -> Vec<ImageTrigger> {
        let mut triggers = Vec::new();
        for trigger in image_triggers(self.item, &self.template) {
            match trigger {
                Ok(trigger) => triggers.push(trigger),
                Err(problem) => {
                    let message = format!("this image trigger cannot be read: {}; correct it", problem.reason);
                    self.plan.report(Rule::UnreadableTrigger, self.item, problem.path, message);
                }
            }
        }
        for trigger in &triggers {
            // A trigger that writes no image reads its stream all the same.
            if let Ok(stream) = self.resolver.stream(self.item, &trigger.from) {
                self.usage.note_stream(stream.id());
            }
            self.check_containers(trigger);
        }
        triggers
    }

    /// OpenShift ignores unknown names in a trigger of a DeploymentConfig, and refuses to follow the path of an annotation.
    fn check_containers(&mut self, trigger: &ImageTrigger) {
        let is_missing = !self.template.containers().any(|container| trigger.containers.contain(&container));
        if is_missing && !matches!(trigger.containers, Containers::Named(_)) {
            let message =
                format!("this image trigger cannot be read: no container gets `{}`; correct it", trigger.from);
            self.plan.report(Rule::UnreadableTrigger, self.item, FieldPath::annotation(triggers::ANNOTATION), message);
        }
    }

    fn container(&mut self, container: &Container<'_>, triggers: &[ImageTrigger]) {
        let place = Place::of(container, &self.template);
        let written = container.value["image"].as_str().unwrap_or_default();
        let image = written.trim();
        let is_of_config = DEPLOYMENT_CONFIG.is_of(self.item);
        // Of several triggers the last one writes last. A rollout on request fills a blank image in by a trigger that waits.
        let of_container = || triggers.iter().rev().filter(|trigger| trigger.containers.contain(container));
        let active = of_container().find(|trigger| trigger.is_active);
        if let Some(trigger) = active.or_else(|| of_container().next().filter(|_| image.is_empty())) {
            self.trigger(&place, trigger);
        } else if image.is_empty() && is_of_config {
            self.plan.report(Rule::MissingImage, self.item, place.path, MISSING);
        } else {
            // OpenShift takes the white space away from images.
            if image != written && is_of_config {
                set(self.plan.edit(self.item), &place.pointer, image.to_owned());
            }
            self.untriggered(&place, image);
        }
    }

    fn trigger(&mut self, place: &Place, trigger: &ImageTrigger) {
        let mut resolution = self.resolver.resolve(self.item, &trigger.from);
        let last = trigger.last.as_ref().filter(|image| Image::parse(image).is_ok() && !is_internal_image(image));
        if let (None, Some(last)) = (&resolution.image, last) {
            let message =
                format!("becomes `{last}`, the last image of the trigger on `{}`: {}", trigger.from, resolution.gap);
            self.plan.report(Rule::LastImageUsed, self.item, place.path.clone(), message);
            resolution.image = Some(in_full(last));
        }
        self.write(place, &trigger.from, resolution);
    }

    /// An image that no trigger writes names an image stream by the host of the internal registry, or by a bare name where
    /// OpenShift looks for streams behind names.
    fn untriggered(&mut self, place: &Place, text: &str) {
        if is_internal_image(text) {
            return self.internal(&Place { rule: Rule::InternalImage, ..place.clone() }, text);
        }
        let Some(tag) = StreamTag::parse(self.item.namespace(), text) else { return };
        let is_local = |stream: &Item| stream.value()["spec"]["lookupPolicy"]["local"] == true;
        if self.resolves_names() || self.resolver.stream(self.item, &tag).is_ok_and(is_local) {
            let mut resolution = self.resolver.resolve(self.item, &tag);
            resolution.gap.push_str("; as it is written, K3s would pull it from Docker Hub");
            self.write(place, &tag, resolution);
        }
    }

    fn internal(&mut self, place: &Place, text: &str) {
        if let Some(tag) = StreamTag::of_internal_registry(text) {
            let resolution = self.resolver.resolve(self.item, &tag);
            return self.write(place, &tag, resolution);
        }
        let message =
            format!("`{text}` is in the internal registry of OpenShift, which K3s does not have; write another image");
        self.plan.report(place.rule, self.item, place.path.clone(), message);
    }

    /// Writes an image, or tells why there is none.
    fn write(&mut self, place: &Place, tag: &StreamTag, resolution: Resolution) {
        resolution.streams.into_iter().for_each(|stream| self.usage.note_stream(stream));
        resolution.entry.into_iter().for_each(|entry| self.usage.note_entry(entry));
        let Some(image) = resolution.image else {
            let message =
                format!("comes from {}, and nothing says which image that is: {}", tag.describe(), resolution.gap);
            return self.plan.note(place.rule, self.item, place.path.clone(), message);
        };
        for (rule, message) in resolution.notes {
            self.plan.note(rule, self.item, place.path.clone(), message);
        }
        set(self.plan.edit(self.item), &place.pointer, image);
    }

    /// Whether OpenShift looks for image streams behind the bare names of images.
    fn resolves_names(&self) -> bool {
        let of_pods = self.template.metadata["annotations"][RESOLVE_NAMES].as_str();
        of_pods.or(self.item.annotation(RESOLVE_NAMES)).is_some_and(|names| names == "*")
    }

    fn drop_annotations(&mut self) {
        let of_pods = format!("{}/metadata", self.template.kind.template);
        for (metadata, key) in
            [("/metadata", triggers::ANNOTATION), ("/metadata", RESOLVE_NAMES), (&of_pods, RESOLVE_NAMES)]
        {
            let value = self.plan.value(self.item);
            if value.pointer(metadata).is_some_and(|metadata| !metadata["annotations"][key].is_null()) {
                annotations::remove(self.plan.edit(self.item), metadata, key);
            }
        }
    }
}

impl Place {
    fn of(container: &Container<'_>, template: &PodTemplate<'_>) -> Self {
        let list = container.role.field();
        let pointer = format!("{}/{list}/{}/image", template.spec_pointer(), container.index);
        Self { pointer, path: container.path().key("image"), rule: Rule::UnresolvedImage }
    }
}

/// Writes a text at a pointer whose parent is there.
fn set(object: &mut Value, pointer: &str, text: String) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(parent)) = object.pointer_mut(parent) {
        parent.insert(key.to_owned(), text.into());
    }
}
