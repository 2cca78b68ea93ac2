//! Images that come from image streams: found in every workload, and written as the images that they are.

use std::collections::{BTreeMap, BTreeSet};

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, ItemId};
use manifests::images::Image;
use manifests::pods::{Container, PodTemplate};
use serde_json::Value;

use crate::kinds::{DEPLOYMENT_CONFIG, IMAGE_STREAM};
use crate::plan::Plan;
use crate::resolver::{Resolution, Resolver};
use crate::rule::Rule;
use crate::stream_tag::{StreamTag, is_internal_image};
use crate::triggers::{self, Containers, ImageTrigger, image_triggers};

/// The annotation that makes OpenShift look for image streams behind bare names.
const RESOLVE_NAMES: &str = "alpha.image.policy.openshift.io/resolve-names";
/// The label of the streams that the dashboard of OpenShift AI offers.
const NOTEBOOK: &str = "opendatahub.io/notebook-image";

/// Writes images in the place of names in image streams, and notes which streams are read.
#[derive(Debug)]
pub(crate) struct Images<'r> {
    resolver: Resolver<'r>,
    /// The streams that are read, and whether each reader got its image.
    read: BTreeMap<ItemId, bool>,
    /// The entries of the option `images` that gave an image.
    used: BTreeSet<String>,
}

/// A field that holds an image.
#[derive(Debug, Clone)]
struct Place {
    pointer: String,
    path: FieldPath,
    /// What is told if there is no image.
    rule: Rule,
}

impl<'r> Images<'r> {
    pub(crate) fn new(resolver: Resolver<'r>) -> Self {
        Self { resolver, read: BTreeMap::new(), used: BTreeSet::new() }
    }

    /// Resolves the images of every workload, and takes out the streams that are no longer read.
    pub(crate) fn resolve_all(mut self, plan: &mut Plan) {
        let resources = self.resolver.resources;
        for item in resources.iter() {
            if let Some(template) = PodTemplate::of(item) {
                self.workload(item, &template, plan);
            }
        }
        for item in resources.iter().filter(|item| IMAGE_STREAM.is_of(item)) {
            self.stream(item, plan);
        }
        self.report_unused(plan);
    }

    /// Tells of the entries of the option `images` that no workload asks for.
    fn report_unused(&self, plan: &mut Plan) {
        let entries = self.resolver.spec.images.keys();
        let unused: Vec<_> =
            entries.filter(|entry| !self.used.contains(*entry)).map(|entry| format!("`{entry}`")).collect();
        if !unused.is_empty() {
            let message = format!("no workload of the build asks for these entries of `images`: {}", unused.join(", "));
            plan.tell(Finding::new(Rule::UnusedImageEntry, message));
        }
    }

    fn workload(&mut self, item: &Item, template: &PodTemplate<'_>, plan: &mut Plan) {
        let triggers = self.triggers(item, template, plan);
        let resolves_names = resolves_names(item, template);
        for container in template.containers() {
            let place = Place::of(&container, template);
            let trigger = triggers.iter().find(|trigger| trigger.is_active && trigger.containers.contain(&container));
            let written = container.value["image"].as_str().unwrap_or_default();
            let image = written.trim();
            if let Some(trigger) = trigger {
                self.trigger(item, &place, trigger, plan);
            } else if image.is_empty() && DEPLOYMENT_CONFIG.is_of(item) {
                plan.report(Rule::MissingImage, item, place.path, MISSING);
            } else {
                // OpenShift takes the white space away from images.
                if image != written && DEPLOYMENT_CONFIG.is_of(item) {
                    set(plan.edit(item), &place.pointer, image.to_owned());
                }
                self.name(item, &place, (image, resolves_names), plan);
            }
        }
        for (index, (path, volume)) in template.volumes().enumerate() {
            let Some(image) = volume["image"]["reference"].as_str() else { continue };
            let pointer = format!("{}/volumes/{index}/image/reference", template.spec_pointer());
            let place = Place { pointer, path: path.key("image").key("reference"), rule: Rule::InternalImage };
            self.name(item, &place, (image, false), plan);
        }
        drop_annotations(item, template, plan);
    }

    /// The triggers of a workload that can be read, each of them once for the streams that they name.
    fn triggers(&mut self, item: &Item, template: &PodTemplate<'_>, plan: &mut Plan) -> Vec<ImageTrigger> {
        let mut triggers = Vec::new();
        for trigger in image_triggers(item, template) {
            match trigger {
                Ok(trigger) => triggers.push(trigger),
                Err(problem) => {
                    let message = format!("this image trigger cannot be read: {}; correct it", problem.reason);
                    plan.report(Rule::UnreadableTrigger, item, problem.path, message);
                }
            }
        }
        for trigger in &triggers {
            if let Ok(stream) = self.resolver.stream(item, &trigger.from) {
                self.read.entry(stream.id()).or_insert(true);
            }
            self.check_containers(item, template, trigger, plan);
        }
        triggers
    }

    /// A trigger of the annotation for a container that is not there did nothing on OpenShift either, but is likely an error.
    fn check_containers(&self, item: &Item, template: &PodTemplate<'_>, trigger: &ImageTrigger, plan: &mut Plan) {
        let is_missing = !template.containers().any(|container| trigger.containers.contain(&container));
        if is_missing && !matches!(trigger.containers, Containers::Named(_)) {
            let message =
                format!("this image trigger cannot be read: no container gets `{}`; correct it", trigger.from);
            plan.report(Rule::UnreadableTrigger, item, FieldPath::annotation(triggers::ANNOTATION), message);
        }
    }

