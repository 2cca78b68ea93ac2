//! What a platform is: where it runs its ingress controllers, DNS and monitoring, by which labels its namespaces are
//! known, its registry, and which storage classes it brings. A fact about a platform is a row of a table in `data/`; no function keeps one
//! of its own.

mod ingress;
mod platform;
mod registry;
mod router;
mod storage;

pub use ingress::{IngressController, ingress_controllers};
pub use platform::Platform;
pub use registry::{internal_registries, is_internal_registry};
pub use router::{RouterPeer, router_peer};
pub use storage::{StorageClass, storage_classes};
