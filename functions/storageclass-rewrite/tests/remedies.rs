//! Every remedy that a rule or a message proposes, applied: the finding is there before and gone after.

use std::collections::BTreeSet;

use krm::function::Function;
use krm::rule::{RuleSet, Severity};
use krm::trial::run_on;
use krm::yaml::Tree;
use serde_json::Value;
use storageclass_rewrite::StorageClassRewrite;

/// What a person does about a finding.
enum Remedy {
    /// Sets options, beside those of the finding.
    Options(&'static str),
    /// Writes something else into the manifests.
    Replace(&'static str, &'static str),
    /// Adds an object.
    Add(&'static str),
    /// Has looked, and accepts the finding with a reason.
    Accept,
}

use Remedy::{Accept, Add, Options, Replace};

/// A finding, and ways to do something about it.
struct Finding {
    rule: &'static str,
    options: &'static str,
    manifest: &'static str,
    remedies: &'static [Remedy],
}

const CLAIM: &str = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], \
                     storageClassName: CLASS, resources: {requests: {storage: 20Gi}}}}";

const OWN_CLASS: &str = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: \
                         pd.csi.storage.gke.io, reclaimPolicy: POLICY, mountOptions: [noatime], parameters: {type: pd-ssd, \
                         replication-type: regional-pd}}";

