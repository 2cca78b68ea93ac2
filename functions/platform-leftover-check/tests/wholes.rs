//! In a whole application every line of the old platform is reported, and none twice.

use std::collections::BTreeMap;
use std::path::Path;

/// The findings of a case by object and field: the rules of each.
fn findings(case: &str) -> BTreeMap<String, Vec<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(case).join("error.txt");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let mut parts = line.splitn(4, ": ");
        let (Some(severity), Some(object), Some(field)) = (parts.next(), parts.next(), parts.next()) else {
            panic!("{line}")
        };
        found.entry(format!("{object} {field}")).or_default().push(severity.to_owned());
    }
    found
}

fn check(case: &str, expected: &[(&str, &str)]) {
    let found = findings(case);
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(field, severity)| ((*field).to_owned(), vec![(*severity).to_owned()])).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_application_of_openshift_is_told_line_by_line() {
    check(
        "application-of-openshift",
        &[
            ("Namespace shop metadata.annotations[openshift.io/node-selector]", "info"),
            ("DeploymentConfig shop/web apiVersion", "error"),
            ("DeploymentConfig shop/web spec.template.spec.containers[0].image", "error"),
            ("Route shop/web apiVersion", "error"),
            ("ImageStream shop/web apiVersion", "error"),
            ("BuildConfig shop/web apiVersion", "error"),
            ("Subscription shop/camel-k apiVersion", "error"),
            ("RoleBinding shop/web roleRef.name", "warning"),
        ],
    );
}

#[test]
fn an_application_of_gke_is_told_line_by_line() {
    check(
        "application-of-gke",
        &[
            ("ServiceAccount apps/web metadata.annotations[iam.gke.io/gcp-service-account]", "warning"),
            ("ConfigMap apps/settings data.STORAGE", "warning"),
            ("ConfigMap apps/settings data.SCHEDULER", "warning"),
            // The Deployment has an image of the same registry.
            ("ConfigMap apps/settings data.IMAGE", "warning"),
            ("Service shop/edge metadata.annotations[cloud.google.com/neg]", "info"),
            ("Service shop/edge metadata.annotations[cloud.google.com/backend-config]", "warning"),
            ("Service shop/edge metadata.annotations[networking.gke.io/load-balancer-type]", "warning"),
            ("Service shop/edge metadata.annotations", "warning"),
            ("BackendConfig apps/web apiVersion", "error"),
            ("ManagedCertificate apps/web apiVersion", "error"),
            ("Deployment apps/web spec.template.spec.nodeSelector[cloud.google.com/gke-nodepool]", "error"),
            ("Deployment apps/web spec.template.spec.tolerations[0].key", "info"),
            ("Deployment apps/web spec.template.spec.containers[0].env[0].value", "warning"),
        ],
    );
}
