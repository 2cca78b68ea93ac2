//! Holds workloads against the standards of the cluster, and completes what they lack.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<cluster_standards::ClusterStandards>()
}
