//! How hosts run functions.

/// How a host runs a function; each is a directory of `examples/transformers/runtime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// A program found on `PATH`.
    Exec,
    /// An image run by Docker.
    Container,
    /// An exec plugin below `KUSTOMIZE_PLUGIN_HOME`.
    Plugin,
}

impl Runtime {
    /// The name of its directory.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exec => "exec",
            Self::Container => "container",
            Self::Plugin => "plugin",
        }
    }
}
