//! Whether functions worked on a build. A build on which none did looks like any other: exit code 0, and the objects of
//! the old platform.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::repository::Repository;
use crate::root::Root;
use crate::wiring::Wiring;

/// The argument with which kustomize runs functions that are wired as programs.
pub(crate) const ENABLE_EXEC: &str = "--enable-exec";

/// Whether functions worked on a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adaptation {
    /// A function ran, by kustomize or by a Pipeline that a person gave.
    Ran,
    /// kustomize skipped the functions that are wired as programs (`exec`), since it was not told to run them. Others may
    /// have run.
    Skipped {
        /// The file that wires them so, an absolute path.
        file: PathBuf,
    },
    /// No function ran: no kustomization of the build, as far as its files are here, lists the config of one.
    NotWired,
}

impl Adaptation {
    /// What became of a build that succeeded. `left_trace` is whether a function made the file of findings, which one in a
    /// container cannot.
    pub fn of(repository: &Repository, root: &Root, left_trace: bool, arguments: &[OsString]) -> Self {
        let runs_programs =
            arguments.iter().any(|argument| argument == ENABLE_EXEC || argument == "--enable-exec=true");
        match Wiring::of(&repository.closure(root)).programs {
            Some(file) if !runs_programs => Self::Skipped { file },
            _ if left_trace || repository.coverage(root).has_functions() => Self::Ran,
            _ => Self::NotWired,
        }
    }

    /// What a person should know, and what helps; none if functions ran. Paths are relative to `directory`.
    pub fn warning(&self, directory: &Path) -> Option<String> {
        match self {
            Self::Ran => None,
            Self::Skipped { file } => {
                let file = file.strip_prefix(directory).unwrap_or(file).display();
                Some(format!(
                    "kustomize skipped the functions that {file} wires as programs (`exec`), so what they do is missing; add \
                     `-- {ENABLE_EXEC}`, which kubectl does not have, or take the annotation out, so that they run as plugins"
                ))
            }
            Self::NotWired => Some(
                "no function ran: no kustomization of this build lists function configs under `transformers:`, so nothing was \
                 adapted; list them there (`replatform init` writes them)"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::holding;

    const CONFIG: &str = "apiVersion: replatform.dev/v1alpha1\nkind: RouteToIngress\nmetadata: {name: r}\n";

    /// What becomes of a build of `app` in a repository with these files.
    fn adaptation(files: &[(&str, &str)], left_trace: bool, arguments: &[&str]) -> Adaptation {
        let scratch = holding(files);
        let repository = Repository::open(scratch.path(), &["app".into()]).expect("it is there");
        let root = Root { directory: "app".into(), applications: Vec::new() };
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let adaptation = Adaptation::of(&repository, &root, left_trace, &arguments);
        match adaptation {
            Adaptation::Skipped { file } => {
                let file = file.strip_prefix(repository.directory()).map(Path::to_owned).unwrap_or(file);
                Adaptation::Skipped { file }
            }
            other => other,
        }
    }

    #[test]
    fn a_config_in_a_list_of_functions_is_wired_and_none_elsewhere() {
        let inline =
            format!("transformers:\n- |\n{}", CONFIG.lines().map(|line| format!("  {line}\n")).collect::<String>());
        let directory = ("t/kustomization.yaml", "resources: [../u]\n");
        let further = ("u/kustomization.yaml", "resources: [r.yaml]\n");
        for (files, expected) in [
            (vec![("app/kustomization.yaml", "transformers: [r.yaml]\n"), ("app/r.yaml", CONFIG)], Adaptation::Ran),
            (vec![("app/kustomization.yaml", "generators: [r.yaml]\n"), ("app/r.yaml", CONFIG)], Adaptation::Ran),
            (vec![("app/kustomization.yaml", inline.as_str())], Adaptation::Ran),
            (
                vec![("app/kustomization.yaml", "transformers: [../t]\n"), directory, further, ("u/r.yaml", CONFIG)],
                Adaptation::Ran,
            ),
            (
                vec![
                    ("app/kustomization.yaml", "resources: [../base]\n"),
                    ("base/kustomization.yaml", "validators: [r.yaml]\n"),
                    ("base/r.yaml", CONFIG),
                ],
                Adaptation::Ran,
            ),
            (vec![("app/kustomization.yaml", "resources: [r.yaml]\n"), ("app/r.yaml", CONFIG)], Adaptation::NotWired),
            (
                vec![
                    ("app/kustomization.yaml", "transformers: [r.yaml]\n"),
                    (
                        "app/r.yaml",
                        "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: replatform.dev/v1alpha1}\n",
                    ),
                ],
                Adaptation::NotWired,
            ),
            (vec![("app/kustomization.yaml", "resources: []\n")], Adaptation::NotWired),
        ] {
            assert_eq!(adaptation(&files, false, &[]), expected, "{files:?}");
        }
    }

    #[test]
    fn programs_are_skipped_without_the_argument() {
        let exec = format!(
            "{}  annotations: {{config.kubernetes.io/function: 'exec: {{path: route-to-ingress}}'}}\n",
            CONFIG.replace("{name: r}", "\n  name: r")
        );
        let files = [("app/kustomization.yaml", "transformers: [r.yaml]\n"), ("app/r.yaml", exec.as_str())];
        assert_eq!(adaptation(&files, false, &[]), Adaptation::Skipped { file: "app/r.yaml".into() });
        assert_eq!(adaptation(&files, false, &["--enable-exec"]), Adaptation::Ran);
    }

    #[test]
    fn a_trace_shows_that_a_function_ran() {
        assert_eq!(adaptation(&[("app/kustomization.yaml", "resources: []\n")], true, &[]), Adaptation::Ran);
    }

    #[test]
    fn a_warning_names_the_file_and_the_remedy() {
        let skipped = Adaptation::Skipped { file: "/r/app/r.yaml".into() };
        let warning = skipped.warning(Path::new("/r")).expect("it warns");
        assert!(warning.contains("that app/r.yaml wires") && warning.contains("--enable-exec"), "{warning}");
        assert!(
            Adaptation::NotWired.warning(Path::new("/r")).is_some_and(|warning| warning.contains("`transformers:`"))
        );
        assert_eq!(Adaptation::Ran.warning(Path::new("/r")), None);
    }
}
