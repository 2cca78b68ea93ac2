//! Where the project is published.

/// The address of the repository, which `repository` in the workspace's Cargo.toml says once.
pub const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The image of a program, without a tag: a package of the repository.
pub fn image(program: &str) -> String {
    let page = REPOSITORY.strip_prefix("https://github.com/").unwrap_or(REPOSITORY);
    format!("ghcr.io/{page}/{program}")
}

/// The image of a program in the release of this version.
pub fn released_image(program: &str) -> String {
    format!("{}:v{}", image(program), env!("CARGO_PKG_VERSION"))
}