    fn trigger(&mut self, item: &Item, place: &Place, trigger: &ImageTrigger, plan: &mut Plan) {
        let mut resolution = self.resolver.resolve(item, &trigger.from);
        let last = trigger.last.as_ref().filter(|image| Image::parse(image).is_ok() && !is_internal_image(image));
        if let (None, Some(last)) = (&resolution.image, last) {
            let message =
                format!("becomes `{last}`, the last image of the trigger on `{}`: {}", trigger.from, resolution.gap);
            plan.report(Rule::LastImageUsed, item, place.path.clone(), message);
            resolution.image = Some(last.clone());
        }
        self.write(item, place, (&trigger.from, resolution), plan);
    }

    /// Resolves an image that no trigger writes, if it names an image stream. A bare name does so where OpenShift looks for
    /// streams behind names.
    fn name(&mut self, item: &Item, place: &Place, (text, resolves_names): (&str, bool), plan: &mut Plan) {
        if is_internal_image(text) {
            let place = Place { rule: Rule::InternalImage, ..place.clone() };
            match StreamTag::of_internal_registry(text) {
                Some(tag) => {
                    let resolution = self.resolver.resolve(item, &tag);
                    self.write(item, &place, (&tag, resolution), plan);
                }
                None => {
                    let message = format!(
                        "`{text}` is in the internal registry of OpenShift, which K3s does not have; write another image"
                    );
                    plan.report(Rule::InternalImage, item, place.path, message);
                }
            }
            return;
        }
        let Some(tag) = StreamTag::parse(item.namespace(), text) else { return };
        let is_local = |stream: &Item| stream.value()["spec"]["lookupPolicy"]["local"] == true;
        if resolves_names || self.resolver.stream(item, &tag).is_ok_and(is_local) {
            let mut resolution = self.resolver.resolve(item, &tag);
            resolution.gap.push_str("; as it is written, K3s would pull it from Docker Hub");
            self.write(item, place, (&tag, resolution), plan);
        }
    }

    /// Writes an image, or tells why there is none.
    fn write(&mut self, item: &Item, place: &Place, (tag, resolution): (&StreamTag, Resolution), plan: &mut Plan) {
        for stream in &resolution.streams {
            *self.read.entry(*stream).or_insert(true) &= resolution.image.is_some();
        }
        self.used.extend(resolution.entry);
        let Some(image) = resolution.image else {
            let message =
                format!("comes from {}, and nothing says which image that is: {}", tag.describe(), resolution.gap);
            return plan.note(place.rule, item, place.path.clone(), message);
        };
        for (rule, message) in resolution.notes {
            plan.note(rule, item, place.path.clone(), message);
        }
        set(plan.edit(item), &place.pointer, image);
    }

    /// Takes out a stream that gave its images, and tells of one that nothing reads.
    fn stream(&self, item: &Item, plan: &mut Plan) {
        match self.read.get(&item.id()) {
            Some(true) => plan.remove(item),
            Some(false) => {}
            None if self.resolver.builds.names(item) => {}
            None => {
                let is_notebook = !item.value()["metadata"]["labels"][NOTEBOOK].is_null();
                plan.note(Rule::UnreadImageStream, item, "spec", if is_notebook { FOR_A_PROGRAM } else { UNREAD });
            }
        }
    }
}

const MISSING: &str = "this container has no image, and no trigger gives it one; write the image. A strategic patch of a \
                       DeploymentConfig replaces the whole list of containers and so takes the image away; use a JSON patch";
const UNREAD: &str = "no workload of the build reads this ImageStream, and K3s does not know the kind; take it out, or map its \
                      images where they are used";
const FOR_A_PROGRAM: &str = "OpenShift AI reads this ImageStream through the API, and K3s does not know the kind; take it out, \
                             and give the program its images in another way";

impl Place {
    fn of(container: &Container<'_>, template: &PodTemplate<'_>) -> Self {
        let list = container.role.field();
        let pointer = format!("{}/{list}/{}/image", template.spec_pointer(), container.index);
        Self { pointer, path: container.path().key("image"), rule: Rule::UnresolvedImage }
    }
}

/// Whether OpenShift looks for image streams behind the bare names of images.
fn resolves_names(item: &Item, template: &PodTemplate<'_>) -> bool {
    let of_pods = template.metadata["annotations"][RESOLVE_NAMES].as_str();
    of_pods.or(item.annotation(RESOLVE_NAMES)).is_some_and(|names| names == "*")
}

/// Takes out the annotations that nothing on K3s reads.
fn drop_annotations(item: &Item, template: &PodTemplate<'_>, plan: &mut Plan) {
    let of_pods = format!("{}/metadata", template.kind.template);
    for (metadata, key) in
        [("/metadata", triggers::ANNOTATION), ("/metadata", RESOLVE_NAMES), (&of_pods, RESOLVE_NAMES)]
    {
        let has_it = plan.value(item).pointer(metadata).is_some_and(|metadata| !metadata["annotations"][key].is_null());
        if has_it {
            remove_annotation(plan.edit(item), metadata, key);
        }
    }
}

/// Takes out an annotation, and the mapping of annotations with the last one.
pub(crate) fn remove_annotation(object: &mut Value, metadata: &str, key: &str) {
    let Some(Value::Object(metadata)) = object.pointer_mut(metadata) else { return };
    let Some(Value::Object(annotations)) = metadata.get_mut("annotations") else { return };
    annotations.shift_remove(key);
    if annotations.is_empty() {
        metadata.shift_remove("annotations");
    }
}

/// Writes a text at a pointer whose parent is there.
fn set(object: &mut Value, pointer: &str, text: String) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(parent)) = object.pointer_mut(parent) {
        parent.insert(key.to_owned(), text.into());
    }
}
