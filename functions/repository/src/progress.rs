//! How far builds are, on a terminal.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::root::Root;

/// A bar on standard error, if that is a terminal; else nothing.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for this number of builds.
    pub fn of(builds: usize) -> Self {
        let target = if stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(builds as u64), target);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} built, {eta} left  {wide_msg}");
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// A build is over.
    pub fn done(&self, root: &Root) {
        self.0.set_message(root.directory.display().to_string());
        self.0.inc(1);
    }

    /// Does something that writes, while the bar is away.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
