//! The functions in the real hosts: every kustomize, kubectl and kpt that a user may have, called as users call it.
//!
//! A case is an ordinary overlay directory in a [`Repository`] laid out like `examples/`. [`Host::build`] renders it in
//! a copy in which one line is changed: the runtime that the overlay names. So the same case runs everywhere:
//!
//! ```no_run
//! use kustomize_tests::{Manifests, Repository, hosts};
//!
//! let repository = Repository::examples();
//! for host in hosts() {
//!     let build = host.build(&repository, "overlay/development/hetzner-k3s-dev");
//!     let manifests = Manifests::parse(build.expect_success());
//!     assert!(manifests.get("Ingress", "applications", "web-app").is_some(), "{host}");
//! }
//! ```
//!
//! `make test` installs the hosts, starts Docker and builds programs and images first. What is missing or older than
//! its sources fails a test with the command that helps. What a machine may lack is a [`Need`].

mod built;
mod host;
mod kpt;
mod manifests;
mod need;
pub mod network_policy;
mod repository;
mod runtime;
mod shell;

pub use built::{FUNCTIONS, Function, PIPELINE, programs_directory, root, tool};
pub use host::{Build, HOSTS, Host, hosts, read_findings};
pub use manifests::{Difference, Id, Manifests};
pub use need::Need;
pub use repository::{Repository, Scratch};
pub use runtime::Runtime;
pub use shell::{shell, shell_blocks};

/// What `spec.wiredAs` of a check says where this list of a kustomization names it.
///
/// # Panics
/// If the list takes no functions.
pub fn wired_as(list: &str) -> &'static str {
    match list {
        "transformers" => "Transformers",
        "validators" => "Validators",
        other => panic!("a check is not named under `{other}`"),
    }
}
