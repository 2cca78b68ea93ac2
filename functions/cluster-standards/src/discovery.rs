//! Whether Prometheus discovers the monitors and rules of a build: by their labels and by their namespaces.
//!
//! Sources: see `data/discovered-kinds.tsv`; prometheus-operator pkg/prometheus/resource_selector.go and
//! pkg/operator/rules.go, which select objects by labels in the selected namespaces.

use std::collections::HashMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::glob;
use krm::resource_list::{Item, namespace_name};
use krm::table;
use manifests::selectors::{Labels, Selector, labels_of};

use crate::build::Build;
use crate::change::Change;
use crate::config::{Completion, Spec};
use crate::rule::Rule;

const GROUP: &str = "monitoring.coreos.com";
/// The label by which kube-prometheus-stack selects, and the name that its Helm release usually has.
const RELEASE: [&str; 2] = ["release", "kube-prometheus-stack"];
/// The label by which Kubernetes names every namespace.
const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";
/// Where labels are.
const LABELS: &[&str] = &["metadata", "labels"];

/// A kind that Prometheus discovers.
#[derive(Debug, Clone, Copy)]
struct Discovered {
    kind: &'static str,
    objects: &'static str,
    namespaces: &'static str,
    is_of_agents: bool,
}

impl Discovered {
    fn all() -> impl Iterator<Item = Self> {
        let rows = table::rows::<5>(include_str!("../data/discovered-kinds.tsv"));
        rows.map(|[_, kind, objects, namespaces, agent]| Self {
            kind,
            objects,
            namespaces,
            is_of_agents: agent == "yes",
        })
    }

    fn of(item: &Item) -> Option<Self> {
        (item.group() == GROUP).then(|| Self::all().find(|discovered| discovered.kind == item.kind())).flatten()
    }
}

/// The Prometheus that should discover an object, as the build or the config describes it.
struct Prometheus<'r> {
    origin: Origin<'r>,
    /// The labels that it selects by; nothing if it selects no such object.
    selector: Option<Selector>,
    /// The labels that an object needs for that.
    labels: Labels,
    watched: Watched<'r>,
}

/// Who says what a Prometheus selects.
#[derive(Clone, Copy)]
enum Origin<'r> {
    /// Its object in the build.
    Object(&'r Item),
    /// The config.
    Config,
    /// Neither: it is taken for that of kube-prometheus-stack.
    Habit,
}

impl Origin<'_> {
    /// How messages name the Prometheus.
    fn name(self) -> String {
        match self {
            Self::Object(item) => item.reference().to_string(),
            Self::Config | Self::Habit => "Prometheus".to_owned(),
        }
    }

    /// What to do besides writing a label where it selects something else.
    fn remedy(self, kind: Discovered) -> String {
        match self {
            Self::Object(_) => format!("correct `{}` there", kind.objects),
            Self::Config => "correct `spec.prometheus` of the config".to_owned(),
            Self::Habit => "set `prometheus: {labels: {}}` where Prometheus selects everything".to_owned(),
        }
    }
}

/// The namespaces that a Prometheus looks at.
enum Watched<'r> {
    All,
    /// Those of these names or patterns.
    Named(&'r [String]),
    /// That of the Prometheus.
    Own(&'r str),
    /// Those with these labels.
    Labelled(Selector),
}

impl Prometheus<'_> {
    fn selects(&self, item: &Item) -> bool {
        self.selector.as_ref().is_some_and(|selector| selector.matches(&labels_of(&item.field(LABELS))))
    }

    /// Whether it looks at a namespace, as far as the build can know.
    fn watches(&self, namespace: &str, namespaces: &HashMap<&str, Labels>) -> bool {
        match &self.watched {
            Watched::All => true,
            Watched::Named(patterns) => patterns.iter().any(|pattern| glob::matches(pattern, namespace)),
            Watched::Own(own) => *own == namespace,
            Watched::Labelled(selector) => namespaces.get(namespace).is_none_or(|labels| selector.matches(labels)),
        }
    }
}

