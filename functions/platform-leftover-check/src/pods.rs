//! What pods count on that only OpenShift gives them.

use krm::rule::Severity;
use manifests::pods::PodTemplate;
use serde_json::Value;

use crate::build::is_injected;
use crate::report::{Fact, Report};
use crate::rule::Rule;

/// The ConfigMap with the CA of OpenShift's services that is in every namespace.
const SERVICE_CA: &str = "openshift-service-ca.crt";

/// The pods that the object makes, if it makes any, or the ConfigMap that pods need.
pub(crate) fn check(report: &mut Report<'_>) {
    if !report.context.spec.is_from("OpenShift") {
        return;
    }
    if report.item.is("", "ConfigMap") {
        return check_bundle(report);
    }
    let Some(template) = PodTemplate::of(report.item) else { return };
    check_users(report, &template);
    for (path, volume) in template.volumes() {
        for (source, name, path) in sources(volume, &path) {
            check_source(report, source, name, path);
        }
    }
}

/// Containers that must not run as root and name no user. It is reported once for a build: whether the image names one
/// cannot be seen.
fn check_users(report: &mut Report<'_>, template: &PodTemplate<'_>) {
    let of_pod = &template.spec["securityContext"];
    for container in template.containers() {
        let own = &container.value["securityContext"];
        let setting = |key: &str| own.get(key).or_else(|| of_pod.get(key)).filter(|value| !value.is_null());
        if setting("runAsNonRoot") == Some(&Value::Bool(true)) && setting("runAsUser").is_none() {
            let message = "must not run as root and names no user: OpenShift gave it one, and on K3s it does not start if the image runs as root or names its user by a word; set `runAsUser` for such images";
            report.tell(container.path().key("securityContext"), Fact::new(Rule::UserFromRange, "", message));
        }
    }
}

/// What a volume is filled from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Secret,
    ConfigMap,
}

/// The Secrets and ConfigMaps of a volume that pods do not start without, by name, and where these are.
fn sources<'v>(volume: &'v Value, path: &krm::field::FieldPath) -> Vec<(Source, &'v str, krm::field::FieldPath)> {
    let projected = volume["projected"]["sources"].as_array().into_iter().flatten().enumerate();
    let projected =
        projected.map(|(index, source)| (source, path.clone().key("projected").key("sources").index(index)));
    let holders = std::iter::once((volume, path.clone())).chain(projected);
    holders
        .flat_map(|(holder, path)| {
            [
                (Source::Secret, "secret", "secretName"),
                (Source::Secret, "secret", "name"),
                (Source::ConfigMap, "configMap", "name"),
            ]
            .into_iter()
            .filter_map(move |(source, field, name)| {
                let reference = &holder[field];
                let found = reference[name].as_str().filter(|_| reference["optional"] != true)?;
                Some((source, found, path.clone().key(field).key(name)))
            })
        })
        .collect()
}

fn check_source(report: &mut Report<'_>, source: Source, name: &str, path: krm::field::FieldPath) {
    let (build, item) = (report.context.build, report.item);
    let fact = match source {
        Source::Secret => build.serving_certificate(item, name).map(|service| {
            let message = format!("OpenShift issues the certificate of Service `{service}` in the Secret `{name}`, and nothing on K3s does, so that the pods do not start; set `spec.servingCertIssuer` of route-to-ingress, or write a Certificate of cert-manager");
            Fact::new(Rule::ServingCertificate, format!("{} {name}", item.namespace_name()), message)
        }),
        Source::ConfigMap if name == SERVICE_CA && !build.makes_config_map(item, name) => {
            let message = format!("OpenShift puts the ConfigMap `{name}` into every namespace, and K3s does not, so that the pods do not start; write it with trust-manager, or use `kube-root-ca.crt` for the CA of the API server");
            Some(Fact::new(Rule::CaBundle, name, message))
        }
        Source::ConfigMap if build.is_bundle(item, name) => {
            let message = format!("OpenShift writes its CA bundle into the ConfigMap `{name}`, and nothing on K3s does, so that the files are missing; write the bundle with trust-manager");
            Some(Fact::new(Rule::CaBundle, format!("{} {name}", item.namespace_name()), message))
        }
        Source::ConfigMap => None,
    };
    if let Some(fact) = fact {
        report.tell(path, fact);
    }
}

/// A ConfigMap into which OpenShift writes the CA bundle of the cluster. route-to-ingress reports the one of its
/// services.
fn check_bundle(report: &mut Report<'_>) {
    let label = report.item.value()["metadata"]["labels"].get("config.openshift.io/inject-trusted-cabundle");
    if label.is_some() && is_injected(report.item) && !report.context.build.mounts(report.item) {
        let message =
            "OpenShift writes the CA bundle of the cluster here, and nothing on K3s does; write it with trust-manager";
        let path = krm::field::FieldPath::from("metadata.labels").key("config.openshift.io/inject-trusted-cabundle");
        report.tell(path, Fact::new(Rule::CaBundle, "label", message).of_severity(Severity::Warning));
    }
}
