//! Rewrites the registries of images, wherever manifests name images.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<image_registry_rewrite::ImageRegistryRewrite>()
}
