//! The documentation site: mdBook builds it, its links lead somewhere, and the commands of its pages print what the
//! pages say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::thread;

use docs::site::Site;
use docs::summary::PAGES;
use kustomize_tests::{Need, Scratch, programs_directory, root, shell, tool};

/// The files of the site, as mdBook writes it.
fn built() -> (Scratch, PathBuf) {
    let scratch = Scratch::new();
    let (sources, site) = (scratch.path().join("src"), scratch.path().join("site"));
    let pages = Site::of(&root().join(""), "https://example.com/replatform").map(|pages| pages.write(&sources));
    pages.expect("the summary is sound").expect("its pages can be written");
    for copied in ["book.toml", "theme"] {
        let copy = Command::new("cp").arg("-R").arg(root().join("docs").join(copied)).arg(scratch.path()).status();
        assert!(copy.is_ok_and(|status| status.success()), "{copied}");
    }
    let mut command = Command::new(tool("mdbook"));
    command.arg("build").arg(scratch.path()).env("MDBOOK_BOOK__SRC", "src").env("MDBOOK_BUILD__BUILD_DIR", "site");
    let output = command.output().expect("mdbook starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !said.contains("WARN") && !said.contains("ERROR"), "{said}");
    (scratch, site)
}

fn pages_below(directory: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(directory).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            pages.extend(pages_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "html") {
            pages.push(path);
        }
    }
    pages
}

/// The values of an attribute. mdBook quotes them all.
fn attributes<'a>(html: &'a str, name: &str) -> BTreeSet<&'a str> {
    html.split(&format!(" {name}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn joined(directory: &Path, path: &str) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in directory.join(path).components() {
        match part {
            Component::ParentDir => _ = joined.pop(),
            other => joined.push(other),
        }
    }
    joined
}

#[test]
fn every_link_of_the_site_leads_to_a_page_and_a_heading() {
    let (_scratch, site) = built();
    let read = |page: &PathBuf| fs::read_to_string(page).expect("mdBook writes text");
    let pages: BTreeMap<_, _> = pages_below(&site).into_iter().map(|page| (page.clone(), read(&page))).collect();
    assert!(pages.len() > 40, "{} pages", pages.len());
    let mut links = 0;
    for (page, html) in &pages {
        // Links of the page for printing are those of the others; those of 404.html begin at the server's root.
        if page.ends_with("print.html") || page.ends_with("404.html") {
            continue;
        }
        let directory = page.parent().expect("a page is in a directory");
        for link in attributes(html, "href").into_iter().chain(attributes(html, "src")) {
            if link.contains(':') {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { joined(directory, path) };
            assert!(target.exists(), "{}: {link}", page.display());
            let is_there = |html: &String| anchor.is_empty() || attributes(html, "id").contains(anchor);
            assert!(pages.get(&target).is_none_or(is_there), "{}: {link} names no heading", page.display());
            links += 1;
        }
    }
    assert!(links > 1000, "{links} links");
}

/// Links into the repository name files of it. Those to `blob/main` and `tree/main` are made by the site.
#[test]
fn links_into_the_repository_name_what_is_there() {
    let mut found = 0;
    let (_scratch, site) = built();
    for page in pages_below(&site) {
        let html = fs::read_to_string(&page).expect("mdBook writes text");
        for link in attributes(&html, "href") {
            let Some((_, path)) = link.split_once("example.com/replatform/") else { continue };
            let path = path.split('#').next().unwrap_or_default();
            let path = path.strip_prefix("blob/main/").or_else(|| path.strip_prefix("tree/main/")).unwrap_or(path);
            assert!(root().join(path).exists(), "{}: {link}", page.display());
            found += 1;
        }
    }
    assert!(found > 100, "{found} links");
}

/// A block of commands, and what the page says that it prints.
#[derive(Debug)]
struct Block {
    commands: String,
    printed: Option<String>,
}

/// The blocks of a page: those of `sh`, each with the block of `text` that follows it.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_next = false;
    let mut parts = page.split("```");
    while let (Some(between), Some(block)) = (parts.next(), parts.next()) {
        let (language, body) = block.split_once('\n').unwrap_or_default();
        match (language, blocks.last_mut()) {
            ("sh", _) => blocks.push(Block { commands: body.to_owned(), printed: None }),
            ("text", Some(last)) if is_next && between.trim().is_empty() => last.printed = Some(body.to_owned()),
            _ => {}
        }
        is_next = language == "sh";
    }
    blocks
}

/// Whether a line is what the page has. `...` within it is any text.
fn is_line(expected: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = expected.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let mut ends = false;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        ends = part.is_empty();
    }
    ends || rest.is_empty()
}