/// Who discovers what, by kind, and the namespaces of the build.
struct Discoverers<'r> {
    by_kind: HashMap<&'static str, Vec<Prometheus<'r>>>,
    /// The labels of the namespaces.
    namespaces: HashMap<&'r str, Labels>,
}

impl<'r> Discoverers<'r> {
    fn of(build: &Build<'r>) -> Self {
        let objects: Vec<_> = build.resources.iter().filter(|item| is_managed(item)).collect();
        let by_kind = Discovered::all().map(|kind| (kind.kind, prometheuses(&objects, build.spec, kind))).collect();
        let namespaces = build.resources.iter().filter(|item| item.is("", "Namespace")).map(|item| {
            let mut labels = labels_of(&item.field(LABELS));
            labels.insert(NAMESPACE_LABEL.to_owned(), item.name().to_owned());
            (item.name(), labels)
        });
        Self { by_kind, namespaces: namespaces.collect() }
    }

    fn of_kind(&self, kind: Discovered) -> &[Prometheus<'r>] {
        self.by_kind.get(kind.kind).map_or(&[], Vec::as_slice)
    }
}

/// Adds the labels that Prometheus selects by where they are missing. Another value stays.
pub(crate) fn completions(build: &Build<'_>) -> Vec<Change> {
    if !build.spec.completes(Completion::MonitorLabels) {
        return Vec::new();
    }
    let discoverers = Discoverers::of(build);
    let items = build.resources.iter().filter_map(|item| Some((item, Discovered::of(item)?)));
    items.flat_map(|(item, kind)| missing_labels(discoverers.of_kind(kind), item)).collect()
}

fn missing_labels(all: &[Prometheus<'_>], item: &Item) -> Vec<Change> {
    if all.iter().any(|prometheus| prometheus.selects(item)) {
        return Vec::new();
    }
    let wanted = all.iter().take(1).flat_map(|prometheus| &prometheus.labels);
    let present = item.field(LABELS);
    let missing = wanted.filter(|(key, _)| present[key.as_str()].is_null());
    let set = |(key, value): (&String, &String)| {
        let pointer = PointerBuf::from_tokens(["metadata", "labels", key.as_str()]);
        Change::Set { id: item.id(), pointer, value: value.as_str().into() }
    };
    missing.map(set).collect()
}

/// Checks every monitor and rule of a build.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    let discoverers = Discoverers::of(build);
    for item in build.resources.iter() {
        let Some(kind) = Discovered::of(item) else { continue };
        let all = discoverers.of_kind(kind);
        let selecting: Vec<_> = all.iter().filter(|prometheus| prometheus.selects(item)).collect();
        let is_watched =
            selecting.iter().any(|prometheus| prometheus.watches(item.namespace_name(), &discoverers.namespaces));
        match (selecting.first(), all.first()) {
            _ if is_watched => {}
            (Some(prometheus), _) => findings.push(unwatched(prometheus, item)),
            (None, Some(prometheus)) => findings.push(unselected(prometheus, item, kind)),
            (None, None) => {}
        }
    }
}

fn unselected(prometheus: &Prometheus<'_>, item: &Item, kind: Discovered) -> Finding {
    let name = prometheus.origin.name();
    let present = item.field(LABELS);
    let lacking = prometheus.labels.iter().find(|(key, value)| present[key.as_str()] != value.as_str());
    let message = match lacking {
        _ if prometheus.selector.is_none() => {
            format!("{name} has no `{}`, so it selects none of this kind; set one there", kind.objects)
        }
        Some((key, value)) => {
            let found = present[key.as_str()].as_str().map_or("is missing".to_owned(), |found| format!("is `{found}`"));
            format!(
                "{name} selects by the label `{key}`, which {found} here, so it does not read this; write `{value}`, or {}",
                prometheus.origin.remedy(kind)
            )
        }
        None => format!("{name} selects by `{}`, which does not select this; correct the labels", kind.objects),
    };
    let finding = Finding::new(Rule::MonitorNotSelected, message).on(item);
    let path = FieldPath::from("metadata.labels");
    match lacking {
        Some((key, value)) => {
            finding.at(path.key(key)).proposed(value.as_str()).because_of(format!("{} {key}", kind.kind))
        }
        None => finding.at(path).because_of(format!("{} {name}", kind.kind)),
    }
}

