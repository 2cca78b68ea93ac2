//! `replatform report --bases`: what the bases of a repository state, and what its overlays inherit from them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use krm::config::API_VERSION;
use krm::finding::{Finding, Report};
use krm::function::Function;
use krm::program::{Program, Single};
use krm::rule::RuleSet;
use krm::yaml::Tree;
use minimal_base_check::{MinimalBaseCheck, Rule};
use repository::{Adaptation, Base, Builder, Built, Coverage, Repository, Root};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::config_file;

/// The function that checks them.
const CHECK: &dyn Program = &Single::<MinimalBaseCheck>::new();

/// The check of the bases of a repository.
pub(crate) struct Bases {
    bases: Vec<Base>,
    /// Holds the configs, and the build of each base in a file.
    scratch: TempDir,
    /// The files with the builds, by the directory of the base.
    builds: BTreeMap<PathBuf, PathBuf>,
}

impl Bases {
    /// Makes ready to check the bases of a repository, by a config of minimal-base-check or by its defaults. What is in
    /// `overlays` counts as an overlay, as a component that one environment applies.
    ///
    /// # Errors
    /// A config that cannot be used, or no directory for temporary files.
    pub(crate) fn new(repository: &Repository, config: Option<&Path>, overlays: &[PathBuf]) -> Result<Self, String> {
        let scratch = repository::scratch("bases")?;
        let bases = Self { bases: bases_of(repository, overlays), scratch, builds: BTreeMap::new() };
        let config = config.map_or_else(|| Ok(default_config()), read_config)?;
        for layer in Layer::ALL {
            let mut config = config.clone();
            config["spec"]["layer"] = layer.name().into();
            let file = bases.write(layer.file(), &config.to_string())?;
            config_file::check(CHECK, &file)?;
        }
        Ok(bases)
    }

    /// What is looked at of a base: all of it, by the check.
    pub(crate) fn coverage() -> Coverage {
        Coverage { functions: [MinimalBaseCheck::KIND.to_owned()].into(), ..Coverage::default() }
    }

    /// The bases, as what is to be built.
    pub(crate) fn roots(&self) -> Vec<Root> {
        let root = |base: &Base| Root { directory: base.directory.clone(), applications: Vec::new() };
        self.bases.iter().map(root).collect()
    }

    /// Whether a directory is a component that does not build alone, as one that only patches what an overlay has.
    pub(crate) fn is_partial(&self, built: &Built) -> bool {
        let is_meant = |base: &&Base| base.directory == built.root.directory;
        built.manifests.is_err() && self.bases.iter().find(is_meant).is_some_and(|base| base.is_component)
    }

    /// Checks the build of a base without the work of functions, and keeps it for the overlays.
    ///
    /// # Errors
    /// The directory for temporary files cannot be written.
    pub(crate) fn check(&mut self, builder: &Builder<'_>, mut built: Built) -> Result<Built, String> {
        // A base is shown without the work of functions, so nothing differs.
        if let Some(before) = &built.before {
            built.manifests = Ok(before.clone());
        }
        built.findings.clear();
        built.adaptation = Adaptation::Ran;
        if let Ok(manifests) = &built.manifests {
            let findings = self.run(Layer::Base, &[], manifests.clone());
            built.findings.extend(findings.iter().map(report));
            builder.locate(&built.root, &mut built.findings);
            let file = self.write(&format!("{}.yaml", self.builds.len()), manifests)?;
            self.builds.insert(built.root.directory.clone(), file);
        }
        Ok(built)
    }

