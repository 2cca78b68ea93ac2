//! Reports on large repositories, made by their shapes. Each has a root that is broken, which costs only itself.

use std::process::Command;

use kustomize_tests::{PIPELINE, Scratch, programs_directory, tool};
use serde_json::Value;

/// The number of roots that are not broken.
const ROOTS: usize = 200;

const KUSTOMIZATION: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
const PIPELINE_FILE: &str = "apiVersion: replatform.dev/v1alpha1\nkind: Pipeline\nmetadata:\n  name: all\nspec:\n  functions:\n  - kind: RouteToIngress\n    spec: {domain: example.com}\n  - kind: StorageClassRewrite\n  - kind: PlatformLeftoverCheck\n";

/// The objects of an application.
fn manifests(name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/example/{name}:1\n        ports:\n        - containerPort: 8080\n---\n\
         apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector: {{app: {name}}}\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n---\n\
         apiVersion: route.openshift.io/v1\nkind: Route\nmetadata:\n  name: {name}\nspec:\n  to:\n    kind: Service\n    name: {name}\n  port:\n    targetPort: 8080\n"
    )
}

fn write(directory: &Scratch, path: &str, lists: &str) {
    directory.write(format!("{path}/kustomization.yaml"), format!("{KUSTOMIZATION}{lists}"));
}

fn report(directory: &Scratch, arguments: &[&str]) -> Value {
    let mut command = Command::new(PIPELINE.program());
    let kustomize = tool("kustomize");
    command.args(["report", "--format", "json", "--fail-on", "never"]).args(arguments);
    command.env("PATH", kustomize.parent().expect("a tool is in a directory"));
    command.env("KUSTOMIZE_PLUGIN_HOME", programs_directory()).current_dir(directory.path());
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a report is JSON")
}

/// All but the broken root are built, and each gets an Ingress for its Route.
fn assert_built(report: &Value, applications: usize) {
    let summary = &report["summary"];
    assert_eq!(summary["applications"], applications, "{summary}");
    assert_eq!(summary["failed"], 1, "{summary}");
    let built = report["applications"].as_array().into_iter().flatten().filter(|one| one["objects"]["Ingress"] == 1);
    assert_eq!(built.count(), applications - 1);
}

#[test]
fn a_flat_repository_that_wires_nothing() {
    let directory = Scratch::new();
    directory.write("pipeline.yaml", PIPELINE_FILE);
    for index in 0..ROOTS {
        let name = format!("web-{index}");
        directory.write(format!("{name}/all.yaml"), manifests(&name));
        write(&directory, &name, "namespace: apps\nresources: [all.yaml]\n");
    }
    write(&directory, "broken", "resources: [missing.yaml]\n");
    let report = report(&directory, &["--pipeline", "pipeline.yaml"]);
    assert_built(&report, ROOTS + 1);
    assert_eq!(report["applications"][1]["changes"].as_array().map(Vec::len), Some(2), "{}", report["applications"][1]);
}

/// Ten bases, a component, and twenty clusters that wire the functions.
#[test]
fn a_deep_repository_of_bases_components_and_clusters() {
    let directory = Scratch::new();
    directory.write("functions/pipeline.yaml", PIPELINE_FILE);
    write(&directory, "functions", "resources: [pipeline.yaml]\n");
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels:\n- pairs: {team: shop}\n";
    directory.write("components/team/kustomization.yaml", component);
    for base in 0..10 {
        directory.write(format!("base/web-{base}/all.yaml"), manifests(&format!("web-{base}")));
        write(&directory, &format!("base/web-{base}"), "resources: [all.yaml]\n");
        for cluster in 0..ROOTS / 10 {
            let lists = format!(
                "namespace: apps-{cluster}\nresources: [../../../base/web-{base}]\ncomponents: [../../../components/team]\ntransformers: [../../../functions]\n"
            );
            write(&directory, &format!("overlay/cluster-{cluster}/web-{base}"), &lists);
        }
    }
    write(&directory, "overlay/broken", "resources: [../../base/missing]\n");
    let report = report(&directory, &[]);
    assert_built(&report, ROOTS + 1);
    assert_eq!(report["applications"][1]["changes"].as_array().map(Vec::len), Some(2), "{}", report["applications"][1]);
}

/// Roots that only an `ApplicationSet` names: a kustomization of the cluster builds them too.
#[test]
fn a_repository_of_application_sets() {
    let directory = Scratch::new();
    directory.write("pipeline.yaml", PIPELINE_FILE);
    let mut all = "resources:\n".to_owned();
    for index in 0..ROOTS {
        let name = format!("web-{index}");
        directory.write(format!("apps/{name}/all.yaml"), manifests(&name));
        write(&directory, &format!("apps/{name}"), "namespace: apps\nresources: [all.yaml]\n");
        all += &format!("- {name}\n");
    }
    write(&directory, "apps", &all);
    write(&directory, "broken", "resources: [missing.yaml]\n");
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata:\n  name: apps\n  namespace: argocd\nspec:\n  generators:\n  - git:\n      repoURL: https://git.example.com/gitops.git\n      directories:\n      - path: apps/*\n  template:\n    metadata:\n      name: '{{path.basename}}'\n    spec:\n      project: default\n      source:\n        repoURL: https://git.example.com/gitops.git\n        path: '{{path}}'\n      destination: {server: https://kubernetes.default.svc}\n";
    directory.write("argo-cd/apps.yaml", set);
    let report = report(&directory, &["--no-diff", "--pipeline", "pipeline.yaml"]);
    let applications = report["applications"].as_array().expect("there are applications");
    let named = applications.iter().filter(|one| one["names"] == serde_json::json!(["ApplicationSet argocd/apps"]));
    assert_eq!(named.count(), ROOTS);
    assert_eq!(report["summary"]["applications"], ROOTS + 2, "the set's, the one of them all, and the broken one");
    assert_eq!(report["summary"]["failed"], 1);
}
