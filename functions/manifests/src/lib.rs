//! What Kubernetes manifests mean. Every function reads Pods, Services, Secrets, names, addresses, images, Helm values and field
//! patterns through this crate, so that two functions never have two ideas of one object.
//!
//! It knows Kubernetes and its well-known operators, and no function. What a kind or field means is a row of a table in
//! `data/`.

pub mod addresses;
pub mod autoscalers;
pub mod claims;
pub mod fields;
pub mod helm;
pub mod image_fields;
pub mod image_keys;
pub mod images;
pub mod monitors;
pub mod names;
pub mod pods;
pub mod quantities;
pub mod secrets;
pub mod selectors;
pub mod services;
pub mod strimzi;
