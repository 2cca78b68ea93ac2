//! Turns OpenShift Routes into Ingresses for K3s.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<route_to_ingress::RouteToIngress>()
}
