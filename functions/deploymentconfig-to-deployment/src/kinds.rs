//! The kinds of OpenShift that the function knows.

use krm::resource_list::Item;

/// A kind of OpenShift. OpenShift 3 knew each without a group too, as `apiVersion: v1`.
///
/// Source: openshift/api, `groupName` in the doc.go of each group; openshift/oc pkg/helpers/legacygroupification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) kind: &'static str,
}

pub(crate) const DEPLOYMENT_CONFIG: Kind = Kind { group: "apps.openshift.io", kind: "DeploymentConfig" };
pub(crate) const IMAGE_STREAM: Kind = Kind { group: "image.openshift.io", kind: "ImageStream" };
pub(crate) const BUILD_CONFIG: Kind = Kind { group: "build.openshift.io", kind: "BuildConfig" };
pub(crate) const TEMPLATE: Kind = Kind { group: "template.openshift.io", kind: "Template" };
pub(crate) const PROJECT: Kind = Kind { group: "project.openshift.io", kind: "Project" };
pub(crate) const PROJECT_REQUEST: Kind = Kind { group: "project.openshift.io", kind: "ProjectRequest" };
pub(crate) const AUTHORIZATION: &str = "authorization.openshift.io";

impl Kind {
    /// Whether an object is of this kind.
    pub(crate) fn is_of(self, item: &Item) -> bool {
        item.is(self.group, self.kind) || item.is("", self.kind)
    }
}
