//! StorageClass objects of the old platform: dropped, converted, or made aliases.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::{Map, Value, json};

use crate::classes::{Classes, Outcome};
use crate::config::{StorageClasses, Unknown};
use crate::context::Context;
use crate::field_table::Certainty;
use crate::known_classes::{is_foreign, provisioner};
use crate::promises::{FILE_SYSTEM, Successor, class_of_driver, lost, lost_parameters};
use crate::rule::Rule;
use crate::target::{HETZNER, Target};
use crate::usage::Usage;

/// The marks of the class for claims that name none, the newer one first.
const DEFAULT_MARKS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// The file systems that the Hetzner driver makes (`internal/volumes/mount.go`).
const HETZNER_FILE_SYSTEMS: [&str; 3] = ["ext4", "xfs", "btrfs"];

/// Whether the object is a StorageClass.
pub(crate) fn is_one(item: &Item) -> bool {
    item.is("storage.k8s.io", "StorageClass")
}

/// The StorageClass objects whose provisioner the target cluster does not have.
pub(crate) fn foreign(resources: &Resources, target: Target) -> Vec<ItemId> {
    let is_foreign = |value: &Value| value["provisioner"].as_str().is_some_and(|name| is_foreign(name, target));
    resources
        .ids_of("storage.k8s.io", "StorageClass")
        .into_iter()
        .filter(|id| is_foreign(resources.get(*id).value()))
        .collect()
}

/// Deals with the StorageClass objects of the old platform.
pub(crate) fn rewrite(resources: &mut Resources, context: Context<'_>, usage: &Usage, findings: &mut Findings) {
    let foreign = foreign(resources, context.classes.target());
    let native = native_classes(resources, &foreign);
    findings.extend(needless_losses(resources, context, &native));
    if context.spec.storage_classes == StorageClasses::Drop {
        let dropper = Dropper { context, usage, native: &native };
        for id in foreign {
            dropper.drop_class(resources, id, findings);
        }
        return;
    }
    let mut converter = Converter::new(resources, context, &foreign, &native);
    let mut defined = BTreeSet::new();
    for id in foreign {
        defined.extend(resources.get(id).names());
        converter.convert(resources, id, findings);
    }
    if context.spec.storage_classes == StorageClasses::Alias {
        let used: BTreeSet<_> = usage.used().filter(|class| context.classes.is_source(class)).collect();
        for class in used.into_iter().filter(|class| !defined.contains(*class)) {
            converter.add(resources, class, findings);
        }
    }
}

/// The StorageClass objects that stay, by all their names.
fn native_classes(resources: &Resources, foreign: &[ItemId]) -> BTreeMap<String, Value> {
    let native = resources.iter().filter(|item| is_one(item) && !foreign.contains(&item.id()));
    native.flat_map(|item| item.names().into_iter().map(|name| (name, item.value().clone()))).collect()
}

/// What claims lose that get the class `name` in the place of this one.
fn losses(item: &Item, name: &str, context: Context<'_>, native: &BTreeMap<String, Value>) -> Vec<Finding> {
    let classes = context.classes;
    let of_driver = classes.provisioner(name).filter(|_| classes.is_of_platform(name)).and_then(class_of_driver);
    let is_needless = native.contains_key(item.name());
    let successor = Successor { name, class: native.get(name).or(of_driver.as_ref()), is_needless };
    lost(item.value(), successor).into_iter().map(|finding| finding.on(item)).collect()
}

/// What claims lose that leave a class, though its driver runs on the new cluster.
fn needless_losses(resources: &Resources, context: Context<'_>, native: &BTreeMap<String, Value>) -> Vec<Finding> {
    let staying = resources.iter().filter(|item| is_one(item) && native.contains_key(item.name()));
    let left = staying.filter_map(|item| match context.classes.outcome(item.name()) {
        Outcome::Mapped(target) if !context.classes.is_alias() => Some(losses(item, target, context, native)),
        _ => None,
    });
    left.flatten().collect()
}

/// Removes classes that every claim leaves.
struct Dropper<'d> {
    context: Context<'d>,
    usage: &'d Usage,
    native: &'d BTreeMap<String, Value>,
}

