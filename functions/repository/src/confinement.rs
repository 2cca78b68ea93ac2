//! What the kernel lets a build start and write.

use std::fmt::Display;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use landlock::{
    ABI, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError,
};

/// From here on this thread, and every process that it starts, can start these programs and no others. With `writable`,
/// it can write and make files below that directory and nowhere else. There is no way back.
///
/// # Errors
/// A program that cannot be opened, or a kernel that does not offer this, as any but Linux.
#[cfg(target_os = "linux")]
pub fn confine(programs: &[PathBuf], writable: Option<&Path>) -> Result<(), String> {
    let mut rules = Vec::with_capacity(programs.len());
    for program in programs {
        rules.push(rule(program, AccessFs::Execute.into())?);
    }
    if let Some(directory) = writable {
        rules.push(rule(directory, AccessFs::from_write(ABI::V1))?);
        // What a program opens that is to print nothing.
        rules.push(rule(Path::new("/dev/null"), AccessFs::WriteFile.into())?);
    }
    let handled = writable.map_or(BitFlags::EMPTY, |_| AccessFs::from_write(ABI::V1)) | AccessFs::Execute;
    restrict(handled, rules).map_err(unavailable)
}

/// What Linux has and other systems do not.
///
/// # Errors
/// Always: the system cannot do it, and a build that is not confined has to be asked for.
#[cfg(not(target_os = "linux"))]
pub fn confine(_programs: &[PathBuf], _writable: Option<&Path>) -> Result<(), String> {
    Err(unavailable("only Linux has Landlock"))
}

fn unavailable(reason: impl Display) -> String {
    format!(
        "the kernel does not restrict what a build may start: {reason}; run it on Linux 5.13 or newer with Landlock \
         enabled, or, where every repository is trusted, with --unconfined"
    )
}

#[cfg(target_os = "linux")]
fn rule(path: &Path, access: BitFlags<AccessFs>) -> Result<PathBeneath<PathFd>, String> {
    let file = PathFd::new(path).map_err(|error| format!("{} cannot be opened: {error}", path.display()))?;
    Ok(PathBeneath::new(file, access))
}

#[cfg(target_os = "linux")]
fn restrict(handled: BitFlags<AccessFs>, rules: Vec<PathBeneath<PathFd>>) -> Result<(), RulesetError> {
    // Without it, a kernel that does not know of this would be taken for one that enforces it.
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let ruleset = ruleset.handle_access(handled)?.create()?;
    ruleset.add_rules(rules.into_iter().map(Ok::<_, RulesetError>))?.restrict_self()?;
    Ok(())
}
