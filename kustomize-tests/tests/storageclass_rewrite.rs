//! `storageclass-rewrite` held against what others make of the same claims, and in the real kustomize.

use std::collections::BTreeSet;
use std::process::Command;

use kustomize_tests::{Function, HOSTS, Host, Manifests, Repository, Runtime, Scratch, tool};
use serde_json::Value;

const CORPUS: &str = include_str!("storageclass_rewrite/corpus.yaml");

/// A claim in every place whose name kustomize itself keeps true: `namereference.go` of kustomize knows these three.
const CLAIMS: &str = "\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: claim
spec:
  accessModes:
  - ReadWriteOnce
  storageClassName: fast
  resources:
    requests:
      storage: 10Gi
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: other-class
spec:
  accessModes:
  - ReadWriteOnce
  storageClassName: slow
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: static
spec:
  accessModes:
  - ReadWriteOnce
  storageClassName: \"\"
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: volume
spec:
  accessModes:
  - ReadWriteOnce
  capacity:
    storage: 10Gi
  hostPath:
    path: /data
  storageClassName: fast
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  labels:
    class: fast
  name: database
spec:
  serviceName: fast
  template:
    spec:
      containers:
      - image: database
        name: fast
  volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes:
      - ReadWriteOnce
      storageClassName: fast
  - metadata:
      name: log
    spec:
      accessModes:
      - ReadWriteOnce
      storageClassName: slow
";

const CLASS: &str = "\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: example.org/disks
";

/// Ways to rename the class `fast` to `new-fast` in kustomize.
const RENAMES: [(&str, &str); 2] = [
    ("namePrefix", "namePrefix: new-\nresources:\n- class.yaml\n"),
    (
        "a patch",
        "resources:\n- class.yaml\npatches:\n- target: {kind: StorageClass}\n  options: {allowNameChange: true}\n  \
         patch: |\n    - {op: replace, path: /metadata/name, value: new-fast}\n",
    ),
];

fn kustomization(rest: &str) -> String {
    format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{rest}")
}

fn config(spec: &str) -> String {
    format!(
        "apiVersion: replatform.dev/v1alpha1\nkind: StorageClassRewrite\nmetadata:\n  name: storageclass-rewrite\nspec:\n{spec}"
    )
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("manifests are UTF-8")
}

/// The manifests as the function leaves them, called with files.
fn rewritten(manifests: &str, spec: &str) -> String {
    let scratch = Scratch::new();
    scratch.write("manifests.yaml", manifests);
    scratch.write("config.yaml", config(spec));
    let mut command = Command::new(Function::of_kind("StorageClassRewrite").program());
    command.arg("--config").args(["config.yaml", "manifests.yaml"].map(|file| scratch.path().join(file)));
    run(&mut command)
}

#[test]
fn on_what_kustomize_renames_itself_the_results_are_the_same() {
    for version in ["5.0.1", "5.8.1"] {
        for (way, rename) in RENAMES {
            let scratch = Scratch::new();
            scratch.write("class/class.yaml", CLASS);
            scratch.write("class/kustomization.yaml", kustomization(rename));
            scratch.write("claims.yaml", CLAIMS);
            scratch.write("kustomization.yaml", kustomization("resources:\n- class\n- claims.yaml\n"));
            let kustomize = tool(&format!("kustomize-{version}"));
            let renamed = run(Command::new(kustomize).arg("build").arg(scratch.path()));
            let ours = rewritten(CLAIMS, "  from: []\n  mapping:\n    fast: new-fast\n    slow: slow\n");
            // kustomize prints the class too; the function had no class to rename.
            let ours = Manifests::parse(&format!("{ours}---\n{}", CLASS.replace("name: fast", "name: new-fast")));
            let renamed = Manifests::parse(&renamed);
            let difference = renamed.difference(&ours);
            assert!(difference.is_empty(), "kustomize {version}, renamed by {way}:\n{difference}");
            assert_eq!(names(&ours, "new-fast"), 3, "kustomize {version}, renamed by {way}");
        }
    }
}