impl Dropper<'_> {
    fn drop_class(&self, resources: &mut Resources, id: ItemId, findings: &mut Findings) {
        let item = resources.get(id);
        let (names, classes) = (item.names(), self.context.classes);
        let of_platform = || names.iter().find(|name| classes.is_of_platform(name)).map(String::as_str);
        let mapped = names.iter().find_map(|name| match classes.outcome(name) {
            Outcome::Mapped(target) => Some(target),
            _ => None,
        });
        let Some(successor) = mapped.or_else(of_platform) else {
            return findings.extend(self.staying(item));
        };
        if let Some(name) = names.iter().find(|name| classes.is_source(name) && self.usage.is_left(name)) {
            let message = format!(
                "the class is removed, and fields or text that stay still name `{name}`; name these fields in `spec.fields`, or set `spec.storageClasses` to `Alias`"
            );
            findings.push(Finding::new(Rule::ClassDroppedInUse, message).on(item).at("metadata.name"));
        }
        findings.extend(losses(item, successor, self.context, self.native));
        resources.remove(id);
    }

    /// What there is to say of a class that stays, since claims keep its name.
    fn staying(&self, item: &Item) -> Vec<Finding> {
        let classes = self.context.classes;
        let is_unknown = item.names().iter().all(|name| classes.outcome(name) == Outcome::Unknown);
        let unknown = if is_unknown { classes.unknown_finding(item.name(), Certainty::Sure) } else { None };
        let unknown = unknown.map(|finding| finding.on(item).at("metadata.name"));
        if is_unknown && self.context.spec.unknown == Unknown::Refuse {
            return unknown.into_iter().collect();
        }
        let provisioner = item.value()["provisioner"].as_str().unwrap_or_default();
        let message = format!(
            "the class stays, and `{provisioner}` does not run on the new cluster, so its claims would wait for ever; set `spec.storageClasses` to `Convert`, or map the class to another one in `spec.mapping`"
        );
        let idle = Finding::new(Rule::ClassWithoutDriver, message).on(item).at("provisioner");
        unknown.into_iter().chain([idle]).collect()
    }
}

struct Converter<'c> {
    context: Context<'c>,
    classes: &'c Classes,
    /// The StorageClass objects that stay.
    native: &'c BTreeMap<String, Value>,
    /// The classes that the build defines once it is converted.
    defined: BTreeSet<String>,
    /// Whether one of them is the default class.
    has_default: bool,
}

impl<'c> Converter<'c> {
    fn new(
        resources: &Resources,
        context: Context<'c>,
        foreign: &[ItemId],
        native: &'c BTreeMap<String, Value>,
    ) -> Self {
        let staying: Vec<_> = resources.iter().filter(|item| is_one(item) && !foreign.contains(&item.id())).collect();
        let has_default = staying.iter().any(|item| is_default(item.value()));
        let defined = staying.iter().map(|item| item.name().to_owned()).collect();
        Self { context, classes: context.classes, native, defined, has_default }
    }

    fn convert(&mut self, resources: &mut Resources, id: ItemId, findings: &mut Findings) {
        let item = resources.get(id);
        let reference = item.reference();
        let names = item.names();
        let source = names.iter().find(|name| self.classes.is_source(name)).unwrap_or(&names[0]).clone();
        let target = match self.classes.outcome(&source) {
            Outcome::Mapped(target) => target,
            _ => self.classes.target().class(),
        };
        let name = if self.classes.is_source(&source) { self.classes.written(&source) } else { item.name() }.to_owned();
        let is_renamed = name == target;
        if is_renamed && (self.classes.is_of_platform(&name) || self.defined.contains(&name)) {
            let message = format!("is removed, since the cluster has `{name}` already");
            findings.push(Finding::new(Rule::ClassAlreadyThere, message).on(item));
            findings.extend(losses(item, &name, self.context, self.native));
            return resources.remove(id);
        }
        let Some(provisioner) = self.classes.provisioner(target).map(str::to_owned) else {
            return findings.push(no_provisioner(target).on(reference).at("provisioner"));
        };
        self.defined.insert(name.clone());
        let old = item.value().clone();
        let mut report = |finding: Finding| findings.push(finding.on(reference.clone()));
        let new = resources.edit(id);
        new["metadata"]["name"] = name.into();
        new["provisioner"] = provisioner.clone().into();
        parameters(&old, new, &provisioner, &mut report);
        topology(&old, new, &provisioner, &mut report);
        expansion(&old, new, &provisioner, &mut report);
        if old["volumeBindingMode"] != "WaitForFirstConsumer" {
            new["volumeBindingMode"] = "WaitForFirstConsumer".into();
        }
        if is_default(&old) {
            report(self.default_class(new).at("metadata.annotations"));
        }
    }

