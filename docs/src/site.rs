//! The pages of the site: documents of the repository with what they include, and links that lead where a reader of the
//! site is.
//!
//! A page can take a part of another document, so that nothing is written twice:
//!
//! - `{{#section ../../README.md#where-findings-are-seen}}` is what is between that heading and the next.
//! - `{{#lead ../../README.md}}` is what is between the title of that document and its next heading.
//! - `{{#part ../../README.md#commands}}` is what is generated between the marks of that name.
//! - `{{#file ../../examples/argo-cd/plugin.yaml}}` is that file as a block of code.
//! - `{{#rules}}` is a table of the rules of all functions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::markdown;
use crate::summary::{PAGES, Pages, joined, relative};

/// What is wrong with a document, with its path.
#[derive(Debug)]
pub struct Problem(String);

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

/// A part of a page, with the document that it comes from.
struct Fragment {
    source: PathBuf,
    text: String,
}

/// The site of a repository.
#[derive(Debug)]
pub struct Site<'a> {
    root: &'a Path,
    /// The address of the repository, for what is no page.
    repository: &'a str,
    pages: Pages,
    /// The pages that hold a section of another document: by document and anchor.
    sections: BTreeMap<(PathBuf, String), PathBuf>,
}

impl<'a> Site<'a> {
    /// The site of the repository at `root`, whose address on the web is `repository`.
    ///
    /// # Errors
    /// If a page or a section that is named is not there.
    pub fn of(root: &'a Path, repository: &'a str) -> Result<Self, Problem> {
        let pages = Pages::of(&read(root, &Path::new(PAGES).join("SUMMARY.md"))?);
        let mut site = Self { root, repository, pages, sections: BTreeMap::new() };
        let mut sections = BTreeMap::new();
        for (source, place) in site.pages.iter() {
            for (document, anchor) in site.included(source)? {
                sections.insert((document, anchor), place.to_owned());
            }
        }
        site.sections = sections;
        Ok(site)
    }

    /// The documents that are pages, with their places.
    pub fn pages(&self) -> &Pages {
        &self.pages
    }

