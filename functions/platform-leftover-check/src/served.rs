//! Whether the cluster serves the kinds of a build.

use krm::finding::Finding;
use krm::resource_list::{Item, Resources};
use krm::table;
use std::sync::LazyLock;

use crate::config::{Spec, Unknown};
use crate::kubernetes::{Change, Replacement, Status, status};
use crate::leftover_kinds::leftover_kind;
use crate::patterns::Domains;
use crate::release::Release;
use crate::rule::Rule;
use crate::surface::{Definitions, Installed, Surface};

/// The groups of objects that tools read.
static NOT_APPLIED: LazyLock<Domains<&'static str>> =
    LazyLock::new(|| table::rows(include_str!("../data/not-applied.tsv")).map(|[group, tool]| (group, tool)).collect());

/// What is known of the kinds that the cluster serves.
pub(crate) struct Served<'s> {
    spec: &'s Spec,
    release: Release,
    definitions: Definitions,
    surface: Option<Surface>,
    installed: Installed,
}

/// What becomes of an object.
pub(crate) enum Verdict {
    /// The cluster takes it, as far as is known.
    Served,
    /// The cluster does not take it as it is, or nothing is known of that, and what is in it stays as it is.
    Told(Finding),
    /// The cluster does not take it, whatever is in it.
    Refused(Finding),
    /// It never reaches the cluster.
    NotApplied,
}

impl<'s> Served<'s> {
    /// What the options and the build say.
    ///
    /// # Errors
    /// Options that cannot be read.
    pub(crate) fn new(
        spec: &'s Spec,
        release: Release,
        resources: &Resources,
    ) -> Result<Self, krm::config::ConfigError> {
        let definitions = Definitions::of(resources);
        let (surface, installed) = (Surface::of(spec, resources)?, Installed::of(spec)?);
        Ok(Self { spec, release, definitions, surface, installed })
    }

    /// What becomes of an object. What is surer comes first: what the build defines, what the config lists, what
    /// Kubernetes serves, what is installed, and what the old platforms serve.
    pub(crate) fn verdict(&self, item: &Item) -> Verdict {
        let api_version = item.api_version();
        // `builtin` of kustomize is a version without a group.
        if [item.group(), api_version].into_iter().any(|group| NOT_APPLIED.of(group).next().is_some()) {
            return Verdict::NotApplied;
        }
        if let Some(versions) = self.definitions.versions(item.group(), item.kind()) {
            return self.of_definition(item, versions);
        }
        match &self.surface {
            Some(surface) => self.of_surface(item, surface.api_versions(item.kind())),
            None => self.of_tables(item),
        }
    }

    /// Whether the cluster serves a kind, as far as is known. A kind of which nothing is known is taken to be served.
    pub(crate) fn serves(&self, group: &str, kind: &str) -> bool {
        self.definitions.versions(group, kind).is_some()
            || self.installed.serves(group)
            || leftover_kind(group, kind, self.spec).is_none()
    }

    fn of_definition(&self, item: &Item, versions: &[String]) -> Verdict {
        let api_version = item.api_version();
        let version = api_version.rsplit('/').next().unwrap_or_default();
        if versions.iter().any(|served| served == version) {
            return Verdict::Served;
        }
        let served = versions.iter().map(|version| format!("`{version}`")).collect::<Vec<_>>().join(", ");
        let message = format!("the CustomResourceDefinition of this build serves {served} only; use one of these");
        told(Rule::VersionNotServed, item, message)
    }

    fn of_surface(&self, item: &Item, api_versions: &[String]) -> Verdict {
        let api_version = item.api_version();
        if api_versions.iter().any(|served| served == api_version) {
            return Verdict::Served;
        }
        match self.of_tables(item) {
            // The lists are right where the tables know nothing, or think otherwise.
            Verdict::Served => {}
            verdict => return verdict,
        }
        let elsewhere = match api_versions {
            [] => String::new(),
            listed => format!(
                ", and hold it in {}",
                listed.iter().map(|served| format!("`{served}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        let message = format!(
            "the API lists of the config do not hold `{}` in `{api_version}`{elsewhere}; correct it, or bring the lists up to date",
            item.kind()
        );
        told(Rule::KindNotListed, item, message)
    }

    fn of_tables(&self, item: &Item) -> Verdict {
        let api_version = item.api_version();
        if api_version.is_empty() {
            return told(
                Rule::NoSuchKind,
                item,
                "is missing; write the version of the API that the kind is of".to_owned(),
            );
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        match status(self.release, group, version, item.kind()) {
            Status::Served => Verdict::Served,
            Status::Removed { gone, replacement } => {
                let since = format!("K3s {gone} and later do not serve `{api_version}` {}", item.kind());
                told(Rule::RemovedApi, item, format!("{since}; {}", instead(replacement)))
            }
            Status::TooNew { since } => {
                let message = format!(
                    "K3s serves `{api_version}` {} from {since} on, and the cluster runs {}; use an earlier version",
                    item.kind(),
                    self.release
                );
                told(Rule::FutureApi, item, message)
            }
            Status::Off { replacement } => {
                let off =
                    format!("the API server serves `{api_version}` {} only if `--runtime-config` says so", item.kind());
                let instead =
                    replacement.map_or_else(|| "turn it on, or do without it".to_owned(), |_| instead(replacement));
                told(Rule::DisabledApi, item, format!("{off}; {instead}"))
            }
            Status::NoSuchKind => self.of_old_platforms(item).unwrap_or_else(|| {
                let message = format!("Kubernetes has no `{}` in `{api_version}`; correct one of them", item.kind());
                told(Rule::NoSuchKind, item, message)
            }),
            Status::OtherGroup if self.installed.serves(group) => Verdict::Served,
            Status::OtherGroup => self.of_old_platforms(item).unwrap_or_else(|| self.of_unknown(item)),
        }
    }

    fn of_old_platforms(&self, item: &Item) -> Option<Verdict> {
        let kind = leftover_kind(item.group(), item.kind(), self.spec)?;
        let finding =
            Finding::new(kind.rule, kind.message(item)).on(item).at("apiVersion").because_of(kind.cause(item));
        let is_workload = manifests::pods::kind(item.group(), item.kind()).is_some();
        Some(if is_workload { Verdict::Told(finding) } else { Verdict::Refused(finding) })
    }

    fn of_unknown(&self, item: &Item) -> Verdict {
        if self.surface.is_some() || self.spec.unknown() == Unknown::Quiet {
            return Verdict::Served;
        }
        let group = item.group();
        let message = format!(
            "`{group}` is of no product in `spec.installed`, so it is not known whether the cluster serves it; list the product or the group there if it does"
        );
        Verdict::Told(Finding::new(Rule::UnknownKind, message).on(item).at("apiVersion").because_of(group))
    }
}

fn told(rule: Rule, item: &Item, message: String) -> Verdict {
    let cause = format!("{} {}", item.api_version(), item.kind());
    Verdict::Told(Finding::new(rule, message).on(item).at("apiVersion").because_of(cause))
}

/// What to use in the place of a version of a kind.
fn instead(replacement: Option<Replacement>) -> String {
    let Some(Replacement { api_version, change }) = replacement else {
        return "nothing takes its place, so take the object out".to_owned();
    };
    match change {
        Change::Nothing => format!("use `{api_version}`, and change nothing else"),
        Change::Fields(change) => format!("use `{api_version}`, in which {change}"),
        Change::Unknown => format!("use `{api_version}`, and see which fields differ"),
    }
}
