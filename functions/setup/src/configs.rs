//! The configs of the functions: what all clusters have in common, and what is one cluster's own.

use std::fmt::Write;

use crate::survey::{Found, Survey};
use crate::text::{found_comment, scalar};

/// Says to a person that a value is a guess.
pub(crate) const DECIDE: &str = "To decide:";

/// A function to be wired in.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name: `route-to-ingress`.
    pub name: &'static str,
    /// The kind of its config.
    pub kind: &'static str,
}

impl Function {
    /// The file with the settings that all clusters share.
    pub(crate) fn config(self, survey: &Survey) -> String {
        let Self { name, kind } = self;
        let spec = common_spec(kind, survey);
        let mut text =
            format!("apiVersion: replatform.dev/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n{}", spec.comment);
        if !spec.options.is_empty() {
            let _ = write!(text, "spec:\n{}", spec.options);
        }
        text
    }

    /// The patch with what is a cluster's own; none where nothing of it was found.
    pub(crate) fn patch(self, survey: &Survey) -> String {
        let kind = self.kind;
        let spec = cluster_spec(kind, survey);
        if spec.options.is_empty() {
            return spec.comment;
        }
        let options = spec.options.lines().map(|line| format!("    {line}\n")).collect::<String>();
        let head =
            format!("- target: {{kind: {kind}}}\n  patch: |\n    kind: {kind}\n    metadata:\n      name: any\n");
        format!("{}{head}    spec:\n{options}", spec.comment)
    }
}

/// Options, and what a person has to know of them.
#[derive(Default)]
struct Spec {
    comment: String,
    /// Lines below `spec:`.
    options: String,
}

impl Spec {
    fn comment(comment: String) -> Self {
        Self { comment, options: String::new() }
    }
}

fn common_spec(kind: &str, survey: &Survey) -> Spec {
    match kind {
        "StorageClassRewrite" => storage(&survey.classes),
        "ImageRegistryRewrite" => {
            let heading =
                "Registries of images. Name those that the new cluster cannot reach, with what takes their place:";
            let mut comment = found_comment("", heading, &survey.registries);
            if !comment.is_empty() {
                comment
                    .push_str("# spec:\n#   registries:\n#     registry.old.example.com: registry.new.example.com\n");
            }
            Spec::comment(comment)
        }
        "PlatformLeftoverCheck" => leftovers(&survey.groups),
        "NetworkPolicyDefault" => network_policies(survey),
        _ => Spec::default(),
    }
}

/// Each application learns which namespaces another build denies: those whose Namespace is somewhere in the repository.
fn network_policies(survey: &Survey) -> Spec {
    let mut options = format!(
        "  # {DECIDE} what holds for a whole namespace comes with the build that holds its Namespace, so that applications\n  \
         # can share it. Where no build holds the Namespaces, take this line out.\n  namespacePolicies: Declared\n"
    );
    if !survey.declared_namespaces.is_empty() {
        options.push_str("  # The Namespaces of this repository. A build with pods in another one is reported.\n  namespacesDeclaredElsewhere:\n");
        for namespace in survey.declared_namespaces.keys() {
            let _ = writeln!(options, "  - {}", scalar(namespace));
        }
    }
    Spec { comment: found_comment("", "Namespaces:", &survey.namespaces), options }
}

fn storage(classes: &Found) -> Spec {
    let known: Vec<_> = platforms::storage_classes().map(|class| class.name).collect();
    let unknown: Vec<_> = classes.keys().filter(|class| !known.contains(&class.as_str())).collect();
    let comment = found_comment("", "Storage classes:", classes);
    let mut options = "  from: [GKE, OpenShiftGCP]\n  to: HCloud\n".to_owned();
    if !unknown.is_empty() {
        let _ = writeln!(options, "  # {DECIDE} no platform is known that brings these classes.\n  mapping:");
        for class in unknown {
            let _ = writeln!(options, "    {}: hcloud-volumes", scalar(class));
        }
    }
    Spec { comment, options }
}

fn leftovers(groups: &Found) -> Spec {
    if groups.is_empty() {
        return Spec::default();
    }
    let comment = found_comment("", "API groups of operators:", groups);
    let mut options = format!(
        "  # {DECIDE} keep those whose operator runs in the new cluster. The others stop the build.\n  installed:\n"
    );
    for group in groups.keys() {
        let _ = writeln!(options, "  - {}", scalar(group));
    }
    Spec { comment, options }
}

fn cluster_spec(kind: &str, survey: &Survey) -> Spec {
    match kind {
        "RouteToIngress" => routes(survey),
        "KafkaListenerNodePort" if !survey.kafka.is_empty() => {
            let comment = found_comment("", "Kafka clusters with route listeners:", &survey.kafka);
            let host = format!("kafka.{}", domain(survey));
            let options = format!(
                "  # {DECIDE} the DNS name of all nodes, by which clients reach Kafka.\n  host: {}\n",
                scalar(&host)
            );
            Spec { comment, options }
        }
        "DeploymentConfigToDeployment" if !survey.deployment_configs.is_empty() => {
            let comment = found_comment("", "DeploymentConfigs:", &survey.deployment_configs);
            let options = format!(
                "  # {DECIDE} the registry that holds what was in the internal registry of OpenShift.\n  \
                 internalRegistry: registry.example.com\n"
            );
            Spec { comment, options }
        }
        _ => Spec::default(),
    }
}

fn routes(survey: &Survey) -> Spec {
    let mut comment = found_comment("", "Domains of Routes:", &survey.domains);
    comment.push_str(&found_comment("", "Routes without a host:", &survey.hostless));
    if comment.is_empty() {
        return Spec::default();
    }
    let mut options = String::new();
    if !survey.hostless.is_empty() {
        let _ = writeln!(
            options,
            "  # {DECIDE} the domain of Routes without a host. Their hosts stay as they are if it is the one of OpenShift.\n  domain: {}",
            scalar(&domain(survey))
        );
    }
    let _ = writeln!(
        options,
        "  # {DECIDE} the ClusterIssuer of cert-manager for certificates that Routes do not bring.\n  clusterIssuer: letsencrypt"
    );
    if !survey.domains.is_empty() {
        let _ = writeln!(
            options,
            "  # {DECIDE} the domains that take the place of these. What maps to itself stays.\n  domains:"
        );
        for domain in survey.domains.keys() {
            let domain = scalar(domain);
            let _ = writeln!(options, "    {domain}: {domain}");
        }
    }
    Spec { comment, options }
}

/// The domain that most files have, or one that tells that it is made up.
fn domain(survey: &Survey) -> String {
    let most = survey.domains.iter().max_by_key(|(domain, files)| (files.len(), std::cmp::Reverse(domain.as_str())));
    most.map_or_else(|| "example.com".to_owned(), |(domain, _)| domain.clone())
}
