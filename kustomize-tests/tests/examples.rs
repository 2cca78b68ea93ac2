//! One table of cases, rendered by every host: the clusters of the examples, and what kustomize can do besides.

use std::panic::resume_unwind;
use std::sync::Mutex;
use std::thread;

use kustomize_tests::{Build, FUNCTIONS, Host, Manifests, Repository, Runtime, hosts, wired_as};

/// Who can render a case.
#[derive(Clone, Copy)]
enum Who {
    All,
    /// `kpt fn eval` takes minutes for a cluster, and one cluster shows that it renders what `kpt fn render` does.
    ButEvaluation,
    /// kpt gets what kustomize has renamed, where the names that Routes refer to are lost.
    Kustomize,
}
use Who::{All, ButEvaluation, Kustomize};

/// The overlays that hosts render alike, and the snapshots of what comes out.
const CASES: [(&str, &str, Who); 11] = [
    (DEVELOPMENT, "hetzner-k3s-dev", All),
    ("overlay/production/hetzner-k3s-prod", "hetzner-k3s-prod", ButEvaluation),
    ("overlay/local/podman-local", "podman-local", ButEvaluation),
    ("overlay/development/hetzner-k3s-dev/status-page", "chart-in-development", All),
    ("overlay/production/hetzner-k3s-prod/status-page", "chart-in-production", All),
    ("cases/component", "component", All),
    ("cases/nested-bases", "nested-bases", All),
    ("cases/generators", "generators", All),
    ("cases/two-instances", "two-instances", Kustomize),
    ("overlay/development/hetzner-k3s-dev/app-of-apps", "app-of-apps-in-development", All),
    ("overlay/production/hetzner-k3s-prod/app-of-apps", "app-of-apps-in-production", All),
];

/// The functions that only the app of apps of a cluster runs, and where their configs are.
const OF_APP_OF_APPS: [&str; 1] = ["DeployControl"];
const GATES: &str = "deploy-control";

/// The functions that stand under `generators:`; see `apps_generator.rs`.
const GENERATORS: [&str; 1] = ["Apps"];

/// How many hosts render at once.
const AT_ONCE: usize = 3;

const DEVELOPMENT: &str = "overlay/development/hetzner-k3s-dev";

fn repository() -> Repository {
    Repository::examples_and("tests/hosts", "cases")
}

impl Who {
    fn has(self, host: &Host) -> bool {
        match self {
            All => true,
            ButEvaluation => !host.evaluates(),
            Kustomize => host.is_kustomize(),
        }
    }
}

/// The overlay, rendered by its hosts, some at once. kpt gives up if Docker does not answer it within 5 s, as it does not
/// where dozens of containers start.
fn builds(repository: &Repository, overlay: &str, who: Who) -> Vec<(&'static Host, Build)> {
    let open = Mutex::new(hosts().iter().filter(|host| who.has(host)).enumerate());
    let next = || open.lock().expect("no thread panics with it").next();
    let work = || {
        std::iter::from_fn(next).map(|(place, host)| (place, host, host.build(repository, overlay))).collect::<Vec<_>>()
    };
    let mut built = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let done = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done.flatten().collect::<Vec<_>>()
    });
    built.sort_by_key(|(place, ..)| *place);
    built.into_iter().map(|(_, host, build)| (host, build)).collect()
}

fn assert_same_objects(host: &Host, printed: &str, expected: &str) {
    let (expected, printed) = (Manifests::parse(expected), Manifests::parse(printed));
    let difference = expected.difference(&printed);
    assert!(difference.is_empty(), "{host} prints other objects:\n{difference}");
}

fn every_host_renders(case: usize) {
    let (overlay, snapshot, who) = CASES[case];
    let repository = repository();
    let builds = builds(&repository, overlay, who);
    let (_, expected) = builds.first().expect("there are hosts");
    let expected = expected.expect_success();
    insta::assert_snapshot!(snapshot, expected);
    for (host, build) in &builds {
        let printed = build.expect_success();
        if host.is_kustomize() {
            assert_eq!(printed, expected, "{host} prints other bytes");
        }
        assert_same_objects(host, printed, expected);
    }
}

