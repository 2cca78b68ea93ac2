//! Builds that must stop, and how the user learns why; builds that must not lose anything for being odd.

use kustomize_tests::{Host, Repository, Runtime, hosts};

const CLUSTER: &str = "overlay/development/hetzner-k3s-dev";
/// The application of the Route that is refused. A whole cluster takes containers and kpt minutes.
const OVERLAY: &str = "overlay/development/hetzner-k3s-dev/web-app";

/// A Route with the private key of its certificate in it, which belongs in a sealed secret.
const ROUTE_WITH_KEY: &str = "\
apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: web-app
  namespace: applications
spec:
  host: www.example.com
  to:
    kind: Service
    name: web-app
  tls:
    termination: edge
    certificate: not-looked-at
    key: kept-to-ourselves
";

fn lines_of_the_function(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|line| line.contains("route-to-ingress: error: ")).collect()
}

#[test]
fn a_refused_route_stops_the_build_with_one_line_that_names_it() {
    let repository = Repository::examples();
    repository.write("base/web-app/route.yaml", ROUTE_WITH_KEY);
    for host in hosts() {
        let build = host.build(&repository, OVERLAY);
        let stderr = build.expect_failure();
        let lines = lines_of_the_function(stderr);
        assert_eq!(lines.len(), 1, "{host}:\n{stderr}");
        assert!(
            lines[0].contains("route-to-ingress: error: Route applications/web-app: spec.tls.key: "),
            "{host}:\n{stderr}"
        );
        assert!(!stderr.contains("kept-to-ourselves"), "{host} prints a private key:\n{stderr}");
        if host.is_kustomize() {
            assert_eq!(build.stdout, "", "{host} prints manifests although the build failed");
        }
    }
}

#[test]
fn a_wrong_config_stops_the_build_with_one_line_that_names_the_option() {
    let repository = Repository::examples();
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: RouteToIngress\nmetadata:\n  name: route-to-ingress\nspec:\n  clusterIsuer: letsencrypt\n";
    repository.write("transformers/route-to-ingress.yaml", config);
    for host in hosts() {
        let build = host.build(&repository, OVERLAY);
        let stderr = build.expect_failure();
        let lines = lines_of_the_function(stderr);
        assert_eq!(lines.len(), 1, "{host}:\n{stderr}");
        assert!(lines[0].contains("spec.clusterIsuer") && lines[0].contains("clusterIssuer`"), "{host}:\n{stderr}");
    }
}

#[test]
fn a_function_that_is_not_there_stops_the_build() {
    let repository = Repository::examples();
    // An overlay that names no runtime uses plugins.
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: RoutesToIngress\nmetadata:\n  name: route-to-ingress\n";
    repository.write("transformers/route-to-ingress.yaml", config);
    for host in hosts().iter().filter(|host| host.is_kustomize() && host.runtime() == Runtime::Plugin) {
        let build = host.build(&repository, OVERLAY);
        assert!(build.expect_failure().contains("RoutesToIngress"), "{host}:\n{}", build.stderr);
    }
}

#[test]
fn a_build_of_nothing_prints_nothing() {
    let repository = Repository::examples();
    let kustomization = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: []
transformers:
- ../transformers
";
    repository.write(format!("{CLUSTER}/empty/kustomization.yaml"), kustomization);
    let of_kustomize = |host: &&Host| host.is_kustomize();
    for host in hosts().iter().filter(of_kustomize) {
        let build = host.build(&repository, &format!("{CLUSTER}/empty"));
        assert_eq!(build.expect_success(), "", "{host}");
    }
}
