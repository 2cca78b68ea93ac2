//! The PersistentVolumes of a build, which serve claims without a driver.

use std::collections::{BTreeMap, BTreeSet};

use krm::resource_list::{Item, Resources, namespace_name};
use serde_json::Value;

use crate::claim::Claim;
use crate::field_table::BETA_ANNOTATION;
use crate::quantity;
use crate::target::Target;
use crate::volumes;

/// The PersistentVolumes of a build.
#[derive(Debug, Default)]
pub(crate) struct BuildVolumes {
    /// By all their names.
    names: BTreeSet<String>,
    /// The claims that volumes are reserved for, by namespace and name.
    reserved: BTreeSet<(String, String)>,
    /// The volumes of each class that the new cluster can reach.
    of_class: BTreeMap<String, OfClass>,
}

/// The volumes of a class.
#[derive(Debug, Default)]
struct OfClass {
    count: u64,
    /// The bytes of the largest one with these access modes.
    largest: BTreeMap<Vec<String>, i128>,
}

impl BuildVolumes {
    /// Reads the volumes of a build.
    pub(crate) fn of(resources: &Resources, target: Target) -> Self {
        let mut volumes = Self::default();
        for item in resources.iter().filter(|item| item.is("", "PersistentVolume")) {
            volumes.add(item, target);
        }
        volumes
    }

    fn add(&mut self, item: &Item, target: Target) {
        let value = item.value();
        let spec = &value["spec"];
        self.names.extend(item.names());
        if let Some(name) = spec["claimRef"]["name"].as_str() {
            let namespace = namespace_name(spec["claimRef"]["namespace"].as_str());
            self.reserved.insert((namespace.to_owned(), name.to_owned()));
        }
        let class = value["metadata"]["annotations"][BETA_ANNOTATION].as_str().or(spec["storageClassName"].as_str());
        if let Some(class) = class.filter(|class| !class.is_empty() && !volumes::is_of_old_platform(spec, target)) {
            let of_class = self.of_class.entry(class.to_owned()).or_default();
            of_class.count += 1;
            let largest = of_class.largest.entry(access_modes(spec)).or_default();
            *largest = quantity::parse(&spec["capacity"]["storage"]).unwrap_or_default().max(*largest);
        }
    }

    /// Whether the build holds the volume.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a volume is reserved for the claim.
    pub(crate) fn are_reserved(&self, namespace: Option<&str>, claim: &str) -> bool {
        self.reserved.contains(&(namespace_name(namespace).to_owned(), claim.to_owned()))
    }

    /// The classes that volumes have.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &str> {
        self.of_class.keys().map(String::as_str)
    }

    /// The number of volumes of a class.
    pub(crate) fn count(&self, class: &str) -> Option<u64> {
        self.of_class.get(class).map(|of_class| of_class.count)
    }

    /// Whether a volume of that class is large enough for a claim and has its access modes.
    pub(crate) fn serve(&self, class: &str, claim: &Claim<'_>) -> bool {
        let wanted = claim.sizes.iter().map(|(_, size)| *size).max().unwrap_or_default();
        let has_modes = |modes: &[String]| claim.shared_modes.iter().all(|mode| modes.iter().any(|own| own == mode));
        let volumes = self.of_class.get(class).into_iter().flat_map(|of_class| &of_class.largest);
        volumes.into_iter().any(|(modes, largest)| has_modes(modes) && *largest >= wanted)
    }
}

fn access_modes(spec: &Value) -> Vec<String> {
    let modes = spec["accessModes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    modes.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
}
