//! Where platforms run their ingress controllers.

use krm::table;

use crate::platform::Platform;

/// The pods of an ingress controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngressController {
    /// The Ingress class that they serve.
    pub class: &'static str,
    /// The namespace that they run in.
    pub namespace: &'static str,
    /// Their label `app.kubernetes.io/name`.
    pub app_name: &'static str,
    /// The container ports of their entry points, plain HTTP first.
    pub ports: Vec<u16>,
}

/// The ingress controllers that are known for a platform.
pub fn ingress_controllers(platform: Platform) -> impl Iterator<Item = IngressController> {
    let rows = table::rows(include_str!("../data/ingress-controllers.tsv"));
    rows.filter(move |[of, _, _, _, _]| Platform::of_name(of) == Some(platform)).map(
        |[_, class, namespace, app_name, ports]| IngressController {
            class,
            namespace,
            app_name,
            ports: ports.split(',').filter_map(|port| port.parse().ok()).collect(),
        },
    )
}

impl Platform {
    /// Its ingress controller for a class.
    pub fn ingress_controller(self, class: &str) -> Option<IngressController> {
        ingress_controllers(self).find(|controller| controller.class == class)
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
        for [platform, class, ..] in table::rows::<5>(include_str!("../data/ingress-controllers.tsv")) {
            let platform = Platform::of_name(platform).unwrap_or_else(|| panic!("`{platform}` is no platform"));
            let controller = platform.ingress_controller(class).unwrap_or_else(|| panic!("{class} is not found"));
            assert_eq!(controller.ports.len(), 2, "{controller:?}");
        }
        assert_eq!(Platform::K3s.traefik().namespace, "kube-system");
        assert_eq!(Platform::KubeHetzner.traefik().namespace, "traefik");
    }
}
