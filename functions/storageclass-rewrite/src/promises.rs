//! What a StorageClass promises its claims, held against what they get from another class.

use std::collections::BTreeSet;

use krm::finding::Finding;
use krm::rule::Severity;
use serde_json::{Value, json};

use crate::rule::Rule;
use crate::target::{HETZNER, LOCAL_PATH};

/// The parameters that name the file system, in any driver's spelling.
pub(crate) const FILE_SYSTEM: [&str; 3] = ["csi.storage.k8s.io/fstype", "fstype", "fsType"];

/// The file system of drivers that are told none, and make any.
const DEFAULT_FILE_SYSTEM: &str = "ext4";

/// Parameters whose loss changes what the volume is, and what that is.
const PARAMETERS: [(&str, &str); 6] = [
    ("replication-type", "copies in several zones"),
    ("disk-encryption-kms-key", "encryption by a key of your own"),
    ("kmsKeyId", "encryption by a key of your own"),
    ("provisioned-iops-on-create", "a number of operations per second"),
    ("iops", "a number of operations per second"),
    ("provisioned-throughput-on-create", "a throughput"),
];

/// The class that a claim gets.
#[derive(Clone, Copy)]
pub(crate) struct Successor<'c> {
    pub(crate) name: &'c str,
    /// The StorageClass; nothing if neither the build nor the platform tells it.
    pub(crate) class: Option<&'c Value>,
    /// Whether the driver of the old class runs on the new cluster, so that the class can stay as it is.
    pub(crate) is_needless: bool,
}

impl Successor<'_> {
    /// The way to keep what the old class promises.
    fn keep(self) -> &'static str {
        if self.is_needless {
            "to keep the class, map it to itself in `spec.mapping`"
        } else {
            "to keep the class, set `spec.storageClasses` to `Convert` and map it to itself"
        }
    }

    fn policy_lost(self, field: &'static str, loss: &str) -> Finding {
        let message = format!("claims of the class get `{}`, so {loss}; {}", self.name, self.keep());
        Finding::new(Rule::ClassPolicyLost, message).at(field)
    }
}

/// The StorageClass that the driver of a target brings, as far as claims notice.
///
/// Sources: the chart of hetznercloud/csi-driver, `storageClasses`; k3s `manifests/local-storage.yaml`.
pub(crate) fn class_of_driver(provisioner: &str) -> Option<Value> {
    let expands = match provisioner {
        HETZNER => true,
        LOCAL_PATH => false,
        _ => return None,
    };
    Some(json!({
        "provisioner": provisioner,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": expands,
    }))
}

/// What claims lose that get another class in the place of this one, field by field.
pub(crate) fn lost(class: &Value, successor: Successor<'_>) -> Vec<Finding> {
    let fields = [reclaim_policy, mount_options, file_system, expansion, binding_mode, topologies];
    let lost = fields.into_iter().filter_map(|field| field(class, successor));
    lost.chain(lost_parameters(class)).collect()
}

/// The parameters of a class whose promises its claims lose.
pub(crate) fn lost_parameters(class: &Value) -> Option<Finding> {
    let parameters = class["parameters"].as_object()?;
    let kept = |key: &str| parameters.get(key).is_some_and(|value| value != "none");
    let lost: BTreeSet<_> = PARAMETERS.iter().filter(|(key, _)| kept(key)).map(|(_, promise)| *promise).collect();
    let promises = lost.into_iter().collect::<Vec<_>>().join(" and ");
    let message = format!("claims of the class lose {promises}; find another way for those that count on it");
    (!promises.is_empty()).then(|| Finding::new(Rule::ClassPromiseLost, message).at("parameters"))
}

/// `Retain` keeps the data of a claim that is deleted.
fn reclaim_policy(class: &Value, successor: Successor<'_>) -> Option<Finding> {
    let retains = |class: &Value| class["reclaimPolicy"] == "Retain";
    let Successor { name, class: new, .. } = successor;
    let keep = successor.keep();
    if !retains(class) || new.is_some_and(retains) {
        return None;
    }
    let finding = match new {
        Some(_) => Finding::new(
            Rule::RetainedVolumesDeleted,
            format!("`Retain` becomes `Delete` with `{name}`, so that deleting a claim deletes its data; {keep}"),
        ),
        None => Finding::new(
            Rule::ClassPolicyLost,
            format!(
                "volumes are kept when claims are deleted, and nothing is known of `{name}`; see that it retains them too, or {keep}"
            ),
        ),
    };
    Some(finding.at("reclaimPolicy"))
}

