//! A claim never loses the StorageClass that it names, whatever the options say.

use std::ffi::OsString;

use krm::function::Function;
use krm::host::{Call, Outcome, run};
use krm::yaml::Tree;
use serde_json::Value;
use storageclass_rewrite::StorageClassRewrite;

/// A class of a driver and a claim of it.
fn manifests(provisioner: &str) -> String {
    format!(
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: fast}}\nprovisioner: {provisioner}\n---\n\
         apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: a}}\nspec: {{accessModes: [ReadWriteOnce], \
         storageClassName: fast, resources: {{requests: {{storage: 20Gi}}}}}}\n"
    )
}

fn rewrite(options: &str, manifests: String) -> Outcome {
    let config = std::env::temp_dir().join(format!("classes-{}.yaml", std::process::id()));
    let text = format!(
        "apiVersion: replatform.dev/v1alpha1\nkind: StorageClassRewrite\nmetadata: {{name: a}}\nspec: {{{options}}}\n"
    );
    std::fs::write(&config, text).expect("the config can be written");
    let arguments =
        vec![StorageClassRewrite::NAME.into(), OsString::from("--config"), config.clone().into(), "-".into()];
    let outcome = run::<StorageClassRewrite>(Call { arguments, is_plugin: false, stdin: Some(manifests.into_bytes()) });
    std::fs::remove_file(config).expect("the config can be removed");
    outcome
}

fn objects(text: &str) -> Vec<Value> {
    let tree = Tree::parse(text.to_owned()).expect("the output is YAML");
    tree.documents().iter().map(|document| tree.value(document.root)).collect()
}

#[test]
fn a_class_goes_only_if_every_claim_leaves_it() {
    let mut succeeded = 0;
    for mapping in ["", "mapping: {fast: fast}, ", "mapping: {fast: hcloud-volumes}, ", "mapping: {fast: longhorn}, "] {
        for unknown in ["Refuse", "Warn", "Keep"] {
            for classes in ["Drop", "Convert", "Alias"] {
                for provisioner in ["pd.csi.storage.gke.io", "example.org/nfs"] {
                    let options = format!("{mapping}unknown: {unknown}, storageClasses: {classes}");
                    let outcome = rewrite(&options, manifests(provisioner));
                    if !outcome.succeeded {
                        continue;
                    }
                    succeeded += 1;
                    let objects = objects(&outcome.stdout);
                    let claim = objects.iter().find(|object| object["kind"] == "PersistentVolumeClaim");
                    let class = &claim.expect("the claim stays")["spec"]["storageClassName"];
                    let is_there =
                        objects.iter().any(|one| one["kind"] == "StorageClass" && one["metadata"]["name"] == *class);
                    assert!(class != "fast" || is_there, "{options}, {provisioner}:\n{}", outcome.stdout);
                }
            }
        }
    }
    assert!(succeeded >= 50, "{succeeded} runs");
}
