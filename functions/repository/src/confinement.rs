//! What the kernel lets a build start.

use std::path::PathBuf;

use landlock::{
    AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
};

/// From here on this thread, and every process that it starts, can start these programs and no others. There is no way
/// back.
///
/// # Errors
/// A program that cannot be opened, or a kernel that does not offer this.
pub fn confine(programs: &[PathBuf]) -> Result<(), String> {
    let mut rules = Vec::with_capacity(programs.len());
    for program in programs {
        let file = PathFd::new(program).map_err(|error| format!("{} cannot be opened: {error}", program.display()))?;
        rules.push(PathBeneath::new(file, AccessFs::Execute));
    }
    restrict(rules).map_err(|error| {
        format!(
            "the kernel does not restrict what a build may start: {error}; run it on Linux 5.13 or newer with Landlock \
             enabled, or, where every repository is trusted, with --unconfined"
        )
    })
}

fn restrict(rules: Vec<PathBeneath<PathFd>>) -> Result<(), RulesetError> {
    // Without it, a kernel that does not know of this would be taken for one that enforces it.
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let ruleset = ruleset.handle_access(AccessFs::Execute)?.create()?;
    ruleset.add_rules(rules.into_iter().map(Ok::<_, RulesetError>))?.restrict_self()?;
    Ok(())
}
