//! The functions, and the program that runs several of them in a row.

use apps_generator::Apps;
use cluster_standards::ClusterStandards;
use deploy_control::DeployControl;
use deploymentconfig_to_deployment::DeploymentConfigToDeployment;
use image_registry_rewrite::ImageRegistryRewrite;
use kafka_listener_nodeport::KafkaListenerNodePort;
use krm::pipeline::{Order, Pipeline};
use krm::program::{Program, Single};
use minimal_base_check::MinimalBaseCheck;
use networkpolicy_default::NetworkPolicyDefault;
use platform_leftover_check::PlatformLeftoverCheck;
use route_to_ingress::RouteToIngress;
use sealed_secret_check::SealedSecretCheck;
use storageclass_rewrite::StorageClassRewrite;

/// The functions, in the order in which an overlay names them: first what changes, then what looks at the outcome.
pub const FUNCTIONS: &[&dyn Program] = &[
    &Single::<Apps>::new(),
    &Single::<DeploymentConfigToDeployment>::new(),
    &Single::<ImageRegistryRewrite>::new(),
    &Single::<KafkaListenerNodePort>::new(),
    &Single::<RouteToIngress>::new(),
    &Single::<StorageClassRewrite>::new(),
    // It needs the workloads, Ingresses, claims and images as they will be. What it changes itself, no policy depends on:
    // resources, budgets, pull secrets, priority classes and labels of monitors. No policy changes what it looks at either,
    // but for the number of policies, which a quota may count; who has such a quota lists it behind the policies.
    &Single::<ClusterStandards>::new(),
    &Single::<DeployControl>::new(),
    // The policies cover what the others made, and the checks see it all.
    &Single::<NetworkPolicyDefault>::new(),
    &Single::<SealedSecretCheck>::new(),
    &Single::<MinimalBaseCheck>::new(),
    &Single::<PlatformLeftoverCheck>::new(),
];

/// The kind of the function for what deploys applications, which has no place in them.
const OF_THE_APP_OF_APPS: &str = "DeployControl";

/// The functions that applications list, in their order. A generator has nothing to adapt.
pub fn of_applications() -> impl Iterator<Item = &'static dyn Program> {
    let functions = FUNCTIONS.iter().copied();
    functions.filter(|function| !function.is_generator(None) && function.kind() != OF_THE_APP_OF_APPS)
}

/// Which function looks at what another makes.
const ORDER: &[Order] = &[
    Order { first: "Apps", then: "ImageRegistryRewrite", what: "the images of its workloads" },
    Order { first: "Apps", then: "StorageClassRewrite", what: "the claims that it makes" },
    Order { first: "Apps", then: "ClusterStandards", what: "the workloads that it makes" },
    Order { first: "Apps", then: "DeployControl", what: "the Applications that it makes" },
    Order { first: "Apps", then: "NetworkPolicyDefault", what: "the workloads and Ingresses that it makes" },
    Order { first: "Apps", then: "SealedSecretCheck", what: "the Secrets that its workloads name" },
    Order { first: "Apps", then: "MinimalBaseCheck", what: "the workloads that it makes" },
    Order { first: "Apps", then: "PlatformLeftoverCheck", what: "the objects that it makes" },
    Order { first: "DeploymentConfigToDeployment", then: "ImageRegistryRewrite", what: "the images that it resolves" },
    Order {
        first: "DeploymentConfigToDeployment",
        then: "NetworkPolicyDefault",
        what: "the Deployments that it makes",
    },
    Order {
        first: "DeploymentConfigToDeployment",
        then: "PlatformLeftoverCheck",
        what: "the DeploymentConfigs that it leaves",
    },
    Order { first: "DeploymentConfigToDeployment", then: "ClusterStandards", what: "the Deployments that it makes" },
    Order { first: "ImageRegistryRewrite", then: "ClusterStandards", what: "the registries that need pull secrets" },
    Order { first: "RouteToIngress", then: "ClusterStandards", what: "the Ingresses that quotas count" },
    Order { first: "StorageClassRewrite", then: "ClusterStandards", what: "the classes that quotas count by" },
    Order { first: "ImageRegistryRewrite", then: "PlatformLeftoverCheck", what: "the images that it leaves" },
    Order { first: "KafkaListenerNodePort", then: "NetworkPolicyDefault", what: "the listeners that it opens" },
    Order { first: "RouteToIngress", then: "NetworkPolicyDefault", what: "the Ingresses that it makes" },
    Order { first: "RouteToIngress", then: "SealedSecretCheck", what: "the Secrets that its Ingresses name" },
    Order { first: "RouteToIngress", then: "PlatformLeftoverCheck", what: "the Routes that it leaves" },
    Order { first: "KafkaListenerNodePort", then: "PlatformLeftoverCheck", what: "the listeners that it leaves" },
    Order { first: "StorageClassRewrite", then: "PlatformLeftoverCheck", what: "the classes that it leaves" },
];

/// The program that runs several functions in a row, without its subcommands.
pub(crate) fn pipeline() -> Pipeline<'static> {
    Pipeline {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        programs: FUNCTIONS.to_vec(),
        shared: &["platform"],
        order: ORDER,
        commands: &[],
    }
}

/// All programs: the one that runs several functions, and each function.
pub(crate) fn programs<'p>(pipeline: &'p Pipeline<'static>) -> Vec<&'p dyn Program> {
    std::iter::once(pipeline as &dyn Program).chain(FUNCTIONS.iter().copied()).collect()
}
