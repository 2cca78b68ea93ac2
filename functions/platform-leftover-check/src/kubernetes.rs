//! The kinds that Kubernetes and K3s serve, release by release.

use std::sync::LazyLock;

use krm::table;

use crate::release::Release;

/// A version of a kind of Kubernetes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Api {
    since: Release,
    gone: Option<Release>,
    /// Whether the API server serves it unasked.
    is_on: bool,
    /// The API version that takes its place, as `apps/v1`.
    replacement: Option<&'static str>,
    /// What changes besides the API version; `-` for nothing, `?` where that is not known.
    change: &'static str,
}

/// Whether a release serves a version of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Served,
    /// It no longer does.
    Removed {
        gone: Release,
        replacement: Option<Replacement>,
    },
    /// It does not yet.
    TooNew {
        since: Release,
    },
    /// It does if the API server is told to.
    Off {
        replacement: Option<Replacement>,
    },
    /// The group is one of Kubernetes, and it has no such kind in any release.
    NoSuchKind,
    /// The group is none of Kubernetes or K3s.
    OtherGroup,
}

/// What takes the place of a version of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// The API version.
    pub(crate) api_version: &'static str,
    /// What changes besides.
    pub(crate) change: Change,
}

/// What changes with the API version of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    Fields(&'static str),
    Unknown,
}

/// Group, version and kind.
type Key<'k> = (&'k str, &'k str, &'k str);

/// A table, whose rows are sorted by their keys: a search by halves needs no hash of each of them.
struct Table(Vec<(Key<'static>, Api)>);

impl Table {
    fn get(&self, key: Key<'_>) -> Option<&Api> {
        let place = self.0.binary_search_by_key(&key, |(known, _)| *known).ok()?;
        Some(&self.0[place].1)
    }

    fn has_group(&self, group: &str) -> bool {
        self.0.binary_search_by_key(&group, |((known, ..), _)| *known).is_ok()
    }
}

static KINDS: LazyLock<Table> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../data/kinds.tsv"));
    let row = |[group, version, kind, since, gone, served, replacement, change]: [&'static str; 8]| {
        ((group, version, kind), Api { is_on: served == "on", change, ..Api::of(since, gone, replacement) })
    };
    Table(rows.map(row).collect())
});

/// What K3s serves besides Kubernetes.
static BUNDLED: LazyLock<Table> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../data/bundled-kinds.tsv"));
    let row = |[group, version, kind, since, gone, replacement]: [&'static str; 6]| {
        ((group, version, kind), Api::of(since, gone, replacement))
    };
    Table(rows.map(row).collect())
});

fn known_release(text: &str) -> Release {
    Release::parse(text).unwrap_or_else(|| panic!("`{text}` is no release"))
}

/// Whether a release of K3s serves a version of a kind.
pub(crate) fn status(release: Release, group: &str, version: &str, kind: &str) -> Status {
    if let Some(api) = KINDS.get((group, version, kind)) {
        return api.status(release, kind);
    }
    if KINDS.has_group(group) {
        return Status::NoSuchKind;
    }
    let bundled = [kind, "*"].into_iter().find_map(|kind| BUNDLED.get((group, version, kind)));
    match bundled.map(|api| api.status(release, kind)) {
        // Whoever installs Traefik or the Gateway API by other means has newer ones.
        Some(Status::TooNew { .. }) | None => Status::OtherGroup,
        Some(status) => status,
    }
}

impl Api {
    /// What a row says; `-` is nothing.
    fn of(since: &str, gone: &str, replacement: &'static str) -> Self {
        let gone = Some(gone).filter(|gone| *gone != "-").map(known_release);
        let replacement = Some(replacement).filter(|replacement| *replacement != "-");
        Self { since: known_release(since), gone, is_on: true, replacement, change: "-" }
    }

    fn status(&self, release: Release, kind: &str) -> Status {
        match self.gone {
            Some(gone) if gone <= release => Status::Removed { gone, replacement: self.replacement(release, kind) },
            _ if self.since > release => Status::TooNew { since: self.since },
            _ if !self.is_on => Status::Off { replacement: self.replacement(release, kind) },
            _ => Status::Served,
        }
    }

