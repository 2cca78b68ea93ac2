//! Which class becomes which, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use krm::config::ConfigError;

use crate::config::{Spec, StorageClasses, Unknown};
use crate::platforms::{Ability, CLASSES, KnownClass, Target, known_class, provisioner};

/// The classes of a build.
#[derive(Debug)]
pub(crate) struct Classes {
    mapping: BTreeMap<String, String>,
    /// The classes that the target cluster has, with their provisioners where these are known.
    present: BTreeMap<String, Option<String>>,
    declared: BTreeMap<String, Ability>,
    rwx_class: Option<String>,
    default_class: Option<String>,
    target: Target,
    unknown: Unknown,
    is_alias: bool,
}

/// The StorageClass objects of a build, by all their names.
#[derive(Debug, Default)]
pub(crate) struct BuildClasses {
    /// Those that the target can serve, with their provisioners.
    pub(crate) native: BTreeMap<String, Option<String>>,
    /// Those that are made classes of the target.
    pub(crate) converted: BTreeSet<String>,
}

/// What becomes of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate<'c> {
    /// It becomes this one.
    Mapped(&'c str),
    /// The target cluster has it.
    Stays,
    /// Nothing is known of it.
    Unknown,
}

impl Classes {
    /// Reads the config. `build` are the StorageClass objects of the build; what a preset says does not count for
    /// those that the target can serve.
    ///
    /// # Errors
    /// Mappings that chain, and names that cannot be classes.
    pub(crate) fn new(spec: &Spec, build: &BuildClasses) -> Result<Self, ConfigError> {
        check_names(spec)?;
        let BuildClasses { native, converted } = build;
        let mut mapping = preset(spec);
        mapping.retain(|class, _| !native.contains_key(class) && !spec.classes.contains_key(class));
        mapping.extend(spec.mapping.clone());
        let mut present: BTreeMap<String, Option<String>> = CLASSES
            .iter()
            .filter(|class| class.platforms.iter().any(|platform| spec.to.native_platforms().contains(platform)))
            .map(|class| (class.name.to_owned(), Some(class.provisioner.to_owned())))
            .collect();
        let declared = spec.classes.iter().map(|(name, class)| (name.clone(), class.provisioner.clone()));
        present.extend(declared.chain(native.iter().map(|(name, provisioner)| (name.clone(), provisioner.clone()))));
        for class in converted {
            let name = mapping.get(class).unwrap_or(class).clone();
            present.entry(name).or_insert(None).get_or_insert_with(|| spec.to.provisioner().to_owned());
        }
        let named = mapping.values().chain(&spec.rwx_class).chain(&spec.default_class).cloned();
        for name in named.collect::<BTreeSet<_>>() {
            present.entry(name).or_default();
        }
        mapping.retain(|class, target| class != target);
        let classes = Self {
            mapping,
            present,
            declared: spec.classes.iter().map(|(name, class)| (name.clone(), class.into())).collect(),
            rwx_class: spec.rwx_class.clone(),
            default_class: spec.default_class.clone(),
            target: spec.to,
            unknown: spec.unknown,
            is_alias: spec.storage_classes == StorageClasses::Alias,
        };
        classes.check_chains(spec)?;
        Ok(classes)
    }

    /// A class that is both a source and a target would be mapped again by the next run.
    fn check_chains(&self, spec: &Spec) -> Result<(), ConfigError> {
        let chained = |target: &String, option: String| match self.mapping.get(target) {
            Some(next) => Err(ConfigError::new(
                option,
                format!(
                    "`{target}` is itself mapped to `{next}`; map to `{next}`, or add `{target}: {target}` to `spec.mapping` to keep it"
                ),
            )),
            None => Ok(()),
        };
        for (class, target) in &spec.mapping {
            if class != target {
                chained(target, format!("spec.mapping.{class}"))?;
            }
        }
        for (option, target) in [("spec.rwxClass", &spec.rwx_class), ("spec.defaultClass", &spec.default_class)] {
            if let Some(target) = target {
                chained(target, option.to_owned())?;
            }
        }
        Ok(())
    }

    /// What becomes of a class.
    pub(crate) fn fate(&self, class: &str) -> Fate<'_> {
        match self.mapping.get(class) {
            Some(target) => Fate::Mapped(target),
            None if self.present.contains_key(class) => Fate::Stays,
            None => Fate::Unknown,
        }
    }

    /// The name to write for a class: the mapped one, unless aliases keep the old names.
    pub(crate) fn written<'c>(&'c self, class: &'c str) -> &'c str {
        match self.fate(class) {
            Fate::Mapped(target) if !self.is_alias => target,
            _ => class,
        }
    }

    /// Whether a name has become another.
    pub(crate) fn is_source(&self, class: &str) -> bool {
        self.mapping.contains_key(class)
    }

    /// Whether the old names stay.
    pub(crate) fn is_alias(&self) -> bool {
        self.is_alias
    }

    /// The class for claims of several nodes.
    pub(crate) fn rwx_class(&self) -> Option<&str> {
        self.rwx_class.as_deref()
    }

    /// The class for claims that name none.
    pub(crate) fn default_class(&self) -> Option<&str> {
        self.default_class.as_deref()
    }

    /// Where the build goes.
    pub(crate) fn target(&self) -> Target {
        self.target
    }

    /// What to do with unknown classes.
    pub(crate) fn unknown(&self) -> Unknown {
        self.unknown
    }

    /// What the volumes of a class of the target cluster can do, if that is known.
    pub(crate) fn ability(&self, class: &str) -> Option<&Ability> {
        self.declared.get(class).or_else(|| self.provisioner(class).and_then(provisioner).map(|known| &known.ability))
    }

    /// Whether a class of the config, which may make snapshots, is in the cluster.
    pub(crate) fn may_snapshot(&self) -> bool {
        self.declared.values().any(|ability| ability.snapshots)
    }

    /// The provisioner of a class of the target cluster, if it is known.
    pub(crate) fn provisioner(&self, class: &str) -> Option<&str> {
        self.present.get(class)?.as_deref()
    }

    /// Whether the target cluster has the class without this build.
    pub(crate) fn is_of_platform(&self, class: &str) -> bool {
        known_class(class).is_some_and(|class| is_native(class, self.target)) || self.declared.contains_key(class)
    }
}

