//! Revisions and branches of a git repository, by the git of the machine. Neither its work tree, its index nor HEAD is
//! touched.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::record::{MARK, Record, in_the_way};
use crate::scratch::scratch;
use crate::update::Update;

/// A git repository, seen from a directory in its work tree.
#[derive(Debug)]
pub struct Git {
    directory: PathBuf,
    git_directory: PathBuf,
    /// The directory from the top of the work tree.
    prefix: PathBuf,
}

/// A commit that is to be made.
#[derive(Debug)]
pub struct NewCommit<'c> {
    /// Who it is by, `Name <mail@example.com>`; the identity that git knows if not given.
    pub author: Option<&'c str>,
    /// What it says.
    pub message: &'c str,
    /// What becomes of the files of the branch.
    pub update: &'c Update<'c>,
}

/// Where a branch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    name: String,
    /// The commit that the branch of this repository is at.
    own: Option<String>,
    /// The commit that a new one follows: its own, else that of the only remote with such a branch.
    parent: Option<String>,
}

impl Git {
    /// The repository around a directory.
    ///
    /// # Errors
    /// There is none, or no git.
    pub fn around(directory: &Path) -> Result<Self, String> {
        let ask = |question| {
            let mut command = Command::new("git");
            command.arg("-C").arg(directory).args(["rev-parse", question]);
            run(&mut command, &[]).map(|answer| PathBuf::from(answer.trim_end_matches('\n')))
        };
        Ok(Self {
            directory: directory.to_owned(),
            git_directory: ask("--absolute-git-dir")?,
            prefix: ask("--show-prefix")?,
        })
    }

    /// The directory from the top of the work tree; `.` for that.
    pub fn start(&self) -> &str {
        let prefix = self.prefix.to_str().unwrap_or_default().trim_end_matches('/');
        if prefix.is_empty() { "." } else { prefix }
    }

