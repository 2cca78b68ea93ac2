//! The clusters of the examples, rendered by every host.

use kustomize_tests::{Manifests, Repository, hosts};

fn every_host_renders(overlay: &str, snapshot: &str) {
    let repository = Repository::examples();
    let builds: Vec<_> = hosts().iter().map(|host| (host, host.build(&repository, overlay))).collect();
    let (first, expected) = builds.first().expect("there are hosts");
    let expected = expected.expect_success();
    insta::assert_snapshot!(snapshot, expected);
    for (host, build) in &builds {
        let printed = build.expect_success();
        if host.is_kustomize() {
            assert_eq!(printed, expected, "{host} prints other bytes than {first}");
        }
        let (expected, printed) = (Manifests::parse(expected), Manifests::parse(printed));
        let difference = expected.difference(&printed);
        assert!(difference.is_empty(), "{host} prints other objects than {first}:\n{difference}");
    }
}

#[test]
fn every_host_renders_the_development_cluster_alike() {
    every_host_renders("overlay/development/hetzner-k3s-dev", "hetzner-k3s-dev");
}

#[test]
fn every_host_renders_the_production_cluster_alike() {
    every_host_renders("overlay/production/hetzner-k3s-prod", "hetzner-k3s-prod");
}

#[test]
fn an_application_renders_alone_as_it_does_within_its_cluster() {
    let repository = Repository::examples();
    for host in hosts().iter().filter(|host| host.is_kustomize()) {
        let cluster = host.build(&repository, "overlay/development/hetzner-k3s-dev");
        let cluster = Manifests::parse(cluster.expect_success());
        let mut applications = 0;
        for application in ["infra", "web-app"] {
            let alone = host.build(&repository, &format!("overlay/development/hetzner-k3s-dev/{application}"));
            let alone = Manifests::parse(alone.expect_success());
            for (id, object) in alone.iter() {
                assert_eq!(cluster.get(&id.kind, &id.namespace, &id.name), Some(object), "{host}: {id}");
            }
            applications += alone.len();
        }
        assert_eq!(applications, cluster.len(), "{host}");
    }
}