const FINDINGS: &[Finding] = &[
    Finding {
        rule: "unknown-storage-class",
        options: "",
        manifest: "(CLAIM fast)",
        remedies: &[Options("mapping: {fast: hcloud-volumes}"), Options("mapping: {fast: fast}")],
    },
    Finding {
        rule: "unknown-storage-class",
        options: "",
        manifest: "(CLAIM gp3-csi)",
        remedies: &[Options("from: [OpenShiftAWS]"), Options("mapping: {gp3-csi: hcloud-volumes}")],
    },
    Finding {
        rule: "unknown-storage-class",
        options: "",
        manifest: "(CLAIM Fast SSD)",
        remedies: &[
            Replace("Fast SSD", "standard"),
            Options("ignoredFields: [{kind: PersistentVolumeClaim, path: spec.storageClassName}]"),
        ],
    },
    Finding {
        rule: "class-is-variable",
        options: "",
        manifest: "(CLAIM '${CLASS_OF_DATA}')",
        remedies: &[Options("ignoredFields: [{kind: PersistentVolumeClaim, path: spec.storageClassName}]")],
    },
    Finding {
        rule: "unclear-class-field",
        options: "",
        manifest: "{apiVersion: example.org/v1, kind: Database, metadata: {name: a}, spec: {storageClass: standard}}",
        remedies: &[
            Options("fields: [{kind: Database, path: spec.storageClass}]"),
            Options("ignoredFields: [{kind: Database, path: spec.storageClass}]"),
        ],
    },
    Finding {
        rule: "class-named-in-text",
        options: "",
        manifest: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {values.yaml: 'storageClass: standard'}}",
        remedies: &[Replace("standard", "hcloud-volumes")],
    },
    Finding {
        rule: "storage-text-not-yaml",
        options: "",
        manifest: "{apiVersion: helm.cattle.io/v1, kind: HelmChart, metadata: {name: a}, spec: {valuesContent: 'storage: ['}}",
        remedies: &[Replace("storage: [", "storage: []")],
    },
    Finding {
        rule: "role-names-mixed-resources",
        options: "",
        manifest: "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}, rules: [{apiGroups: \
                   [storage.k8s.io], resources: [storageclasses, csinodes], resourceNames: [standard], verbs: [get]}]}",
        remedies: &[Replace(", csinodes", "")],
    },
    Finding {
        rule: "quota-limits-added",
        options: "",
        manifest: "{apiVersion: v1, kind: ResourceQuota, metadata: {name: a}, spec: {hard: \
                   {standard.storageclass.storage.k8s.io/requests.storage: 1Gi, \
                   premium-rwo.storageclass.storage.k8s.io/requests.storage: 2Gi}}}",
        remedies: &[Replace(", premium-rwo.storageclass.storage.k8s.io/requests.storage: 2Gi", "")],
    },
    Finding {
        rule: "class-keys-collide",
        options: "",
        manifest: "{apiVersion: cdi.kubevirt.io/v1beta1, kind: CDI, metadata: {name: a}, spec: {config: {filesystemOverhead: \
                   {storageClass: {standard: '0.05', premium-rwo: '0.1'}}}}}",
        remedies: &[Replace(", premium-rwo: '0.1'", "")],
    },
    Finding {
        rule: "claim-bound-to-old-volume",
        options: "",
        manifest: "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], \
                   storageClassName: '', volumeName: old, resources: {requests: {storage: 20Gi}}}}",
        remedies: &[
            Replace("volumeName: old, ", ""),
            Add("{apiVersion: v1, kind: PersistentVolume, metadata: {name: old}, spec: {capacity: {storage: 20Gi}}}"),
        ],
    },
    Finding {
        rule: "claim-access-reduced",
        options: "reduceAccessModes: true",
        manifest: "(SHARED)",
        remedies: &[Replace("ReadWriteMany", "ReadWriteOnce"), Accept],
    },
    Finding {
        rule: "claim-access-unsupported",
        options: "",
        manifest: "(SHARED)",
        remedies: &[Options("rwxClass: longhorn"), Options("reduceAccessModes: true")],
    },
    Finding {
        rule: "claim-needs-block",
        options: "to: LocalPath",
        manifest: "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], \
                   volumeMode: Block, storageClassName: standard, resources: {requests: {storage: 20Gi}}}}",
        remedies: &[Replace("Block", "Filesystem"), Options("mapping: {standard: longhorn}")],
    },
    Finding {
        rule: "claim-with-selector",
        options: "",
        manifest: "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], \
                   selector: {matchLabels: {a: b}}, storageClassName: standard, resources: {requests: {storage: 20Gi}}}}",
        remedies: &[
            Replace("selector: {matchLabels: {a: b}}, ", ""),
            Replace("storageClassName: standard", "storageClassName: ''"),
        ],
    },
    Finding {
        rule: "claim-copies-volume",
        options: "",
        manifest: "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], \
                   dataSource: {kind: VolumeSnapshot, name: b}, storageClassName: standard, resources: {requests: {storage: 20Gi}}}}",
        remedies: &[Replace("dataSource: {kind: VolumeSnapshot, name: b}, ", "")],
    },
    Finding {
        rule: "claim-filled-by-populator",
        options: "",
        manifest: "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], \
                   dataSourceRef: {kind: Filler, name: b}, storageClassName: standard, resources: {requests: {storage: 20Gi}}}}",
        remedies: &[Accept],
    },
    Finding {
        rule: "claim-names-attributes",
        options: "",
        manifest: "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], \
                   volumeAttributesClassName: b, storageClassName: standard, resources: {requests: {storage: 20Gi}}}}",
        remedies: &[Replace("volumeAttributesClassName: b, ", "")],
    },
    Finding {
        rule: "claim-too-large",
        options: "",
        manifest: "(SIZED 20Ti)",
        remedies: &[Replace("20Ti", "2Ti"), Options("mapping: {standard: longhorn}")],
    },
    Finding {
        rule: "claim-below-smallest-volume",
        options: "",
        manifest: "(SIZED 1Gi)",
        remedies: &[Options("roundUp: true")],
    },
    Finding {
        rule: "claim-limit-below-volume",
        options: "",
        manifest: "(SIZED 10Gi}, limits: {storage: 5Gi)",
        remedies: &[Replace("5Gi", "10Gi"), Replace(", limits: {storage: 5Gi}", ""), Options("roundUp: true")],
    },
    Finding {
        rule: "claim-size-unread",
        options: "",
        manifest: "(SIZED 10GB)",
        remedies: &[Replace("10GB", "10Gi"), Accept],
    },
    Finding {
        rule: "static-volumes-missing",
        options: "",
        manifest: "(SIZED 20Gi)\n---\n(CLAIM manual)\n---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: b}, spec: \
                   {accessModes: [ReadWriteOnce], storageClassName: manual, resources: {requests: {storage: 20Gi}}}}\n---\n(VOLUME one)",
        remedies: &[Add("(VOLUME two)"), Options("mapping: {manual: hcloud-volumes}")],
    },
    Finding {
        rule: "quota-raised",
        options: "roundUp: true",
        manifest: "(SIZED 1Gi)\n---\n{apiVersion: v1, kind: ResourceQuota, metadata: {name: a}, spec: {hard: {requests.storage: 5Gi}}}",
        remedies: &[Replace("5Gi", "50Gi"), Accept],
    },
    Finding {
        rule: "claims-without-class",
        options: "",
        manifest: "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], \
                   resources: {requests: {storage: 20Gi}}}}",
        remedies: &[Options("defaultClass: hcloud-volumes")],
    },
    Finding {
        rule: "replicas-share-claim",
        options: "rwxClass: longhorn",
        manifest: "(CLAIM standard)\n---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 2, \
                   template: {spec: {volumes: [{name: a, persistentVolumeClaim: {claimName: a}}]}}}}",
        remedies: &[Replace("[ReadWriteOnce]", "[ReadWriteMany]"), Replace("replicas: 2", "replicas: 1")],
    },
    Finding {
        rule: "rolling-update-waits",
        options: "",
        manifest: "(CLAIM standard)\n---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 1, \
                   template: {spec: {volumes: [{name: a, persistentVolumeClaim: {claimName: a}}]}}}}",
        remedies: &[Replace("replicas: 1", "strategy: {type: Recreate}")],
    },
    Finding {
        rule: "limit-range-below-volume",
        options: "",
        manifest: "{apiVersion: v1, kind: LimitRange, metadata: {name: a}, spec: {limits: [{type: PersistentVolumeClaim, max: \
                   {storage: 5Gi}}]}}",
        remedies: &[Replace("5Gi", "50Gi")],
    },
    Finding {
        rule: "volume-of-old-platform",
        options: "",
        manifest: "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {volumes: [{name: a, gcePersistentDisk: {pdName: b}}]}}",
        remedies: &[Replace("gcePersistentDisk: {pdName: b}", "persistentVolumeClaim: {claimName: b}")],
    },
    Finding {
        rule: "volume-in-old-zone",
        options: "",
        manifest: "{apiVersion: v1, kind: PersistentVolume, metadata: {name: a}, spec: {nodeAffinity: {required: {nodeSelectorTerms: \
                   [{matchExpressions: [{key: topology.gke.io/zone}]}]}}}}",
        remedies: &[
            Replace("topology.gke.io/zone", "csi.hetzner.cloud/location"),
            Replace("topology.gke.io/zone", "kubernetes.io/hostname"),
        ],
    },
    Finding {
        rule: "volume-on-nfs-server",
        options: "",
        manifest: "{apiVersion: v1, kind: PersistentVolume, metadata: {name: a}, spec: {nfs: {server: nas.example.com, path: /a}}}",
        remedies: &[Accept],
    },
    Finding {
        rule: "volume-state-annotations",
        options: "",
        manifest: "{apiVersion: v1, kind: PersistentVolume, metadata: {name: a, annotations: {pv.kubernetes.io/provisioned-by: b}}, \
                   spec: {}}",
        remedies: &[Replace(", annotations: {pv.kubernetes.io/provisioned-by: b}", "")],
    },
    Finding {
        rule: "snapshot-unserved",
        options: "",
        manifest: "(CLAIM standard)\n---\n{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: a}, spec: {}}",
        remedies: &[
            Options("snapshots: Drop"),
            Replace(
                "---\n{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: a}, spec: {}}",
                "",
            ),
        ],
    },
    Finding {
        rule: "snapshots-asked-for",
        options: "",
        manifest: "{apiVersion: velero.io/v1, kind: Schedule, metadata: {name: a}, spec: {template: {snapshotVolumes: true}}}",
        remedies: &[Replace("true", "false")],
    },
    Finding {
        rule: "class-dropped-in-use",
        options: "mapping: {fast: hcloud-volumes}",
        manifest: "(OWN_CLASS Delete)\n---\n{apiVersion: example.org/v1, kind: Database, metadata: {name: a}, spec: {storageClass: fast}}",
        remedies: &[Options("fields: [{kind: Database, path: spec.storageClass}]"), Options("storageClasses: Alias")],
    },
    Finding {
        rule: "class-without-driver",
        options: "mapping: {fast: fast}",
        manifest: "(OWN_CLASS Delete)\n---\n(CLAIM fast)",
        remedies: &[Options("storageClasses: Convert"), Options("mapping: {fast: hcloud-volumes}")],
    },
    Finding {
        rule: "retained-volumes-deleted",
        options: "mapping: {fast: hcloud-volumes}",
        manifest: "(OWN_CLASS Retain)\n---\n(CLAIM fast)",
        remedies: &[Options("storageClasses: Convert\nmapping: {fast: fast}")],
    },
    Finding {
        rule: "class-without-driver",
        options: "",
        manifest: "{apiVersion: v1, kind: Template, metadata: {name: a}, objects: [(OWN_CLASS Delete)]}",
        remedies: &[Replace("pd.csi.storage.gke.io", "csi.hetzner.cloud")],
    },
    Finding {
        rule: "class-promise-lost",
        options: "mapping: {fast: hcloud-volumes}",
        manifest: "(OWN_CLASS Delete)\n---\n(CLAIM fast)",
        remedies: &[Replace(", replication-type: regional-pd", ""), Accept],
    },
    Finding {
        rule: "retained-volumes-deleted",
        options: "mapping: {nfs: hcloud-volumes}",
        manifest: "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: nfs}, provisioner: example.org/nfs, \
                   reclaimPolicy: Retain}",
        remedies: &[Options("mapping: {nfs: nfs}")],
    },
    Finding {
        rule: "unclear-class-field",
        options: "",
        manifest: "(CLAIM '${DISK}')\n---\n{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: a}, \
                   spec: {postBuild: {substitute: {DISK: standard}}}}",
        remedies: &[Replace("DISK: standard", "DISK: hcloud-volumes")],
    },
    Finding {
        rule: "class-policy-lost",
        options: "mapping: {fast: hcloud-volumes}",
        manifest: "(OWN_CLASS Delete)\n---\n(CLAIM fast)",
        remedies: &[Options("storageClasses: Convert\nmapping: {fast: fast}")],
    },
    Finding {
        rule: "class-fields-removed",
        options: "storageClasses: Convert\nmapping: {fast: fast}",
        manifest: "(OWN_CLASS Delete)\n---\n(CLAIM fast)",
        remedies: &[Replace("type: pd-ssd, replication-type: regional-pd", ""), Accept],
    },
    Finding {
        rule: "default-class-doubled",
        options: "storageClasses: Convert\nmapping: {fast: fast}",
        manifest: "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast, annotations: \
                   {storageclass.kubernetes.io/is-default-class: 'true'}}, provisioner: pd.csi.storage.gke.io}",
        remedies: &[Replace("'true'", "'false'"), Accept],
    },
    Finding {
        rule: "class-without-provisioner",
        options: "storageClasses: Alias\nmapping: {standard: longhorn}",
        manifest: "(CLAIM standard)",
        remedies: &[Options("classes: {longhorn: {provisioner: driver.longhorn.io}}")],
    },
    Finding {
        rule: "storage-profiles-merge",
        options: "",
        manifest: "{apiVersion: cdi.kubevirt.io/v1beta1, kind: StorageProfile, metadata: {name: standard}, spec: {}}\n---\n\
                   {apiVersion: cdi.kubevirt.io/v1beta1, kind: StorageProfile, metadata: {name: premium-rwo}, spec: {cloneStrategy: copy}}",
        remedies: &[Options("mapping: {premium-rwo: longhorn}"), Replace("cloneStrategy: copy", "")],
    },
    Finding {
        rule: "class-tiers-merged",
        options: "",
        manifest: "(CLAIM standard)\n---\n(OTHER premium-rwo)",
        remedies: &[Options("mapping: {premium-rwo: longhorn}"), Accept],
    },
    Finding {
        rule: "class-ability-lost",
        options: "to: LocalPath",
        manifest: "(CLAIM standard)",
        remedies: &[Options("mapping: {standard: longhorn}"), Accept],
    },
    Finding {
        rule: "encryption-lost",
        options: "",
        manifest: "(CLAIM standard)",
        remedies: &[Options("mapping: {standard: hcloud-volumes-encrypted}")],
    },
    Finding {
        rule: "class-not-described",
        options: "mapping: {standard: longhorn}",
        manifest: "(CLAIM standard)",
        remedies: &[Options("classes: {longhorn: {}}")],
    },
    Finding {
        rule: "servers-without-room",
        options: "servers: 1",
        manifest: "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {replicas: 20, volumeClaimTemplates: \
                   [{metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], storageClassName: standard, resources: {requests: \
                   {storage: 20Gi}}}}]}}",
        remedies: &[Options("servers: 2"), Options("mapping: {standard: longhorn}")],
    },
];

