//! Programs of the machine: where they are, and how they are run.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::group::Group;

/// How long programs that are asked to end may take.
const GRACE: Duration = Duration::from_secs(2);

/// A program that is found on `PATH`.
pub(crate) fn on_path(program: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let candidates = std::env::split_paths(&path).map(|directory| directory.join(program.as_ref()));
    candidates.into_iter().find(|candidate| is_program(candidate))
}

/// Whether a file can be run.
pub(crate) fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// What a program prints, which gets no input and is ended once it has run for too long, with all that it started.
///
/// # Errors
/// It cannot be started, or has run for too long.
pub(crate) fn output_within(command: &mut Command, limit: Option<Duration>) -> io::Result<Output> {
    let mut group = Group::start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let (sender, receiver) = channel();
    let (stdout, stderr) = group.pipes();
    let stdout = stdout.map(|pipe| read(pipe, sender.clone()));
    let stderr = stderr.map(|pipe| read(pipe, sender));
    let status = wait(group, &receiver, limit)?;
    let joined = |reader: Option<std::thread::JoinHandle<io::Result<Vec<u8>>>>| {
        reader
            .map_or_else(|| Ok(Vec::new()), |reader| reader.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())))
    };
    Ok(Output { status, stdout: joined(stdout)?, stderr: joined(stderr)? })
}

/// Reads a pipe to its end, and drops the sender then.
fn read(mut pipe: impl Read + Send + 'static, sender: Sender<()>) -> std::thread::JoinHandle<io::Result<Vec<u8>>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.read_to_end(&mut bytes);
        drop(sender);
        read.map(|_| bytes)
    })
}

/// Waits until both pipes are at their end. The process is not waited for before, so its id means it and no other.
fn wait(group: Group, pipes: &Receiver<()>, limit: Option<Duration>) -> io::Result<ExitStatus> {
    let ended = match limit {
        Some(limit) => pipes.recv_timeout(limit),
        None => pipes.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    if let (Err(RecvTimeoutError::Timeout), Some(limit)) = (ended, limit) {
        // docker takes its container down, which it cannot when it is killed.
        group.ask_to_end();
        let _ = pipes.recv_timeout(GRACE);
        group.end()?;
        let message =
            format!("took longer than {} seconds, and was ended; give it more by --time-limit", limit.as_secs());
        return Err(io::Error::new(io::ErrorKind::TimedOut, message));
    }
    group.wait()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Whether the process whose id is in a file runs. A zombie does not.
    fn runs(file: &Path) -> bool {
        let id = std::fs::read_to_string(file).expect("the program wrote its id");
        let status = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
        status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
    }

    #[test]
    fn what_a_program_started_is_ended_with_it() {
        let scratch = tempfile::tempdir().expect("a temporary directory can be made");
        let file = scratch.path().join("id");
        // Kept from the first signal, and with the pipes of the program.
        let plugin = format!("trap '' TERM; echo $$ > {}; while :; do sleep 0.1; done", file.display());
        for start in ["sh -c \"$0\" & wait", "sh -c \"$0\" & exit 0"] {
            let mut kustomize = Command::new("sh");
            kustomize.args(["-c", start, &plugin]);
            let error = output_within(&mut kustomize, Some(Duration::from_millis(500))).expect_err("it takes too long");
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            let start = Instant::now();
            while runs(&file) {
                assert!(start.elapsed() < Duration::from_secs(20), "the plugin still runs");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    #[test]
    fn a_program_says_what_it_says_and_is_ended_in_time() {
        let mut fast = Command::new("sh");
        fast.args(["-c", "echo out; echo err >&2; exit 3"]);
        let output = output_within(&mut fast, Some(Duration::from_secs(60))).expect("it runs");
        assert_eq!(
            (output.status.code(), &output.stdout[..], &output.stderr[..]),
            (Some(3), &b"out\n"[..], &b"err\n"[..])
        );
        let start = Instant::now();
        let mut slow = Command::new("sleep");
        let error = output_within(slow.arg("60"), Some(Duration::from_millis(50))).expect_err("it takes too long");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
