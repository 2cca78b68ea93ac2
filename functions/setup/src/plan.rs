//! The files to write, and the kustomizations to wire.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use repository::kustomization::Use;
use repository::{Repository, Root};

use crate::configs::Function;
use crate::paths::relative;
use crate::survey::Survey;
use crate::text;
use crate::wiring::Wiring;

/// The directory with the settings that all clusters share, from that of the repository.
const TRANSFORMERS: &str = "transformers";
/// The ways in which functions are started, each a Component. The tests of `replatform` keep them as the functions are.
const RUNTIMES: [(&str, &str); 3] = [
    ("plugin", include_str!("../../../examples/transformers/runtime/plugin/kustomization.yaml")),
    ("exec", include_str!("../../../examples/transformers/runtime/exec/kustomization.yaml")),
    ("container", include_str!("../../../examples/transformers/runtime/container/kustomization.yaml")),
];

/// What is asked for.
#[derive(Debug)]
pub struct Request<'r> {
    /// The repository.
    pub repository: &'r Repository,
    /// What was found in it.
    pub survey: &'r Survey,
    /// The directory of one cluster's overlay, from that of the repository.
    pub overlay: Option<&'r Path>,
    /// Whether the kustomization of the overlay itself lists the functions, and not its applications.
    pub in_overlay: bool,
    /// The functions, in the order in which they run.
    pub functions: &'r [Function],
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its path, from the directory of the repository.
    pub path: PathBuf,
    /// The whole text of the file.
    pub text: String,
}

/// What is to be written, and where kustomizations have to name it.
#[derive(Debug)]
pub struct Plan {
    directory: PathBuf,
    /// The files, sorted by what needs what.
    pub files: Vec<Written>,
    /// The kustomizations that are to list the functions and do not yet.
    pub wirings: Vec<Wiring>,
    /// The kustomizations that are not to list the functions, each with the reason: they would run twice.
    pub refused: Vec<(PathBuf, String)>,
    /// Where the functions run, and why there; empty without an overlay.
    pub choice: Vec<String>,
    /// The directories that can be given as the overlay of a cluster, if none was.
    pub candidates: Vec<PathBuf>,
}

impl Plan {
    /// Makes the plan.
    ///
    /// # Errors
    /// An overlay below which there is nothing to build, or in which all that is built has functions already, and a kustomization
    /// that cannot be read.
    pub fn of(request: &Request<'_>) -> Result<Self, String> {
        let directory = request.repository.directory().to_owned();
        let mut plan = Self {
            directory,
            files: common_files(request),
            wirings: Vec::new(),
            refused: Vec::new(),
            choice: Vec::new(),
            candidates: Vec::new(),
        };
        match request.overlay {
            None => plan.candidates = candidates(request),
            Some(overlay) => plan.add_overlay(request, overlay)?,
        }
        Ok(plan)
    }

    fn add_overlay(&mut self, request: &Request<'_>, overlay: &Path) -> Result<(), String> {
        let overlay = relative(&self.directory, &self.directory.join(overlay));
        let configs = if overlay.as_os_str().is_empty() {
            // kustomize takes a directory around the one that names it for a circle.
            PathBuf::from("cluster-transformers")
        } else {
            overlay.join(TRANSFORMERS)
        };
        let places = places(request, &overlay);
        if places.is_empty() {
            let path = shown(&overlay);
            return Err(if request.in_overlay {
                format!("{path} has no kustomization of its own; leave out --in-overlay")
            } else {
                format!("below {path} there is no kustomization that is built by itself; name the overlay of a cluster")
            });
        }
        self.files.push(Written {
            path: configs.join("kustomization.yaml"),
            text: overlay_text(request, &relative(&configs, Path::new(TRANSFORMERS))),
        });
        let run_on = run_on(request.repository);
        let mut wired = Vec::new();
        for place in places {
            let Some(kustomization) = request.repository.kustomization(&place.directory) else { continue };
            let wiring = Wiring::of(&kustomization.file, &relative(&place.directory, &configs))?;
            match (wiring, twice(request.repository, &run_on, &place.directory)) {
                (Some(wiring), Some(reason)) => self.refused.push((wiring.file, reason)),
                (wiring, _) => {
                    self.wirings.extend(wiring);
                    wired.push(place);
                }
            }
        }
        self.choice = choice(&wired);
        if wired.is_empty() { self.nothing_to_wire() } else { Ok(()) }
    }

