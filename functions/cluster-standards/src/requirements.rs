//! What must govern the Namespaces of the build, by the config.

use krm::finding::{Finding, Findings};

use crate::build::Build;
use crate::config::Requirement;
use crate::namespaces::{namespaces, setting};
use crate::rule::Rule;

/// Checks that what the config requires is there.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    for namespace in namespaces(build.resources) {
        let required = setting(build.spec, namespace.name(), |entry| {
            Some(&entry.requires).filter(|requires| !requires.is_empty())
        });
        let Some((origin, required)) = required else { continue };
        for requirement in required {
            let what = match requirement {
                Requirement::LimitRange if build.limit_ranges.in_namespace(namespace.name()).is_empty() => "LimitRange",
                Requirement::ResourceQuota if build.quotas.in_namespace(namespace.name()).is_empty() => "ResourceQuota",
                Requirement::PodSecurity if !has_level(namespace.value()) => {
                    "label `pod-security.kubernetes.io/enforce`"
                }
                _ => continue,
            };
            let message = format!("{origin} requires a {what}, and there is none; add it");
            findings.push(Finding::new(Rule::NamespaceUngoverned, message).on(namespace));
        }
    }
}

fn has_level(namespace: &serde_json::Value) -> bool {
    namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"].is_string()
}