    fn command(&self, command: &str) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.directory).arg("--git-dir").arg(&self.git_directory).arg(command);
        git
    }

    /// The id of the commit that a revision names.
    ///
    /// # Errors
    /// There is no such commit here.
    pub fn commit(&self, revision: &str) -> Result<String, String> {
        let name = format!("{revision}^{{commit}}");
        let found = self.ask("rev-parse", &["--verify", "--quiet", "--end-of-options", &name]);
        found.map_err(|_| format!("{revision} names no commit of this repository; fetch it, or name another"))
    }

    /// Whether the work tree differs from its commit: a file that git follows, or a new one among `read`, absolute paths. Other new
    /// files, as what a job writes, change no build.
    ///
    /// # Errors
    /// Git cannot tell.
    pub fn is_changed(&self, read: &BTreeSet<&Path>) -> Result<bool, String> {
        let top = PathBuf::from(self.ask_here("rev-parse", &["--show-toplevel"])?.trim_end_matches('\n'));
        let changes = self.ask_here("status", &["--porcelain", "-z", "--no-renames", "--untracked-files=all"])?;
        let counts = |change: &str| {
            let new = change.strip_prefix("?? ");
            new.is_none_or(|file| read.contains(top.join(file).as_path()))
        };
        Ok(changes.split('\0').filter(|change| !change.is_empty()).any(counts))
    }

    /// What git says in the directory of this repository, where it finds the work tree by itself.
    fn ask_here(&self, command: &str, arguments: &[&str]) -> Result<String, String> {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.directory).arg("--no-optional-locks").arg(command).args(arguments);
        run(&mut git, &[])
    }

    /// Writes the files of a commit into an empty directory; what the directory of this repository is in it. It looks like
    /// the top of a work tree.
    ///
    /// # Errors
    /// No such commit, or a directory that cannot be written.
    pub fn check_out(&self, commit: &str, into: &Path) -> Result<PathBuf, String> {
        self.check_out_all(commit, into)?;
        std::fs::create_dir(into.join(".git"))
            .map_err(|error| format!("{} cannot be written: {error}", into.display()))?;
        Ok(into.join(&self.prefix))
    }

    /// Writes the files of a commit into an empty directory.
    ///
    /// # Errors
    /// No such commit, or a directory that cannot be written.
    pub fn check_out_all(&self, commit: &str, into: &Path) -> Result<(), String> {
        let scratch = scratch("git")?;
        let index = scratch.path().join("index");
        self.with_index("read-tree", &index, &[commit], &[])?;
        let mut command = Command::new("git");
        command.current_dir(into).arg("--git-dir").arg(&self.git_directory).arg("--work-tree").arg(into);
        command.args(["checkout-index", "--all", "--quiet"]).env("GIT_INDEX_FILE", &index);
        run(&mut command, &[]).map(drop)
    }

    /// Looks at a branch to which a commit is to be added.
    ///
    /// # Errors
    /// A name that no branch can have, or a branch that a work tree has checked out.
    pub fn branch(&self, name: &str) -> Result<Branch, String> {
        let reference = format!("refs/heads/{name}");
        self.ask("check-ref-format", &[&reference]).map_err(|_| format!("{name} is no name of a branch"))?;
        let is_checked_out = |line: &str| line == format!("branch {reference}");
        if self.ask("worktree", &["list", "--porcelain"])?.lines().any(is_checked_out) {
            return Err(format!(
                "the branch {name} is checked out in a work tree, whose files would be behind it; name another branch"
            ));
        }
        let own = self.commit(&reference).ok();
        let remote = self.ask("for-each-ref", &["--format=%(objectname)", &format!("refs/remotes/*/{name}")])?;
        let mut remotes = remote.lines().map(str::to_owned);
        let only = remotes.next().filter(|_| remotes.next().is_none());
        Ok(Branch { name: name.to_owned(), parent: own.clone().or(only), own })
    }

    /// What renderings wrote onto a branch; an empty record if there is none.
    ///
    /// # Errors
    /// The tip of the branch cannot be read.
    pub fn record(&self, branch: &Branch) -> Result<Record, String> {
        let Some(tip) = branch.tip() else { return Ok(Record::default()) };
        let there = self.files(tip)?;
        if !there.contains(MARK) {
            return Ok(Record::default());
        }
        let mut record = Record::parse(&self.ask("cat-file", &["blob", &format!("{tip}:{MARK}")])?);
        record.files.retain(|file| there.contains(file));
        Ok(record)
    }

    /// The files of a commit.
    fn files(&self, commit: &str) -> Result<BTreeSet<String>, String> {
        let files = self.ask("ls-tree", &["-r", "-z", "--name-only", commit])?;
        Ok(files.split('\0').filter(|file| !file.is_empty()).map(str::to_owned).collect())
    }

    /// Adds a commit to a branch; its id, or none if nothing has changed. Files of the branch that no rendering wrote stay.
    ///
    /// # Errors
    /// A file that is in the way, no identity, or a branch that has moved meanwhile.
    pub fn add(&self, branch: &Branch, new: &NewCommit<'_>) -> Result<Option<String>, String> {
        let scratch = scratch("git")?;
        let index = scratch.path().join("index");
        let tree = self.write_tree(branch, new.update, &index)?;
        if let Some(parent) = &branch.parent
            && self.ask("rev-parse", &[&format!("{parent}^{{tree}}")])? == tree
        {
            // That of a remote may not be here yet.
            return self.move_to(branch, parent).map(|()| None);
        }
        let commit = self.write_commit(branch, new, &tree)?;
        self.move_to(branch, &commit)?;
        Ok(Some(commit))
    }

    /// Lets a branch name a commit, if it is still where it was.
    fn move_to(&self, branch: &Branch, commit: &str) -> Result<(), String> {
        // A branch that must not be there yet.
        let nothing = "0".repeat(commit.len());
        let own = branch.own.as_deref().unwrap_or(&nothing);
        let reference = format!("refs/heads/{}", branch.name);
        let moved = self.ask("update-ref", &["-m", "replatform hydrate", &reference, commit, own]);
        moved.map(drop).map_err(|reason| {
            format!("the branch {} has moved meanwhile, and nothing was committed: {reason}; run it again", branch.name)
        })
    }

    /// Writes the tree of a branch with an update of it.
    fn write_tree(&self, branch: &Branch, update: &Update<'_>, index: &Path) -> Result<String, String> {
        if let Some(parent) = &branch.parent {
            self.with_index("read-tree", index, &[parent], &[])?;
        }
        self.check(branch, update)?;
        let files = update.rendering.files();
        let paths: String = files.iter().map(|file| format!("{}\n", update.rendering.path(file).display())).collect();
        let hashes = self.write_blobs(&["--stdin-paths"], &paths)?;
        let record = self.write_blobs(&["--stdin"], &update.record.text())?;
        let nothing = "0".repeat(record.trim().len());
        let gone = update.removed().iter().map(|file| format!("0 {nothing}\t{file}\0"));
        let names = files.iter().map(String::as_str).chain([MARK]);
        let added = hashes.lines().chain(record.lines()).zip(names);
        let added = added.map(|(hash, file)| format!("100644 {hash}\t{file}\0"));
        let entries: String = gone.chain(added).collect();
        self.with_index("update-index", index, &["-z", "--index-info"], entries.as_bytes())?;
        Ok(self.with_index("write-tree", index, &[], &[])?.trim().to_owned())
    }

    /// Whether a branch can take an update: git drops a file for a directory of its name, and the other way round.
    ///
    /// # Errors
    /// A file that no rendering wrote would be lost.
    pub fn check(&self, branch: &Branch, update: &Update<'_>) -> Result<(), String> {
        let Some(parent) = branch.tip() else { return Ok(()) };
        let record = self.record(branch)?;
        let there = self.files(parent)?;
        let foreign = there.iter().map(String::as_str).filter(|file| !record.has(file));
        match in_the_way(update.rendering.files(), foreign) {
            Some(file) => Err(format!(
                "the branch {} holds {file}, which no rendering wrote; take it out of the branch, or name another branch",
                branch.name
            )),
            None => Ok(()),
        }
    }

    fn write_blobs(&self, arguments: &[&str], stdin: &str) -> Result<String, String> {
        let mut command = self.command("hash-object");
        run(command.args(["-w", "--no-filters"]).args(arguments), stdin.as_bytes())
    }

    fn write_commit(&self, branch: &Branch, new: &NewCommit<'_>, tree: &str) -> Result<String, String> {
        let mut command = self.command("commit-tree");
        command.arg(tree);
        command.args(branch.parent.iter().flat_map(|parent| ["-p", parent]));
        if let Some(author) = new.author {
            let (name, mail) = identity(author)?;
            command.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_EMAIL", mail);
            // A machine that builds has often no identity of its own.
            if std::env::var_os("GIT_COMMITTER_EMAIL").is_none() && self.ask("config", &["user.email"]).is_err() {
                command.env("GIT_COMMITTER_NAME", name).env("GIT_COMMITTER_EMAIL", mail);
            }
        }
        Ok(run(&mut command, new.message.as_bytes())?.trim().to_owned())
    }

    fn ask(&self, command: &str, arguments: &[&str]) -> Result<String, String> {
        run(self.command(command).args(arguments), &[]).map(|answer| answer.trim_end_matches('\n').to_owned())
    }

    fn with_index(&self, command: &str, index: &Path, arguments: &[&str], stdin: &[u8]) -> Result<String, String> {
        run(self.command(command).args(arguments).env("GIT_INDEX_FILE", index), stdin)
    }
}