    /// Nothing would use the files where no kustomization is to list the functions.
    ///
    /// # Errors
    /// Why none is.
    fn nothing_to_wire(&self) -> Result<(), String> {
        let reason = |(file, reason): &(PathBuf, String)| {
            format!("{}: {reason}", text::path(file.strip_prefix(&self.directory).unwrap_or(file)))
        };
        let reasons = self.refused.iter().map(reason).collect::<Vec<_>>().join("; ");
        if reasons.is_empty() { Ok(()) } else { Err(format!("nothing is written, since nothing is wired: {reasons}")) }
    }

    /// The files that are there already with another text.
    fn conflicts(&self) -> Vec<&Path> {
        let differs = |file: &&Written| {
            let path = self.directory.join(&file.path);
            path.symlink_metadata().is_ok() && std::fs::read_to_string(path).ok().as_ref() != Some(&file.text)
        };
        self.files.iter().filter(differs).map(|file| file.path.as_path()).collect()
    }

    /// The files that are not there yet.
    pub fn missing(&self) -> impl Iterator<Item = &Written> {
        self.files.iter().filter(|file| self.directory.join(&file.path).symlink_metadata().is_err())
    }

    /// Holds the plan against what is there.
    ///
    /// # Errors
    /// A file that is there with another text.
    pub fn check(&self) -> Result<(), String> {
        let conflicts = self.conflicts();
        let Some(first) = conflicts.first() else { return Ok(()) };
        let more = if conflicts.len() == 1 { String::new() } else { format!(" (and {} more)", conflicts.len() - 1) };
        Err(format!(
            "{}{more} is there already with another text and is not overwritten; move it away",
            text::path(first)
        ))
    }

    /// Writes the files that are not there yet and, if `is_wired`, the entry into every kustomization whose text takes it:
    /// all of that or nothing.
    ///
    /// # Errors
    /// A file that is there with another text, or cannot be written.
    pub fn write(&self, is_wired: bool) -> Result<(), String> {
        self.check()?;
        let mut done = Done::default();
        let outcome = self.write_files(&mut done).and_then(|()| if is_wired { self.wire(&mut done) } else { Ok(()) });
        outcome.inspect_err(|_| done.undo())
    }

    fn write_files(&self, done: &mut Done) -> Result<(), String> {
        self.missing().try_for_each(|file| {
            let written = done.make(&self.directory.join(&file.path), &file.text);
            written.map_err(|error| format!("{} cannot be written: {error}", text::path(&file.path)))
        })
    }

    fn wire(&self, done: &mut Done) -> Result<(), String> {
        let wired = self.wirings.iter().filter_map(|wiring| Some((wiring, wiring.wired.as_ref().ok()?)));
        wired.into_iter().try_for_each(|(wiring, text)| {
            let written = done.change(&wiring.file, text);
            written.map_err(|error| format!("{} cannot be written: {error}", wiring.file.display()))
        })
    }
}

/// What was done to a repository so far.
#[derive(Debug, Default)]
struct Done(Vec<Step>);

#[derive(Debug)]
enum Step {
    MadeDirectory(PathBuf),
    MadeFile(PathBuf),
    Changed(PathBuf, Vec<u8>),
}

