//! Services of type LoadBalancer.

use krm::field::FieldPath;
use krm::rule::Severity;
use serde_json::Value;

use crate::config::LoadBalancer;
use crate::report::{Fact, Report};
use crate::rule::Rule;

/// The annotations by which the Hetzner cloud controller places a load balancer.
///
/// Source: hetznercloud/hcloud-cloud-controller-manager internal/hcops/load_balancer.go.
const PLACES: [&str; 2] = ["load-balancer.hetzner.cloud/location", "load-balancer.hetzner.cloud/network-zone"];

/// The domains of annotations by which other controllers serve a Service.
const OTHER_CONTROLLERS: [&str; 5] =
    ["metallb.io/", "metallb.universe.tf/", "kube-vip.io/", "lbipam.cilium.io/", "tailscale.com/"];

/// A Service that asks for a load balancer.
pub(crate) fn check(report: &mut Report<'_>) {
    let item = report.item;
    let spec = &item.value()["spec"];
    if !item.is("", "Service") || spec["type"] != "LoadBalancer" {
        return;
    }
    let is_of_other = |key: &String| OTHER_CONTROLLERS.iter().any(|domain| key.starts_with(domain));
    if spec["loadBalancerClass"].is_string() || item.annotations().keys().any(is_of_other) {
        return;
    }
    if spec["loadBalancerIP"].is_string() {
        let message = "has no effect on K3s: the load balancer gets an address of its own; point the DNS record at it";
        report.tell("spec.loadBalancerIP", Fact::new(Rule::LoadBalancerSetting, "loadBalancerIP", message));
    }
    if report.context.spec.load_balancer() == LoadBalancer::HCloud {
        check_hetzner(report, spec);
    }
}

/// What the Hetzner cloud controller refuses or does not read. Where no option says that it serves the Service, that is
/// not known, and a warning.
fn check_hetzner(report: &mut Report<'_>, spec: &Value) {
    let is_sure = report.context.spec.load_balancer.is_some();
    let (severity, who) = if is_sure {
        (Severity::Error, "the Hetzner cloud controller")
    } else {
        (Severity::Warning, "the Hetzner cloud controller, if it serves this Service,")
    };
    if !PLACES.iter().any(|key| report.item.annotation(key).is_some()) {
        let message = format!(
            "{who} makes no load balancer without a place; set the annotation `{}`, or accept this where the controller has a default",
            PLACES[0]
        );
        let fact = Fact::new(Rule::LoadBalancerWithoutPlace, "place", message).of_severity(severity);
        report.tell("metadata.annotations", fact);
    }
    for (index, port) in spec["ports"].as_array().into_iter().flatten().enumerate() {
        let Some(protocol) = port["protocol"].as_str().filter(|protocol| *protocol != "TCP") else { continue };
        let message = format!("{who} has no load balancers for {protocol}; use a NodePort");
        let path = FieldPath::from("spec.ports").index(index).key("protocol");
        report.tell(path, Fact::new(Rule::LoadBalancerProtocol, protocol, message).of_severity(severity));
    }
    let ranges = spec["loadBalancerSourceRanges"].as_array().into_iter().flatten();
    let is_limited = |range: &Value| !matches!(range.as_str(), Some("0.0.0.0/0" | "::/0"));
    if ranges.clone().next().is_some() && ranges.clone().all(is_limited) {
        let message = format!(
            "{who} does not read this field, so that the Service is open to all addresses; limit them by a firewall, or by the Middleware `ipAllowList` of Traefik"
        );
        report.tell("spec.loadBalancerSourceRanges", Fact::new(Rule::OpenSourceRanges, "ranges", message));
    }
}