    /// Sees that the build has one default class at most; the cluster brings another.
    fn default_class(&mut self, class: &mut Value) -> Finding {
        if std::mem::replace(&mut self.has_default, true) {
            unmark_default(class);
            let message = "is no longer the default class: the build has another one; unmark one of them";
            return Finding::new(Rule::DefaultClassDoubled, message);
        }
        let own = self.classes.target().class();
        let message = format!(
            "is a default class, as is the `{own}` that the cluster brings, and the newer one wins; unmark one of them"
        );
        Finding::new(Rule::DefaultClassDoubled, message)
    }

    /// Adds an alias for a class that the build uses and does not define.
    fn add(&mut self, resources: &mut Resources, class: &str, findings: &mut Findings) {
        let Outcome::Mapped(target) = self.classes.outcome(class) else { return };
        let Some(name) = self.classes.provisioner(target) else {
            return findings.push(no_provisioner(target));
        };
        let expands = provisioner(name).is_some_and(|provisioner| provisioner.ability.expansion);
        let alias = StorageClass {
            metadata: ObjectMeta { name: Some(class.to_owned()), ..ObjectMeta::default() },
            provisioner: name.to_owned(),
            reclaim_policy: Some("Delete".to_owned()),
            volume_binding_mode: Some("WaitForFirstConsumer".to_owned()),
            allow_volume_expansion: expands.then_some(true),
            ..StorageClass::default()
        };
        resources.add(&serde_json::to_value(alias).unwrap_or_default());
    }
}

fn no_provisioner(target: &str) -> Finding {
    let message = format!("the provisioner of `{target}` is not known; name it in `spec.classes.{target}.provisioner`");
    Finding::new(Rule::ClassWithoutProvisioner, message)
}

fn is_default(class: &Value) -> bool {
    DEFAULT_MARKS.iter().any(|mark| class["metadata"]["annotations"][*mark] == "true")
}

fn unmark_default(class: &mut Value) {
    if let Some(annotations) = class["metadata"]["annotations"].as_object_mut() {
        for mark in DEFAULT_MARKS {
            if let Some(value) = annotations.get_mut(mark) {
                *value = json!("false");
            }
        }
    }
}

/// Keeps the file system and what the new driver reads; the Hetzner driver only logs what it does not know.
fn parameters(old: &Value, new: &mut Value, provisioner: &str, report: &mut impl FnMut(Finding)) {
    let Some(parameters) = old["parameters"].as_object() else { return };
    let mut kept = Map::new();
    let mut stripped = Vec::new();
    for (key, value) in parameters {
        let is_file_system = FILE_SYSTEM.contains(&key.as_str());
        let is_made = value.as_str().is_some_and(|name| HETZNER_FILE_SYSTEMS.contains(&name));
        if is_file_system && is_made && provisioner == HETZNER {
            kept.insert(FILE_SYSTEM[0].to_owned(), value.clone());
        } else {
            stripped.push(format!("`{key}`"));
        }
    }
    if let Some(finding) = lost_parameters(old) {
        report(finding);
    }
    if !stripped.is_empty() {
        let message = format!("no longer holds {}, which `{provisioner}` does not read", stripped.join(", "));
        report(Finding::new(Rule::ClassFieldsRemoved, message).at("parameters"));
    }
    if let Value::Object(class) = new {
        if kept.is_empty() {
            class.shift_remove("parameters");
        } else {
            class.insert("parameters".to_owned(), kept.into());
        }
    }
}

fn topology(old: &Value, new: &mut Value, provisioner: &str, report: &mut impl FnMut(Finding)) {
    if old["allowedTopologies"].as_array().is_none_or(Vec::is_empty) {
        return;
    }
    let place = if provisioner == HETZNER { "location (`csi.hetzner.cloud/location`)" } else { "node" };
    let message = format!("zones of the old cloud are taken out; a volume stays in the {place} of its first pod");
    report(Finding::new(Rule::ClassFieldsRemoved, message).at("allowedTopologies"));
    if let Value::Object(class) = new {
        class.shift_remove("allowedTopologies");
    }
}

fn expansion(old: &Value, new: &mut Value, name: &str, report: &mut impl FnMut(Finding)) {
    let can_expand = provisioner(name).is_none_or(|provisioner| provisioner.ability.expansion);
    if old["allowVolumeExpansion"] == true && !can_expand {
        let message = format!("volumes of `{name}` cannot grow, so the field is taken out");
        report(Finding::new(Rule::ClassFieldsRemoved, message).at("allowVolumeExpansion"));
        if let Value::Object(class) = new {
            class.shift_remove("allowVolumeExpansion");
        }
    }
}
