//! What a build needs besides kustomize and plugins.

use std::path::{Path, PathBuf};

use crate::kustomization::{Kustomization, Target, Use};

/// What the kustomizations of a root ask of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wiring {
    /// They inflate charts, by helm.
    pub(crate) has_charts: bool,
    /// Not all the charts are in the repository, so helm writes those that it fetches into it.
    pub(crate) fetches_charts: bool,
    /// The first file by which they run functions as programs on `PATH`, which kustomize does with `--enable-exec` and
    /// else skips in silence.
    pub(crate) programs: Option<PathBuf>,
}

impl Wiring {
    /// What these kustomizations ask for, as far as their files say.
    pub(crate) fn of(kustomizations: &[&Kustomization]) -> Self {
        let mut wiring = Self::default();
        for kustomization in kustomizations {
            for named in kustomization.names.iter().filter(|named| named.usage == Use::Chart) {
                wiring.has_charts = true;
                wiring.fetches_charts |= matches!(named.target, Target::Remote(_));
            }
            wiring.read(&kustomization.file);
            for named in &kustomization.names {
                match &named.target {
                    Target::File(file) if matches!(named.usage, Use::Function | Use::Input) => {
                        wiring.read(file);
                    }
                    // In a directory of function configs they are resources.
                    Target::File(file) if named.usage == Use::Resource && file.extension().is_some() => {
                        wiring.read(file);
                    }
                    _ => {}
                }
            }
        }
        wiring
    }

    fn read(&mut self, file: &Path) {
        let runs_programs = self.note(&std::fs::read_to_string(file).unwrap_or_default());
        if runs_programs && self.programs.is_none() {
            self.programs = Some(file.to_owned());
        }
    }

    /// Notes what the text of a file asks for; whether it runs functions as programs.
    fn note(&mut self, text: &str) -> bool {
        // Where these have their charts is not looked at.
        let has_generator = text.contains("elmChartInflationGenerator");
        self.has_charts |= has_generator;
        self.fetches_charts |= has_generator;
        let annotations = text.split("config.kubernetes.io/function").skip(1);
        annotations.filter_map(first_word).any(|word| word == "exec")
    }
}

/// The first word of the value of the annotation: `exec` in `"exec: {path: web}"`.
fn first_word(behind: &str) -> Option<&str> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    behind.split(|letter| !is_word(letter)).find(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_says_how_it_runs() {
        for (annotation, runs_programs) in [
            ("config.kubernetes.io/function: \"exec: {path: web}\"", true),
            ("config.kubernetes.io/function: |\n  exec:\n    path: web", true),
            ("'config.kubernetes.io/function': '{\"exec\": {\"path\": \"web\"}}'", true),
            ("config.kubernetes.io/function: \"container: {image: exec}\"", false),
            ("exec: yes", false),
        ] {
            assert_eq!(Wiring::default().note(annotation), runs_programs, "{annotation}");
        }
    }
}