impl Done {
    /// Writes a file that is not there, and the directories around it.
    fn make(&mut self, path: &Path, text: &str) -> io::Result<()> {
        let missing = path.ancestors().skip(1).take_while(|directory| directory.symlink_metadata().is_err());
        for directory in missing.collect::<Vec<_>>().into_iter().rev() {
            std::fs::create_dir(directory)?;
            self.0.push(Step::MadeDirectory(directory.to_owned()));
        }
        let mut file = File::create_new(path)?;
        self.0.push(Step::MadeFile(path.to_owned()));
        file.write_all(text.as_bytes())
    }

    /// Gives a file another text.
    fn change(&mut self, path: &Path, text: &str) -> io::Result<()> {
        let former = std::fs::read(path)?;
        self.0.push(Step::Changed(path.to_owned(), former));
        std::fs::write(path, text)
    }

    /// Makes everything as it was, as far as that can be.
    fn undo(&mut self) {
        while let Some(step) = self.0.pop() {
            let _ = match step {
                Step::MadeDirectory(path) => std::fs::remove_dir(path),
                Step::MadeFile(path) => std::fs::remove_file(path),
                Step::Changed(path, former) => std::fs::write(path, former),
            };
        }
    }
}

/// The directory with what all clusters have in common.
fn common_files(request: &Request<'_>) -> Vec<Written> {
    let directory = Path::new(TRANSFORMERS);
    let config = |function: &Function| Written {
        path: directory.join(format!("{}.yaml", function.name)),
        text: function.config(request.survey),
    };
    let mut files: Vec<_> = request.functions.iter().map(config).collect();
    let list: String = request.functions.iter().map(|function| format!("- {}.yaml\n", function.name)).collect();
    files.push(Written {
        path: directory.join("kustomization.yaml"),
        text: format!(
            "# The functions, in the order in which they run: first what changes, then what reads the outcome.\n{HEAD}resources:\n{list}"
        ),
    });
    files.extend(RUNTIMES.map(|(name, text)| Written {
        path: directory.join("runtime").join(name).join("kustomization.yaml"),
        text: text.to_owned(),
    }));
    files
}

const HEAD: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";

/// How new warnings stop the build, once those that are there are decided.
const STRICT: &str = "\
# Once every warning is decided or accepted, this entry of `patches` makes a new one stop the build, for all functions:
# - target: {group: replatform.dev}
#   patch: |
#     kind: any
#     metadata:
#       name: any
#     spec:
#       strict: true
";

fn overlay_text(request: &Request<'_>, common: &Path) -> String {
    let common = text::path(common);
    let patches: String = request.functions.iter().map(|function| function.patch(request.survey)).collect();
    let patches = if patches.is_empty() { String::new() } else { format!("patches:\n{patches}") };
    format!(
        "# How the functions run in this cluster, and what is different here.\n{HEAD}resources:\n- {common}\ncomponents:\n\
         # Or exec, or container: how functions are started.\n- {common}/runtime/plugin\n{patches}{STRICT}"
    )
}

/// A kustomization that gets the functions.
struct Place {
    /// Its directory, from that of the repository.
    directory: PathBuf,
    why: Why,
}

/// Why a kustomization gets the functions, and not another that builds the same objects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It is an application: nothing below it is built by itself.
    Application,
    /// It lists applications, and has objects or settings of its own that functions in these would not see.
    HasItsOwn,
    /// A person said so.
    Said,
}

/// The kustomizations below a directory that get the functions, so that each object meets them once: the applications, and a
/// kustomization that is more than a list of them.
fn places(request: &Request<'_>, overlay: &Path) -> Vec<Place> {
    if request.in_overlay {
        let overlay = if overlay.as_os_str().is_empty() { Path::new(".") } else { overlay };
        let own = request.repository.kustomization(overlay);
        return own.map(|_| Place { directory: overlay.to_owned(), why: Why::Said }).into_iter().collect();
    }
    let directory = request.repository.directory();
    let bases = request.repository.bases().into_iter().filter(|base| base.built_by.len() > 1);
    let mut search =
        Search { request, shared: bases.map(|base| directory.join(base.directory)).collect(), found: BTreeMap::new() };
    let roots = wired_roots(request, overlay);
    roots.iter().for_each(|root| search.add(&root.directory));
    // A person names an application that is built by its cluster alone.
    if roots.is_empty() && is_application(request, overlay) {
        search.add(overlay);
    }
    search.found.into_iter().map(|(directory, why)| Place { directory, why }).collect()
}