    /// Writes all pages below a directory, and removes what else is there.
    ///
    /// # Errors
    /// If a link or an include names what is not there, or a file cannot be written.
    pub fn write(&self, directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
        match fs::remove_dir_all(directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let summary = Path::new(PAGES).join("SUMMARY.md");
        let pages = self.pages.iter().chain([(summary.as_path(), Path::new("SUMMARY.md"))]);
        for (source, place) in pages {
            let path = directory.join(place);
            fs::create_dir_all(path.parent().unwrap_or(directory))?;
            fs::write(path, self.page(source, place)?)?;
        }
        Ok(())
    }

    /// A page as mdBook reads it.
    ///
    /// # Errors
    /// If a link or an include names what is not there.
    pub fn page(&self, source: &Path, place: &Path) -> Result<String, Problem> {
        let mut page = String::new();
        for fragment in self.fragments(source)? {
            page += &self.relinked(&fragment, place)?;
        }
        Ok(page)
    }

    /// The sections of other documents that a page includes.
    fn included(&self, source: &Path) -> Result<Vec<(PathBuf, String)>, Problem> {
        let text = read(self.root, source)?;
        let directives = text.lines().filter_map(Directive::of).filter(|directive| directive.name == "section");
        let directory = source.parent().unwrap_or(source);
        Ok(directives.map(|found| (joined(directory, found.path), found.anchor.to_owned())).collect())
    }

    fn fragments(&self, source: &Path) -> Result<Vec<Fragment>, Problem> {
        let mut fragments = Vec::new();
        let mut own = String::new();
        for line in read(self.root, source)?.split_inclusive('\n') {
            if let Some(included) = self.inclusion(source, line)? {
                fragments.push(Fragment { source: source.to_owned(), text: std::mem::take(&mut own) });
                fragments.push(included);
            } else {
                own += line;
            }
        }
        fragments.push(Fragment { source: source.to_owned(), text: own });
        Ok(fragments)
    }

    /// What a line includes, if it is a directive.
    fn inclusion(&self, source: &Path, line: &str) -> Result<Option<Fragment>, Problem> {
        let Some(directive) = Directive::of(line) else { return Ok(None) };
        if directive.name == "rules" {
            return Ok(Some(Fragment { source: source.to_owned(), text: self.rules(source)? }));
        }
        let document = joined(source.parent().unwrap_or(source), directive.path);
        let text = read(self.root, &document)?;
        let anchor = directive.anchor;
        let included = match directive.name {
            "lead" => Some(markdown::lead(&text).trim().to_owned()),
            "file" => Some(format!("```{}\n{text}```", document.extension().unwrap_or_default().to_string_lossy())),
            "part" => markdown::part(&text, anchor).map(|part| part.trim().to_owned()),
            // The anchor, since links to the heading lead here.
            "section" => {
                markdown::section(&text, anchor).map(|body| format!("<a id=\"{anchor}\"></a>\n\n{}", body.trim()))
            }
            other => return Err(problem(source, &format!("`{other}` is no directive"))),
        };
        let included =
            included.ok_or_else(|| problem(source, &format!("`{}` has no `{anchor}`", document.display())))?;
        Ok(Some(Fragment { source: document, text: included + "\n" }))
    }

    /// The rules of all functions in the order of their ids, from the tables of the READMEs.
    fn rules(&self, page: &Path) -> Result<String, Problem> {
        let up = "../".repeat(page.components().count() - 1);
        let mut rows = Vec::new();
        for (source, _) in self.pages.iter().filter(|(source, _)| source.starts_with("functions")) {
            let text = read(self.root, source)?;
            let name = source.iter().nth(1).unwrap_or_default().to_string_lossy();
            let table = markdown::part(&text, "rules").unwrap_or_default();
            for row in table.lines().filter(|line| line.starts_with("| `")) {
                let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
                if let [id, severity, found, remedy, ..] = cells[..] {
                    let function = format!("[{name}]({up}{}#rules)", source.display());
                    rows.push(format!("| {id}<br>{function} | {severity} | {found} {remedy} |\n"));
                }
            }
        }
        rows.sort();
        let heading = "| Rule and function | Severity | What is found, and the remedy |\n| --- | --- | --- |\n";
        Ok(format!("{heading}{}", rows.concat()))
    }

    /// The text with links for a reader of the page at `place`.
    fn relinked(&self, fragment: &Fragment, place: &Path) -> Result<String, Problem> {
        let mut text = String::new();
        let mut done = 0;
        for link in markdown::links(&fragment.text) {
            text += &fragment.text[done..link.range.start];
            text += &self.target(&fragment.source, &link.target, place)?;
            done = link.range.end;
        }
        text += &fragment.text[done..];
        Ok(text)
    }

    /// What a link of a document is on the page at `place`.
    fn target(&self, source: &Path, target: &str, place: &Path) -> Result<String, Problem> {
        if target.contains("://") || target.starts_with("mailto:") {
            return Ok(target.to_owned());
        }
        let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
        let document =
            if path.is_empty() { source.to_owned() } else { joined(source.parent().unwrap_or(source), path) };
        let document = self.readme_of(document);
        let suffix = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
        let section = anchor.and_then(|anchor| self.sections.get(&(document.clone(), anchor.to_owned())));
        if let Some(page) = section.map(PathBuf::as_path).or_else(|| self.pages.place(&document)) {
            let page = if page == place && !suffix.is_empty() { String::new() } else { relative(place, page) };
            return Ok(page + &suffix);
        }
        if !self.root.join(&document).exists() {
            return Err(problem(source, &format!("the link `{target}` leads nowhere")));
        }
        let kind = if self.root.join(&document).is_dir() { "tree" } else { "blob" };
        Ok(format!("{}/{kind}/main/{}{suffix}", self.repository, document.display()))
    }

    /// A directory means its README where that is a page.
    fn readme_of(&self, document: PathBuf) -> PathBuf {
        let readme = document.join("README.md");
        if self.pages.place(&readme).is_some() { readme } else { document }
    }
}

/// A line that includes something: `{{#NAME PATH#ANCHOR}}`.
struct Directive<'a> {
    name: &'a str,
    path: &'a str,
    anchor: &'a str,
}

impl<'a> Directive<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let inside = line.trim().strip_prefix("{{#")?.strip_suffix("}}")?;
        let (name, target) = inside.split_once(' ').unwrap_or((inside, ""));
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        Some(Self { name, path, anchor })
    }
}

fn problem(source: &Path, text: &str) -> Problem {
    Problem(format!("{}: {text}", source.display()))
}

fn read(root: &Path, path: &Path) -> Result<String, Problem> {
    fs::read_to_string(root.join(path)).map_err(|error| problem(path, &error.to_string()))
}