/// Whether the target cluster has the class.
fn is_native(class: &KnownClass, target: Target) -> bool {
    class.platforms.iter().any(|platform| target.native_platforms().contains(platform))
}

/// What `from` says: the classes of those platforms become that of the target, shared ones the shared one.
fn preset(spec: &Spec) -> BTreeMap<String, String> {
    let comes_from = |class: &&KnownClass| class.platforms.iter().any(|platform| spec.from.contains(platform));
    let target_of = |class: &KnownClass| match &spec.rwx_class {
        Some(shared) if class.ability().is_some_and(|ability| ability.shared) => shared.clone(),
        _ => spec.to.class().to_owned(),
    };
    CLASSES.iter().filter(comes_from).map(|class| (class.name.to_owned(), target_of(class))).collect()
}

fn check_names(spec: &Spec) -> Result<(), ConfigError> {
    if let Some(index) = spec.from.iter().position(|platform| *platform == spec.to.platform()) {
        let message = "is where the build goes; name the platforms that it comes from";
        return Err(ConfigError::new(format!("spec.from[{index}]"), message));
    }
    let named = |option: &str, name: &str| {
        if is_name(name) {
            return Ok(());
        }
        let message = format!("`{name}` must be the name of a class: lower-case letters, digits, `-` and `.`");
        Err(ConfigError::new(option, message))
    };
    for (class, target) in &spec.mapping {
        named("spec.mapping", class)?;
        named(&format!("spec.mapping.{class}"), target)?;
    }
    for (option, name) in [("spec.rwxClass", &spec.rwx_class), ("spec.defaultClass", &spec.default_class)] {
        if let Some(name) = name {
            named(option, name)?;
        }
    }
    spec.classes.keys().try_for_each(|name| named("spec.classes", name))
}

/// Whether a text can be the name of a StorageClass (RFC 1123 subdomain).
pub(crate) fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platforms::Platform;

    fn classes(spec: &Spec) -> Result<Classes, String> {
        Classes::new(spec, &BuildClasses::default()).map_err(|error| error.to_string())
    }

    fn mapped(pairs: &[(&str, &str)]) -> Spec {
        let mapping = pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        Spec { mapping, ..Spec::default() }
    }

    #[test]
    fn every_preset_maps_every_class_of_its_platforms() {
        use Platform::{Aks, Eks, Gke, Hcloud, LocalPath, OpenshiftAws, OpenshiftAzure, OpenshiftGcp};
        for to in [Target::Hcloud, Target::LocalPath] {
            for from in [Gke, OpenshiftGcp, OpenshiftAws, OpenshiftAzure, Eks, Aks, Hcloud, LocalPath] {
                if from == to.platform() {
                    continue;
                }
                let spec = Spec { from: vec![from], to, rwx_class: Some("nfs".to_owned()), ..Spec::default() };
                let classes = classes(&spec).expect("a preset is valid");
                for class in CLASSES.iter().filter(|class| class.platforms.contains(&from)) {
                    let is_shared = class.ability().is_some_and(|ability| ability.shared);
                    let expected = if is_shared { "nfs" } else { to.class() };
                    assert_eq!(classes.fate(class.name), Fate::Mapped(expected), "{from:?} {}", class.name);
                }
            }
        }
    }

    #[test]
    fn maps_do_not_chain() {
        for (pairs, option) in [
            (&[("a", "b"), ("b", "c")][..], "spec.mapping.a"),
            (&[("a", "standard-rwo")][..], "spec.mapping.a"),
            (&[("a", "b"), ("b", "a")][..], "spec.mapping.a"),
        ] {
            let error = classes(&mapped(pairs)).expect_err("the maps chain");
            assert!(error.contains(option) && error.contains("is itself mapped to"), "{error}");
        }
        let kept = classes(&mapped(&[("a", "standard-rwo"), ("standard-rwo", "standard-rwo")])).expect("no chain");
        assert_eq!(kept.fate("a"), Fate::Mapped("standard-rwo"));
        assert_eq!(kept.fate("standard-rwo"), Fate::Stays);
        let shared = Spec { rwx_class: Some("standard-rwo".to_owned()), ..Spec::default() };
        assert!(classes(&shared).expect_err("the class is mapped").contains("spec.rwxClass"));
    }

    #[test]
    fn names_must_be_names() {
        for name in ["", "-", "Standard", "a_b", "a..b", "-a", "STANDARD_IA"] {
            assert!(!is_name(name), "{name}");
            assert!(classes(&mapped(&[("a", name)])).is_err(), "{name}");
        }
        assert!(is_name("standard-rwo") && is_name("a.b") && is_name("gp3"));
    }
}