/// The manifests that a text with shorthands means.
fn written(text: &str) -> String {
    const VOLUME: &str = "{apiVersion: v1, kind: PersistentVolume, metadata: {name: NAME}, spec: {accessModes: [ReadWriteOnce], \
                          storageClassName: manual, capacity: {storage: 20Gi}}}";
    let shorthands = [
        ("(CLAIM ", CLAIM, "CLASS"),
        ("(OTHER ", &CLAIM.replace("name: a}", "name: other}"), "CLASS"),
        ("(SIZED ", &CLAIM.replace("CLASS", "standard"), "20Gi"),
        ("(OWN_CLASS ", OWN_CLASS, "POLICY"),
        ("(VOLUME ", VOLUME, "NAME"),
    ];
    let mut text =
        text.replace("(SHARED)", &CLAIM.replace("CLASS", "standard").replace("ReadWriteOnce", "ReadWriteMany"));
    for (name, manifest, hole) in shorthands {
        while let Some((before, rest)) = text.split_once(name) {
            let (value, after) = rest.split_once(')').expect("a shorthand is closed");
            text = format!("{before}{}{after}", manifest.replace(hole, value));
        }
    }
    text
}

/// The findings of a rule that no acceptance covers.
fn told(rule: &str, options: &Value, manifest: &str) -> Vec<String> {
    let objects: Vec<_> = documents(manifest).into_iter().filter(|object| !object.is_null()).collect();
    let outcome = run_on::<StorageClassRewrite>(&objects, options);
    assert!(!outcome.stderr.contains("[invalid-"), "{options}\n{manifest}\n{}", outcome.stderr);
    let own = outcome.findings.iter().map(|(_, finding)| finding).filter(|finding| finding.rule().id == rule);
    let open = own.filter(|finding| !finding.to_string().contains("; accepted: "));
    open.map(ToString::to_string).collect()
}