/// Looks for the kustomizations that get the functions.
struct Search<'r> {
    request: &'r Request<'r>,
    /// The directories that several kustomizations build, as absolute paths: bases of applications.
    shared: BTreeSet<PathBuf>,
    found: BTreeMap<PathBuf, Why>,
}

impl Search<'_> {
    /// Adds a kustomization or, where it only lists others below it, these.
    fn add(&mut self, directory: &Path) {
        let repository = self.request.repository;
        let Some(kustomization) = repository.kustomization(directory) else { return };
        let here = kustomization.directory();
        let built = kustomization.directories().filter(|(usage, _)| matches!(usage, Use::Resource | Use::Component));
        let inner: Vec<_> = built.map(|(_, inner)| inner).collect();
        let is_own = |inner: &&Path| inner.starts_with(here) && *inner != here && !self.shared.contains(*inner);
        if inner.is_empty() || !inner.iter().all(is_own) {
            self.found.insert(directory.to_owned(), Why::Application);
        } else if kustomization.only_lists && kustomization.files().next().is_none() {
            for inner in inner {
                let inner = relative(repository.directory(), inner);
                if is_application(self.request, &inner) {
                    self.add(&inner);
                }
            }
        } else {
            self.found.insert(directory.to_owned(), Why::HasItsOwn);
        }
    }
}

/// The kustomizations that functions run on by another one around them, as absolute paths, each with that one.
fn run_on(repository: &Repository) -> BTreeMap<&Path, &Path> {
    let wired = repository.roots().iter().filter(|root| repository.wired_in(&root.directory).contains(&root.directory));
    let inner = wired.flat_map(|root| {
        repository.closure(root).into_iter().map(move |one| (one.directory(), root.directory.as_path()))
    });
    inner.filter(|(inner, outer)| **inner != repository.directory().join(outer)).collect()
}

/// Why functions in a kustomization would run twice on what it builds; nothing if they do not.
fn twice(repository: &Repository, run_on: &BTreeMap<&Path, &Path>, directory: &Path) -> Option<String> {
    if let Some(inner) = repository.wired_in(directory).iter().find(|inner| *inner != directory) {
        return Some(format!("{} lists functions already, and they would run twice on what it builds", shown(inner)));
    }
    let outer = run_on.get(repository.kustomization(directory)?.directory())?;
    Some(format!("{}, which builds it, lists functions already, and they would run twice", shown(outer)))
}

/// Where the functions run, and why there.
fn choice(places: &[Place]) -> Vec<String> {
    let of = |why: Why| places.iter().filter(move |place| place.why == why).map(|place| shown(&place.directory));
    let mut told = Vec::new();
    let applications: Vec<_> = of(Why::Application).collect();
    if !applications.is_empty() {
        told.push(format!("The functions run in each application: {}.", applications.join(", ")));
    }
    told.extend(of(Why::HasItsOwn).map(|place| {
        format!(
            "The functions run in {place}, since it has objects or settings of its own. What it lists has no functions when it is \
             built alone: name one of them by --overlay to have them there."
        )
    }));
    told.extend(of(Why::Said).map(|place| format!("The functions run in {place}, as --in-overlay says.")));
    told
}

fn shown(directory: &Path) -> String {
    let text = text::path(directory);
    if text.is_empty() { ".".to_owned() } else { text }
}

