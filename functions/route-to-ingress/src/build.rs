//! The build that Routes are read against.

use std::cell::OnceCell;

use krm::resource_list::Resources;
use manifests::services::Pods;

use crate::endpoints::Endpoints;
use crate::secrets::Secrets;

/// A build. What takes a look at all of it is made once it is needed.
pub(crate) struct Build<'r> {
    pub(crate) resources: &'r Resources,
    pods: OnceCell<Pods<'r>>,
    secrets: OnceCell<Secrets>,
    endpoints: OnceCell<Endpoints>,
}

impl<'r> Build<'r> {
    /// The build of these objects.
    pub(crate) fn of(resources: &'r Resources) -> Self {
        Self { resources, pods: OnceCell::new(), secrets: OnceCell::new(), endpoints: OnceCell::new() }
    }

    /// Its pods.
    pub(crate) fn pods(&self) -> &Pods<'r> {
        self.pods.get_or_init(|| Pods::of(self.resources))
    }

    /// Its pods, if a Route needed them.
    pub(crate) fn known_pods(&self) -> Option<&Pods<'r>> {
        self.pods.get()
    }

    /// Its Secrets.
    pub(crate) fn secrets(&self) -> &Secrets {
        self.secrets.get_or_init(|| Secrets::of(self.resources))
    }

    /// The endpoints that it writes out.
    pub(crate) fn endpoints(&self) -> &Endpoints {
        self.endpoints.get_or_init(|| Endpoints::of(self.resources))
    }
}