impl Branch {
    /// The commit that holds what the branch has now; none if there is none.
    pub fn tip(&self) -> Option<&str> {
        self.parent.as_deref()
    }
}

/// Name and address of an author.
///
/// # Errors
/// Another form than `Name <mail@example.com>`.
pub fn identity(author: &str) -> Result<(&str, &str), String> {
    let parts = author.strip_suffix('>').and_then(|author| author.split_once('<'));
    let parts =
        parts.map(|(name, mail)| (name.trim(), mail)).filter(|(name, mail)| !name.is_empty() && !mail.is_empty());
    parts.ok_or_else(|| format!("the author `{author}` does not have the form `Name <mail@example.com>`"))
}

/// What git prints, given this on standard input.
fn run(command: &mut Command, stdin: &[u8]) -> Result<String, String> {
    let failed = |error| format!("git cannot be run: {error}; install git");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let pipe = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // Git may print before it has read everything.
        scope.spawn(move || pipe.map(|mut pipe| pipe.write_all(stdin)));
        child.wait_with_output()
    })
    .map_err(failed)?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(|_| "git printed what is not UTF-8 text".to_owned());
    }
    let is_command = |word: &str| word.starts_with(|letter: char| letter.is_ascii_lowercase()) && !word.contains('/');
    let name = command.get_args().filter_map(OsStr::to_str).find(|word| is_command(word));
    let reason = String::from_utf8_lossy(&output.stderr);
    Err(format!("git {} failed: {}", name.unwrap_or_default(), reason.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_has_a_name_and_an_address() {
        assert_eq!(identity("A B <a@example.com>"), Ok(("A B", "a@example.com")));
        for author in ["", "A", "<a@example.com>", "A <>", "A <a@example.com> b"] {
            assert!(identity(author).is_err(), "{author}");
        }
    }
}
