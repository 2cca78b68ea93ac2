//! Adds default-deny network policies and just the allow rules that the manifests imply.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<networkpolicy_default::NetworkPolicyDefault>()
}
