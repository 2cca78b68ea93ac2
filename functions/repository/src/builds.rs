//! Builds of many roots: several at once, each confined, told in their order.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use krm::finding::Report;
use krm::resource_list::Resources;

use crate::adaptation::{Adaptation, ENABLE_EXEC};
use crate::built::Built;
use crate::confinement;
use crate::copy::Copy;
use crate::findings;
use crate::home::{Functions, Home};
use crate::kustomize::{self, Kustomize, Output, Request};
use crate::programs::on_path;
use crate::repository::Repository;
use crate::root::Root;
use crate::scratch::scratch;
use crate::skippable::{Skippable, skippable};
use crate::sources::Sources;
use crate::types;
use crate::wiring::Wiring;

/// What comes of manifests that are given to functions in this process.
#[derive(Debug, Clone)]
pub struct Adapted {
    /// The manifests, or why there are none.
    pub manifests: Result<String, String>,
    /// What the functions found, in their order.
    pub findings: Vec<Report>,
}

/// Gives manifests to functions in this process.
pub type Adapt<'a> = dyn Fn(String) -> Adapted + Sync + 'a;

/// How roots are built.
#[derive(Default)]
pub struct Options<'o> {
    /// What builds; the kustomize or kubectl on `PATH` if not given.
    pub kustomize: Option<Kustomize>,
    /// Whether the manifests without the work of the functions are wanted too.
    pub with_before: bool,
    /// What is done with what kustomize prints of the roots that wire no function.
    pub adapt: Option<&'o Adapt<'o>>,
    /// Programs that builds may start besides kustomize and the functions, by name or path. helm is one for roots with charts.
    pub allowed: Vec<PathBuf>,
    /// Whether builds may start every program and write every file: only where the repository is trusted.
    pub is_unconfined: bool,
    /// How long a build may take.
    pub time_limit: Option<Duration>,
    /// Further arguments of kustomize.
    pub arguments: Vec<OsString>,
    /// How many builds run at once; as many as there are processors if not given.
    pub jobs: Option<NonZeroUsize>,
}

/// Builds the roots of a repository.
pub struct Builder<'b> {
    repository: &'b Repository,
    kustomize: Kustomize,
    as_wired: Home,
    passing: Option<Home>,
    options: Options<'b>,
    sources: Sources,
}

impl<'b> Builder<'b> {
    /// Makes ready to build the roots of a repository.
    ///
    /// # Errors
    /// There is no kustomize, or a program that is allowed is not there.
    pub fn new(repository: &'b Repository, functions: &Functions, options: Options<'b>) -> Result<Self, String> {
        let kustomize = options.kustomize.clone().map_or_else(Kustomize::find, Ok)?;
        let as_wired = Home::as_wired(functions)?;
        let runs_as_wired = options.adapt.is_none() || repository.roots().iter().any(|root| repository.is_wired(root));
        let needs_passing = options.with_before && runs_as_wired;
        let passing = needs_passing.then(|| Home::passing(functions)).transpose()?;
        kustomize.starts(&as_wired, &options.allowed)?;
        Ok(Self { repository, kustomize, as_wired, passing, options, sources: Sources::default() })
    }

    /// The kustomize that builds.
    pub fn kustomize(&self) -> &Kustomize {
        &self.kustomize
    }