/// One config that runs all functions in one call, in the place of one config each.
fn a_pipeline_renders_the_same(case: usize) {
    let (overlay, _, who) = CASES[case];
    let separate = repository();
    let expected = Host::pinned().build(&separate, overlay);
    let expected = expected.expect_success();
    let bundled = repository();
    let of_applications = FUNCTIONS.len() - OF_APP_OF_APPS.len() - GENERATORS.len();
    for (directory, functions) in [
        ("cases/transformers", of_applications),
        ("overlay/development/hetzner-k3s-dev/transformers", of_applications),
        ("overlay/production/hetzner-k3s-prod/transformers", of_applications),
        ("overlay/local/podman-local/transformers", of_applications),
        (GATES, OF_APP_OF_APPS.len()),
    ] {
        let configs = Host::configs(&separate, directory);
        assert_eq!(Manifests::parse(&configs).len(), functions, "{directory} configures every function for its builds");
        bundled.bundle(directory, &configs);
    }
    for (host, build) in builds(&bundled, overlay, who) {
        assert_same_objects(host, build.expect_success(), expected);
    }
}

/// A test of each case for each of the functions above.
macro_rules! cases {
    ($($index:literal => $name:ident),* $(,)?) => {
        mod every_host_renders {
            $(#[test] fn $name() { super::every_host_renders($index); })*
        }
        mod a_pipeline_renders_the_same {
            $(#[test] fn $name() { super::a_pipeline_renders_the_same($index); })*
        }
        #[test]
        fn every_case_is_tested() {
            assert_eq!([$($index),*], std::array::from_fn::<usize, { CASES.len() }, _>(|index| index));
        }
    };
}

cases! {
    0 => the_development_cluster,
    1 => the_production_cluster,
    2 => the_local_cluster,
    3 => a_chart_in_development,
    4 => a_chart_in_production,
    5 => a_component,
    6 => nested_bases,
    7 => generators_with_hash_suffixes,
    8 => two_instances_with_prefixes_on_two_levels,
    9 => the_app_of_apps_in_development,
    10 => the_app_of_apps_in_production,
}

#[test]
fn an_application_renders_alone_as_it_does_within_its_cluster() {
    let repository = Repository::examples();
    for host in hosts().iter().filter(|host| host.is_kustomize() && host.runtime() != Runtime::Container) {
        let cluster = host.build(&repository, DEVELOPMENT);
        let cluster = Manifests::parse(cluster.expect_success());
        let mut objects = 0;
        for application in repository.applications(DEVELOPMENT) {
            let alone = host.build(&repository, &application);
            let alone = Manifests::parse(alone.expect_success());
            for (id, object) in alone.iter() {
                assert_eq!(cluster.get(&id.kind, &id.namespace, &id.name), Some(object), "{host}: {id}");
            }
            objects += alone.len();
        }
        assert_eq!(objects, cluster.len(), "{host}");
    }
}

/// kustomize takes nothing back under `validators:`, and everything under `transformers:`.
#[test]
fn a_check_passes_under_validators_as_under_transformers() {
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: SealedSecretCheck\nmetadata:\n  name: check\n";
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    let mut outputs = Vec::new();
    for list in ["transformers", "validators"] {
        let repository = repository();
        let config = format!("{config}spec:\n  wiredAs: {}\n", wired_as(list));
        repository.write("checks/check.yaml", config);
        let checks = "resources:\n- check.yaml\ncomponents:\n- ../transformers/runtime/plugin\n";
        repository.write("checks/kustomization.yaml", format!("{kustomization}{checks}"));
        let overlay = format!("{kustomization}namespace: checked\nresources:\n- ../cases/base\n{list}:\n- ../checks\n");
        repository.write("checked/kustomization.yaml", overlay);
        for (host, build) in builds(&repository, "checked", Kustomize) {
            outputs.push((format!("{host}, {list}"), build.expect_success().to_owned()));
        }
        let leaking = format!(
            "{kustomization}namespace: checked\nresources:\n- ../cases/base\n- ../cases/base-leak\n{list}:\n- ../checks\n"
        );
        repository.write("cases/base-leak/kustomization.yaml", format!("{kustomization}resources:\n- leak.yaml\n"));
        repository.write(
            "cases/base-leak/leak.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: leak}\nstringData: {password: Hk4-tWb9-Nk7q}\n",
        );
        repository.write("checked/kustomization.yaml", leaking);
        for (host, build) in builds(&repository, "checked", Kustomize) {
            assert!(build.expect_failure().contains("Secret checked/leak"), "{host}, {list}: {}", build.stderr);
            assert_eq!(build.stdout, "", "{host}, {list}");
        }
    }
    let (_, expected) = outputs.first().expect("there are hosts").clone();
    assert!(expected.contains("kind: StatefulSet"));
    for (host, printed) in outputs {
        assert_eq!(printed, expected, "{host}");
    }
}
