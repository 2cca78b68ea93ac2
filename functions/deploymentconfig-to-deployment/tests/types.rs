//! Objects that the function writes fit the types of Kubernetes, field for field.

use std::path::Path;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use krm::yaml::Tree;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The case with a field that no Deployment has.
const WITH_UNKNOWN_FIELD: &str = "fields-unknown-are-told";

/// The object, read by its type and written again.
fn through_type<T: DeserializeOwned + Serialize>(object: &Value) -> Value {
    let typed: T = serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{error}: {object}"));
    serde_json::to_value(typed).expect("a typed object is JSON")
}

/// The objects of a text; those of a list come out of it.
fn objects(text: String) -> Vec<Value> {
    let tree = Tree::parse(text).expect("an expected file is YAML");
    let documents = tree.documents().iter().map(|document| tree.value(document.root));
    documents.flat_map(|object| object["items"].as_array().cloned().unwrap_or_else(|| vec![object])).collect()
}

fn typed(object: &Value) -> Option<Value> {
    let api_version = object["apiVersion"].as_str()?;
    Some(match (api_version, object["kind"].as_str()?) {
        ("apps/v1", "Deployment") => through_type::<Deployment>(object),
        ("batch/v1", "Job") => through_type::<Job>(object),
        ("v1", "Namespace") => through_type::<Namespace>(object),
        ("rbac.authorization.k8s.io/v1", "ClusterRole") => through_type::<ClusterRole>(object),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") => through_type::<ClusterRoleBinding>(object),
        ("rbac.authorization.k8s.io/v1", "Role") => through_type::<Role>(object),
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => through_type::<RoleBinding>(object),
        _ => return None,
    })
}

#[test]
fn every_object_of_the_cases_fits_its_type() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut checked = 0;
    for case in std::fs::read_dir(cases).expect("the cases are there") {
        let path = case.expect("the cases can be listed").path();
        let Ok(text) = std::fs::read_to_string(path.join("expected.yaml")) else { continue };
        if path.ends_with(WITH_UNKNOWN_FIELD) {
            continue;
        }
        for object in objects(text) {
            if let Some(read) = typed(&object) {
                assert_eq!(read, object, "{}", path.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "only {checked} objects were checked");
}
