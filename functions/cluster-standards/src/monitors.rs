//! What monitors need besides being discovered: Secrets in their namespace, a prober, and no annotations in their place.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use krm::table;
use manifests::fields::Pattern;
use manifests::pods;
use serde_json::Value;

use crate::build::Build;
use crate::rule::Rule;

const GROUP: &str = "monitoring.coreos.com";
const SCRAPE: &str = "prometheus.io/scrape";
const ANNOTATION: &[&str] = &["metadata", "annotations", SCRAPE];

/// Where the fields that name Secrets are, by kind of monitor.
const PLACES: [(&str, &str); 4] = [
    ("PodMonitor", "spec.podMetricsEndpoints[]"),
    ("Probe", "spec"),
    ("ScrapeConfig", "spec"),
    ("ServiceMonitor", "spec.endpoints[]"),
];

/// Kinds that make a Secret of a name, and the keys that lead to the name if it is not their own.
const SECRETS: [(&str, &str, Option<&[&str]>); 3] = [
    ("", "Secret", None),
    ("bitnami.com", "SealedSecret", Some(&["spec", "template", "metadata", "name"])),
    ("external-secrets.io", "ExternalSecret", Some(&["spec", "target", "name"])),
];

/// Checks the monitors of a build, and what asks to be scraped without one.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    let secrets = OnceCell::new();
    for item in build.resources.iter() {
        if item.group() == GROUP {
            let secrets = secrets.get_or_init(|| Secrets::of(build.resources));
            findings.extend(build.resources.look(item, |monitor| foreign_secrets(monitor, secrets)));
        }
        if item.is(GROUP, "Probe") {
            findings.extend(without_prober(item));
        }
        findings.extend(annotated(item));
    }
}

/// The names of a Secret that an object is or makes, with the object.
fn secret(item: &Item) -> Option<(Vec<String>, &Item)> {
    let (_, _, keys) = SECRETS.iter().find(|(group, kind, _)| item.is(group, kind))?;
    let stated = keys.map(|keys| item.field(keys));
    let stated = stated.as_deref().and_then(Value::as_str);
    Some((stated.map_or_else(|| item.names(), |name| vec![name.to_owned()]), item))
}

/// The namespaces that the Secrets of a build are in, by their names.
struct Secrets<'r>(HashMap<String, (&'r str, HashSet<&'r str>)>);

impl<'r> Secrets<'r> {
    fn of(resources: &'r Resources) -> Self {
        let mut secrets: HashMap<_, (_, HashSet<_>)> = HashMap::new();
        for (names, item) in resources.iter().filter_map(secret) {
            let namespace = item.namespace_name();
            for name in names {
                secrets.entry(name).or_insert((namespace, HashSet::new())).1.insert(namespace);
            }
        }
        Self(secrets)
    }

    /// The first namespace that has a Secret of this name, if another one has none.
    fn elsewhere(&self, name: &str, namespace: &str) -> Option<&'r str> {
        self.0.get(name).filter(|(_, all)| !all.contains(namespace)).map(|(first, _)| *first)
    }
}

/// The fields of a kind of monitor that name Secrets.
fn secret_fields(kind: &str) -> &'static [Pattern] {
    static FIELDS: LazyLock<HashMap<&str, Vec<Pattern>>> = LazyLock::new(|| {
        let patterns = |place| {
            let fields = table::rows::<1>(include_str!("../data/monitor-secrets.tsv"));
            fields.map(|[field]| Pattern::known(&format!("{place}.{field}.name"))).collect()
        };
        PLACES.into_iter().map(|(kind, place)| (kind, patterns(place))).collect()
    });
    FIELDS.get(kind).map_or(&[], Vec::as_slice)
}

/// Secrets that the build has in another namespace only.
fn foreign_secrets(monitor: &Item, secrets: &Secrets<'_>) -> Vec<Finding> {
    let fields = secret_fields(monitor.kind()).iter().filter(|_| !secrets.0.is_empty());
    let names = fields.flat_map(|pattern| pattern.matches(monitor.value()));
    let foreign = names.filter_map(|found| {
        let name = found.value.as_str()?;
        let other = secrets.elsewhere(name, monitor.namespace_name())?;
        let message = format!(
            "the build has the Secret `{name}` in the namespace `{other}` only, and the operator reads it in that of the monitor, `{}`, and leaves the monitor out if it is not there; make it there too",
            monitor.namespace_name()
        );
        Some(Finding::new(Rule::MonitorSecretElsewhere, message).on(monitor).at(&found.pointer))
    });
    foreign.collect()
}

fn without_prober(probe: &Item) -> Option<Finding> {
    let url = probe.field(&["spec", "prober", "url"]);
    let message = "names no prober, so the operator leaves the Probe out; write the host and port of the exporter, as `blackbox-exporter.observability:9115`";
    let is_missing = url.as_str().is_none_or(str::is_empty);
    is_missing.then(|| Finding::new(Rule::ProbeWithoutProber, message).on(probe).at("spec.prober.url"))
}

fn is_asked(annotation: &Value) -> bool {
    annotation == "true"
}

/// What asks to be scraped by an annotation.
fn annotated(item: &Item) -> Option<Finding> {
    let template = match pods::kind(item.group(), item.kind()) {
        Some(kind) if is_asked(&kind.field(item, ANNOTATION)) && kind.field(item, &["spec"]).is_object() => {
            kind.template
        }
        None if item.is("", "Service") && is_asked(&item.field(ANNOTATION)) => "",
        _ => return None,
    };
    let path = FieldPath::of_pointer(template).key("metadata");
    let message = "kube-prometheus-stack has no scrape job for this annotation; a ServiceMonitor or PodMonitor has the pods scraped, unless a job of your own reads it";
    let finding = Finding::new(Rule::ScrapeAnnotation, message).on(item).at(path.key("annotations").key(SCRAPE));
    Some(finding.because_of(SCRAPE))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_field_of_the_table_is_found_in_each_kind_of_monitor() {
        for (kind, place) in PLACES {
            let mut fields: Vec<_> =
                table::rows::<1>(include_str!("../data/monitor-secrets.tsv")).map(|[field]| field).collect();
            assert!(!fields.is_empty() && fields.is_sorted());
            fields.dedup();
            for field in fields {
                let pattern = Pattern::known(&format!("{place}.{field}.name"));
                let found = pattern.example(json!("token"));
                assert_eq!(pattern.matches(&found).len(), 1, "{kind} {field}");
            }
        }
    }
}