fn mount_options(class: &Value, successor: Successor<'_>) -> Option<Finding> {
    let new = successor.class;
    let options = |class: &Value| -> BTreeSet<String> {
        let options = class["mountOptions"].as_array().into_iter().flatten();
        options.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let lost = new.map_or_else(|| options(class), |new| &options(class) - &options(new));
    let lost: Vec<_> = lost.iter().map(|option| format!("`{option}`")).collect();
    (!lost.is_empty())
        .then(|| successor.policy_lost("mountOptions", &format!("its mount options are lost ({})", lost.join(", "))))
}

fn file_system(class: &Value, successor: Successor<'_>) -> Option<Finding> {
    let named =
        |class: &Value| FILE_SYSTEM.iter().find_map(|key| class["parameters"][*key].as_str().map(str::to_owned));
    let old = named(class)?;
    let new = successor.class.map(|new| named(new).unwrap_or_else(|| DEFAULT_FILE_SYSTEM.to_owned()));
    if new.as_ref() == Some(&old) {
        return None;
    }
    let loss = match new {
        Some(new) if successor.class.is_some_and(|new| new["provisioner"] != LOCAL_PATH) => {
            format!("new volumes have the file system `{new}` in the place of `{old}`")
        }
        _ => format!("new volumes need not have the file system `{old}`"),
    };
    Some(successor.policy_lost("parameters", &loss))
}

fn expansion(class: &Value, successor: Successor<'_>) -> Option<Finding> {
    let new = successor.class;
    let new = new?;
    let loss = match (class["allowVolumeExpansion"] == true, new["allowVolumeExpansion"] == true) {
        (true, false) => "volumes cannot grow",
        (false, true) if class["allowVolumeExpansion"] == false => {
            "claims may ask for volumes to grow, which it forbade"
        }
        _ => return None,
    };
    Some(successor.policy_lost("allowVolumeExpansion", loss))
}

/// Volumes that are made at once serve claims without pods; later ones are made where the pod is.
fn binding_mode(class: &Value, successor: Successor<'_>) -> Option<Finding> {
    let new = successor.class;
    let waits = |class: &Value| class["volumeBindingMode"] == "WaitForFirstConsumer";
    let loss = match (waits(class), waits(new?)) {
        (false, true) => "volumes are made with the first pod of a claim, and no longer at once",
        (true, false) => "volumes are made at once, maybe where no pod of the claim can run",
        _ => return None,
    };
    Some(successor.policy_lost("volumeBindingMode", loss).with_severity(Severity::Info))
}

fn topologies(class: &Value, successor: Successor<'_>) -> Option<Finding> {
    let new = successor.class;
    let zones = &class["allowedTopologies"];
    let is_lost = zones.as_array().is_some_and(|zones| !zones.is_empty())
        && new.is_none_or(|new| new["allowedTopologies"] != *zones);
    is_lost.then(|| successor.policy_lost("allowedTopologies", "volumes are no longer bound to its zones"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A StorageClass with some of its fields.
    fn class() -> impl Strategy<Value = Value> {
        let retain = prop::option::of(prop::sample::select(vec!["Retain", "Delete"]));
        let binding = prop::option::of(prop::sample::select(vec!["Immediate", "WaitForFirstConsumer"]));
        let system = prop::option::of(prop::sample::select(vec!["ext4", "xfs"]));
        let (options, zones) = (any::<bool>(), any::<bool>());
        (retain, binding, system, options, zones, prop::option::of(any::<bool>())).prop_map(
            |(retain, binding, system, options, zones, expands)| {
                let mut class = json!({"provisioner": "example.org/disk"});
                let mut set = |key: &str, value: Option<Value>| {
                    if let Some(value) = value {
                        class[key] = value;
                    }
                };
                set("reclaimPolicy", retain.map(Value::from));
                set("volumeBindingMode", binding.map(Value::from));
                set("parameters", system.map(|system| json!({FILE_SYSTEM[0]: system})));
                set("mountOptions", options.then(|| json!(["noatime"])));
                set("allowedTopologies", zones.then(|| json!([{"matchLabelExpressions": []}])));
                set("allowVolumeExpansion", expands.map(Value::from));
                class
            },
        )
    }

    proptest! {
        #[test]
        fn a_class_loses_nothing_to_one_that_is_alike(class in class()) {
            let successor = Successor { name: "new", class: Some(&class), is_needless: false };
            prop_assert_eq!(lost(&class, successor).len(), 0);
        }

        #[test]
        fn retained_volumes_are_never_lost_in_silence(old in class(), new in prop::option::of(class())) {
            let findings = lost(&old, Successor { name: "new", class: new.as_ref(), is_needless: true });
            let is_told = findings.iter().any(|finding| finding.field_path() == Some("reclaimPolicy"));
            let is_kept = new.as_ref().is_some_and(|new| new["reclaimPolicy"] == "Retain");
            prop_assert_eq!(is_told, old["reclaimPolicy"] == "Retain" && !is_kept);
        }
    }
}