    /// Builds roots, several at once. `on_done` is told each root whose build is over, in any order and from any thread;
    /// `on_built` gets what came of each, in the order of `roots` and from this thread. At no time are there many more
    /// manifests than builds run at once.
    pub fn build_all(&self, roots: &[Root], on_done: impl Fn(&Root) + Sync, mut on_built: impl FnMut(Built)) {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let jobs = self.options.jobs.unwrap_or(cores).get().min(roots.len());
        let queue = Queue::new(roots.len(), jobs);
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while let Some(index) = queue.next() {
                        let built = self.build(&roots[index]);
                        on_done(&roots[index]);
                        queue.put(index, built);
                    }
                });
            }
            while let Some(built) = queue.take() {
                on_built(built);
            }
        });
    }

    /// Builds a root. Whatever fails is reported in what comes of it.
    pub fn build(&self, root: &Root) -> Built {
        let mut left = Left::default();
        let mut before = None;
        let manifests = self.try_build(root, &mut before, &mut left);
        self.sources.locate(self.repository, root, &mut left.findings);
        Built {
            root: root.clone(),
            before,
            manifests,
            adaptation: self.adaptation(root, left.has_trace),
            skippable: self.skippable(root),
            findings: left.findings,
        }
    }

    /// What is done with what kustomize prints of a root. Where functions are wired, others must not run on what they made.
    fn adapt(&self, root: &Root) -> Option<&'b Adapt<'b>> {
        self.options.adapt.filter(|_| !self.repository.is_wired(root))
    }

    fn adaptation(&self, root: &Root, left_trace: bool) -> Adaptation {
        match self.adapt(root) {
            Some(_) => Adaptation::Ran,
            // These builds run programs, too.
            None => Adaptation::of(self.repository, root, left_trace, &[ENABLE_EXEC.into()]),
        }
    }

    /// Gives findings about the build of a root the files that their objects come from, as [`Builder::build`] does.
    pub fn locate(&self, root: &Root, findings: &mut [Report]) {
        self.sources.locate(self.repository, root, findings);
    }

    /// The functions of a root that hosts without `--enable-exec` skip in silence.
    fn skippable(&self, root: &Root) -> Vec<Skippable> {
        let closure = self.repository.closure(root);
        let wiring = Wiring::of(&closure);
        if wiring.programs.is_none() {
            return Vec::new();
        }
        let Ok(scratch) = scratch("build") else { return Vec::new() };
        let mut found = skippable(&closure, |directory| {
            let build = OneBuild { builder: self, directory, wiring: Wiring::default(), scratch: scratch.path() };
            build.run(&self.as_wired, &mut Left::default()).ok()
        });
        for one in &mut found {
            one.file = self.sources.file_of_config(self.repository, root, &one.config());
        }
        found
    }

    fn try_build(&self, root: &Root, before: &mut Option<String>, left: &mut Left) -> Result<String, String> {
        let directory = self.repository.directory().join(&root.directory);
        types::check(&directory)?;
        let wiring = Wiring::of(&self.repository.closure(root));
        if wiring.programs.is_some() && self.kustomize.is_kubectl() {
            return Err(
                "functions are wired as programs (`exec`), which kubectl skips in silence; install kustomize, or \
                        wire them as plugins"
                    .to_owned(),
            );
        }
        let scratch = scratch("build")?;
        let copy = wiring
            .fetches_charts
            .then(|| Copy::around(self.repository.directory(), &scratch.path().join("repository")));
        let copy = copy.transpose()?;
        let place = copy.as_ref().map_or_else(|| directory.clone(), |copy| copy.of(&directory));
        let build = OneBuild { builder: self, directory: &place, wiring, scratch: scratch.path() };
        let told = |reason: String| copy.as_ref().map_or_else(|| reason.clone(), |copy| copy.told(&reason));
        let manifests = build.run(&self.as_wired, left).map_err(told);
        let adapt = self.adapt(root);
        if let Some(passing) = self.passing.as_ref().filter(|_| adapt.is_none()) {
            *before = build.run(passing, &mut Left::default()).ok();
        }
        let manifests = manifests?;
        let Some(adapt) = adapt else { return Ok(manifests) };
        if self.options.with_before {
            *before = Some(manifests.clone());
        }
        let adapted = adapt(manifests);
        left.findings.extend(adapted.findings);
        adapted.manifests
    }
}

/// What the functions of a build left besides manifests.
#[derive(Default)]
struct Left {
    findings: Vec<Report>,
    /// Whether there is the file of findings, which every function makes that does not run in a container.
    has_trace: bool,
}

