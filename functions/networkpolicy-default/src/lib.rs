//! Adds default-deny network policies and just the allow rules that the manifests imply.

mod config;
mod defaults;
mod facts;
mod infer;
mod others;
mod plan;
mod policy;
mod reason;
mod reconcile;
mod rule;
mod selectable;
mod settings;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

use facts::cluster::Cluster;
use plan::Plan;
use reconcile::Changes;
use rule::Rule;
use settings::Settings;

pub use reason::policies_table;
pub use settings::controllers_table;

pub use config::{
    AllowedSource, IngressController, NamespacePolicies, PodsInNamespace, ServicePortSpec, ServiceSpec, Spec,
    Visibility, WorkloadSpec,
};

/// Adds default-deny network policies and the allow rules that the manifests imply.
pub struct NetworkPolicyDefault;

impl Function for NetworkPolicyDefault {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "NetworkPolicyDefault";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let settings = Settings::new(spec)?;
        changes(resources, &settings, findings).apply(resources);
        Ok(())
    }
}

/// What is to be done to the build.
fn changes(resources: &Resources, settings: &Settings, findings: &mut Findings) -> Changes {
    let cluster = Cluster::new(resources, settings, findings);
    let namespaces = defaults::protected_namespaces(&cluster);
    let mut plan = Plan::new(&cluster, findings);
    defaults::deny(&mut plan, &namespaces);
    infer::infer(&mut plan);
    let (labelled, wanted) = (plan.labels(), plan.into_policies());
    others::report(&cluster, &namespaces.into_keys().collect(), findings);
    Changes::new(resources, wanted, findings).with_labels(labelled)
}