    /// Adds to what came of the build of an overlay what it inherits from its bases.
    pub(crate) fn compare(&self, repository: &Repository, builder: &Builder<'_>, mut built: Built) -> Built {
        let Some(manifests) = built.before.as_ref().or(built.manifests.as_ref().ok()) else { return built };
        let wanted = [Rule::InheritedFromBase.rule(), Rule::NotCompared.rule()];
        for (directory, file) in self.of_overlay(repository, &built.root) {
            let arguments = [OsString::from("--base"), file.into()];
            let findings = self.run(Layer::Overlay, &arguments, manifests.clone());
            let inherited = findings.iter().filter(|finding| wanted.contains(&finding.rule())).map(report);
            let named = inherited.map(|report| Report {
                message: format!("{} (base `{}`)", report.message, directory.display()),
                ..report
            });
            let mut reports: Vec<_> = named.collect();
            builder.locate(&built.root, &mut reports);
            built.findings.extend(reports);
        }
        built
    }

    /// The bases that an overlay builds itself: those that a base of it builds are a part of that base.
    fn of_overlay<'b>(&'b self, repository: &'b Repository, root: &Root) -> impl Iterator<Item = (&'b Path, &'b Path)> {
        let is_base = |directory: &Path| self.bases.iter().any(|base| base.directory == directory);
        let closure = repository.closure(root);
        let here = repository.directory();
        let own: Vec<_> = closure
            .iter()
            .filter_map(|kustomization| kustomization.directory().strip_prefix(here).ok())
            .filter(|directory| !is_base(directory))
            .map(Path::to_owned)
            .collect();
        let is_own = move |base: &Base| base.built_by.iter().any(|directory| own.contains(directory));
        self.bases
            .iter()
            .filter(move |base| is_own(base))
            .filter_map(|base| Some((base.directory.as_path(), self.builds.get(&base.directory)?.as_path())))
    }

    fn run(&self, layer: Layer, arguments: &[OsString], manifests: String) -> Vec<Finding> {
        let outcome = config_file::run(CHECK, &self.scratch.path().join(layer.file()), arguments, manifests);
        outcome.findings.into_iter().map(|(_, finding)| finding).collect()
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let file = self.scratch.path().join(name);
        std::fs::write(&file, text).map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
        Ok(file)
    }
}

/// What a config checks.
#[derive(Clone, Copy)]
enum Layer {
    Base,
    Overlay,
}

impl Layer {
    const ALL: [Self; 2] = [Self::Base, Self::Overlay];

    fn name(self) -> &'static str {
        match self {
            Self::Base => "Base",
            Self::Overlay => "Overlay",
        }
    }

    /// The file of its config.
    fn file(self) -> &'static str {
        match self {
            Self::Base => "base.json",
            Self::Overlay => "overlay.json",
        }
    }
}

/// The directories that others build and that are no part of them: not below them, not built by themselves, and not said
/// to be overlays.
fn bases_of(repository: &Repository, overlays: &[PathBuf]) -> Vec<Base> {
    let mut bases = repository.bases();
    let is_root = |base: &Base| repository.roots().iter().any(|root| root.directory == base.directory);
    let is_part = |base: &Base| base.built_by.iter().all(|directory| base.directory.starts_with(directory));
    bases.retain(|base| !is_root(base) && !is_part(base) && !overlays.contains(&base.directory));
    bases
}

fn report(finding: &Finding) -> Report {
    finding.report(MinimalBaseCheck::NAME)
}

fn default_config() -> Value {
    json!({"apiVersion": API_VERSION, "kind": MinimalBaseCheck::KIND, "metadata": {"name": "bases"}, "spec": {}})
}

/// # Errors
/// A file that cannot be read or is no config of minimal-base-check.
fn read_config(file: &Path) -> Result<Value, String> {
    let error = |reason: String| format!("{} {reason}", file.display());
    let text = std::fs::read_to_string(file).map_err(|cause| error(format!("cannot be read: {cause}")))?;
    let tree = Tree::parse(text).map_err(|cause| error(format!("is not YAML: {cause}")))?;
    let config = tree.documents().first().map(|document| tree.value(document.root)).unwrap_or_default();
    if config["kind"] == MinimalBaseCheck::KIND {
        Ok(config)
    } else {
        Err(error(format!("must be a config of kind `{}`", MinimalBaseCheck::KIND)))
    }
}
