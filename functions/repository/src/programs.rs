//! Programs of the machine: where they are, and how they are run.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

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

/// What a program prints, which gets no input and is ended once it has run for too long.
///
/// # Errors
/// It cannot be started, or has run for too long.
pub(crate) fn output_within(command: &mut Command, limit: Option<Duration>) -> io::Result<Output> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (sender, receiver) = channel();
    let stdout = child.stdout.take().map(|pipe| read(pipe, sender.clone()));
    let stderr = child.stderr.take().map(|pipe| read(pipe, sender));
    let status = wait(&mut child, &receiver, limit)?;
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
fn wait(child: &mut Child, pipes: &Receiver<()>, limit: Option<Duration>) -> io::Result<ExitStatus> {
    let start = Instant::now();
    let ended = match limit {
        Some(limit) => pipes.recv_timeout(limit.saturating_sub(start.elapsed())),
        None => pipes.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    if let (Err(RecvTimeoutError::Timeout), Some(limit)) = (ended, limit) {
        child.kill()?;
        child.wait()?;
        let message =
            format!("took longer than {} seconds, and was ended; give it more by --time-limit", limit.as_secs());
        return Err(io::Error::new(io::ErrorKind::TimedOut, message));
    }
    child.wait()
}

#[cfg(test)]
mod tests {
    use super::*;

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
