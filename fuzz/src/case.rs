//! An input of a function, and its form as a file.

use std::ffi::OsString;
use std::path::Path;

use krm::host::{Call, Outcome, run_of};
use krm::program::Program;

/// How the function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// With a `ResourceList` on standard input, which holds the config.
    List,
    /// With documents on standard input and the config in a file.
    Files,
    /// As kustomize calls a plugin.
    Plugin,
}

impl Way {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::List, Self::Files, Self::Plugin];

    fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Files => "files",
            Self::Plugin => "plugin",
        }
    }
}

/// An input of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The name of the program.
    pub program: &'static str,
    /// How it is called.
    pub way: Way,
    /// The content of the config file, where the way has one.
    pub config: String,
    /// Standard input.
    pub manifests: String,
}

/// What is between the config and the manifests in a file.
const MANIFESTS: &str = "\n=== manifests\n";

/// The programs: all functions in one, and each function.
pub fn programs() -> &'static [&'static dyn Program] {
    thread_local! {
        // Made once and never freed: a Pipeline cannot be shared by threads.
        static PROGRAMS: &'static [&'static dyn Program] = {
            let pipeline: &'static dyn Program = Box::leak(Box::new(replatform::pipeline()));
            Vec::leak([pipeline].into_iter().chain(replatform::FUNCTIONS.iter().copied()).collect())
        };
    }
    PROGRAMS.with(|programs| *programs)
}

/// The program of this name.
pub fn program_named(name: &str) -> Option<&'static dyn Program> {
    programs().iter().copied().find(|program| program.name() == name)
}

impl Case {
    /// The case that a file holds.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.split_once('\n')?;
        let (program, way) = head.split_once(' ')?;
        let (config, manifests) = match rest.strip_prefix(&MANIFESTS[1..]) {
            Some(manifests) => ("", manifests),
            None => rest.split_once(MANIFESTS)?,
        };
        Some(Self {
            program: program_named(program)?.name(),
            way: Way::ALL.into_iter().find(|one| one.name() == way)?,
            config: config.to_owned(),
            manifests: manifests.to_owned(),
        })
    }

    /// The case as a file.
    pub fn to_text(&self) -> String {
        let Self { program, way, config, manifests } = self;
        format!("{program} {}\n{config}{MANIFESTS}{manifests}", way.name())
    }

    /// The number of bytes that the function reads.
    pub fn size(&self) -> usize {
        self.config.len() + self.manifests.len()
    }

    /// Calls the function. The config goes through `config_file`.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn run(&self, config_file: &Path) -> Outcome {
        if self.way != Way::List {
            std::fs::write(config_file, &self.config).expect("the config file can be written");
        }
        let arguments: Vec<OsString> = match self.way {
            Way::List => vec![self.program.into()],
            Way::Files => vec![self.program.into(), "--config".into(), config_file.into(), "-".into()],
            Way::Plugin => vec![self.program.into(), config_file.into()],
        };
        let stdin = Some(self.manifests.clone().into_bytes());
        run_of(programs(), Call { arguments, is_plugin: self.way == Way::Plugin, stdin })
    }

    /// The same input in a `ResourceList`.
    pub fn as_list(&self) -> Self {
        let indented = |text: &str, first: &str| {
            let lines = text.split_inclusive('\n').enumerate();
            lines.map(|(at, line)| if at == 0 { format!("{first}{line}") } else { format!("  {line}") }).collect()
        };
        let items: String = self
            .manifests
            .split("---\n")
            .filter(|document| !document.trim().is_empty())
            .map(|document| indented(document, "- "))
            .collect::<Vec<String>>()
            .join("");
        let config: String = indented(&self.config, "  ");
        let function_config =
            if config.trim().is_empty() { String::new() } else { format!("functionConfig:\n{}\n", config.trim_end()) };
        let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
        let manifests = format!("{head}{function_config}items:\n{items}");
        Self { way: Way::List, config: String::new(), manifests, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_the_case_that_it_was_written_from() {
        for config in ["", "kind: Pipeline\n", "\n"] {
            let case = Case {
                program: "replatform",
                way: Way::Plugin,
                config: config.to_owned(),
                manifests: "a: b\r\n".to_owned(),
            };
            assert_eq!(Case::parse(&case.to_text()), Some(case));
        }
    }
}
