//! Projects: they become Namespaces.

use krm::resource_list::{Item, Resources};

use crate::kinds::{PROJECT, PROJECT_REQUEST};
use crate::plan::{Plan, Type};

const NAMESPACE: Type = Type { api_version: "v1", kind: "Namespace" };

/// Fields of a ProjectRequest and the annotations that OpenShift makes of them.
///
/// Source: openshift/api project/v1/types.go and annotations.go.
const ANNOTATIONS: [(&str, &str); 2] =
    [("description", "openshift.io/description"), ("displayName", "openshift.io/display-name")];

/// Makes every Project and ProjectRequest a Namespace.
pub(crate) fn convert_all(resources: &Resources, plan: &mut Plan) {
    for item in resources.iter() {
        let is_request = PROJECT_REQUEST.is_of(item);
        if is_request || PROJECT.is_of(item) {
            plan.retype(item, NAMESPACE);
            drop_fields(item, plan);
            if is_request {
                annotate(item, plan);
            }
        }
    }
}

/// The finalizers of `spec` and the `status` are written by the cluster.
fn drop_fields(item: &Item, plan: &mut Plan) {
    for key in ["spec", "status"] {
        if item.value().get(key).is_some()
            && let Some(object) = plan.edit(item).as_object_mut()
        {
            object.shift_remove(key);
        }
    }
}

fn annotate(item: &Item, plan: &mut Plan) {
    for (field, annotation) in ANNOTATIONS {
        let Some(value) = item.value().get(field).cloned() else { continue };
        let object = plan.edit(item);
        if let Some(object) = object.as_object_mut() {
            object.shift_remove(field);
        }
        let metadata = &mut object["metadata"];
        let may_hold = metadata["annotations"].is_null() || metadata["annotations"].is_object();
        if may_hold
            && value.as_str().is_some_and(|text| !text.is_empty())
            && metadata["annotations"][annotation].is_null()
        {
            metadata["annotations"][annotation] = value;
        }
    }
}
