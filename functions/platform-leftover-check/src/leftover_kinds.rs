//! The kinds of the old platforms, and what takes their place.

use std::collections::HashMap;
use std::sync::LazyLock;

use krm::resource_list::Item;
use krm::table;

use crate::config::Spec;
use crate::patterns::Domains;
use crate::rule::Rule;

/// A kind of an old platform.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeftoverKind {
    kind: &'static str,
    platform: &'static str,
    /// The rule of the finding.
    pub(crate) rule: Rule,
    /// The function of this suite that translates it.
    pub(crate) function: Option<&'static str>,
    /// What to do, as the end of a sentence.
    remedy: &'static str,
}

/// The kinds by their API groups.
static KINDS: LazyLock<Domains<LeftoverKind>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../data/groups.tsv"));
    let row = |[group, kind, platform, rule, function, remedy]: [&'static str; 6]| {
        let function = Some(function).filter(|function| *function != "-");
        (group, LeftoverKind { kind, platform, rule: Rule::known(rule), function, remedy })
    };
    rows.map(row).collect()
});

/// What OLM installs by the name of a package, and where it comes from elsewhere.
static PACKAGES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    table::rows(include_str!("../data/packages.tsv")).map(|[package, upstream]| (package, upstream)).collect()
});

/// The kind of an old platform that an object is of; none if it is of no platform that the options name.
pub(crate) fn leftover_kind(group: &str, kind: &str, spec: &Spec) -> Option<&'static LeftoverKind> {
    let rows = || KINDS.of(group).filter(|row| spec.is_from(row.platform));
    rows().find(|row| row.kind == kind).or_else(|| rows().find(|row| row.kind == "*"))
}

impl LeftoverKind {
    /// What objects of the kind share with others that are reported with them.
    pub(crate) fn cause(&self, item: &Item) -> String {
        let package = package(item).unwrap_or_default();
        format!("{} {} {package}", item.group(), item.kind())
    }

    /// What to do about an object of the kind, as a whole message.
    pub(crate) fn message(&self, item: &Item) -> String {
        let served = format!("K3s does not serve `{}` {}", item.api_version(), item.kind());
        match (self.function, package(item)) {
            (Some(function), _) => format!(
                "{served}, and nothing translated this object; run {function} before this function, or {}",
                self.remedy
            ),
            (None, Some(package)) => match PACKAGES.get(package) {
                Some(upstream) => {
                    format!(
                        "{served}, and nothing installs the operator `{package}`; install {upstream} from its own chart or manifests, and take the object out"
                    )
                }
                None => format!("{served}, and nothing installs the operator `{package}`; {}", self.remedy),
            },
            (None, None) => format!("{served}; {}", self.remedy),
        }
    }
}

/// The package that a Subscription of OLM subscribes to.
fn package(item: &Item) -> Option<&str> {
    item.is("operators.coreos.com", "Subscription").then(|| item.value()["spec"]["name"].as_str()).flatten()
}
