//! Every object that the examples come to is what the API server would take: built-in kinds by the types of k8s-openapi,
//! custom resources by the schemas of their CRDs.

use std::collections::BTreeSet;
use std::process::Command;

use k8s_openapi::api::{apps, autoscaling, batch, core, networking, policy, rbac, scheduling};
use kustomize_tests::{Host, Manifests, Repository, Scratch, root};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const CLUSTERS: [&str; 3] =
    ["overlay/development/hetzner-k3s-dev", "overlay/production/hetzner-k3s-prod", "overlay/local/podman-local"];

/// What each directory of the examples comes to that is deployed.
fn builds() -> Vec<(String, String)> {
    let repository = Repository::examples();
    let mut directories = Vec::new();
    for cluster in CLUSTERS {
        directories.push(cluster.to_owned());
        let chart = format!("{cluster}/status-page");
        directories.extend(repository.path(&chart).is_dir().then_some(chart));
        directories.push(format!("{cluster}/app-of-apps"));
    }
    let build = |directory: String| {
        let text = Host::pinned().build(&repository, &directory).expect_success().to_owned();
        (directory, text)
    };
    directories.into_iter().map(build).collect()
}

/// What the type says of the object: why it cannot be read, or what of it the type does not know.
fn checked<T: DeserializeOwned + Serialize>(object: &Value) -> Result<(), String> {
    let typed: T = serde_json::from_value(object.clone()).map_err(|error| error.to_string())?;
    let mut back = serde_json::to_value(typed).map_err(|error| error.to_string())?;
    // The types write these into the templates of claims, as the API server does.
    for template in back.pointer_mut("/spec/volumeClaimTemplates").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(template) = template.as_object_mut() {
            template.shift_remove("apiVersion");
            template.shift_remove("kind");
        }
    }
    if back == *object { Ok(()) } else { Err(format!("comes back as {back}")) }
}

/// What is wrong with an object of a built-in kind; nothing is known of other kinds.
fn check(object: &Value) -> Option<Result<(), String>> {
    let (version, kind) = (object["apiVersion"].as_str()?, object["kind"].as_str()?);
    let check = match (version, kind) {
        ("v1", "ConfigMap") => checked::<core::v1::ConfigMap>,
        ("v1", "LimitRange") => checked::<core::v1::LimitRange>,
        ("v1", "Namespace") => checked::<core::v1::Namespace>,
        ("v1", "PersistentVolumeClaim") => checked::<core::v1::PersistentVolumeClaim>,
        ("v1", "ResourceQuota") => checked::<core::v1::ResourceQuota>,
        ("v1", "Secret") => checked::<core::v1::Secret>,
        ("v1", "Service") => checked::<core::v1::Service>,
        ("v1", "ServiceAccount") => checked::<core::v1::ServiceAccount>,
        ("autoscaling/v2", "HorizontalPodAutoscaler") => checked::<autoscaling::v2::HorizontalPodAutoscaler>,
        ("apps/v1", "Deployment") => checked::<apps::v1::Deployment>,
        ("apps/v1", "StatefulSet") => checked::<apps::v1::StatefulSet>,
        ("batch/v1", "CronJob") => checked::<batch::v1::CronJob>,
        ("networking.k8s.io/v1", "Ingress") => checked::<networking::v1::Ingress>,
        ("networking.k8s.io/v1", "NetworkPolicy") => checked::<networking::v1::NetworkPolicy>,
        ("policy/v1", "PodDisruptionBudget") => checked::<policy::v1::PodDisruptionBudget>,
        ("rbac.authorization.k8s.io/v1", "Role") => checked::<rbac::v1::Role>,
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => checked::<rbac::v1::RoleBinding>,
        ("scheduling.k8s.io/v1", "PriorityClass") => checked::<scheduling::v1::PriorityClass>,
        _ => return None,
    };
    Some(check(object))
}

/// The kinds that the schemas pass over, as `apiVersion/kind`.
fn built_in_kinds() -> BTreeSet<String> {
    let list = root().join("kustomize-tests/judges/schemas/core-kinds.txt");
    let text = std::fs::read_to_string(list).expect("the list is there");
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn built_in_kinds_pass_through_their_types_unchanged() {
    let built_in = built_in_kinds();
    let mut problems = Vec::new();
    let mut kinds = BTreeSet::new();
    for (directory, text) in builds() {
        for (id, object) in Manifests::parse(&text).iter() {
            let field = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
            let kind = format!("{}/{}", field("apiVersion"), field("kind"));
            let is_built_in = built_in.contains(&kind);
            match check(object) {
                Some(Err(problem)) => problems.push(format!("{directory}: {id}: {problem}")),
                None if is_built_in => problems.push(format!("{directory}: {id}: no type is known here")),
                Some(Ok(())) => drop(kinds.insert(kind)),
                None => {}
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(kinds.len(), 18, "{kinds:?}");
}

#[test]
fn a_field_that_the_type_does_not_know_is_found() {
    let mut service = serde_json::json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {}});
    assert_eq!(check(&service), Some(Ok(())));
    service["spec"]["port"] = 80.into();
    assert!(check(&service).is_some_and(|result| result.is_err()));
}

#[test]
fn custom_resources_follow_the_schemas_of_their_crds() {
    let scratch = Scratch::new();
    let mut command = Command::new(root().join("kustomize-tests/judges/schemas/validate"));
    for (directory, text) in builds() {
        let file = format!("{}.yaml", directory.replace('/', "-"));
        scratch.write(&file, text);
        command.arg(scratch.path().join(file));
    }
    let output = command.output().expect("the judge starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // Kafka, SealedSecret, Application, ...: more than a handful were really looked at.
    let valid = said.split("Valid: ").nth(1).and_then(|rest| rest.split(',').next()?.parse::<usize>().ok());
    assert!(valid.is_some_and(|valid| valid >= 70), "{said}");
}