/// The build of one root.
struct OneBuild<'b> {
    builder: &'b Builder<'b>,
    directory: &'b Path,
    wiring: Wiring,
    scratch: &'b Path,
}

impl OneBuild<'_> {
    /// Builds with the functions of a home, in a thread of its own: what the kernel refuses a thread it refuses for good.
    fn run(&self, home: &Home, left: &mut Left) -> Result<String, String> {
        let file = self.scratch.join("findings.jsonl");
        let (programs, output) = std::thread::scope(|scope| {
            let build = scope.spawn(|| self.output(home, &file));
            build.join().unwrap_or_else(|_| Err("internal error in the build".to_owned()))
        })?;
        left.has_trace |= file.exists();
        let found = findings::reports(&file)?;
        let Output { manifests, stderr } = output;
        let manifests = manifests.ok_or_else(|| kustomize::failure(&stderr, &programs, &found));
        // The next build of this root has findings of its own.
        let _ = std::fs::remove_file(&file);
        left.findings.extend(found);
        with_an_object(manifests?)
    }

    fn output(&self, home: &Home, findings: &Path) -> Result<(Vec<PathBuf>, Output), String> {
        let Builder { kustomize, options, .. } = self.builder;
        let helm = self.wiring.has_charts.then(|| on_path("helm")).flatten();
        let allowed: Vec<PathBuf> = options.allowed.iter().cloned().chain(helm).collect();
        let programs = kustomize.starts(home, &allowed)?;
        if !options.is_unconfined {
            confinement::confine(&programs, Some(self.scratch))?;
        }
        let exec = self.wiring.programs.is_some().then(|| OsString::from(ENABLE_EXEC));
        let arguments: Vec<OsString> = exec.into_iter().chain(options.arguments.iter().cloned()).collect();
        let output = kustomize.build(&Request {
            directory: self.directory,
            arguments: &arguments,
            home,
            findings,
            scratch: Some(self.scratch),
            time_limit: options.time_limit,
        })?;
        Ok((programs, output))
    }
}

/// What kustomize printed, unless there is no object in it.
///
/// # Errors
/// There is none: hosts delete what a build does not name.
pub fn with_an_object(manifests: String) -> Result<String, String> {
    let resources = Resources::from_streams(vec![(None, manifests.clone())])
        .map_err(|_| "what kustomize printed is not YAML; give it no argument that changes its output")?;
    match resources.iter().next() {
        Some(_) => Ok(manifests),
        None => {
            Err("the build has no object, and hosts delete what a build does not name; list what it is to have under \
                     `resources:` of the kustomization, and leave out --output"
                .to_owned())
        }
    }
}

/// Hands out numbers of builds and takes in what comes of them, so that it comes out in order.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    count: usize,
    /// How far builds may run ahead of what was taken.
    ahead: usize,
}

#[derive(Default)]
struct State {
    next: usize,
    taken: usize,
    waiting: BTreeMap<usize, Built>,
}

impl Queue {
    fn new(count: usize, jobs: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), count, ahead: jobs * 2 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a condition on the state holds.
    fn when(&self, holds: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waited = self.changed.wait_while(self.state(), |state| !holds(state));
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the next build; none if all are handed out.
    fn next(&self) -> Option<usize> {
        let mut state = self.when(|state| state.next == self.count || state.next < state.taken + self.ahead);
        let index = state.next;
        (index < self.count).then(|| {
            state.next += 1;
            index
        })
    }

    fn put(&self, index: usize, built: Built) {
        self.state().waiting.insert(index, built);
        self.changed.notify_all();
    }

    /// What came of the next build in order; none if all were taken.
    fn take(&self) -> Option<Built> {
        let mut state = self.when(|state| state.taken == self.count || state.waiting.contains_key(&state.taken));
        let taken = state.taken;
        let built = state.waiting.remove(&taken)?;
        state.taken += 1;
        self.changed.notify_all();
        Some(built)
    }
}
