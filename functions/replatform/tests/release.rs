//! The scripts of a release, as far as they do not need its programs: the install script against a server on this machine, and
//! what refuses a wrong release. `make release-dry-run` tries all of them together.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest as _, Sha256};

const PROGRAM: &str = env!("CARGO_BIN_EXE_replatform");
const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("release").join(name)
}

/// A new directory of its own.
fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory can be made");
    directory
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Where the install script downloads from: the files of a directory, by HTTP.
struct Downloads {
    address: String,
    files: PathBuf,
}

impl Downloads {
    /// A release for this machine, with this archive.
    fn new(name: &str, archive: &Path) -> Self {
        let files = directory(name);
        fs::create_dir(files.join(VERSION)).expect("a directory can be made");
        let downloads = Self { address: Self::serve(files.clone()), files };
        fs::copy(archive, downloads.archive()).expect("it can be copied");
        downloads.list();
        downloads
    }

    fn serve(files: PathBuf) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream, &files);
            }
        });
        format!("http://{address}")
    }

    fn archive(&self) -> PathBuf {
        self.files.join(VERSION).join(archive_name())
    }

    /// Writes the checksums of what is there.
    fn list(&self) {
        let bytes = fs::read(self.archive()).expect("the archive was just made");
        let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let name = archive_name();
        let list = format!("{}  other.tar.gz\n{digest}  {name}\n", "0".repeat(64));
        fs::write(self.archive().with_file_name("SHA256SUMS"), list).expect("a file can be written");
    }

    /// Runs the install script.
    fn install(&self, arguments: &[&str], to: &Path) -> Output {
        let mut install = Command::new("sh");
        install.arg(script("install.sh")).arg("--to").arg(to).args(arguments);
        run(install.env("REPLATFORM_DOWNLOADS", &self.address))
    }
}

/// The archive as the scripts of a release make it, but without what a debugger reads: the program of a test is large.
fn archive() -> PathBuf {
    let made = directory("archive");
    let notices = made.join("notices");
    fs::write(&notices, "licences of others\n").expect("a file can be written");
    let program = made.join("replatform");
    let stripped = run(Command::new("strip").arg("-o").args([&program, Path::new(PROGRAM)]));
    assert!(stripped.status.success(), "{}", said(&stripped));
    let mut archive = Command::new(script("archive"));
    archive.arg(platform()).args([&program, &program, &notices, &made]);
    let output = run(archive.env("SOURCE_DATE_EPOCH", "0"));
    assert!(output.status.success(), "{}", said(&output));
    made.join(archive_name())
}

/// An archive whose program does not run, for what is refused.
fn broken_archive(name: &str) -> PathBuf {
    let parts = directory(name);
    fs::write(parts.join("replatform"), "no program\n").expect("a file can be written");
    let archive = parts.join(archive_name());
    let tar = run(Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(&parts).arg("./replatform"));
    assert!(tar.status.success(), "{}", said(&tar));
    archive
}

fn archive_name() -> String {
    format!("replatform-{VERSION}-{}.tar.gz", platform())
}

/// Answers one request.
fn answer(stream: TcpStream, files: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let mut stream = reader.into_inner();
    match fs::read(files.join(path)) {
        Ok(bytes) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len())?;
            stream.write_all(&bytes)
        }
        Err(_) => write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    }
}

/// The platform of this machine, as a release names it.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    format!("{system}-{machine}")
}

/// Whether the install script can download. What is left out is reported at the end of `make test`.
fn can_download() -> bool {
    let needs = run(Command::new(root().join("kustomize-tests/tools/needs")).args(["curl", "release"]));
    assert_ne!(needs.status.code(), Some(2), "{}", said(&needs));
    needs.status.success()
}

#[test]
fn the_install_script_installs_a_release_that_is_whole() {
    if !can_download() {
        return;
    }
    let (downloads, to) = (Downloads::new("whole", &archive()), directory("whole-installed").join("bin"));
    for arguments in [&[][..], &["--version", VERSION], &["--version", &VERSION[1..]]] {
        let output = downloads.install(arguments, &to);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(&format!("add {} to PATH", to.display())), "{}", said(&output));
        let installed = run(Command::new(to.join("replatform")).arg("--version"));
        assert_eq!(said(&installed).trim(), format!("replatform {}", &VERSION[1..]));
        let left: Vec<_> = fs::read_dir(&to).expect("it is there").flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["replatform"]);
    }
}

