//! Storage classes of the old platforms.

use std::collections::HashMap;
use std::sync::LazyLock;

use krm::field::FieldPath;
use platforms::storage_classes;

use crate::report::{Fact, Report};
use crate::rule::Rule;

/// The classes of the old platforms and their drivers, with the platforms of each.
struct Old {
    classes: HashMap<&'static str, Vec<&'static str>>,
    drivers: HashMap<&'static str, Vec<&'static str>>,
}

static OLD: LazyLock<Old> = LazyLock::new(|| {
    let mut old = Old { classes: HashMap::new(), drivers: HashMap::new() };
    for class in storage_classes().filter(|class| !class.sources.iter().any(|source| is_target(source))) {
        old.drivers.entry(class.provisioner).or_default().extend(class.sources.iter().copied());
        old.classes.insert(class.name, class.sources);
    }
    old
});

/// Whether builds go to a platform, and do not come from it.
fn is_target(source: &str) -> bool {
    matches!(source, "HCloud" | "LocalPath")
}

/// The platform, as `spec.from` has it, that a class comes from; OpenShift brings other classes on each cloud.
fn platform(source: &str) -> &str {
    if source.starts_with("OpenShift") { "OpenShift" } else { source }
}

/// The name of a class in a field.
pub(crate) fn check_class(report: &mut Report<'_>, path: FieldPath, class: &str) {
    if !report.context.build.makes("StorageClass", class) {
        tell(report, path, class, &OLD.classes, "is a storage class");
    }
}

/// The driver of a class or a volume.
pub(crate) fn check_driver(report: &mut Report<'_>, path: FieldPath, driver: &str) {
    // storageclass-rewrite refuses volumes of such a driver.
    if report.is_refused {
        return;
    }
    tell(report, path, driver, &OLD.drivers, "is a driver for volumes");
}

fn tell(report: &mut Report<'_>, path: FieldPath, name: &str, old: &HashMap<&str, Vec<&'static str>>, what: &str) {
    let from = &report.context.spec.from;
    let is_meant = |source: &&&str| from.iter().any(|from| from.name() == platform(source));
    let Some(source) = old.get(name).and_then(|sources| sources.iter().find(is_meant)) else { return };
    let message = format!(
        "`{name}` {what} of {}; run storageclass-rewrite before this function, or name one of the new cluster",
        platform(source)
    );
    report.tell(path, Fact::new(Rule::OldStorageClass, name, message));
}