fn unwatched(prometheus: &Prometheus<'_>, item: &Item) -> Finding {
    let message = format!(
        "{} does not look at the namespace `{}`, so it does not read this; move it to one that is watched, or have the namespace watched",
        prometheus.origin.name(),
        item.namespace_name()
    );
    Finding::new(Rule::MonitorNamespaceUnwatched, message).on(item).at("metadata.namespace")
}

/// Who should discover objects of a kind: the Prometheus objects of the build, or the one of the config if there are none.
fn prometheuses<'r>(objects: &[&'r Item], spec: &'r Spec, kind: Discovered) -> Vec<Prometheus<'r>> {
    let objects = objects.iter().filter(|item| kind.is_of_agents || item.kind() == "Prometheus");
    let of_build: Vec<_> = objects.filter_map(|item| of_object(item, kind)).collect();
    if of_build.is_empty() { vec![of_config(spec, kind)] } else { of_build }
}

/// Whether an object is a Prometheus whose configuration the operator writes. Without any of these selectors a person does.
///
/// Source: prometheus-operator pkg/apis/monitoring/v1/prometheus_types.go, `ServiceMonitorSelector`.
fn is_managed(item: &Item) -> bool {
    let selectors = ["serviceMonitorSelector", "podMonitorSelector", "probeSelector", "scrapeConfigSelector"];
    let is_prometheus = item.is(GROUP, "Prometheus") || item.is(GROUP, "PrometheusAgent");
    is_prometheus && selectors.iter().any(|selector| !item.value()["spec"][*selector].is_null())
}

/// What a Prometheus of the build selects; nothing if a selector of it is malformed.
fn of_object<'r>(item: &'r Item, kind: Discovered) -> Option<Prometheus<'r>> {
    let read = |field: &str| {
        let is_there = !item.value()["spec"][field].is_null();
        is_there.then(|| Selector::read(item, &format!("/spec/{field}"))).transpose()
    };
    let selector = read(kind.objects).ok()?;
    let namespaces = read(kind.namespaces).ok()?;
    let required = selector.iter().flat_map(Selector::required_labels);
    let labels = required.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let watched = match namespaces {
        None => Watched::Own(namespace_name(item.namespace())),
        Some(selector) if selector.is_everything() => Watched::All,
        Some(selector) => Watched::Labelled(selector),
    };
    Some(Prometheus { origin: Origin::Object(item), selector, labels, watched })
}

/// The Prometheus that the config describes.
fn of_config(spec: &Spec, kind: Discovered) -> Prometheus<'_> {
    let more = if kind.kind == "PrometheusRule" { spec.prometheus.rule_labels.clone() } else { Labels::new() };
    let (origin, selector, mut labels) = match &spec.prometheus.labels {
        Some(labels) => {
            let all = labels.iter().chain(&more).map(|(key, value)| (key.clone(), value.clone()));
            (Origin::Config, Selector::of_build(all.collect()), labels.clone())
        }
        // The name of the Helm release is not known, so that any will do.
        None => (Origin::Habit, released(&more), Labels::from([RELEASE.map(str::to_owned).into()])),
    };
    labels.extend(more);
    let patterns = spec.prometheus.namespaces.as_slice();
    let watched = if patterns.is_empty() { Watched::All } else { Watched::Named(patterns) };
    Prometheus { origin, selector: Some(selector), labels, watched }
}

/// What carries the label of any Helm release, and these.
fn released(labels: &Labels) -> Selector {
    let release = LabelSelectorRequirement { key: RELEASE[0].to_owned(), operator: "Exists".to_owned(), values: None };
    let selector = LabelSelector { match_labels: Some(labels.clone()), match_expressions: Some(vec![release]) };
    Selector::try_from(selector).unwrap_or_default()
}