#[test]
fn the_install_script_refuses_what_is_not_the_release() {
    if !can_download() {
        return;
    }
    let downloads = Downloads::new("tampered", &broken_archive("tampered-parts"));
    let to = directory("tampered-installed").join("bin");
    let refused = |arguments: &[&str], reason: &str| {
        let output = downloads.install(arguments, &to);
        assert!(!output.status.success() && said(&output).contains(reason), "{reason}: {}", said(&output));
        assert!(!to.exists(), "something was installed: {reason}");
    };
    refused(&["--version", "v99.0.0"], "cannot be downloaded");
    refused(&["--directory", "x"], "is no option");
    refused(&["--version"], "needs a value");

    let whole = fs::read(downloads.archive()).expect("the archive is there");
    fs::write(downloads.archive(), [&whole[..], b"x"].concat()).expect("it can be written");
    refused(&[], "nothing was installed");
    fs::write(downloads.archive(), &whole[..whole.len() / 2]).expect("it can be written");
    refused(&[], "nothing was installed");
    fs::remove_file(downloads.archive()).expect("it can be removed");
    refused(&[], "cannot be downloaded");
    fs::write(downloads.archive().with_file_name("SHA256SUMS"), "").expect("it can be written");
    refused(&[], "has no program for");
}

/// A program that cannot run here is reported before it takes the place of one that can.
#[test]
fn the_install_script_keeps_what_works() {
    if !can_download() {
        return;
    }
    let downloads = Downloads::new("broken", &broken_archive("broken-parts"));
    let to = directory("broken-installed");
    fs::write(to.join("replatform"), "the former one").expect("a file can be written");
    let output = downloads.install(&[], &to);
    assert!(!output.status.success() && said(&output).contains("does not run on this machine"), "{}", said(&output));
    assert_eq!(fs::read_to_string(to.join("replatform")).ok().as_deref(), Some("the former one"));
}

/// The tags of an image: what floats moves forward only, before 1.0 by minor version, and never for a pre-release.
#[test]
fn image_tags_move_forward_only() {
    for (version, released, tags) in [
        ("0.1.0", "", "v0.1.0 v0.1"),
        ("0.2.1", "v0.1.0\nv0.2.0\n", "v0.2.1 v0.2"),
        ("1.0.0", "v0.9.9\nv1.0.0-rc.1\n", "v1.0.0 v1.0 v1"),
        ("1.2.1", "v1.2.0\nv1.3.0\n", "v1.2.1 v1.2"),
        ("1.2.0", "v1.2.1\n", "v1.2.0"),
        ("1.4.0", "v1.3.9\nv2.0.0\nv1.4.0\n", "v1.4.0 v1.4 v1"),
        ("1.10.0", "v1.9.0\n", "v1.10.0 v1.10 v1"),
        ("2.0.0-rc.1", "v1.0.0\n", "v2.0.0-rc.1"),
    ] {
        let released_file = directory("image-tags").join("released");
        fs::write(&released_file, released).expect("a file can be written");
        let input = fs::File::open(&released_file).expect("it was just written");
        let output = run(Command::new(script("image-tags")).arg(version).stdin(input));
        assert_eq!(
            said(&output).split_whitespace().collect::<Vec<_>>().join(" "),
            tags,
            "{version} after {released:?}"
        );
    }
}

/// A copy of what `prepare` and `check` read.
fn copy(name: &str, changelog: &str) -> PathBuf {
    let copy = directory(name);
    fs::create_dir_all(copy.join("functions/replatform")).expect("a directory can be made");
    for part in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(root().join(part), copy.join(part)).expect("it can be copied");
    }
    let release = run(Command::new("cp").arg("-a").arg(script("")).arg(copy.join("functions/replatform/release")));
    assert!(release.status.success(), "{}", said(&release));
    fs::write(copy.join("CHANGELOG.md"), changelog).expect("it can be written");
    fs::copy(root().join("README.md"), copy.join("README.md")).expect("it can be copied");
    let git = run(Command::new("git").args(["init", "--quiet"]).current_dir(&copy));
    assert!(git.status.success(), "{}", said(&git));
    copy
}

fn has_git() -> bool {
    run(Command::new(root().join("kustomize-tests/tools/needs")).args(["git", "release"])).status.success()
}

