//! Annotations, labels and selectors.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::resource_list::bookkeeping::is_bookkeeping;
use krm::rule::Severity;
use krm::table;
use serde_json::{Map, Value};

use crate::names::{self, KindOfName, old_name};
use crate::patterns::Keys;
use crate::report::{Fact, Report};
use crate::rule::{Rule, known_severity};

/// What a key is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Annotations,
    Labels,
    Selector,
}

/// A key that an old platform reads.
#[derive(Debug, Clone, Copy)]
struct Row {
    holder: Holder,
    kind: &'static str,
    value: &'static str,
    unless: &'static str,
    platform: &'static str,
    severity: Option<Severity>,
    rule: Option<Rule>,
    message: &'static str,
}

static KEYS: LazyLock<Keys<Row>> = LazyLock::new(|| {
    let mut rows: Vec<(&str, Row)> = table::rows(include_str!("../data/keys.tsv")).map(row).collect();
    rows.sort_by_key(|(_, row)| (row.kind == "*", row.value == "*"));
    rows.into_iter().collect()
});

fn row(
    [holder, kind, key, value, unless, platform, severity, rule, message]: [&'static str; 9],
) -> (&'static str, Row) {
    let holder = match holder {
        "annotation" => Holder::Annotations,
        "label" => Holder::Labels,
        "selector" => Holder::Selector,
        other => panic!("`{other}` is no place of keys"),
    };
    let rule = Some(rule).filter(|rule| *rule != "-").map(Rule::known);
    (key, Row { holder, kind, value, unless, platform, severity: known_severity(severity), rule, message })
}

/// Where keys are, and what is beside them.
#[derive(Debug, Clone)]
pub(crate) struct Entries<'e> {
    /// What they are in.
    pub(crate) holder: Holder,
    /// The field that holds them.
    pub(crate) path: FieldPath,
    /// The keys and their values.
    pub(crate) entries: &'e Map<String, Value>,
    /// Whether they are those of the object itself, and not of what it makes.
    pub(crate) are_own: bool,
}

/// The keys of annotations, labels or a selector.
pub(crate) fn check(report: &mut Report<'_>, entries: &Entries<'_>) {
    for (key, value) in entries.entries {
        if key.contains('/') && !is_bookkeeping(key) {
            check_entry(report, entries, key, value);
        }
        if let Some(kind) = KindOfName::of_annotation(key).filter(|_| entries.holder == Holder::Annotations) {
            names::check(report, entries.path.clone().key(key), kind, value.as_str().unwrap_or_default());
        }
        if entries.holder == Holder::Selector {
            check_namespace(report, entries.path.clone().key(key), key, value);
        }
    }
}

/// A key of which a selector asks for nothing but that it is there.
pub(crate) fn check_selected(report: &mut Report<'_>, path: FieldPath, key: &str) {
    let entries = Map::new();
    let entries = Entries { holder: Holder::Selector, path, entries: &entries, are_own: false };
    if let Some(fact) = find(report, &entries, key, &Value::Null).and_then(|row| fact(report, &entries, key, row)) {
        report.tell(entries.path, fact);
    }
}

fn check_entry(report: &mut Report<'_>, entries: &Entries<'_>, key: &str, value: &Value) {
    let row = find(report, entries, key, value);
    if let Some(fact) = row.and_then(|row| fact(report, entries, key, row)) {
        report.tell(entries.path.clone().key(key), fact);
    }
}

/// The row that says most about a key.
fn find(report: &Report<'_>, entries: &Entries<'_>, key: &str, value: &Value) -> Option<&'static Row> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    // What an object makes may be of any kind.
    let is_of_kind = |row: &Row| row.kind == "*" || !entries.are_own || row.kind == report.item.kind();
    KEYS.of(key).find(|row| {
        row.holder == entries.holder
            && report.context.spec.is_from(row.platform)
            && is_of_kind(row)
            && (row.value == "*" || row.value.eq_ignore_ascii_case(&text))
    })
}

/// What a row says about a key, unless something beside it says otherwise.
fn fact(report: &Report<'_>, entries: &Entries<'_>, key: &str, row: &Row) -> Option<Fact> {
    let (severity, rule) = (row.severity?, row.rule?);
    let metadata = &report.item.value()["metadata"];
    let own = ["labels", "annotations"].into_iter().filter_map(|field| metadata[field].get(row.unless));
    let mut beside = own.filter(|_| entries.are_own).chain(entries.entries.get(row.unless));
    if beside.any(|value| *value != "false") {
        return None;
    }
    let is_no_balancer = || entries.are_own && report.item.value()["spec"]["type"] != "LoadBalancer";
    if rule == Rule::PublicLoadBalancer && is_no_balancer() {
        let message = "only matters for a Service of type LoadBalancer";
        return Some(Fact::new(Rule::PlatformKey, key, message).of_severity(Severity::Info));
    }
    // Kinds may have a message of their own about one key.
    Some(Fact::new(rule, format!("{key} {}", row.message), row.message).of_severity(severity))
}

/// The name of a namespace by which a selector selects it.
fn check_namespace(report: &mut Report<'_>, path: FieldPath, key: &str, value: &Value) {
    let Some(name) = value.as_str().filter(|_| key == "kubernetes.io/metadata.name") else { return };
    // Other functions translate what means the router, and report what is left of it.
    if name != "openshift-ingress" && old_name(report.context, KindOfName::Namespace, name).is_some() {
        let message = format!("selects the namespace `{name}` of the old platform; name one of your own");
        report.tell(path, Fact::new(Rule::PlatformSelector, name, message));
    }
}
