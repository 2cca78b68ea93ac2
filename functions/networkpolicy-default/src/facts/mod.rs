//! What the build says about the cluster it makes: workloads, Services, and who may reach what as people state it.
//!
//! Facts know nothing of the policies that come of them.

pub(crate) mod classes;
pub(crate) mod cloud_native_pg;
pub(crate) mod cluster;
mod declared;
pub(crate) mod endpoints;
mod knative;
mod names;
mod objects;
pub(crate) mod operator_secrets;
mod operators;
pub(crate) mod stated;
pub(crate) mod strimzi;
mod twins;
pub(crate) mod workload;