#[test]
fn a_release_is_prepared_and_checked() {
    if !has_git() {
        return;
    }
    let copy = copy("prepared", "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- One thing.\n");
    let release = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(copy.join("functions/replatform/release").join(name));
        run(command.args(arguments).current_dir(&copy).env_remove("GITHUB_REPOSITORY"))
    };
    let refused = |name: &str, arguments: &[&str], reason: &str| {
        let output = release(name, arguments);
        assert!(!output.status.success() && said(&output).contains(reason), "{reason}: {}", said(&output));
    };
    refused("check", &[VERSION], "the newest version in CHANGELOG.md is `none`");
    refused("prepare", &["7.8"], "must be X.Y.Z");
    let prepared = release("prepare", &["7.8.9", "2001-02-03"]);
    assert!(prepared.status.success(), "{}", said(&prepared));

    let read = |file: &str| fs::read_to_string(copy.join(file)).expect("it is there");
    assert_eq!(
        read("CHANGELOG.md"),
        "# Changelog\n\n## [Unreleased]\n\n## [7.8.9] - 2001-02-03\n\n### Added\n\n- One thing.\n"
    );
    assert!(!read("README.md").contains("No release is published"));
    assert!(read("README.md").contains("/replatform/replatform:v7.8.9`"), "{}", read("README.md"));
    assert!(read("Cargo.toml").contains("\nversion = \"7.8.9\"\n"));
    assert!(read("Cargo.lock").contains("name = \"replatform\"\nversion = \"7.8.9\"\n"));
    assert!(read("functions/replatform/release/install.sh").contains("\nversion=v7.8.9\n"));
    let checked = release("check", &["v7.8.9"]);
    assert!(checked.status.success(), "{}", said(&checked));
    let notes = said(&release("notes", &[]));
    assert!(notes.starts_with("### Added\n\n- One thing.\n\n## Install\n"), "{notes}");

    refused("check", &["v7.8.8"], "the tag must be `v7.8.9`");
    refused("check", &["7.8.9"], "the tag must be `v7.8.9`");
    refused("prepare", &["7.8.9"], "CHANGELOG.md has 7.8.9 already");
    refused("prepare", &["7.9.0"], "has no changes under `## [Unreleased]`");
    let elsewhere = run(Command::new(copy.join("functions/replatform/release/check"))
        .arg("v7.8.9")
        .env("GITHUB_REPOSITORY", "other/replatform"));
    assert!(
        !elsewhere.status.success() && said(&elsewhere).contains("set `repository` in Cargo.toml"),
        "{}",
        said(&elsewhere)
    );
    // In two parts, since this file is held to the same rule.
    let image = ["ghcr.io/other", "/replatform/route-to-ingress"].concat();
    fs::write(copy.join("README.md"), &image).expect("it can be written");
    refused("check", &["v7.8.9"], &format!("README.md:1: is `{image}`"));
    let changed = read("CHANGELOG.md").replace("## [Unreleased]\n", "## [Unreleased]\n\n- Later.\n");
    fs::write(copy.join("CHANGELOG.md"), changed).expect("it can be written");
    refused("check", &["v7.8.9"], "has changes under `## [Unreleased]`");
}

#[test]
fn every_address_is_that_of_the_repository() {
    if !has_git() {
        return;
    }
    let output = run(&mut Command::new(script("addresses")));
    assert!(output.status.success(), "{}", said(&output));
}

/// Renovate finds every version that it is to update, here and in a repository of users.
#[test]
fn renovate_finds_what_is_pinned() {
    if !has_git() {
        return;
    }
    let output = run(&mut Command::new(script("renovate")));
    assert!(output.status.success(), "{}", said(&output));
}

/// Editors take a schema by an address that does not change.
#[test]
fn schemas_say_where_they_are_published() {
    let published = directory("schemas");
    let output = run(Command::new(script("schemas")).arg("https://example.com/v1").arg(&published));
    assert!(output.status.success(), "{}", said(&output));
    for program in replatform::FUNCTIONS {
        let file = published.join(format!("{}.schema.json", program.name()));
        let schema: serde_json::Value =
            serde_json::from_slice(&fs::read(&file).expect("it was written")).expect("it is JSON");
        assert_eq!(schema["$id"], format!("https://example.com/v1/{}.schema.json", program.name()));
        assert_eq!(schema["title"], program.kind());
    }
}
