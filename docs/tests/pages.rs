//! The sources of the site: what is a page, what pages include, and what their blocks hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use docs::markdown;
use docs::site::Site;
use docs::summary::PAGES;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Markdown files in and below a directory of the repository.
fn documents(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(directory)).expect("it can be listed") {
        let name = directory.join(entry.expect("it can be listed").file_name());
        if root().join(&name).is_dir() {
            found.extend(documents(&name));
        } else if name.extension().is_some_and(|extension| extension == "md") {
            found.push(name);
        }
    }
    found
}

/// The pages as mdBook reads them: place and text.
fn pages() -> Vec<(PathBuf, String)> {
    let root = root();
    let site = Site::of(&root, "https://example.com/replatform").expect("the summary is sound");
    let pages = site.pages().iter();
    pages
        .map(|(source, place)| (place.to_owned(), site.page(source, place).expect("its links lead somewhere")))
        .collect()
}

#[test]
fn every_document_is_a_page() {
    let root = root();
    let site = Site::of(&root, "https://example.com/replatform").expect("the summary is sound");
    let mut expected = documents(Path::new(PAGES));
    expected.retain(|path| !path.ends_with("SUMMARY.md"));
    let functions = fs::read_dir(root.join("functions")).expect("it can be listed");
    let functions = functions.map(|entry| Path::new("functions").join(entry.expect("it can be listed").file_name()));
    expected.extend(functions.map(|function| function.join("README.md")).filter(|readme| root.join(readme).is_file()));
    let top = fs::read_dir(&root).expect("it can be listed").map(|entry| entry.expect("it can be listed").file_name());
    // Its parts are in several pages.
    let top = top.filter(|name| name != "README.md" && Path::new(name).extension().is_some_and(|kind| kind == "md"));
    expected.extend(top.map(PathBuf::from));
    assert!(expected.len() > 35, "{expected:?}");
    for document in expected {
        assert!(site.pages().place(&document).is_some(), "{} is no page of {PAGES}/SUMMARY.md", document.display());
    }
}

/// What a reader of the site needs of the README is on a page, once.
#[test]
fn every_section_of_the_readme_is_included_once() {
    // What the page about assessing says at length is short in the README.
    const ONLY_IN_THE_REPOSITORY: [&str; 3] = ["replatform", "see-it", "can-it-move-and-what-is-missing"];
    let directives = documents(Path::new(PAGES)).into_iter().flat_map(|page| {
        let lines: Vec<_> =
            read(page).lines().filter(|line| line.starts_with("{{#section")).map(str::to_owned).collect();
        lines
    });
    let mut included: Vec<_> = directives
        .filter_map(|line| Some(line.split_once("README.md#")?.1.trim_end_matches("}}").to_owned()))
        .collect();
    included.sort();
    let headings = markdown::headings(&read("README.md")).into_iter().map(|heading| heading.anchor);
    let expected: BTreeSet<_> = headings.filter(|anchor| !ONLY_IN_THE_REPOSITORY.contains(&anchor.as_str())).collect();
    assert_eq!(included, Vec::from_iter(expected));
}

#[test]
fn every_page_is_written_and_nothing_else_stays() {
    let directory = tempfile::tempdir().expect("it can be made");
    fs::write(directory.path().join("old.md"), "# Old\n").expect("it can be written");
    let root = root();
    let site = Site::of(&root, "https://example.com/replatform").expect("the summary is sound");
    site.write(directory.path()).expect("it can be written");
    assert!(!directory.path().join("old.md").exists());
    for (_, place) in site.pages().iter() {
        assert!(directory.path().join(place).is_file(), "{}", place.display());
    }
    let summary = fs::read_to_string(directory.path().join("SUMMARY.md")).expect("it is written");
    assert!(summary.contains("(functions/route-to-ingress.md)"), "{summary}");
}

#[test]
fn links_lead_to_pages_to_sections_and_else_to_the_repository() {
    let pages = pages();
    let page = |place: &str| &pages.iter().find(|(found, _)| found == Path::new(place)).expect("it is a page").1;
    assert!(page("examples/argo-cd.md").contains("](../examples/ci.md)"), "a directory whose README is a page");
    assert!(page("troubleshooting.md").contains("](reference/findings.md#where-findings-are-seen)"), "a section");
    let tests = "](https://example.com/replatform/blob/main/kustomize-tests/tests/troubleshooting.rs)";
    assert!(page("troubleshooting.md").contains(tests), "what is no page");
    assert!(page("reference/rules.md").contains("](../functions/route-to-ingress.md#rules)"), "the table of rules");
}

#[test]
fn no_directive_is_left_and_blocks_of_yaml_are_yaml() {
    for (place, text) in pages() {
        assert!(!text.contains("{{#"), "{} holds a directive", place.display());
        for block in text.split("\n```yaml\n").skip(1) {
            let block = block.split("\n```").next().unwrap_or_default();
            for document in serde_yaml::Deserializer::from_str(block) {
                let read: Result<serde_yaml::Value, _> = serde::Deserialize::deserialize(document);
                assert!(read.is_ok(), "{}: {read:?}\n{block}", place.display());
            }
        }
    }
}

#[test]
fn what_is_not_there_is_named() {
    let directory = tempfile::tempdir().expect("it can be made");
    let pages = directory.path().join(PAGES);
    fs::create_dir_all(&pages).expect("it can be made");
    let write = |name: &str, text: &str| fs::write(pages.join(name), text).expect("it can be written");
    write("SUMMARY.md", "- [A](a.md)\n");
    let problem = |page: &str| {
        write("a.md", page);
        let site = Site::of(directory.path(), "https://example.com");
        site.and_then(|site| site.page(&Path::new(PAGES).join("a.md"), Path::new("a.md")))
            .expect_err("it is wrong")
            .to_string()
    };
    assert_eq!(problem("[b](b.md)\n"), "docs/pages/a.md: the link `b.md` leads nowhere");
    assert_eq!(problem("{{#section a.md#b}}\n"), "docs/pages/a.md: `docs/pages/a.md` has no `b`");
    assert_eq!(problem("{{#other a.md}}\n"), "docs/pages/a.md: `other` is no directive");
    assert!(problem("{{#file b.yaml}}\n").starts_with("docs/pages/b.yaml: "));
}
