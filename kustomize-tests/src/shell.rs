//! Commands as users type them, taken from where they read them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::built::{find_tool, programs_directory};

/// The blocks of shell commands in a Markdown file, in their order.
///
/// # Panics
/// If the file is missing.
pub fn shell_blocks(markdown: &Path) -> Vec<String> {
    let text = fs::read_to_string(markdown).unwrap_or_else(|error| panic!("{}: {error}", markdown.display()));
    let blocks = text.split("\n```sh\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// A shell that stops at the first command that fails, and finds the programs and the pinned hosts.
pub fn shell(script: &str, directory: &Path) -> Command {
    let mut path = vec![programs_directory()];
    path.extend(find_tool("kustomize").and_then(|tool| tool.parent().map(Path::to_owned)));
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(directory).env_remove("KUSTOMIZE_PLUGIN_HOME");
    command.env("PATH", std::env::join_paths(path).expect("paths hold no separator"));
    command
}
