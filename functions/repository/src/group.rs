//! Programs together with all that they start. Each is the first of a process group of its own, so that one signal ends
//! kustomize and its plugins.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The signals that end a program. The terminal does not send them to other groups than that of this program.
const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];

/// A program that runs, and what it started.
pub(crate) struct Group {
    child: Child,
    id: Pid,
}

impl Group {
    /// Starts a program.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        pass_signals_on();
        // Held meanwhile, so that no signal comes between.
        let mut running = running();
        let child = command.process_group(0).spawn()?;
        let id = Pid::from_child(&child);
        running.insert(id.as_raw_nonzero().get());
        Ok(Self { child, id })
    }

    /// What it prints.
    pub(crate) fn pipes(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Asks all of them to end.
    pub(crate) fn ask_to_end(&self) {
        self.send(Signal::TERM);
    }

    /// Ends all of them.
    ///
    /// # Errors
    /// The first one cannot be waited for.
    pub(crate) fn end(self) -> io::Result<ExitStatus> {
        self.send(Signal::KILL);
        self.wait()
    }

    /// Waits until the first one is over.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub(crate) fn wait(mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    fn send(&self, signal: Signal) {
        // The group may be gone.
        let _ = kill_process_group(self.id, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        running().remove(&self.id.as_raw_nonzero().get());
    }
}

/// The groups that run now.
fn running() -> MutexGuard<'static, BTreeSet<i32>> {
    static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has signals that end this program end the groups too.
fn pass_signals_on() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        // Without it, builds that run go on when this program is ended.
        let Ok(mut signals) = Signals::new(ENDING) else { return };
        std::thread::spawn(move || {
            for signal in signals.forever() {
                for id in running().iter().filter_map(|id| Pid::from_raw(*id)) {
                    let _ = kill_process_group(id, Signal::TERM);
                }
                let _ = emulate_default_handler(signal);
            }
        });
    });
}
