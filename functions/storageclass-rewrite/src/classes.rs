//! Which class becomes which, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::finding::Finding;
use krm::rule::Severity;
use manifests::names::is_dns_subdomain;

use crate::config::{Spec, StorageClasses, Unknown};
use crate::field_table::Certainty;
use crate::known_classes::{Ability, KnownClass, known_class, known_classes, provisioner};
use crate::rule::Rule;
use crate::target::Target;

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
    /// Those that no StorageClass defines, and PersistentVolumes of the build have: claims of them are bound to these.
    pub(crate) of_volumes: BTreeSet<String>,
}

/// What becomes of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome<'c> {
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
        let BuildClasses { native, converted, of_volumes } = build;
        let mut mapping = preset(spec);
        mapping.retain(|class, _| !native.contains_key(class) && !spec.classes.contains_key(class));
        mapping.extend(spec.mapping.clone());
        let target = spec.target();
        let mut present: BTreeMap<String, Option<String>> = known_classes()
            .iter()
            .filter(|class| class.is_native(target))
            .map(|class| (class.name.to_owned(), Some(class.provisioner.to_owned())))
            .collect();
        let declared = spec.classes.iter().map(|(name, class)| (name.clone(), class.provisioner.clone()));
        present.extend(declared.chain(native.iter().map(|(name, provisioner)| (name.clone(), provisioner.clone()))));
        for class in converted {
            let name = mapping.get(class).unwrap_or(class).clone();
            present.entry(name).or_insert(None).get_or_insert_with(|| target.provisioner().to_owned());
        }
        let named = mapping.values().chain(&spec.rwx_class).chain(&spec.default_class).chain(of_volumes).cloned();
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
            target,
            unknown: spec.unknown,
            is_alias: spec.storage_classes == StorageClasses::Alias,
        };
        classes.check_chains(spec)?;
        Ok(classes)
    }

    /// A class that is both a source and a target would be mapped again by the next run.
    fn check_chains(&self, spec: &Spec) -> Result<(), ConfigError> {
        let chained = |target: &String, option: FieldPath| match self.mapping.get(target) {
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
                chained(target, FieldPath::from("spec.mapping").key(class))?;
            }
        }
        for (option, target) in [("spec.rwxClass", &spec.rwx_class), ("spec.defaultClass", &spec.default_class)] {
            if let Some(target) = target {
                chained(target, option.into())?;
            }
        }
        Ok(())
    }

    /// What becomes of a class.
    pub(crate) fn outcome(&self, class: &str) -> Outcome<'_> {
        match self.mapping.get(class) {
            Some(target) => Outcome::Mapped(target),
            None if self.present.contains_key(class) => Outcome::Stays,
            None => Outcome::Unknown,
        }
    }

    /// The name to write for a class: the mapped one, unless aliases keep the old names.
    pub(crate) fn written<'c>(&'c self, class: &'c str) -> &'c str {
        match self.outcome(class) {
            Outcome::Mapped(target) if !self.is_alias => target,
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

    /// The classes that become others.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &str> {
        self.mapping.keys().map(String::as_str)
    }

    /// What to say of an unknown class.
    pub(crate) fn unknown_finding(&self, class: &str, certainty: Certainty) -> Option<Finding> {
        let severity = match (self.unknown, certainty) {
            (Unknown::Keep, _) => return None,
            _ if is_variable(class) => return Some(variable_finding(class)),
            (Unknown::Refuse, Certainty::Sure) => Severity::Error,
            (Unknown::Warn, _) | (Unknown::Refuse, Certainty::ByName) => Severity::Warning,
        };
        Some(Finding::new(Rule::UnknownStorageClass, unknown_message(class)).with_severity(severity))
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
        known_class(class).is_some_and(|class| class.is_native(self.target)) || self.declared.contains_key(class)
    }
}

fn unknown_message(class: &str) -> String {
    match known_class(class) {
        Some(known) => {
            let sources: Vec<_> = known.sources.iter().map(|source| format!("`{}`", source.name())).collect();
            let sources = sources.join(" and ");
            format!("`{class}` is a class of {sources}; add that to `spec.from`, or map it in `spec.mapping`")
        }
        None if is_dns_subdomain(class) => {
            format!("`{class}` is no known class; map it in `spec.mapping`, to itself if it is to stay")
        }
        None => format!(
            "`{class}` cannot be the name of a class; write the name, or name the field in `spec.ignoredFields`"
        ),
    }
}

