//! Reports on repositories, by the real kustomize.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc;
use std::time::Duration;

use kustomize_tests::{Need, PIPELINE, Repository, Scratch, programs_directory, tool};
use serde_json::Value;

const KUSTOMIZATION: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";

/// Calls `replatform report` in a directory, with the pinned kustomize.
fn report(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PIPELINE.program());
    let kustomize = tool("kustomize");
    let path = kustomize.parent().expect("a tool is in a directory");
    command.arg("report").args(arguments).current_dir(directory);
    command.env("PATH", path).env("KUSTOMIZE_PLUGIN_HOME", programs_directory()).env_remove("NO_COLOR");
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a call prints that ends with this code.
fn printed(directory: &Path, code: i32, arguments: &[&str]) -> String {
    let output = report(directory, arguments);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    assert_eq!(stderr, "", "{arguments:?}");
    text(&output.stdout)
}

fn json(directory: &Path, code: i32, arguments: &[&str]) -> Value {
    let arguments = [&["--format", "json"], arguments].concat();
    serde_json::from_str(&printed(directory, code, &arguments)).expect("a report is JSON")
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["rule"].as_str()).collect()
}

/// The whole of the examples in the formats for people and code hosts, and a part of them in those that hold everything.
#[test]
fn the_examples_in_every_format() {
    let repository = Repository::examples();
    // Paths for code hosts begin at the top of a checkout.
    repository.write(".git/HEAD", "ref: refs/heads/main\n");
    let directory = Scratch::new();
    let file = |format: &str| directory.path().join(format);
    let call = |formats: &[&str], path: &[&str]| {
        let named = formats.iter().map(|format| format!("--format={format}={}", file(format).display()));
        let named: Vec<_> = named.chain(path.iter().map(|path| (*path).to_owned())).collect();
        printed(&repository.path(""), 0, &named.iter().map(String::as_str).collect::<Vec<_>>());
        for format in formats {
            let text = std::fs::read_to_string(file(format)).expect("the report is written");
            insta::assert_snapshot!(format!("examples-{format}"), text);
        }
    };
    call(&["table", "markdown", "github", "gitlab"], &[]);
    call(&["json", "sarif", "html"], &["overlay/production"]);
}

#[test]
fn every_object_that_differs_says_which_function_changed_it() {
    let report = json(&Repository::examples().path(""), 0, &[]);
    let applications = report["applications"].as_array().expect("there are applications");
    let changes: Vec<_> = applications.iter().flat_map(|one| one["changes"].as_array().into_iter().flatten()).collect();
    assert!(changes.len() > 100, "only {} objects differ", changes.len());
    for change in changes {
        assert_ne!(change["functions"], serde_json::json!([]), "{change}");
    }
}

