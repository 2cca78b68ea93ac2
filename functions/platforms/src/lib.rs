//! What a platform is: where it runs its ingress controllers, DNS and monitoring, and by which labels its namespaces are
//! known. A fact about a platform is a row of a table in `data/`; no function keeps one of its own.

mod ingress;
mod platform;
mod router;

pub use ingress::{IngressController, ingress_controllers};
pub use platform::Platform;
pub use router::{RouterPeer, router_peer};