/// Whether the output has these lines in a row. A line `...` is any number of lines.
fn has(printed: &str, expected: &str) -> bool {
    let lines: Vec<_> = printed.lines().collect();
    let mut from = 0;
    expected.split("\n...\n").all(|group| {
        let group: Vec<_> = group.lines().collect();
        let windows = lines[from..].windows(group.len());
        let at = windows.enumerate().find(|(_, lines)| group.iter().zip(*lines).all(|(one, line)| is_line(one, line)));
        at.map(|(at, _)| from += at + group.len()).is_some()
    })
}

/// A directory to try a page in: the examples as a repository of git, or an empty one; with the hosts by their usual names.
fn place(page: &str) -> Scratch {
    let scratch = Scratch::new();
    let is_empty = page.contains("<!-- These commands begin in an empty directory. -->");
    let hosts = scratch.path().join("hosts");
    fs::create_dir(&hosts).expect("it can be made");
    for (name, host) in
        [("kubectl", "kubectl-1.37"), ("helm", "helm"), ("helm-4", "helm-4"), ("kustomize", "kustomize")]
    {
        symlink(tool(host), hosts.join(name)).expect("it can be made");
    }
    let make = if is_empty { "mkdir \"$PLACE\"" } else { "cp -R . \"$PLACE\"" };
    let script = format!(
        "{make}\ncd \"$PLACE\"\ngit init --quiet --initial-branch main\ngit add .\n\
                          git commit --quiet --allow-empty --message 'As it was'"
    );
    let mut command = with_identity(shell(&script, &root().join("examples")));
    let made = command.env("PLACE", scratch.path().join("place")).output().expect("bash starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    scratch
}

fn with_identity(mut command: Command) -> Command {
    for (name, value) in [("NAME", "Reader"), ("EMAIL", "reader@example.com")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

/// Runs the commands of a page in one shell, as a reader does. Gives the number of blocks, or what was wrong.
fn try_page(page: &Path) -> Result<usize, String> {
    const BETWEEN: &str = "==== next block ====";
    let text = fs::read_to_string(page).expect("it can be read");
    let blocks = blocks(&text);
    if blocks.is_empty() {
        return Ok(0);
    }
    let place = place(&text);
    let commands: Vec<_> = blocks.iter().map(|block| block.commands.as_str()).collect();
    let script = format!("exec 2>&1\nPATH=$HOSTS:$PATH\n{}", commands.join(&format!("\necho '{BETWEEN}'\n")));
    let mut command = with_identity(shell(&script, &place.path().join("place")));
    command.env("HOSTS", place.path().join("hosts")).env("HOME", place.path()).env_remove("HELM_PLUGINS");
    let output = command.output().expect("bash starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(format!("{}: stopped after\n{said}", page.display()));
    }
    for (block, printed) in blocks.iter().zip(said.split(&format!("{BETWEEN}\n"))) {
        let expected = block.printed.as_deref().unwrap_or_default().trim_end();
        if !expected.is_empty() && !has(printed, expected) {
            return Err(format!("{}: {block:#?}\nprinted\n{printed}", page.display()));
        }
    }
    Ok(blocks.len())
}

fn pages_of(directory: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(directory).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() { pages.extend(pages_of(&path)) } else { pages.push(path) }
    }
    pages
}

#[test]
fn the_commands_of_the_pages_print_what_the_pages_say() {
    if !Need::Git.is_met() {
        return;
    }
    assert!(programs_directory().join("replatform").is_file(), "the programs are missing: run `make build`");
    let pages = pages_of(&root().join(PAGES));
    let outcomes: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = pages.iter().map(|page| scope.spawn(|| try_page(page))).collect();
        running.into_iter().map(|page| page.join().expect("no page panics")).collect()
    });
    let wrong: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err().cloned()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let tried: usize = outcomes.into_iter().flatten().sum();
    assert!(tried >= 25, "{tried} blocks");
}

#[test]
fn blocks_are_compared_by_line() {
    let page = "```sh\none\n```\n\n```text\na\n...\nb ... c\n```\n\n```sh\ntwo\n```\n\nText.\n\n```text\nno\n```\n";
    let found = blocks(page);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].commands.as_str(), found[0].printed.as_deref()), ("one\n", Some("a\n...\nb ... c\n")));
    assert_eq!(found[1].printed, None);
    assert!(has("x\na\ny\nb of c\n", "a\n...\nb ... c"));
    assert!(!has("a\ny\nb of\n", "a\n...\nb ... c"));
    assert!(!has("a\ny\nb\n", "a\nb"), "lines are in a row");
    assert!(is_line("...end", "the end") && !is_line("begin", "beginning") && is_line("begin...", "beginning"));
}
