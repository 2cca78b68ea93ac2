//! What selectors of options may hold: what the API server takes in the selectors of a policy.

use krm::config::ConfigError;
use krm::field::FieldPath;
use manifests::names::{is_dns_label, is_label_key, is_label_value};
use manifests::selectors::Labels;

use crate::config::Spec;

/// Checks the namespaces and labels of all options.
///
/// # Errors
/// The first one that the API server would refuse in a policy.
pub(crate) fn check(spec: &Spec) -> Result<(), ConfigError> {
    let pods = [
        ("prometheus", &spec.prometheus),
        ("dns", &spec.dns),
        ("strimzi", &spec.strimzi),
        ("cloudNativePG", &spec.cloud_native_pg),
        ("keda", &spec.keda),
    ];
    for (option, pods) in pods {
        check_pods(&FieldPath::from("spec").key(option), Some(&pods.namespace), &pods.pod_labels)?;
    }
    for (class, controller) in &spec.ingress_controllers {
        let option = FieldPath::from("spec.ingressControllers").key(class);
        check_pods(&option, Some(&controller.namespace), &controller.pod_labels)?;
    }
    for (index, workload) in spec.workloads.iter().enumerate() {
        let option = FieldPath::from("spec.workloads").index(index);
        check_pods(&option, workload.namespace.as_deref(), &workload.pod_labels)?;
    }
    for (index, service) in spec.services.iter().enumerate() {
        let option = FieldPath::from("spec.services").index(index);
        check_pods(&option, service.namespace.as_deref(), &service.pod_labels)?;
    }
    Ok(())
}

fn check_pods(option: &FieldPath, namespace: Option<&str>, labels: &Labels) -> Result<(), ConfigError> {
    problem(namespace, labels).map_or(Ok(()), |problem| Err(ConfigError::new(option.clone(), problem)))
}

/// What the API server refuses in a namespace and labels that are to select pods.
pub(crate) fn problem(namespace: Option<&str>, labels: &Labels) -> Option<String> {
    if let Some(namespace) = namespace.filter(|namespace| !is_dns_label(namespace)) {
        return Some(format!(
            "`namespace: {namespace}` is no name of a namespace; it has at most 63 lower-case letters, digits and `-`, with a \
             letter or digit at either end"
        ));
    }
    let (key, value) = labels.iter().find(|(key, value)| !is_label_key(key) || !is_label_value(value))?;
    Some(format!(
        "`{key}: {value}` is no label; its value has at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at \
         either end, and its key the same behind a domain"
    ))
}