/// Whether a later step fills in the class: `${CLASS}` of a Template or of Flux, `{{ .class }}` of a template of Go.
pub(crate) fn is_variable(class: &str) -> bool {
    ["${", "$(", "{{"].iter().any(|mark| class.contains(mark))
}

fn variable_finding(class: &str) -> Finding {
    let message = format!(
        "`{class}` is filled in by a later step, so nothing is checked; see that it becomes a class of the new cluster where it is set, as in `parameters` of a Template or `substitute` of a Flux Kustomization, and name the field in `spec.ignoredFields`"
    );
    Finding::new(Rule::ClassIsVariable, message)
}

/// What `from` says: the classes of those platforms become that of the target, shared ones the shared one.
fn preset(spec: &Spec) -> BTreeMap<String, String> {
    let comes_from = |class: &&KnownClass| class.sources.iter().any(|source| spec.from.contains(source));
    let target_of = |class: &KnownClass| match &spec.rwx_class {
        Some(shared) if class.ability().is_some_and(|ability| ability.shared) => shared.clone(),
        _ => spec.target().class().to_owned(),
    };
    known_classes().iter().filter(comes_from).map(|class| (class.name.to_owned(), target_of(class))).collect()
}

fn check_names(spec: &Spec) -> Result<(), ConfigError> {
    if let Some(index) = spec.from.iter().position(|source| *source == spec.target().source()) {
        let message = "is where the build goes; name the platforms that it comes from";
        return Err(ConfigError::new(FieldPath::from("spec.from").index(index), message));
    }
    let named = |option: FieldPath, name: &str| {
        if is_dns_subdomain(name) {
            return Ok(());
        }
        let message = format!("`{name}` must be the name of a class: lower-case letters, digits, `-` and `.`");
        Err(ConfigError::new(option, message))
    };
    for (class, target) in &spec.mapping {
        named("spec.mapping".into(), class)?;
        named(FieldPath::from("spec.mapping").key(class), target)?;
    }
    for (option, name) in [("spec.rwxClass", &spec.rwx_class), ("spec.defaultClass", &spec.default_class)] {
        if let Some(name) = name {
            named(option.into(), name)?;
        }
    }
    spec.classes.keys().try_for_each(|name| named("spec.classes".into(), name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Source;

    fn classes(spec: &Spec) -> Result<Classes, String> {
        Classes::new(spec, &BuildClasses::default()).map_err(|error| error.to_string())
    }

    fn mapped(pairs: &[(&str, &str)]) -> Spec {
        let mapping = pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        Spec { mapping, ..Spec::default() }
    }

    #[test]
    fn every_preset_maps_every_class_of_its_platforms() {
        use Source::{Aks, Eks, Gke, HCloud, LocalPath, OpenShiftAws, OpenShiftAzure, OpenShiftGcp};
        for to in [Target::HCloud, Target::LocalPath] {
            for from in [Gke, OpenShiftGcp, OpenShiftAws, OpenShiftAzure, Eks, Aks, HCloud, LocalPath] {
                if from == to.source() {
                    continue;
                }
                let spec =
                    Spec { from: vec![from], to: Some(to), rwx_class: Some("nfs".to_owned()), ..Spec::default() };
                let classes = classes(&spec).expect("a preset is valid");
                for class in known_classes().iter().filter(|class| class.sources.contains(&from)) {
                    let is_shared = class.ability().is_some_and(|ability| ability.shared);
                    let expected = if is_shared { "nfs" } else { to.class() };
                    assert_eq!(classes.outcome(class.name), Outcome::Mapped(expected), "{from:?} {}", class.name);
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
        assert_eq!(kept.outcome("a"), Outcome::Mapped("standard-rwo"));
        assert_eq!(kept.outcome("standard-rwo"), Outcome::Stays);
        let shared = Spec { rwx_class: Some("standard-rwo".to_owned()), ..Spec::default() };
        assert!(classes(&shared).expect_err("the class is mapped").contains("spec.rwxClass"));
    }

    #[test]
    fn names_must_be_names() {
        for name in ["", "-", "Standard", "a_b", "a..b", "-a", "STANDARD_IA"] {
            assert!(classes(&mapped(&[("a", name)])).is_err(), "{name}");
        }
        assert!(classes(&mapped(&[("a.b", "gp3-csi")])).is_ok());
    }
}