/// An application that has only what is given, and the check for leftovers as its function.
fn wired(directory: &Scratch, name: &str, manifests: &str) {
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: PlatformLeftoverCheck\nmetadata:\n  name: check\n";
    directory.write(format!("{name}/check.yaml"), config);
    directory.write(format!("{name}/web.yaml"), manifests);
    let lists = "resources:\n- web.yaml\ntransformers:\n- check.yaml\n";
    directory.write(format!("{name}/kustomization.yaml"), format!("{KUSTOMIZATION}{lists}"));
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: apps\ndata:\n  a: b\n";
const BACKEND_CONFIG: &str = "# A comment.\napiVersion: cloud.google.com/v1\nkind: BackendConfig\nmetadata:\n  name: web\n  namespace: apps\nspec: {}\n";

/// A base that states replicas, two overlays that rename it, of which one states its own, and two components.
fn with_bases() -> Scratch {
    let directory = Scratch::new();
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n";
    directory.write("base/web/web.yaml", deployment);
    directory.write("base/web/kustomization.yaml", format!("{KUSTOMIZATION}resources:\n- web.yaml\n"));
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n";
    let claim =
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n  storageClassName: fast\n";
    directory.write("components/data/claim.yaml", claim);
    directory.write("components/data/kustomization.yaml", format!("{component}resources:\n- claim.yaml\n"));
    let replicas = "replicas:\n- name: web\n  count: 5\n";
    directory.write("components/many/kustomization.yaml", format!("{component}{replicas}"));
    let overlay = "namePrefix: shop-\nnamespace: shop\nresources:\n- ../../base/web\n";
    directory.write("overlay/inherits/kustomization.yaml", format!("{KUSTOMIZATION}{overlay}"));
    let components = "components:\n- ../../components/data\n- ../../components/many\n";
    directory.write("overlay/states/kustomization.yaml", format!("{KUSTOMIZATION}{overlay}{components}"));
    directory
}

#[test]
fn bases_are_checked_and_overlays_compared_with_them() {
    let directory = with_bases();
    let found = |report: &Value| -> Vec<String> {
        let findings = report["findings"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut found: Vec<_> = findings
            .map(|finding| {
                let applications = finding["occurrences"].as_array().into_iter().flatten();
                let applications: Vec<_> = applications.map(|one| text(&one["application"])).collect();
                format!("{} {} {}", text(&finding["rule"]), text(&finding["location"]["file"]), applications.join(" "))
            })
            .collect();
        found.sort();
        found
    };
    let not_adapted = |application: &str| format!("not-adapted {application}/kustomization.yaml {application}");
    let not_adapted = [not_adapted("overlay/inherits"), not_adapted("overlay/states")];
    assert_eq!(found(&json(directory.path(), 1, &[])), not_adapted);
    let replicas = "replicas-in-base base/web/web.yaml base/web";
    let inherited = "inherited-from-base base/web/web.yaml overlay/inherits";
    let class = "storage-in-base components/data/claim.yaml components/data";
    let of_data = "inherited-from-base components/data/claim.yaml overlay/states";
    let many = "not-looked-at components/many ";
    let all = json(directory.path(), 1, &["--bases"]);
    let mut expected = vec![inherited, of_data, many, replicas, class];
    expected.splice(2..2, not_adapted.iter().map(String::as_str));
    expected.sort_unstable();
    assert_eq!(found(&all), expected);
    let message = &all["findings"].as_array().expect("there are findings")[..];
    let message = message.iter().find(|finding| finding["rule"] == "inherited-from-base").expect("it was found");
    assert!(message["message"].as_str().is_some_and(|message| message.ends_with("(base `base/web`)")), "{message}");
    let overlays = ["--bases", "--overlay", "components/data", "--overlay", "components/many"];
    let mut expected = vec![inherited, replicas];
    expected.extend(not_adapted.iter().map(String::as_str));
    expected.sort_unstable();
    assert_eq!(found(&json(directory.path(), 1, &overlays)), expected);
}

#[test]
fn what_a_base_may_state_is_in_a_config() {
    let directory = with_bases();
    let config =
        "apiVersion: replatform.dev/v1alpha1\nkind: MinimalBaseCheck\nmetadata:\n  name: bases\nspec:\n  exceptions:\n";
    directory.write("bases.yaml", format!("{config}  - object: '*'\n    reason: as it is\n"));
    let report = json(directory.path(), 1, &["--bases=bases.yaml"]);
    let expected = ["not-adapted", "not-adapted", "not-looked-at", "excepted", "excepted"];
    assert_eq!(rules(&report), expected, "{report:#}");
    directory.write("bases.yaml", format!("{config}  - object: '*'\n    reason: ''\n"));
    for config in ["bases.yaml", "missing.yaml", "base/web/web.yaml"] {
        let output = report_of(directory.path(), &[&format!("--bases={config}")]);
        assert_eq!(output.0, Some(2), "{config}: {output:?}");
    }
}

/// The bases of the examples state what their config allows, and nothing more.
#[test]
fn the_bases_of_the_examples_follow_their_config() {
    let report = json(&Repository::examples().path(""), 0, &["--bases=ci/base-check.yaml"]);
    let of_check = report["findings"].as_array().into_iter().flatten();
    let of_check = of_check.filter(|finding| finding["function"] == "minimal-base-check");
    let open: Vec<_> = of_check.filter(|finding| finding["class"] != "note").collect();
    assert!(open.is_empty(), "{open:#?}");
    assert!(rules(&report).contains(&"excepted"));
}

#[test]
fn a_broken_application_costs_only_itself() {
    let directory = Scratch::new();
    wired(&directory, "good", CONFIG_MAP);
    directory.write("bad/kustomization.yaml", format!("{KUSTOMIZATION}resources:\n- missing.yaml\n"));
    let report = json(directory.path(), 1, &[]);
    assert_eq!(rules(&report), ["build-failed", "not-looked-at"], "{report:#}");
    assert_eq!((&report["summary"]["applications"], &report["summary"]["failed"]), (&2.into(), &1.into()));
    assert_eq!(report["findings"][0]["location"]["file"], "bad/kustomization.yaml");
    assert_eq!(report["applications"][1]["objects"]["ConfigMap"], 1);
}

/// A function that is started as a program, by an annotation that a patch adds in the directory of configs.
fn with_programs() -> Scratch {
    let directory = Scratch::new();
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: PlatformLeftoverCheck\nmetadata:\n  name: check\n";
    let runtime = "  annotations:\n    config.kubernetes.io/function: \"exec: {path: platform-leftover-check}\"\n";
    directory.write("app/configs/check.yaml", config);
    let patch = format!(
        "patches:\n- patch: |\n{}",
        format!("{config}{runtime}").lines().fold(String::new(), |text, line| text + "    " + line + "\n")
    );
    directory.write("app/configs/kustomization.yaml", format!("{KUSTOMIZATION}resources:\n- check.yaml\n{patch}"));
    directory.write("app/made.yaml", format!("{config}{runtime}").replace("name: check", "name: made"));
    directory.write(
        "app/web.yaml",
        CONFIG_MAP
            .replace("  namespace", "  annotations:\n    kustomize.config.k8s.io/needs-hash: \"true\"\n  namespace"),
    );
    let lists = "resources:\n- web.yaml\ngenerators:\n- made.yaml\ntransformers:\n- configs\n";
    directory.write("app/kustomization.yaml", format!("{KUSTOMIZATION}{lists}"));
    directory
}

#[test]
fn what_a_host_would_hide_is_a_finding() {
    let directory = with_programs();
    let report = json(directory.path(), 0, &[]);
    let mut found: Vec<String> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|finding| {
            let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            format!("{} {} {} {}", text("/rule"), text("/object/name"), text("/field"), text("/location/file"))
        })
        .collect();
    found.sort();
    let runtime = "metadata.annotations[config.kubernetes.io/function]";
    let expected = [
        format!("skipped-in-silence check {runtime} app/configs/check.yaml"),
        format!("skipped-in-silence made {runtime} app/made.yaml"),
        "unread-annotation web metadata.annotations[kustomize.config.k8s.io/needs-hash] app/kustomization.yaml"
            .to_owned(),
    ];
    assert_eq!(found, expected, "{report:#}");
    // What helps: the runtime `plugin`, and no annotation that does nothing.
    directory.write("app/configs/kustomization.yaml", format!("{KUSTOMIZATION}resources:\n- check.yaml\n"));
    directory.write("app/web.yaml", CONFIG_MAP);
    let lists = "resources:\n- web.yaml\ntransformers:\n- configs\n";
    directory.write("app/kustomization.yaml", format!("{KUSTOMIZATION}{lists}"));
    assert_eq!(rules(&json(directory.path(), 0, &[])), [""; 0]);
}

#[test]
fn a_build_gets_further_arguments_and_a_time_limit() {
    let directory = Scratch::new();
    wired(&directory, "app", CONFIG_MAP);
    directory.write("base.yaml", CONFIG_MAP);
    let lists = "resources:\n- ../base.yaml\ntransformers:\n- check.yaml\n";
    directory.write("app/kustomization.yaml", format!("{KUSTOMIZATION}{lists}"));
    assert_eq!(rules(&json(directory.path(), 1, &["app"])), ["build-failed"]);
    let arguments = ["app", "--time-limit", "60", "--", "--load-restrictor", "LoadRestrictionsNone"];
    assert_eq!(rules(&json(directory.path(), 0, &arguments)), [""; 0]);
}

#[test]
fn exit_codes_tell_findings_from_trouble() {
    let directory = Scratch::new();
    wired(&directory, "web", BACKEND_CONFIG);
    let report = json(directory.path(), 1, &["web"]);
    assert_eq!(rules(&report), ["google-kind"], "{report:#}");
    assert_eq!(report["findings"][0]["location"], serde_json::json!({"file": "web/web.yaml", "line": 2}));
    printed(directory.path(), 0, &["--fail-on", "never", "web"]);
    for arguments in [
        &["--format", "pdf"][..],
        &["--fail-on", "note"],
        &["missing"],
        &["--baseline", "missing.json"],
        &["--baseline", "web/web.yaml"],
        &["--pipeline", "missing.yaml"],
        &["--pipeline", "web/check.yaml"],
        &["--format", "json", "--format", "html"],
    ] {
        let output = report_of(directory.path(), arguments);
        assert!(!output.1.is_empty() && output.2.is_empty(), "{arguments:?}: {output:?}");
        assert_eq!(output.0, Some(2), "{arguments:?}: {output:?}");
    }
    let empty = Scratch::new();
    assert_eq!(report_of(empty.path(), &[]).0, Some(2));
}

/// The exit code, standard error and standard output.
fn report_of(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = report(directory, arguments);
    (output.status.code(), text(&output.stderr), text(&output.stdout))
}

#[test]
fn with_a_baseline_only_what_is_new_fails() {
    let directory = Scratch::new();
    wired(&directory, "web", BACKEND_CONFIG);
    printed(directory.path(), 1, &["--format", "json=before.json"]);
    let known = json(directory.path(), 0, &["--baseline", "before.json"]);
    assert_eq!((&known["summary"]["baseline"]["known"], &known["findings"][0]["new"]), (&1.into(), &false.into()));
    let certificate = BACKEND_CONFIG.replace("cloud.google.com/v1", "networking.gke.io/v1");
    let certificate = certificate.replace("BackendConfig", "ManagedCertificate");
    wired(&directory, "web", &format!("{BACKEND_CONFIG}---\n{certificate}"));
    let new = json(directory.path(), 1, &["--baseline", "before.json"]);
    assert_eq!((&new["summary"]["baseline"]["known"], &new["summary"]["baseline"]["new"]), (&1.into(), &1.into()));
}

/// An application of the old cluster, which no function sees.
fn unwired(directory: &Scratch, name: &str) {
    directory.write(format!("{name}/web.yaml"), CONFIG_MAP);
    directory.write(format!("{name}/kustomization.yaml"), format!("{KUSTOMIZATION}resources:\n- web.yaml\n"));
}

#[test]
fn what_no_function_ran_on_is_not_known() {
    let directory = Scratch::new();
    unwired(&directory, "old/web");
    unwired(&directory, "old/db");
    let answer = |code, arguments: &[&str]| {
        let text = printed(directory.path(), code, arguments);
        text.lines().nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(answer(1, &[]), "Not known. No function ran on 2 of 2 applications.");
    for (level, code) in [("error", 1), ("leftover", 1), ("warning", 1), ("never", 0)] {
        assert_eq!(answer(code, &["--fail-on", level]), "Not known. No function ran on 2 of 2 applications.");
    }
    wired(&directory, "new", CONFIG_MAP);
    let of_three = "Not known. No function ran on 2 of 3 applications. What they ran on has no errors.";
    assert_eq!(answer(1, &[]), of_three);
    let report = json(directory.path(), 1, &[]);
    let ran: Vec<_> = report["applications"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (&one["functionsRan"], &one["effort"]))
        .collect();
    assert_eq!(ran, [(&"all".into(), &0.into()), (&"none".into(), &Value::Null), (&"none".into(), &Value::Null)]);
    for format in ["markdown", "html", "github", "sarif", "gitlab", "table"] {
        let text = printed(directory.path(), 1, &["--format", format]);
        assert!(text.contains("o function ran on") && text.contains("old"), "{format}: {text}");
    }
    // The remedies: a Pipeline, and leaving out what stays on the old cluster.
    let check = "apiVersion: replatform.dev/v1alpha1\nkind: Pipeline\nmetadata:\n  name: p\nspec:\n  functions:\n  - kind: PlatformLeftoverCheck\n";
    directory.write("pipeline.yaml", check);
    let yes = "Yes, as far as the manifests tell: all 3 applications build without errors and warnings.";
    let (code, told, answer_of_all) = report_of(directory.path(), &["--pipeline", "pipeline.yaml"]);
    let warning =
        "replatform: warning: the Pipeline does not run on new, which list functions already; these run alone\n";
    assert_eq!((code, told.as_str(), answer_of_all.lines().nth(1)), (Some(0), warning, Some(yes)));
    let yes = "Yes, as far as the manifests tell: the application builds without errors and warnings.";
    assert_eq!(answer(0, &["--exclude", "old"]), yes);
    assert_eq!(
        json(directory.path(), 0, &["--exclude", "old/*"])["excluded"],
        serde_json::json!(["old/db", "old/web"])
    );
    assert_eq!(report_of(directory.path(), &["--exclude", "**"]).0, Some(2));
    let (code, told, _) = report_of(directory.path(), &["--exclude", "nothing"]);
    assert_eq!(
        (code, told.as_str()),
        (Some(1), "replatform: warning: --exclude nothing names no application that is left\n")
    );
}

/// A cluster with one application that is wired, one that is not, and a Namespace of its own.
#[test]
fn what_no_function_saw_of_a_build_is_told() {
    let directory = Scratch::new();
    wired(&directory, "cluster/new", CONFIG_MAP);
    unwired(&directory, "cluster/old");
    directory.write("cluster/old/web.yaml", CONFIG_MAP.replace("name: web", "name: old"));
    directory.write("cluster/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n");
    directory.write("cluster/kustomization.yaml", format!("{KUSTOMIZATION}resources: [new, old, namespace.yaml]\n"));
    let report = json(directory.path(), 1, &[]);
    assert_eq!(rules(&report), ["not-adapted"], "{report:#}");
    let message =
        "no function ran on the objects that come from `cluster`, `cluster/old`, so nothing is known of these";
    assert_eq!(report["findings"][0]["message"], message);
    assert_eq!(report["applications"][0]["functionsRan"], "some");
}

/// Functions that are wired run, and the Pipeline runs on the rest: nothing runs on what others have adapted.
#[test]
fn a_pipeline_runs_where_no_functions_are_wired() {
    let directory = Scratch::new();
    wired(&directory, "new", BACKEND_CONFIG);
    unwired(&directory, "old");
    let of_another_kind = "apiVersion: replatform.dev/v1alpha1\nkind: Pipeline\nmetadata:\n  name: p\nspec:\n  functions:\n  - kind: StorageClassRewrite\n    spec: {from: [GKE], to: HCloud}\n";
    directory.write("pipeline.yaml", of_another_kind);
    let (_, _, text) = report_of(directory.path(), &["--pipeline", "pipeline.yaml", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).expect("a report is JSON");
    let functions: Vec<_> =
        report["applications"].as_array().into_iter().flatten().map(|one| one["functions"].to_string()).collect();
    assert_eq!(functions, [r#"["platform-leftover-check"]"#, r#"["storageclass-rewrite"]"#]);
    assert_eq!(rules(&report), ["google-kind"], "{report:#}");
}

/// A patch of the overlay has to name an object as its base does, and not as the functions make it.
#[test]
fn an_object_of_another_kind_is_told_as_its_file_has_it() {
    let directory = Scratch::new();
    let config = "apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata:\n  name: web\n  namespace: apps\nspec:\n  replicas: 1\n  selector: {app: web}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      nodeSelector: {cloud.google.com/gke-nodepool: a}\n      containers:\n      - {name: web, image: 'quay.io/example/web:1'}\n";
    directory.write("web/web.yaml", config);
    directory.write("web/kustomization.yaml", format!("{KUSTOMIZATION}resources:\n- web.yaml\n"));
    directory.write("pipeline.yaml", "apiVersion: replatform.dev/v1alpha1\nkind: Pipeline\nmetadata:\n  name: p\nspec:\n  functions:\n  - kind: DeploymentConfigToDeployment\n  - kind: PlatformLeftoverCheck\n");
    let text = printed(directory.path(), 1, &["--pipeline", "pipeline.yaml"]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let about = "Deployment apps/web (DeploymentConfig web in the file): spec.template.spec.nodeSelector";
    assert!(text.contains(about), "{text}");
}

/// The bases of the examples, as a repository that never heard of these functions.
#[test]
fn a_repository_that_wires_nothing_is_assessed_by_a_pipeline() {
    let examples = Repository::examples();
    let directory = Scratch::new();
    for base in ["bookings", "web-app", "postgres"] {
        directory.add(&examples.path("base").join(base), Path::new("apps").join(base));
    }
    let readme = std::fs::read_to_string(kustomize_tests::root().join("README.md")).expect("there is a README");
    let mut blocks = readme.split("```yaml\n").map(|block| block.split("```").next().unwrap_or_default());
    let pipeline = blocks.find(|block| block.contains("kind: Pipeline")).expect("the README has a Pipeline");
    directory.write("pipeline.yaml", pipeline);
    let report = json(directory.path(), 1, &["--pipeline", "pipeline.yaml"]);
    let web = report["applications"].as_array().into_iter().flatten().find(|one| one["path"] == "apps/web-app");
    let web = web.expect("the application is reported");
    let adapted: Vec<_> = web["adapted"].as_array().into_iter().flatten().map(|one| &one["function"]).collect();
    assert!(adapted.contains(&&"route-to-ingress".into()), "{web:#}");
    let outcomes: Vec<_> =
        web["changes"].as_array().into_iter().flatten().map(|one| (&one["outcome"], &one["object"]["kind"])).collect();
    assert!(outcomes.contains(&(&"added".into(), &"Ingress".into())), "{outcomes:?}");
    let bookings = report["applications"].as_array().into_iter().flatten().find(|one| one["path"] == "apps/bookings");
    let bookings = bookings.expect("the application is reported");
    assert!(bookings["errors"].as_u64() > Some(0) && bookings["failure"].is_string(), "{bookings:#}");
}

#[test]
fn no_format_shows_the_value_of_a_secret() {
    let directory = Scratch::new();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: apps\nstringData:\n  password: Hk4-tWb9-Nk7q\n";
    let route = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: apps\ndata:\n  a.conf: |\n    pass=Hk4-tWb9-Nk7q\n    image=registry.old.example.com/web\n";
    wired(&directory, "web", &format!("{secret}---\n{route}"));
    for format in ["table", "json", "sarif", "github", "gitlab", "markdown", "html"] {
        let (_, stderr, stdout) = report_of(directory.path(), &["--format", format]);
        assert!(!stdout.is_empty() && !format!("{stdout}{stderr}").contains("Hk4-tWb9"), "{format}: {stdout}{stderr}");
    }
}

/// How the page of a report looks to a browser: the DOM after its script ran, what the console says, and which hosts it asks.
struct Seen {
    dom: String,
    console: Vec<String>,
    hosts: Vec<String>,
}

/// The hosts that Chromium asks for itself, whatever the page.
const OF_CHROMIUM: [&str; 3] = ["google.com", "googleapis.com", "gvt1.com"];

/// Opens a page in Chromium, for which this process is the way to the network.
fn seen(page: &Path) -> Seen {
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = proxy.local_addr().expect("a socket has an address");
    let (ask, asked) = mpsc::channel();
    std::thread::spawn(move || {
        for connection in proxy.incoming().flatten() {
            let mut connection = connection;
            let _ = connection.set_read_timeout(Some(Duration::from_secs(5)));
            let mut head = [0; 2048];
            let length = connection.read(&mut head).unwrap_or_default();
            let line = text(&head[..length]).lines().next().unwrap_or_default().to_owned();
            let _ = connection.write_all(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
            if ask.send(line).is_err() {
                return;
            }
        }
    });
    let profile = Scratch::new();
    let output = Command::new("chromium")
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--virtual-time-budget=3000"])
        .arg(format!("--proxy-server=http://{address}"))
        .arg("--proxy-bypass-list=<-loopback>")
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("Chromium starts");
    let stderr = text(&output.stderr);
    let host = |line: String| {
        let target = line.split(' ').nth(1).unwrap_or_default();
        let target = target.strip_prefix("http://").unwrap_or(target);
        target.split(['/', ':']).next().unwrap_or_default().to_owned()
    };
    let hosts = asked.try_iter().map(host);
    Seen {
        dom: text(&output.stdout),
        console: stderr.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect(),
        hosts: hosts.filter(|host| !OF_CHROMIUM.iter().any(|own| host.ends_with(own))).collect(),
    }
}

#[test]
fn no_request_leaves_the_page_and_its_script_has_no_error() {
    if !Need::Chromium.is_met() {
        return;
    }
    let directory = Scratch::new();
    let hostile = "<img src=\"http:&#47;&#47;leak.example.com\" onerror=\"x()\"><script>x()<";
    wired(&directory, hostile, &BACKEND_CONFIG.replace("name: web", "name: \"<script>x()</script>\""));
    wired(&directory, "web", CONFIG_MAP);
    printed(directory.path(), 1, &["--format", "html=page.html"]);
    let page = seen(&directory.path().join("page.html"));
    assert!(
        page.dom.contains("<output id=\"count\" aria-live=\"polite\">1 of "),
        "the script did not run: {}",
        page.dom
    );
    assert_eq!(page.console, [""; 0]);
    assert_eq!(page.hosts, [""; 0]);
    // What would be seen otherwise.
    directory.write("leak.html", "<!doctype html><img src=\"http://leak.example.com/x\"><script>x()</script>");
    let leak = seen(&directory.path().join("leak.html"));
    assert_eq!((leak.console.len(), leak.hosts), (1, vec!["leak.example.com".to_owned()]));
}
