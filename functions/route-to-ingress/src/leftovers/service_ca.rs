//! Certificates and CA bundles that OpenShift's service CA fills in.

use krm::field::FieldPath;
use krm::resource_list::Item;
use serde_json::{Value, json};

use super::adaptation::{Adaptation, Context};
use crate::namespace;
use crate::rule::Rule;
use crate::secrets::SERVING_CERTIFICATE;

const SIGNED_BY: [&str; 4] = [
    "service.beta.openshift.io/serving-cert-signed-by",
    "service.alpha.openshift.io/serving-cert-signed-by",
    "service.beta.openshift.io/serving-cert-generation-error",
    "service.alpha.openshift.io/serving-cert-generation-error",
];
const BUNDLE: &str = "service.beta.openshift.io/inject-cabundle";

/// A serving certificate is ordered from the configured issuer; a bundle that nothing fills is reported.
pub(super) fn certificates_and_bundles(item: &Item, context: &Context<'_>, adaptation: &mut Adaptation) {
    let spec = context.spec;
    let known = SERVING_CERTIFICATE.into_iter().chain([BUNDLE]);
    for (key, value) in known.filter_map(|key| Some((key, item.annotation(key)?))) {
        let field = FieldPath::annotation(key);
        if SERVING_CERTIFICATE.contains(&key) && item.is("", "Service") {
            match (&spec.serving_cert_issuer, item.namespace().or(spec.namespace.as_deref())) {
                (Some(_), None) => {
                    let reason = "the serving certificate of the Service holds it";
                    adaptation.findings.push(namespace::missing(item, reason));
                }
                (Some(issuer), Some(namespace)) => {
                    adaptation.companions.push(certificate(item, namespace, value, issuer));
                    adaptation
                        .drop_annotations(item, |key| SERVING_CERTIFICATE.contains(&key) || SIGNED_BY.contains(&key));
                }
                (None, _) => {
                    let message = format!(
                        "makes OpenShift fill the Secret `{value}`, which nothing does on K3s; set spec.servingCertIssuer of the function, or seal a certificate"
                    );
                    adaptation.report(Rule::OpenShiftServiceCa, item, field, message);
                }
            }
        } else if SERVING_CERTIFICATE.contains(&key) {
            adaptation.report(
                Rule::OpenShiftServiceCa,
                item,
                field,
                "has its effect on Services only, on OpenShift too; take it out",
            );
        } else if key == BUNDLE && value == "true" {
            let message = "makes OpenShift write its CA bundle here, which nothing does on K3s; use trust-manager, or the `ca.crt` of a Secret of cert-manager";
            adaptation.report(Rule::OpenShiftServiceCa, item, field, message);
        }
    }
}

/// The order of the certificate that the service CA would write.
fn certificate(service: &Item, namespace: &str, secret: &str, issuer: &str) -> Value {
    let name = format!("{}.{namespace}.svc", service.name());
    let mut metadata = json!({"name": secret});
    if let Some(namespace) = service.namespace() {
        metadata["namespace"] = namespace.into();
    }
    json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": metadata,
        "spec": {
            "secretName": secret,
            "dnsNames": [name, format!("{name}.cluster.local")],
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer},
        },
    })
}
