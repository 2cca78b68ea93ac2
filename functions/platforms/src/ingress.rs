//! Where platforms run their ingress controllers.

use krm::table;

use crate::platform::Platform;

/// The pods of an ingress controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngressController {
    /// The Ingress class that they serve where nothing else is configured. Several controllers may call theirs the same.
    pub class: Option<&'static str>,
    /// The namespace that they run in.
    pub namespace: &'static str,
    /// Their label `app.kubernetes.io/name`, which tells the controllers apart.
    pub app_name: &'static str,
    /// The container ports of their entry points, plain HTTP first.
    pub ports: Vec<u16>,
    controllers: Vec<&'static str>,
    annotations: Vec<&'static str>,
}

impl IngressController {
    /// Whether an IngressClass or GatewayClass with this controller is theirs: `haproxy-ingress.github.io/controller` or
    /// `haproxy-ingress.github.io/controller/staging`.
    pub fn is(&self, controller: &str) -> bool {
        let rests = self.controllers.iter().filter_map(|known| controller.strip_prefix(known));
        rests.into_iter().any(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// What their IngressClass and GatewayClass name as the controller.
    pub fn controllers(&self) -> &[&'static str] {
        &self.controllers
    }

    /// Whether an annotation with this key is for them.
    pub fn reads(&self, annotation: &str) -> bool {
        self.annotations.iter().any(|prefix| annotation.starts_with(prefix))
    }
}

/// The ingress controllers that are known for a platform.
pub fn ingress_controllers(platform: Platform) -> impl Iterator<Item = IngressController> {
    let rows = table::rows(include_str!("../data/ingress-controllers.tsv"));
    rows.filter(move |[of, _, _, _, _, _, _]| Platform::of_name(of) == Some(platform)).map(
        |[_, class, namespace, app_name, ports, controllers, annotations]| IngressController {
            class: Some(class).filter(|class| *class != "-"),
            namespace,
            app_name,
            ports: ports.split(',').filter_map(|port| port.parse().ok()).collect(),
            controllers: controllers.split(' ').collect(),
            annotations: annotations.split(' ').collect(),
        },
    )
}

impl Platform {
    /// Its ingress controller whose pods have this label `app.kubernetes.io/name`.
    pub fn ingress_controller(self, app_name: &str) -> Option<IngressController> {
        ingress_controllers(self).find(|controller| controller.app_name == app_name)
    }

    /// The Traefik that comes with it.
    pub fn traefik(self) -> IngressController {
        self.ingress_controller("traefik").unwrap_or_else(|| unreachable!("every platform comes with Traefik"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_of_a_platform_and_every_platform_has_traefik() {
        for [platform, _, _, app_name, ..] in table::rows::<7>(include_str!("../data/ingress-controllers.tsv")) {
            let platform = Platform::of_name(platform).unwrap_or_else(|| panic!("`{platform}` is no platform"));
            let controller = platform.ingress_controller(app_name).unwrap_or_else(|| panic!("{app_name} is not found"));
            assert_eq!(controller.ports.len(), 2, "{controller:?}");
        }
        assert_eq!(Platform::K3s.traefik().namespace, "kube-system");
        assert_eq!(Platform::KubeHetzner.traefik().namespace, "traefik");
    }

    #[test]
    fn a_controller_and_an_annotation_are_of_one_row_of_a_platform() {
        for platform in Platform::ALL {
            for controller in ingress_controllers(platform) {
                let others = ingress_controllers(platform).filter(|other| other.app_name != controller.app_name);
                for other in others {
                    let mine = controller.controllers.iter().chain(&controller.annotations);
                    assert!(mine.into_iter().all(|it| !other.is(it) && !other.reads(it)), "{controller:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn a_controller_may_have_a_name_of_its_own_behind() {
        let haproxy = Platform::K3s.ingress_controller("haproxy-ingress").expect("it is known");
        assert!(haproxy.is("haproxy-ingress.github.io/controller"));
        assert!(haproxy.is("haproxy-ingress.github.io/controller/staging"));
        assert!(!haproxy.is("haproxy-ingress.github.io/controllers") && !haproxy.is("haproxy.org/ingress-controller"));
        assert!(
            haproxy.reads("haproxy-ingress.github.io/rewrite-target") && !haproxy.reads("haproxy.org/path-rewrite")
        );
    }
}