/// Options with others in their place, as far as both name one.
fn merged(options: &str, others: &str) -> Value {
    let entries = [options, others].map(|text| documents(text).pop().unwrap_or_default());
    entries.iter().filter_map(Value::as_object).flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn documents(text: &str) -> Vec<Value> {
    let tree = Tree::parse(text.to_owned()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    tree.documents().iter().map(|document| tree.value(document.root)).collect()
}

#[test]
fn every_remedy_makes_its_finding_go() {
    for Finding { rule, options, manifest, remedies } in FINDINGS {
        let manifest = written(manifest);
        assert!(!told(rule, &merged(options, ""), &manifest).is_empty(), "{rule} is not told of {manifest}");
        for remedy in *remedies {
            let (options, manifest) = match remedy {
                Options(others) => (merged(options, others), manifest.clone()),
                Replace(old, new) => {
                    assert!(manifest.contains(old), "{rule}: no `{old}` in {manifest}");
                    (merged(options, ""), manifest.replace(old, new))
                }
                Add(object) => (merged(options, ""), format!("{manifest}\n---\n{}", written(object))),
                Accept => {
                    let accept = format!("accept: [{{rule: {rule}, object: '*', reason: looked at}}]");
                    (merged(options, &accept), manifest.clone())
                }
            };
            let left = told(rule, &options, &manifest);
            assert!(left.is_empty(), "{options}\n{manifest}\n{left:?}");
        }
    }
}

#[test]
fn every_rule_has_a_remedy_that_is_tried() {
    let tried: BTreeSet<_> = FINDINGS.iter().map(|finding| finding.rule).collect();
    let rules = <<StorageClassRewrite as Function>::Rule as RuleSet>::ALL.iter().map(|rule| rule.rule());
    let missing: Vec<_> = rules.filter(|rule| rule.severity != Severity::Info && !tried.contains(rule.id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
