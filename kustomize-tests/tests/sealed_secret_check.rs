//! Every kind of breakage stops a real build with one line that says why, however the check is wired; the finished build
//! is checked once more as people do it, through a pipe.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use kustomize_tests::{Function, Host, Repository, Runtime, hosts, root, wired_as};

const OVERLAY: &str = "overlay/sealed";

/// The two ways to wire the check, with what its config must say.
const WIRINGS: [&str; 2] = ["transformers", "validators"];

/// A sealed vector of the function's tests, as text.
fn vector(name: &str) -> String {
    let path = root().join("functions/sealed-secret-check/vectors").join(name).with_extension("yaml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The line of a vector that holds the value under a key.
fn value_line(vector_name: &str, key: &str) -> String {
    let text = vector(vector_name);
    let line = text.lines().find(|line| line.trim_start().starts_with(&format!("{key}: Ag")));
    line.unwrap_or_else(|| panic!("{vector_name} seals no {key}")).trim().to_owned()
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: web
spec:
  selector:
    matchLabels:
      app: shop
  template:
    metadata:
      labels:
        app: shop
    spec:
      containers:
      - name: shop
        image: registry.example.com/shop:1.0.0
        env:
        - name: DB_PASSWORD
          valueFrom:
            secretKeyRef:
              name: db
              key: password
";

const KUSTOMIZATION: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- deployment.yaml
- sealed.yaml
";

/// The examples with one more overlay: a workload and its sealed secret, checked.
struct Overlay(Repository);

impl Overlay {
    /// A sound overlay with the check under `wiring`.
    fn new(wiring: &str) -> Self {
        let overlay = Self(Repository::examples());
        let config = format!(
            "apiVersion: replatform.dev/v1alpha1\nkind: SealedSecretCheck\nmetadata:\n  name: sealed-secret-check\n\
             spec:\n  wiredAs: {}\n  completeNamespaces: [web]\n",
            wired_as(wiring)
        );
        overlay.write("checks/check.yaml", &config);
        let checks = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- check.yaml\n\
                      components:\n- ../../../transformers/runtime/plugin\n";
        overlay.write("checks/kustomization.yaml", checks);
        overlay.write("deployment.yaml", DEPLOYMENT);
        overlay.write("sealed.yaml", &vector("good-strict-4096"));
        overlay.write("kustomization.yaml", &format!("{KUSTOMIZATION}{wiring}:\n- checks\n"));
        overlay
    }

    fn write(&self, path: &str, content: &str) {
        self.0.write(format!("{OVERLAY}/{path}"), content);
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path(OVERLAY).join(path)).expect("the overlay was just written")
    }

    /// Adds a manifest.
    fn with(self, manifest: &str) -> Self {
        self.write("more.yaml", manifest);
        self.kustomize("resources:\n", "resources:\n- more.yaml\n")
    }

    /// Adds fields to the kustomization.
    fn field(self, field: &str) -> Self {
        let text = self.read("kustomization.yaml");
        self.write("kustomization.yaml", &format!("{text}{field}"));
        self
    }

    fn kustomize(self, from: &str, to: &str) -> Self {
        self.replace("kustomization.yaml", from, to)
    }

    fn sealed(self, from: &str, to: &str) -> Self {
        self.replace("sealed.yaml", from, to)
    }

    fn replace(self, path: &str, from: &str, to: &str) -> Self {
        let text = self.read(path);
        assert!(text.contains(from), "{path} does not hold `{from}`");
        self.write(path, &text.replacen(from, to, 1));
        self
    }
}

fn errors(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|line| line.contains("sealed-secret-check: error: ")).collect()
}

#[test]
fn a_sound_overlay_passes_in_every_kustomize() {
    for wiring in WIRINGS {
        let overlay = Overlay::new(wiring);
        for host in hosts().iter().filter(|host| host.is_kustomize()) {
            let build = host.build(&overlay.0, OVERLAY);
            let plain = host.build_without_functions(&overlay.0, OVERLAY);
            assert_eq!(build.expect_success(), plain.expect_success(), "{host}, {wiring}");
            assert!(!build.stderr.contains("warning: "), "{host}, {wiring}:\n{}", build.stderr);
        }
    }
}

#[test]
fn the_clusters_of_the_examples_pass() {
    for cluster in ["development/hetzner-k3s-dev", "production/hetzner-k3s-prod"] {
        let overlay = Overlay::new("validators");
        overlay.write("kustomization.yaml", &format!("resources:\n- ../{cluster}\nvalidators:\n- checks\n"));
        let build = Host::pinned().build(&overlay.0, OVERLAY);
        build.expect_success();
        assert_eq!(errors(&build.stderr), [""; 0], "{cluster}");
    }
}

/// What is broken, how, and what the one line says of it.
type Breakage = (&'static str, fn(Overlay) -> Overlay, &'static str);

const BREAKAGES: &[Breakage] = &[
    (
        "a plain Secret",
        |overlay| {
            overlay.with("apiVersion: v1\nkind: Secret\nmetadata:\n  name: mail\n  namespace: web\nstringData:\n  password: Hk4-tWb9-Nk7q\n")
        },
        "Secret web/mail: stringData.password: a plain value",
    ),
    (
        "a secretGenerator with a literal",
        |overlay| {
            overlay.field("secretGenerator:\n- name: mail\n  namespace: web\n  literals:\n  - password=Hk4-tWb9-Nk7q\n")
        },
        "Secret web/mail: data.password: a plain value out of a secretGenerator",
    ),
    (
        "a dummy Secret",
        |overlay| {
            overlay.with("apiVersion: v1\nkind: Secret\nmetadata:\n  name: mail\n  namespace: web\ndata:\n  password: U3Ryb25nQmFzZTY0UGFzc3dvcmQ=\n")
        },
        "Secret web/mail: data.password: a dummy of a template",
    ),
    (
        "a password patched into the environment",
        |overlay| {
            overlay.field(
                "patches:\n- target: {kind: Deployment}\n  patch: |\n    - op: add\n      path: /spec/template/spec/containers/0/env/-\n      \
                 value: {name: MAIL_PASSWORD, value: Hk4-tWb9-Nk7q}\n",
            )
        },
        "Deployment web/shop: spec.template.spec.containers[0].env[1].value: a literal under a credential's name",
    ),
    (
        "a password in a generated ConfigMap",
        |overlay| {
            overlay.write("application.properties", "spring.datasource.password=Hk4-tWb9-Nk7q\n");
            overlay.field(
                "configMapGenerator:\n- name: settings\n  namespace: web\n  files:\n  - application.properties\n",
            )
        },
        "ConfigMap web/settings: data[application.properties]: a literal under a credential's name",
    ),
    (
        "a password in an address",
        |overlay| {
            overlay.field("configMapGenerator:\n- name: settings\n  namespace: web\n  literals:\n  - URL=postgres://shop:Hk4-tWb9-Nk7q@db/shop\n")
        },
        "ConfigMap web/settings: data.URL: a password in an address",
    ),
    (
        "the sealing key",
        |overlay| {
            overlay.with(
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: sealed-secrets-key\n  namespace: web\n  labels:\n    \
                 sealedsecrets.bitnami.com/sealed-secrets-key: active\nstringData:\n  tls.key: anything\n",
            )
        },
        "Secret web/sealed-secrets-key: stringData[tls.key]: the PRIVATE KEY OF SEALED-SECRETS itself",
    ),
    (
        "a name prefix on a strict seal",
        |overlay| overlay.field("namePrefix: prod-\n"),
        "SealedSecret web/prod-db: metadata.name: the values were sealed for `web/db`",
    ),
    (
        "another namespace",
        |overlay| overlay.field("namespace: prod\n"),
        "SealedSecret prod/db: metadata.namespace: the values were sealed for `web/db`",
    ),
    (
        "another namespace, known to kustomize alone",
        |overlay| {
            let sealed = overlay.read("sealed.yaml");
            let template = sealed.find("  template:").expect("kubeseal writes a template");
            overlay.write("sealed.yaml", &sealed[..template]);
            overlay.field("namespace: prod\n")
        },
        "SealedSecret prod/db: metadata.namespace: kustomize made `prod/db` of `web/db`",
    ),
    (
        "a scope that is left in the template only",
        |overlay| {
            overlay.sealed(
                "    metadata:\n",
                "    metadata:\n      annotations:\n        sealedsecrets.bitnami.com/cluster-wide: \"true\"\n",
            )
        },
        "SealedSecret web/db: metadata.annotations: the values were sealed cluster-wide",
    ),
    (
        "a value cut off",
        |overlay| {
            overlay
                .sealed(&value_line("good-strict-4096", "password"), &value_line("good-strict-4096", "password")[..300])
        },
        "SealedSecret web/db: spec.encryptedData.password: is ",
    ),
    (
        "a folded value",
        |overlay| {
            let line = value_line("good-strict-4096", "password");
            let value = line.trim_start_matches("password: ");
            let folded = format!("password: >-\n      {}\n      {}", &value[..100], &value[100..]);
            overlay.sealed(&line, &folded)
        },
        "SealedSecret web/db: spec.encryptedData.password: is not base64: it holds blanks",
    ),
    (
        "plain base64 in place of a value",
        |overlay| overlay.sealed(&value_line("good-strict-4096", "password"), "password: SGs0LXRXYjktTms3cQ=="),
        "SealedSecret web/db: spec.encryptedData.password: is not sealed: it is base64 of readable text",
    ),
    (
        "values lost in a patch",
        |overlay| {
            overlay
                .replace("deployment.yaml", "              key: password\n", "              key: password\n              optional: true\n")
                .field("patches:\n- target: {kind: SealedSecret}\n  patch: |\n    - op: replace\n      path: /spec/encryptedData\n      value: {}\n")
        },
        "SealedSecret web/db: spec.encryptedData: seals nothing",
    ),
    (
        "a type without its keys",
        |overlay| overlay.sealed("    type: Opaque", "    type: kubernetes.io/dockerconfigjson"),
        "SealedSecret web/db: spec.template.type: `kubernetes.io/dockerconfigjson` needs the key `.dockerconfigjson`",
    ),
    (
        "a template that uses a key that is not sealed",
        |overlay| overlay.sealed("  template:\n", "  template:\n    data:\n      url: postgres://{{ .user }}@db\n"),
        "SealedSecret web/db: spec.template.data.url: uses `user`",
    ),
    (
        "a Secret that is missing",
        |overlay| overlay.replace("deployment.yaml", "name: db", "name: database"),
        "Deployment web/shop: spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name: nothing in this build gives the Secret `database`",
    ),
    (
        "a key that is missing",
        |overlay| overlay.replace("deployment.yaml", "key: password", "key: passwd"),
        "Deployment web/shop: spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.key: the Secret `db` has no key `passwd`",
    ),
    (
        "a second maker of the same Secret",
        |overlay| {
            overlay.with(
                "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata:\n  name: db\n  namespace: web\nspec:\n  secretName: db\n  \
                 issuerRef:\n    name: internal\n",
            )
        },
        "SealedSecret web/db: metadata.name: Certificate `db` gives the Secret `db` too",
    ),
];

#[test]
fn every_breakage_stops_the_build_with_one_line() {
    for (what, make, line) in BREAKAGES {
        for wiring in WIRINGS {
            let overlay = make(Overlay::new(wiring));
            let build = Host::pinned().build(&overlay.0, OVERLAY);
            let errors = errors(build.expect_failure());
            assert_eq!(errors.len(), 1, "{what}, {wiring}:\n{}", build.stderr);
            assert!(errors[0].contains(line), "{what}, {wiring}:\n{}", build.stderr);
            assert!(!build.stderr.contains("Hk4-tWb9"), "{what}, {wiring}: the value is shown:\n{}", build.stderr);
            assert_eq!(build.stdout, "", "{what}, {wiring}");
        }
    }
}

#[test]
fn a_breakage_stops_every_kustomize_and_kpt() {
    let (_, make, line) = &BREAKAGES[0];
    let overlay = make(Overlay::new("transformers"));
    for host in hosts() {
        let build = host.build(&overlay.0, OVERLAY);
        assert!(build.expect_failure().contains(line), "{host}:\n{}", build.stderr);
    }
}

#[test]
fn a_config_for_the_other_list_never_loses_objects_in_silence() {
    let overlay = Overlay::new("transformers").kustomize("transformers:\n", "validators:\n");
    for host in hosts().iter().filter(|host| host.is_kustomize() && host.runtime() == Runtime::Exec) {
        assert!(host.build(&overlay.0, OVERLAY).expect_failure().contains("validator shouldn't modify"), "{host}");
    }
}

/// What the program says of a finished build on its standard input.
fn check(arguments: &[&str], manifests: &str) -> Output {
    let mut command = Command::new(Function::of_kind("SealedSecretCheck").program());
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the program starts");
    let mut stdin = process.stdin.take().expect("it was asked for");
    stdin.write_all(manifests.as_bytes()).expect("the program reads all of its input");
    drop(stdin);
    process.wait_with_output().expect("the program ends")
}

#[test]
fn the_finished_build_is_checked_through_a_pipe() {
    let key = root().join("functions/sealed-secret-check/vectors/keys/test-only-4096.key.pem").display().to_string();
    let pipe = |overlay: &Overlay, arguments: &[&str]| {
        let build = Host::pinned().build_without_functions(&overlay.0, OVERLAY);
        let output = check(arguments, build.expect_success());
        let stderr = String::from_utf8(output.stderr).expect("it says UTF-8");
        assert!(
            !output.status.success() || output.stdout == build.stdout.as_bytes(),
            "what passes comes out as it went in"
        );
        (output.status.success(), stderr)
    };
    let sound = Overlay::new("validators");
    assert_eq!(pipe(&sound, &["-"]), (true, String::new()));
    assert_eq!(pipe(&sound, &["--private-key", &key, "-"]), (true, String::new()));

    // Cluster-wide values survive a prefix, but kustomize leaves the reference behind. Inside the build both names count.
    let prefixed = Overlay::new("validators");
    prefixed.write("sealed.yaml", &vector("good-cluster-wide"));
    let prefixed = prefixed.field("namePrefix: prod-\n");
    Host::pinned().build(&prefixed.0, OVERLAY).expect_success();
    let config = prefixed.0.path(OVERLAY).join("checks/check.yaml").display().to_string();
    let (succeeded, stderr) = pipe(&prefixed, &["--config", &config, "-"]);
    assert!(!succeeded, "{stderr}");
    assert_eq!(errors(&stderr).len(), 1, "{stderr}");
    assert!(stderr.contains("nothing in this build gives the Secret `db`; there is `prod-db`"), "{stderr}");

    // What no manifest shows, the key tells.
    let foreign = Overlay::new("validators");
    foreign.write("sealed.yaml", &vector("wrong-key"));
    assert!(pipe(&foreign, &["-"]).0);
    let (succeeded, stderr) = pipe(&foreign, &["--private-key", &key, "-"]);
    assert!(!succeeded && stderr.contains("cannot be opened: it was sealed for another cluster's key"), "{stderr}");
}
