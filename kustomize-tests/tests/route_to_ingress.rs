//! What `route-to-ingress` writes, before the CRDs of Traefik, the Gateway API and cert-manager.

use std::fs;
use std::process::Command;

use kustomize_tests::root;
use serde::Deserialize;
use serde_json::Value;

/// API groups of custom resources that the function writes.
const GROUPS: [&str; 3] = ["traefik.io/", "gateway.networking.k8s.io/", "cert-manager.io/"];

fn documents(text: &str) -> impl Iterator<Item = Value> + '_ {
    let documents = serde_yaml::Deserializer::from_str(text);
    let values = documents.map(|document| Value::deserialize(document).expect("goldens are YAML"));
    values.flat_map(|value| value["items"].as_array().cloned().unwrap_or_else(|| vec![value]))
}

#[test]
fn every_custom_resource_of_the_cases_fits_its_schema() {
    let cases = root().join("functions/route-to-ingress/cases");
    let mut written = Vec::new();
    for case in fs::read_dir(cases).expect("the function has cases") {
        let expected = case.expect("the cases can be listed").path().join("expected.yaml");
        let Ok(text) = fs::read_to_string(expected) else { continue };
        let is_custom = |object: &Value| {
            let api_version = object["apiVersion"].as_str().unwrap_or_default();
            GROUPS.iter().any(|group| api_version.starts_with(group))
        };
        written.extend(documents(&text).filter(is_custom).map(|object| format!("---\n{object}\n")));
    }
    assert!(written.len() > 100, "only {} objects were found", written.len());
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("route-to-ingress.yaml");
    fs::write(&file, written.concat()).expect("the directory for temporary files can be written");
    let validate = root().join("kustomize-tests/judges/schemas/validate");
    let output = Command::new(validate).arg(&file).output().expect("the validator runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains(&format!("Valid: {}", written.len())), "{told}");
}