/// The number of fields called `storageClassName` with this value.
fn names(manifests: &Manifests, class: &str) -> usize {
    manifests.iter().map(|(_, object)| fields(object, class).len()).sum()
}

/// The pointers of the fields called `storageClassName` that hold `class`.
fn fields(value: &Value, class: &str) -> Vec<String> {
    let below = |key: &str, value: &Value| -> Vec<String> {
        fields(value, class).into_iter().map(|pointer| format!("/{key}{pointer}")).collect()
    };
    match value {
        Value::Object(map) => {
            let found = map.get("storageClassName").filter(|value| *value == class);
            let found = found.map(|_| "/storageClassName".to_owned());
            found.into_iter().chain(map.iter().flat_map(|(key, value)| below(key, value))).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, value)| below(&index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether an edit is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The field names a StorageClass.
    Right,
    /// It does not.
    Wrong,
}
use Verdict::{Right, Wrong};

/// What kpt's `search-replace` changes in the corpus with `by-path: '**.storageClassName'`, `by-value: standard-rwo` and
/// `put-value: hcloud-volumes`, as the program of kptdev/krm-functions-catalog at 76fe381 did it. No registry
/// has the program itself: its image needs another network, and the Go module proxy has no version of its module.
const SEARCH_REPLACE: [(&str, &str, Verdict); 13] = [
    ("PersistentVolumeClaim claim", "/metadata/labels/storageClassName", Wrong),
    ("PersistentVolumeClaim claim", "/spec/storageClassName", Right),
    ("PersistentVolume volume", "/spec/storageClassName", Right),
    (
        "StatefulSet database",
        "/spec/template/spec/volumes/0/ephemeral/volumeClaimTemplate/spec/storageClassName",
        Right,
    ),
    ("StatefulSet database", "/spec/volumeClaimTemplates/0/spec/storageClassName", Right),
    ("RabbitmqCluster queue", "/spec/persistence/storageClassName", Right),
    ("LokiStack logs", "/spec/storageClassName", Right),
    ("Cluster shop", "/spec/storage/pvcTemplate/storageClassName", Right),
    ("Unheard shape", "/spec/dataVolumeClaimSpec/storageClassName", Right),
    ("HelmRelease cache", "/spec/values/master/persistence/storageClassName", Right),
    ("ObjectBucketClaim pictures", "/spec/storageClassName", Wrong),
    ("Backup nightly", "/spec/s3/storageClassName", Wrong),
    ("ClusterPolicy no-old-classes", "/spec/rules/0/validate/pattern/spec/storageClassName", Wrong),
];

/// What `search-replace` does not see.
const BEYOND_SEARCH_REPLACE: [(&str, &str); 4] = [
    ("PersistentVolumeClaim claim", "/metadata/annotations/volume.beta.kubernetes.io~1storage-class"),
    ("Cluster shop", "/spec/storage/storageClass"),
    ("KafkaNodePool brokers", "/spec/storage/class"),
    ("ResourceQuota team", "/spec/hard/standard-rwo.storageclass.storage.k8s.io~1requests.storage"),
];

#[test]
fn what_search_replace_gets_right_is_done_and_nothing_that_it_gets_wrong() {
    let before = Manifests::parse(CORPUS);
    let after = Manifests::parse(&rewritten(CORPUS, "  from: [GKE]\n"));
    let by_path_and_value: BTreeSet<_> = before
        .iter()
        .flat_map(|(id, object)| fields(object, "standard-rwo").into_iter().map(move |path| (id.to_string(), path)))
        .collect();
    let recorded = SEARCH_REPLACE.map(|(object, path, _)| (object.to_owned(), path.to_owned()));
    assert_eq!(by_path_and_value, BTreeSet::from(recorded), "the record is of another corpus");

    let ours = edits(&before, &after);
    let right =
        SEARCH_REPLACE.iter().filter(|(.., verdict)| *verdict == Right).map(|(object, path, _)| (*object, *path));
    let expected: BTreeSet<_> = right.chain(BEYOND_SEARCH_REPLACE).collect();
    let ours: BTreeSet<_> = ours.iter().map(|(object, path)| (object.as_str(), path.as_str())).collect();
    assert_eq!(ours, expected);
}

/// The entries of the first build that have another value in the second, or are gone.
fn edits(before: &Manifests, after: &Manifests) -> BTreeSet<(String, String)> {
    let after: Vec<_> = after.iter().collect();
    let objects = before.iter().zip(after);
    let of_object = objects.flat_map(|((id, old), (new_id, new))| {
        assert_eq!(id, new_id, "no object comes or goes");
        leaves(old)
            .into_iter()
            .filter(|pointer| old.pointer(pointer) != new.pointer(pointer))
            .map(move |pointer| (id.to_string(), pointer))
    });
    of_object.collect()
}

/// The pointers of all scalars.
fn leaves(value: &Value) -> Vec<String> {
    let below = |key: &str, value: &Value| -> Vec<String> {
        let key = key.replace('~', "~0").replace('/', "~1");
        leaves(value).into_iter().map(|pointer| format!("/{key}{pointer}")).collect()
    };
    match value {
        Value::Object(map) => map.iter().flat_map(|(key, value)| below(key, value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, value)| below(&index.to_string(), value)).collect()
        }
        _ => vec![String::new()],
    }
}

/// The hosts that need no container: every version of kustomize, by program on `PATH` and by plugin.
fn kustomizes() -> impl Iterator<Item = Host> {
    HOSTS.into_iter().filter(|host| host.is_kustomize() && host.runtime() != Runtime::Container)
}

fn repository(spec: &str) -> Repository {
    let repository = Repository::examples();
    repository.write("base/storage/corpus.yaml", CORPUS);
    repository.write("base/storage/kustomization.yaml", kustomization("resources:\n- corpus.yaml\n"));
    repository.write(
        "overlay/storage/kustomization.yaml",
        kustomization("namePrefix: shop-\nresources:\n- ../../base/storage\ntransformers:\n- transformers\n"),
    );
    repository.write("overlay/storage/transformers/storageclass-rewrite.yaml", config(spec));
    repository.write(
        "overlay/storage/transformers/kustomization.yaml",
        kustomization("resources:\n- storageclass-rewrite.yaml\ncomponents:\n- ../../../transformers/runtime/plugin\n"),
    );
    repository
}

#[test]
fn an_overlay_of_three_lines_moves_every_claim_in_every_kustomize() {
    let repository = repository("  from: [GKE]\n  to: HCloud\n");
    let mut builds = 0;
    for host in kustomizes() {
        let plain = host.build_without_functions(&repository, "overlay/storage");
        let plain = Manifests::parse(plain.expect_success());
        let build = host.build(&repository, "overlay/storage");
        let moved = Manifests::parse(build.expect_success());
        assert_eq!((plain.len(), names(&plain, "hcloud-volumes")), (moved.len(), 0), "{host}");
        insta::allow_duplicates! { insta::assert_snapshot!(plain.difference(&moved)) };
        builds += 1;
    }
    assert!(builds >= 4, "{builds} hosts");
}

#[test]
fn an_unknown_class_stops_the_build_and_is_named() {
    let repository = repository("  from: [EKS]\n");
    for host in kustomizes() {
        let build = host.build(&repository, "overlay/storage");
        let stderr = build.expect_failure();
        assert!(
            stderr.contains("storageclass-rewrite: error: PersistentVolumeClaim shop-claim: spec.storageClassName: `standard-rwo` is a class of `GKE`; add that to `spec.from`"),
            "{host}:\n{stderr}"
        );
    }
}
