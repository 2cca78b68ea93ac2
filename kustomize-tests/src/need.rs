//! What not every machine has. A test that needs it asks here, so that nothing is left out in silence.

use std::io::Write as _;
use std::process::Command;
use std::sync::OnceLock;

use crate::built::root;

/// What a test needs and a machine may lack. `kustomize-tests/tools/needs` says how each is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A Docker daemon that answers, and the images of `make images`.
    Docker,
    /// kpt, in the version that the tests are for.
    Kpt,
    /// The Strimzi judge, or what builds it.
    StrimziJudge,
    /// git.
    Git,
    /// Chromium.
    Chromium,
    /// `script` of util-linux, which gives a program a terminal.
    Script,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}

impl Need {
    /// Whether it is there. If not, the caller leaves out what needs it; that is noted, and `make test` tells it at its
    /// end.
    ///
    /// # Panics
    /// If it is not there and `REQUIRE_ALL_HOSTS=1` demands it.
    pub fn is_met(self) -> bool {
        static ANSWERS: [OnceLock<bool>; 8] = [const { OnceLock::new() }; 8];
        *ANSWERS[self as usize].get_or_init(|| self.ask())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Kpt => "kpt",
            Self::StrimziJudge => "strimzi",
            Self::Git => "git",
            Self::Chromium => "chromium",
            Self::Script => "script",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
        }
    }

    fn ask(self) -> bool {
        let mut needs = Command::new(root().join("kustomize-tests/tools/needs"));
        let output = needs.arg(self.name()).arg(test_program()).output().expect("bash starts");
        let sentence = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.code() {
            Some(0) => true,
            Some(1) => {
                // Not by a macro: the test harness would keep that to itself.
                let _ = write!(std::io::stderr(), "{sentence}");
                false
            }
            _ => panic!("{sentence}{}", String::from_utf8_lossy(&output.stderr)),
        }
    }
}

/// The name of the file of tests that is running.
fn test_program() -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // cargo adds a hash.
    name.rsplit_once('-').map_or(name.clone(), |(name, _)| name.to_owned())
}
