//! What the build as a whole uses, and what changes for it.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::namespace_name;
use manifests::fields::Field;
use serde_json::Value;

use crate::context::Context;
use crate::document::Document;
use crate::known_classes::{ENCRYPTED, known_class};
use crate::names;
use crate::rule::Rule;
use crate::target::Target;
use crate::variables;

/// The requests for storage of a namespace before and after `spec.roundUp`, in bytes, by the keys of a ResourceQuota.
pub(crate) type Raises = BTreeMap<String, BTreeMap<String, (i128, i128)>>;

/// What the build uses.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// The classes that became each class of the target.
    sources: BTreeMap<String, BTreeSet<String>>,
    /// The number of volumes of each class of the target.
    volumes: BTreeMap<String, u64>,
    /// The old classes that are named where nothing is rewritten.
    mentioned: BTreeSet<String>,
    /// The classes of claims whose access modes are not known.
    unread_modes: BTreeSet<String>,
    /// The variables that name classes.
    variables: BTreeSet<String>,
    /// What `spec.roundUp` adds to the requests of each namespace.
    raises: Raises,
    /// Claims that name no class.
    unnamed: Vec<ObjectReference>,
}

impl Usage {
    /// A claim of `class` that `target` serves, with so many volumes.
    pub(crate) fn record(&mut self, class: &str, target: &str, volumes: u64) {
        self.sources.entry(target.to_owned()).or_default().insert(class.to_owned());
        *self.volumes.entry(target.to_owned()).or_default() += volumes;
    }

    /// An old class that is named where nothing is rewritten.
    pub(crate) fn record_mention(&mut self, class: &str) {
        self.mentioned.insert(class.to_owned());
    }

    /// A claim of `class` whose access modes are not known.
    pub(crate) fn record_unread_modes(&mut self, class: &str) {
        self.unread_modes.insert(class.to_owned());
    }

    /// The size of the volumes of a claim before and after `spec.roundUp`.
    pub(crate) fn record_raise(&mut self, namespace: Option<&str>, class: &str, size: (i128, i128), volumes: u64) {
        let of_namespace = self.raises.entry(namespace_name(namespace).to_owned()).or_default();
        for key in ["requests.storage".to_owned(), names::quota_key(class, "requests.storage")] {
            let (before, after) = of_namespace.entry(key).or_default();
            *before += size.0 * i128::from(volumes);
            *after += size.1 * i128::from(volumes);
        }
    }

    /// What `spec.roundUp` adds to the requests of each namespace.
    pub(crate) fn raises(&self) -> &Raises {
        &self.raises
    }

    /// A class that variables name.
    pub(crate) fn record_variables(&mut self, class: &str) {
        self.variables.extend(variables::names(class).map(str::to_owned));
    }

    /// The variables that name classes.
    pub(crate) fn variables(&self) -> &BTreeSet<String> {
        &self.variables
    }

    /// Whether a class is named where nothing is rewritten.
    pub(crate) fn is_left(&self, class: &str) -> bool {
        self.mentioned.contains(class)
    }

    /// A claim that names no class.
    pub(crate) fn record_default(&mut self, document: &Document<'_>) {
        if self.unnamed.last() != Some(&document.object) {
            self.unnamed.push(document.object.clone());
        }
    }

    /// The old classes that are used.
    pub(crate) fn used(&self) -> impl Iterator<Item = &str> {
        self.sources.values().flatten().chain(&self.mentioned).map(String::as_str)
    }

    /// What changes for the build.
    pub(crate) fn report(&self, context: Context<'_>, findings: &mut Findings) {
        for (target, sources) in &self.sources {
            self.report_tiers(target, sources, findings);
            for source in sources.iter().filter(|source| *source != target) {
                self.report_losses(source, target, context, findings);
            }
            report_encryption(sources, target, context, findings);
            if let Some(count) = context.static_volumes(target) {
                self.report_static(target, count, findings);
            } else if context.classes.ability(target).is_none() {
                let message = format!(
                    "nothing is known of what `{target}` can do, so its claims are not checked; describe it in `spec.classes`"
                );
                findings.push(Finding::new(Rule::ClassNotDescribed, message));
            }
        }
        self.report_servers(context, findings);
        self.report_unnamed(context, findings);
    }