    /// What takes its place, as far as the release serves that.
    fn replacement(&self, release: Release, kind: &str) -> Option<Replacement> {
        let api_version = self.replacement?;
        let (group, version) = api_version.split_once('/')?;
        let key = (group, version, kind);
        let api = KINDS.get(key).or_else(|| BUNDLED.get(key))?;
        let change = match self.change {
            "-" => Change::Nothing,
            "?" => Change::Unknown,
            fields => Change::Fields(fields),
        };
        let is_served = api.since <= release && api.gone.is_none_or(|gone| gone > release);
        is_served.then_some(Replacement { api_version, change })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(text: &str) -> Release {
        known_release(text)
    }

    #[test]
    fn every_row_is_reached_in_the_releases_before_while_and_after_it_is_served() {
        for [group, version, kind, since, gone, served, ..] in table::rows::<8>(include_str!("../data/kinds.tsv")) {
            let row = format!("{group}/{version} {kind}");
            let in_release = |text| status(release(text), group, version, kind);
            match in_release(since) {
                Status::Served => assert_eq!(served, "on", "{row}"),
                Status::Off { .. } => assert_eq!(served, "off", "{row}"),
                other => panic!("{row}: {other:?}"),
            }
            if since != "1.0" {
                assert_eq!(in_release("1.0"), Status::TooNew { since: release(since) }, "{row}");
            }
            if gone != "-" {
                assert!(matches!(in_release(gone), Status::Removed { .. }), "{row}");
                assert!(release(since) < release(gone), "{row}");
            }
        }
    }

    #[test]
    fn the_tables_are_sorted_and_name_each_kind_once() {
        let names: Vec<_> =
            table::rows::<8>(include_str!("../data/kinds.tsv")).map(|row| [row[0], row[1], row[2]]).collect();
        assert!(names.is_sorted() && names.windows(2).all(|pair| pair[0] != pair[1]));
        let names: Vec<_> = table::rows::<6>(include_str!("../data/bundled-kinds.tsv")).collect();
        assert!(names.is_sorted());
    }

    #[test]
    fn k3s_brings_kinds_of_its_own() {
        for [group, version, kind, since, gone, _] in table::rows::<6>(include_str!("../data/bundled-kinds.tsv")) {
            let kind = if kind == "*" { "Any" } else { kind };
            assert_eq!(status(release(since), group, version, kind), Status::Served, "{group} {kind}");
            if gone != "-" {
                assert!(
                    matches!(status(release(gone), group, version, kind), Status::Removed { .. }),
                    "{group} {kind}"
                );
            }
        }
    }

    #[test]
    fn replacements_are_those_that_the_release_serves() {
        let of = |text, group, version, kind| match status(release(text), group, version, kind) {
            Status::Removed { replacement, .. } | Status::Off { replacement } => {
                replacement.map(|found| found.api_version)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(of("1.34", "batch", "v1beta1", "CronJob"), Some("batch/v1"));
        assert_eq!(of("1.34", "extensions", "v1beta1", "Ingress"), Some("networking.k8s.io/v1"));
        assert_eq!(of("1.34", "policy", "v1beta1", "PodSecurityPolicy"), None);
        assert_eq!(of("1.34", "admissionregistration.k8s.io", "v1beta1", "MutatingAdmissionPolicy"), None);
        assert_eq!(
            of("1.36", "admissionregistration.k8s.io", "v1beta1", "MutatingAdmissionPolicy"),
            Some("admissionregistration.k8s.io/v1")
        );
        assert_eq!(of("1.32", "traefik.containo.us", "v1alpha1", "Middleware"), Some("traefik.io/v1alpha1"));
    }

    #[test]
    fn other_groups_and_kinds_are_told_apart() {
        let now = release("1.34");
        for (group, version, kind, expected) in [
            ("apps", "v1", "Deployment", Status::Served),
            ("apps", "v1", "Deploymnt", Status::NoSuchKind),
            ("apps", "v2", "Deployment", Status::NoSuchKind),
            ("", "v1", "DeploymentConfig", Status::NoSuchKind),
            ("traefik.io", "v1alpha1", "Middleware", Status::Served),
            ("traefik.io", "v1alpha1", "Future", Status::OtherGroup),
            ("example.com", "v1", "Any", Status::OtherGroup),
        ] {
            assert_eq!(status(now, group, version, kind), expected, "{group}/{version} {kind}");
        }
        assert_eq!(status(release("1.30"), "gateway.networking.k8s.io", "v1", "Gateway"), Status::OtherGroup);
    }
}
