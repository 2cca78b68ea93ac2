//! Turns OpenShift Routes into what the ingress controller of K3s understands.
//!
//! What OpenShift serves is found ([`sources`]) and gets its options ([`shards`]). A Route is read ([`route`], [`settings`]),
//! understood against the build ([`exposure`], with [`hosts`], [`ports`] and [`tls`]), gets its certificate ([`certificates`]) and is
//! written in the language of a controller ([`dialect`]). What else in the build counts on Routes follows ([`leftovers`]), and
//! what names a Middleware is held against the build ([`middlewares`]). No two Routes share what a controller holds once
//! ([`shared_keys`], [`target_keys`]).
//! What cannot be written is an error, never silence.

mod annotations;
mod backends;
mod build;
mod certificates;
mod clashes;
mod classes;
mod config;
mod conversion;
mod dialect;
mod endpoints;
mod exposure;
mod hosts;
mod leftovers;
mod middlewares;
mod namespace;
mod objects;
mod order;
mod origin;
mod own_services;
mod placeholders;
mod ports;
mod reader;
mod rivals;
mod route;
mod routers;
mod rule;
mod secrets;
mod settings;
mod shards;
mod shared_keys;
mod sources;
mod target_keys;
mod tls;
mod values;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

pub use config::{
    BackendCa, CaHolder, Controller, EntryPoints, GatewayReference, InlineKeys, NamespaceOwnership, Operator,
    Placeholders, Requirement, Selector, Shard, ShardRoutes, Spec, Target, Unsupported,
};
pub use rule::Rule;

/// The function, as hosts and Pipelines run it.
pub struct RouteToIngress;

impl Function for RouteToIngress {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "RouteToIngress";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        spec.validate()?;
        conversion::convert(spec, resources, findings)
    }
}
