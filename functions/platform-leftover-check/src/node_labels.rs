//! Labels and taints of nodes that pods ask for.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::rule::Severity;
use krm::table;

use crate::config::LoadBalancer;
use crate::patterns::Keys;
use crate::report::{Fact, Report};
use crate::rule::{Rule, known_severity};

/// How much pods need a label of their node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// They run on no other node.
    Required,
    /// They prefer such a node, or tolerate its taint.
    Optional,
}

/// A label of nodes.
#[derive(Debug, Clone, Copy)]
struct Row {
    value: WantedValue,
    platform: &'static str,
    severity: Option<Severity>,
    message: &'static str,
}

/// The value that a row is about.
#[derive(Debug, Clone, Copy)]
enum WantedValue {
    Any,
    /// Whatever it is.
    Exists,
    Exactly(&'static str),
    GoogleZone,
    GoogleRegion,
    GoogleMachine,
}

impl WantedValue {
    fn matches(self, value: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Exists => value.is_none(),
            Self::Exactly(wanted) => value == Some(wanted),
            Self::GoogleZone => value.is_some_and(is_google_zone),
            Self::GoogleRegion => value.is_some_and(|value| google_names("region").any(|region| region == value)),
            Self::GoogleMachine => value.is_some_and(is_google_machine),
        }
    }
}

static LABELS: LazyLock<Keys<Row>> = LazyLock::new(|| {
    let mut rows: Vec<(&str, Row)> = table::rows(include_str!("../data/node-labels.tsv")).map(row).collect();
    rows.sort_by_key(|(_, row)| matches!(row.value, WantedValue::Any));
    rows.into_iter().collect()
});

fn row([key, value, platform, severity, message]: [&'static str; 5]) -> (&'static str, Row) {
    let value = match value {
        "*" => WantedValue::Any,
        "\"\"" => WantedValue::Exactly(""),
        "Exists" => WantedValue::Exists,
        "GoogleZone" => WantedValue::GoogleZone,
        "GoogleRegion" => WantedValue::GoogleRegion,
        "GoogleMachine" => WantedValue::GoogleMachine,
        other => WantedValue::Exactly(other),
    };
    (key, Row { value, platform, severity: known_severity(severity), message })
}

/// Reports a label of nodes that pods ask for; without a value it must only be there.
pub(crate) fn check(report: &mut Report<'_>, path: FieldPath, (key, value): (&str, Option<&str>), need: Need) {
    // storageclass-rewrite refuses volumes in such a zone.
    if report.is_refused && report.item.is("", "PersistentVolume") {
        return;
    }
    let row = LABELS.of(key).find(|row| row.value.matches(value) && report.context.spec.is_from(row.platform));
    let Some((row, severity)) = row.and_then(|row| Some((row, row.severity?))) else { return };
    let shown = value.map_or_else(|| format!("`{key}`"), |value| format!("`{key}: {value}`"));
    let shown = if value == Some("") { format!("`{key}: \"\"`") } else { shown };
    let fact = match need {
        Need::Required => Fact::new(Rule::NodeLabel, &shown, format!("{shown}: {}", row.message)).of_severity(severity),
        Need::Optional if severity == Severity::Error => {
            let message = format!("{shown}: no node of K3s has this, so that it has no effect; take it out");
            Fact::new(Rule::NodeLabel, format!("optional {shown}"), message).of_severity(Severity::Info)
        }
        Need::Optional => return,
    };
    report.tell(path, fact);
}

/// Reports that pods must spread over zones, which nodes may not tell.
pub(crate) fn check_topology(report: &mut Report<'_>, path: FieldPath, key: &str, need: Need) {
    if need == Need::Optional || key != "topology.kubernetes.io/zone" {
        return check(report, path, (key, None), need);
    }
    let (severity, message) = match report.context.spec.load_balancer() {
        LoadBalancer::ServiceLB => (
            Severity::Warning,
            "nodes have no label of a zone without a cloud controller, so that the pods stay Pending",
        ),
        LoadBalancer::HCloud => (
            Severity::Info,
            "the Hetzner cloud controller sets it to the data centre, and later releases of it will not set it",
        ),
    };
    let message =
        format!("spreads over `{key}`: {message}; use `topology.kubernetes.io/region` or `kubernetes.io/hostname`");
    report.tell(path, Fact::new(Rule::ZoneSpread, key, message).of_severity(severity));
}

/// The names of a kind that Google Cloud gives.
fn google_names(kind: &'static str) -> impl Iterator<Item = &'static str> {
    static NAMES: LazyLock<Vec<[&'static str; 2]>> =
        LazyLock::new(|| table::rows(include_str!("../data/google-names.tsv")).collect());
    NAMES.iter().filter(move |[known, _]| *known == kind).map(|[_, name]| *name)
}

/// Whether a text is a zone of Google Cloud, as `europe-west1-b`.
fn is_google_zone(text: &str) -> bool {
    let region = text.rsplit_once('-').filter(|(_, letter)| letter.len() == 1).map(|(region, _)| region);
    region.is_some_and(|region| google_names("region").any(|known| known == region))
}

/// Whether a text is a type of machines of Google Cloud, as `e2-standard-4`.
fn is_google_machine(text: &str) -> bool {
    let family = text.split_once('-').map(|(family, _)| family);
    family.is_some_and(|family| google_names("machine").any(|known| known == family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_google_cloud_are_told_from_those_of_hetzner() {
        for (text, is_zone, is_machine) in [
            ("europe-west1-b", true, false),
            ("europe-west1", false, false),
            ("fsn1", false, false),
            ("fsn1-dc14", false, false),
            ("eu-central", false, false),
            ("e2-standard-4", false, true),
            ("cpx31", false, false),
            ("e2", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_google_zone(text), is_google_machine(text)), (is_zone, is_machine), "{text}");
        }
        assert!(table::rows::<2>(include_str!("../data/google-names.tsv")).all(|[kind, name]| {
            let example = if kind == "region" { format!("{name}-a") } else { format!("{name}-standard-4") };
            is_google_zone(&example) || is_google_machine(&example)
        }));
    }
}
