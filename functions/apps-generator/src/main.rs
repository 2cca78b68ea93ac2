//! Generates the objects of apps from one short config: workloads, Services, Ingresses, autoscaling, charts.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<apps_generator::Apps>()
}