/// The roots below a directory that build applications, each once.
fn wired_roots<'r>(request: &Request<'r>, overlay: &Path) -> Vec<&'r Root> {
    let below = request.repository.roots().iter().filter(|root| root.directory.starts_with(overlay));
    let mut below: Vec<_> = below.filter(|root| is_application(request, &root.directory)).collect();
    let directories: BTreeSet<_> =
        below.iter().map(|root| request.repository.directory().join(&root.directory)).collect();
    let builds_another = |root: &&Root| {
        let own = request.repository.directory().join(&root.directory);
        let closure = request.repository.closure(root);
        closure.iter().map(|one| one.directory()).any(|directory| directory != own && directories.contains(directory))
    };
    below.retain(|root| !builds_another(root));
    below
}

/// Whether a kustomization builds something for a cluster, and not only objects of Argo CD itself or configs of functions.
fn is_application(request: &Request<'_>, directory: &Path) -> bool {
    let root = Root { directory: directory.to_owned(), applications: Vec::new() };
    let closure = request.repository.closure(&root);
    let mut files = closure.iter().flat_map(|kustomization| kustomization.files().map(|(_, file)| file)).peekable();
    if files.peek().is_none() {
        return closure.iter().any(|kustomization| !kustomization.names.is_empty());
    }
    files.any(|file| !request.survey.of_tools.contains(file))
}

/// The directories around applications: the parents of what gets the functions, or these themselves where each has a parent of its
/// own.
fn candidates(request: &Request<'_>) -> Vec<PathBuf> {
    let places = places(request, Path::new(""));
    let parents: BTreeSet<_> = places.iter().filter_map(|place| place.directory.parent().map(Path::to_owned)).collect();
    if parents.len() > 1 {
        return parents.into_iter().collect();
    }
    places.into_iter().map(|place| place.directory).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file and directory below a directory, with the texts of files.
    fn contents(directory: &Path) -> BTreeMap<PathBuf, Option<String>> {
        let mut open = vec![directory.to_owned()];
        let mut found = BTreeMap::new();
        while let Some(path) = open.pop() {
            if path.is_dir() {
                let entries = std::fs::read_dir(&path).expect("it can be listed");
                open.extend(entries.map(|entry| entry.expect("it can be listed").path()));
            }
            found.insert(path.clone(), std::fs::read_to_string(path).ok());
        }
        found
    }

    fn plan(directory: &Path, last: &str) -> Plan {
        let wiring = |file: &str| Wiring {
            file: directory.join(file),
            entry: "../t".to_owned(),
            wired: Ok("transformers: [../t]\n".to_owned()),
        };
        Plan {
            directory: directory.to_owned(),
            files: vec![Written { path: PathBuf::from("t/runtime/kustomization.yaml"), text: "a: b\n".to_owned() }],
            wirings: vec![wiring("one.yaml"), wiring(last)],
            refused: Vec::new(),
            choice: Vec::new(),
            candidates: Vec::new(),
        }
    }

    #[test]
    fn everything_is_written_or_nothing() {
        let scratch = tempfile::tempdir().expect("a temporary directory can be made");
        let directory = scratch.path();
        for file in ["one.yaml", "two.yaml"] {
            std::fs::write(directory.join(file), "resources: []\n").expect("it can be written");
        }
        std::fs::create_dir(directory.join("no-file")).expect("it can be made");
        let before = contents(directory);
        let error = plan(directory, "no-file").write(true).expect_err("a directory cannot be wired");
        assert!(error.contains("no-file cannot be written: "), "{error}");
        assert_eq!(contents(directory), before);
        plan(directory, "two.yaml").write(true).expect("all can be written");
        let wired = Some("transformers: [../t]\n".to_owned());
        let after = contents(directory);
        assert_eq!((&after[&directory.join("one.yaml")], &after[&directory.join("two.yaml")]), (&wired, &wired));
        assert_eq!(after.len(), before.len() + 3);
    }
}
