//! Core objects that the function writes fit the types of Kubernetes, field for field.

use std::path::Path;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::api::networking::v1::Ingress;
use krm::yaml::Tree;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The object, read by its type and written again.
fn through_type<T: DeserializeOwned + Serialize>(object: &Value) -> Value {
    let typed: T = serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{error}: {object}"));
    serde_json::to_value(typed).expect("a typed object is JSON")
}

#[test]
fn every_core_object_of_the_cases_fits_its_type() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut checked = 0;
    for case in std::fs::read_dir(cases).expect("the cases are there") {
        let path = case.expect("the cases can be listed").path().join("expected.yaml");
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let tree = Tree::parse(text).expect("an expected file is YAML");
        for document in tree.documents() {
            let object = tree.value(document.root);
            let is_new = object["kind"] == "ConfigMap"
                && object["metadata"]["name"].as_str().is_some_and(|name| name.ends_with("-backend-ca"));
            let read = match object["kind"].as_str() {
                Some("Ingress") if object["metadata"]["name"] != "old" => through_type::<Ingress>(&object),
                Some("ConfigMap") if is_new => through_type::<ConfigMap>(&object),
                Some("Secret") if object["metadata"]["name"] == "web-backend-ca" => through_type::<Secret>(&object),
                _ => continue,
            };
            assert_eq!(read, object, "{}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} objects were checked");
}
