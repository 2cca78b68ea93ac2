//! Variables, resources and volumes that only an old platform understands, wherever pods are described.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::rule::Severity;
use krm::table;
use serde_json::{Map, Value};

use crate::patterns::Keys;
use crate::report::{Fact, Report};
use crate::rule::Rule;
use crate::texts;

/// The platform of a name, and what to say about it.
type Row = [&'static str; 2];

static VARIABLES: LazyLock<Keys<Row>> = LazyLock::new(|| read(include_str!("../data/variables.tsv")));
static RESOURCES: LazyLock<Keys<Row>> = LazyLock::new(|| read(include_str!("../data/resources.tsv")));
static DRIVERS: LazyLock<Keys<Row>> = LazyLock::new(|| read(include_str!("../data/drivers.tsv")));

fn read(rows: &'static str) -> Keys<Row> {
    table::rows(rows).map(|[name, platform, message]| (name, [platform, message])).collect()
}

/// The variable with the path of the file that holds a key for Google Cloud.
const GOOGLE_CREDENTIALS: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// The first user that OpenShift gives out to namespaces.
///
/// Source: openshift/cluster-kube-controller-manager-operator, the default of `uidAllocationRange`.
const FIRST_USER_OF_RANGES: u64 = 1_000_000_000;

/// A variable by its name.
pub(crate) fn check_variable(report: &mut Report<'_>, path: FieldPath, name: &str) {
    tell(report, &VARIABLES, path, name, Rule::PlatformVariable);
}

/// The resources that a container or a quota names.
pub(crate) fn check_resources(report: &mut Report<'_>, path: &FieldPath, resources: &Map<String, Value>) {
    // A quota only limits what there is.
    if report.item.kind() == "ResourceQuota" || report.item.kind() == "LimitRange" {
        return;
    }
    for name in resources.keys().filter(|name| name.contains('/')) {
        tell(report, &RESOURCES, path.clone().key(name), name, Rule::NodeResource);
    }
}

/// The driver of a volume.
pub(crate) fn check_driver(report: &mut Report<'_>, path: FieldPath, driver: &str) {
    // storageclass-rewrite refuses such volumes too.
    if !report.is_refused {
        tell(report, &DRIVERS, path, driver, Rule::VolumeDriver);
    }
}

fn tell(report: &mut Report<'_>, rows: &'static Keys<Row>, path: FieldPath, name: &str, rule: Rule) {
    let Some([_, message]) = rows.of(name).find(|[platform, _]| report.context.spec.is_from(platform)) else { return };
    report.tell(path, Fact::new(rule, name, format!("`{name}` {message}")));
}

/// The variables of a container of any kind.
pub(crate) fn check_container(report: &mut Report<'_>, path: &FieldPath, container: &Map<String, Value>) {
    for (index, variable) in container.get("env").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let path = path.clone().key("env").index(index);
        let Some(name) = variable["name"].as_str() else { continue };
        check_variable(report, path.clone().key("name"), name);
        if texts::names_exceptions(name) {
            report.leave(path.clone().key("value"));
        }
        let file =
            variable["value"].as_str().filter(|_| name == GOOGLE_CREDENTIALS && report.context.spec.is_from("GKE"));
        if let Some(file) = file.filter(|file| !is_mounted(container, file)) {
            let message = format!(
                "`{GOOGLE_CREDENTIALS}` names `{file}`, and no volume of the container holds that file; mount a Secret with the key there, or do without Google Cloud"
            );
            report.tell(path.key("value"), Fact::new(Rule::GoogleCredentials, GOOGLE_CREDENTIALS, message));
        }
    }
}

/// Whether a container has a volume where a file is.
fn is_mounted(container: &Map<String, Value>, file: &str) -> bool {
    let mounts = container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
    let mut directories = mounts.filter_map(|mount| mount["mountPath"].as_str());
    directories.any(|directory| {
        let rest = file.strip_prefix(directory.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// A number that may be a user or a group which OpenShift gave to the old namespace.
pub(crate) fn check_user(report: &mut Report<'_>, path: FieldPath, key: &str, number: Option<u64>) {
    let is_user = matches!(key, "runAsUser" | "runAsGroup" | "fsGroup");
    if is_user
        && number.is_some_and(|number| number >= FIRST_USER_OF_RANGES)
        && report.context.spec.is_from("OpenShift")
    {
        let message =
            "is one of the numbers that OpenShift gave to the old namespace; on K3s any number other than 0 will do";
        report.tell(path, Fact::new(Rule::UserOfOldRange, key, message).of_severity(Severity::Info));
    }
}