    /// What claims lose on the way from one class to another.
    fn report_losses(&self, source: &str, target: &str, context: Context<'_>, findings: &mut Findings) {
        let old = known_class(source).and_then(|class| class.ability());
        let (Some(old), Some(new)) = (old, context.classes.ability(target)) else { return };
        // Where the access modes are known, each claim is judged by them.
        let is_unread = self.unread_modes.contains(source);
        let losses = [
            (old.expansion && !new.expansion, "volumes cannot grow"),
            (old.enforces_size && !new.enforces_size, "the size of a volume is not enforced"),
            (old.moves && !new.moves, "a pod cannot leave the node of its volume, and the data is lost with the node"),
            (is_unread && old.shared && !new.shared, "several nodes cannot use a volume at once"),
        ];
        let lost: Vec<_> = losses.iter().filter(|(is_lost, _)| *is_lost).map(|(_, loss)| *loss).collect();
        if !lost.is_empty() {
            let message = format!(
                "`{source}` becomes `{target}`: {}; map it to another class if claims need that",
                lost.join("; ")
            );
            findings.push(Finding::new(Rule::ClassAbilityLost, message));
        }
    }

    /// Volumes of the build serve claims one each, and no driver makes more of them.
    fn report_static(&self, class: &str, count: u64, findings: &mut Findings) {
        let wanted = self.volumes.get(class).copied().unwrap_or_default();
        if wanted > count {
            let message = format!(
                "claims ask for {wanted} volumes of `{class}`, of which the build holds {count}; bring the others, or map the class in `spec.mapping`"
            );
            findings.push(Finding::new(Rule::StaticVolumesMissing, message));
        }
    }

    fn report_tiers(&self, target: &str, sources: &BTreeSet<String>, findings: &mut Findings) {
        let tier = |class: &String| known_class(class).map_or_else(|| class.clone(), |known| known.tier.to_owned());
        let moved: Vec<_> = sources.iter().filter(|source| *source != target).collect();
        let tiers: BTreeSet<_> = moved.iter().map(|class| tier(class)).collect();
        if tiers.len() > 1 {
            let listed: Vec<_> = moved.iter().map(|class| format!("`{class}` ({})", tier(class))).collect();
            let message = format!(
                "{} all become `{target}`, so their difference in speed and price is lost; map them apart in `spec.mapping` if it matters",
                listed.join(", ")
            );
            findings.push(Finding::new(Rule::ClassTiersMerged, message));
        }
    }

    fn report_servers(&self, context: Context<'_>, findings: &mut Findings) {
        let Some(servers) = context.spec.servers else { return };
        for (class, volumes) in &self.volumes {
            let Some(per_server) = context.classes.ability(class).and_then(|ability| ability.per_server) else {
                continue;
            };
            let room = u64::from(per_server) * u64::from(servers);
            if *volumes > room {
                let message = format!(
                    "the build asks for {volumes} volumes of `{class}`, and there is room for {room} ({per_server} on each server); add servers, or map some claims to another class"
                );
                findings.push(Finding::new(Rule::ServersWithoutRoom, message));
            }
        }
    }

    fn report_unnamed(&self, context: Context<'_>, findings: &mut Findings) {
        if self.unnamed.is_empty() || context.classes.target() == Target::LocalPath {
            return;
        }
        let listed: Vec<_> = self.unnamed.iter().map(|object| format!("`{object}`")).collect();
        let message = format!(
            "claims of {} name no class; K3s and the Hetzner driver both bring a default class and the newer one wins, so set `spec.defaultClass`",
            listed.join(", ")
        );
        findings.push(Finding::new(Rule::ClaimsWithoutClass, message));
    }
}

/// Clouds encrypt every disk without being asked, so people may count on encryption without knowing.
fn report_encryption(sources: &BTreeSet<String>, target: &str, context: Context<'_>, findings: &mut Findings) {
    let is_encrypted =
        |class: &&String| known_class(class).and_then(|class| class.ability()).is_some_and(|ability| ability.encrypted);
    let encrypted: Vec<_> = sources
        .iter()
        .filter(|source| *source != target)
        .filter(is_encrypted)
        .map(|class| format!("`{class}`"))
        .collect();
    let keeps_up = target == ENCRYPTED || context.classes.ability(target).is_none_or(|ability| ability.encrypted);
    if !encrypted.is_empty() && !keeps_up {
        let message = format!(
            "the old cloud encrypts the volumes of {}, and `{target}` does not encrypt; map them to an encrypted class if that matters",
            encrypted.join(", ")
        );
        findings.push(Finding::new(Rule::EncryptionLost, message));
    }
}

/// How many volumes a claim with its class in `field` means: the replicas of the nearest mapping around that has any.
pub(crate) fn volumes(root: &Value, field: &Field) -> u64 {
    let mut around = std::iter::successors(Some(field.parent.as_ptr()), |pointer| pointer.parent());
    around.find_map(|pointer| count(root.pointer(pointer.as_str())?)).unwrap_or(1)
}

/// The number of volumes of each claim in a mapping, if it says.
fn count(map: &Value) -> Option<u64> {
    let count = ["replicas", "instances", "count", "servers"].iter().find_map(|key| map[*key].as_u64())?;
    Some(count * map["volumesPerServer"].as_u64().unwrap_or(1))
}
