//! What only kpt has: configs on the command line, selectors that hide objects, and a directory of results.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use kustomize_tests::{Function, Runtime, Scratch, hosts, programs_directory, tool};

const ROUTE: &str = "\
apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: web # of the shop
  namespace: shop
spec:
  host: shop.example.com
  to:
    kind: Service
    name: web
  port:
    targetPort: 8080
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector: {app: web}
  ports:
  - port: 80
    targetPort: 8080
";

/// A package with a Route and its Service.
fn package() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("package/route.yaml", ROUTE);
    scratch.write("package/service.yaml", SERVICE);
    scratch
}

/// Runs `route-to-ingress` on the package, as a program or an image, with these further arguments.
fn evaluate(scratch: &Scratch, runtime: Runtime, arguments: &[&str]) -> Output {
    let function = Function::of_kind("RouteToIngress");
    let program = function.program();
    let mut command = Command::new(tool("kpt"));
    command.args(["fn", "eval", "package"]).current_dir(scratch.path());
    match runtime {
        Runtime::Container => command.arg("--image").arg(function.image()),
        Runtime::Exec | Runtime::Plugin => command.arg("--exec").arg(program),
    };
    command.env("PATH", path()).args(arguments).output().expect("kpt starts")
}

fn path() -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = [programs_directory()].into_iter().chain(std::env::split_paths(&path)).collect();
    std::env::join_paths(directories).expect("it was one before")
}

fn read(scratch: &Scratch, file: &str) -> String {
    fs::read_to_string(scratch.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// How kpt runs functions on this machine.
fn runtimes() -> Vec<Runtime> {
    let of_kpt = hosts().iter().filter(|host| !host.is_kustomize()).map(kustomize_tests::Host::runtime);
    [Runtime::Exec, Runtime::Container]
        .into_iter()
        .filter(|runtime| of_kpt.clone().any(|one| one == *runtime))
        .collect()
}

#[test]
fn options_can_be_given_on_the_command_line() {
    for runtime in runtimes() {
        let scratch = package();
        let options =
            ["--", "ingressClassName=traefik", "domains=shop.example.com=new.example.com", "stickySessions=false"];
        let output = evaluate(&scratch, runtime, &options);
        assert!(output.status.success(), "{runtime:?}: {}", String::from_utf8_lossy(&output.stderr));
        let route = read(&scratch, "package/route.yaml");
        assert!(route.contains("kind: Ingress") && route.contains("host: new.example.com"), "{runtime:?}: {route}");
        assert_eq!(read(&scratch, "package/service.yaml"), SERVICE, "{runtime:?}");
    }
}

#[test]
fn an_unknown_option_on_the_command_line_changes_nothing_and_is_named() {
    for runtime in runtimes() {
        let scratch = package();
        let output = evaluate(&scratch, runtime, &["--truncate-output=false", "--", "ingresClass=traefik"]);
        assert!(!output.status.success(), "{runtime:?}");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains("ingresClass"), "{runtime:?}: {stderr}");
        assert_eq!(read(&scratch, "package/route.yaml"), ROUTE, "{runtime:?}");
    }
}

/// The Service is in the package, but kpt does not show it.
#[test]
fn a_selector_that_hides_the_service_is_no_guess() {
    for runtime in runtimes() {
        let scratch = package();
        let arguments = ["--match-kind", "Route", "--truncate-output=false"];
        let output = evaluate(&scratch, runtime, &arguments);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && stderr.contains("Service"), "{runtime:?}: {stderr}");
        assert_eq!(read(&scratch, "package/route.yaml"), ROUTE, "{runtime:?}");
        let told = [&arguments[..], &["--", "assumeServicePort=true"]].concat();
        let output = evaluate(&scratch, runtime, &told);
        assert!(output.status.success(), "{runtime:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(read(&scratch, "package/route.yaml").contains("number: 8080"), "{runtime:?}");
        assert_eq!(read(&scratch, "package/service.yaml"), SERVICE, "{runtime:?}");
    }
}

#[test]
fn results_are_kept_in_the_directory_of_results() {
    for runtime in runtimes() {
        let scratch = package();
        let output = evaluate(&scratch, runtime, &["--results-dir", "results"]);
        assert!(output.status.success(), "{runtime:?}: {}", String::from_utf8_lossy(&output.stderr));
        let results: serde_json::Value =
            serde_yaml::from_str(&read(&scratch, "results/results.yaml")).expect("results are YAML");
        let result = &results["items"][0]["results"][0];
        assert_eq!(result["severity"], "info", "{runtime:?}: {results}");
        assert_eq!(result["resourceRef"]["name"], "web", "{runtime:?}: {results}");
        assert!(result["message"].as_str().is_some_and(|text| text.contains("Ingress")), "{runtime:?}: {results}");
    }
}
