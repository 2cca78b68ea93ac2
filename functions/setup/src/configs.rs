//! The configs of the functions: what all clusters have in common, and what is one cluster's own.

use std::fmt::Write;

use repository::UNDECIDED;

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
        format!(
            "{}- target: {{kind: {kind}}}\n  patch: |\n    kind: {kind}\n    metadata:\n      name: any\n{}",
            spec.comment,
            spec.patched()
        )
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
    /// The lines of a patch. Where all options are still comments, `spec:` is one too: an empty one would take out the whole.
    fn patched(&self) -> String {
        let is_set = self.options.lines().any(|line| !line.trim_start().starts_with('#'));
        let line = |line: &str| {
            let text = line.trim_start();
            if is_set {
                format!("    {line}\n")
            } else {
                format!("    #   {}\n", text.strip_prefix("# ").unwrap_or(text))
            }
        };
        let head = if is_set { "    spec:\n" } else { "    # spec:\n" };
        self.options.lines().map(line).fold(head.to_owned(), |text, line| text + &line)
    }
}

fn common_spec(kind: &str, survey: &Survey) -> Spec {
    match kind {
        "StorageClassRewrite" => storage(survey),
        "ImageRegistryRewrite" => registries(survey),
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

/// What names internal registries of OpenShift does not build without others. The rest is for a person to know.
fn registries(survey: &Survey) -> Spec {
    let heading = "Registries of images. Name those that the new cluster cannot reach, with what takes their place:";
    let mut comment = found_comment("", heading, &survey.registries);
    let mut options = String::new();
    if !survey.internal_registries.is_empty() {
        let _ = writeln!(
            options,
            "  # {DECIDE} the registries that hold what was in the internal registry of OpenShift.\n  registries:"
        );
        for registry in survey.internal_registries.keys() {
            let _ = writeln!(options, "    {}: registry.{UNDECIDED}", scalar(registry));
        }
    } else if !comment.is_empty() {
        comment.push_str("# spec:\n#   registries:\n#     registry.old.example.com: registry.new.example.com\n");
    }
    Spec { comment, options }
}

fn storage(survey: &Survey) -> Spec {
    let known: Vec<_> = platforms::storage_classes().map(|class| class.name).collect();
    let unknown: Vec<_> = survey.classes.keys().filter(|class| !known.contains(&class.as_str())).collect();
    let comment = [
        found_comment("", "Storage classes:", &survey.classes),
        found_comment("", "Claims without a class:", &survey.classless),
        found_comment("", "Claims for several nodes at once:", &survey.shared_claims),
    ];
    let mut options = "  from: [GKE, OpenShiftGCP]\n  to: HCloud\n".to_owned();
    if !unknown.is_empty() {
        let _ = writeln!(
            options,
            "  # {DECIDE} no platform is known that brings these classes. They stay, with a warning, until they are mapped. Then\n  \
             # take out `unknown`.\n  unknown: Warn\n  # mapping:"
        );
        for class in unknown {
            let _ = writeln!(options, "  #   {}: hcloud-volumes", scalar(class));
        }
    }
    if !survey.classless.is_empty() {
        let _ = writeln!(
            options,
            "  # {DECIDE} the class of claims that name none. Without it they get the default class of the new cluster.\n  \
             # defaultClass: hcloud-volumes"
        );
    }
    if !survey.shared_claims.is_empty() {
        let _ = writeln!(
            options,
            "  # {DECIDE} the class for claims that several nodes use at once, as one of Longhorn. Hetzner's volumes cannot do\n  \
             # that, and no cluster has a class of this name.\n  rwxClass: {UNDECIDED}"
        );
    }
    Spec { comment: comment.concat(), options }
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
            let options = format!(
                "  # {DECIDE} the DNS name of all nodes, by which clients reach Kafka. Without it the brokers tell the addresses of nodes.\n  \
                 # host: kafka.k3s.example.com\n"
            );
            Spec { comment, options }
        }
        "DeploymentConfigToDeployment" if !survey.deployment_configs.is_empty() => {
            let comment = found_comment("", "DeploymentConfigs:", &survey.deployment_configs);
            let options = format!(
                "  # {DECIDE} the registry that holds what was in the internal registry of OpenShift.\n  \
                 internalRegistry: registry.{UNDECIDED}\n"
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
            "  # {DECIDE} the domain of Routes without a host. No DNS has this one.\n  domain: k3s.{UNDECIDED}"
        );
    }
    let _ = writeln!(
        options,
        "  # {DECIDE} the ClusterIssuer of cert-manager for certificates that Routes do not bring. Without it Traefik serves its own.\n  \
         # clusterIssuer: letsencrypt-prod"
    );
    if !survey.domains.is_empty() {
        let _ = writeln!(
            options,
            "  # {DECIDE} the domains that take the place of these. Without it the hosts stay, and `kept-host` tells each that is\n  \
             # below the apps domain of an OpenShift cluster.\n  # domains:"
        );
        for domain in survey.domains.keys() {
            let _ = writeln!(options, "  #   {}: k3s.example.com", scalar(domain));
        }
    }
    Spec { comment, options }
}
