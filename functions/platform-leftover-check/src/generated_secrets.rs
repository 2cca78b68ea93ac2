//! Secrets that the old cluster generated for ServiceAccounts.

use krm::rule::Severity;

use crate::report::{Fact, Report};
use crate::rule::Rule;
use crate::walk::Place;

/// The length of what a cluster puts behind a name to make it unique.
///
/// Source: k8s.io/apiserver pkg/storage/names/generate.go.
const RANDOM: usize = 5;

/// The name of a Secret in a field.
pub(crate) fn check(report: &mut Report<'_>, place: &Place<'_>, name: &str) {
    let is_listed = place.is_within("imagePullSecrets") || place.section() == "secrets";
    let is_mounted = place.key() == "secretName" && place.is_within("secret");
    if !(is_listed || is_mounted) || !is_generated(name) || report.context.build.makes_secret(report.item, name) {
        return;
    }
    let (severity, what) =
        if is_mounted { (Severity::Error, ", so that the pods do not start") } else { (Severity::Warning, "") };
    let message = format!(
        "the old cluster generated the Secret `{name}`, and the new one does not have it{what}; take it out, or name a Secret of your own"
    );
    report.tell(place.path(), Fact::new(Rule::GeneratedSecret, name, message).of_severity(severity));
}

/// Whether a cluster made up a name: `NAME-dockercfg-x7k2p`, `NAME-token-x7k2p`.
fn is_generated(name: &str) -> bool {
    let Some((rest, random)) = name.rsplit_once('-') else { return false };
    let is_random =
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    is_random && (rest.ends_with("-dockercfg") || rest.ends_with("-token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_cluster_makes_up_are_told_from_those_of_people() {
        for (name, expected) in [
            ("builder-dockercfg-x7k2p", true),
            ("default-token-bcd4f", true),
            ("my-dockercfg", false),
            ("my-token", false),
            ("api-token-production", false),
            ("dockercfg-x7k2p", false),
            ("token", false),
        ] {
            assert_eq!(is_generated(name), expected, "{name}");
        }
    }
}
