//! What ARCHITECTURE.md says of the structure: dependencies point one way, no files import each other, and a fact has one
//! home.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The crates, with the directory of each.
fn crates() -> BTreeMap<String, PathBuf> {
    let mut crates = BTreeMap::from([("kustomize-tests".to_owned(), root().join("kustomize-tests"))]);
    for entry in fs::read_dir(root().join("functions")).expect("there are functions") {
        let path = entry.expect("functions can be listed").path();
        if path.join("Cargo.toml").is_file() {
            crates.insert(path.file_name().expect("a directory has a name").to_string_lossy().into_owned(), path);
        }
    }
    crates
}

/// The source files below a directory, by module path: `["resource_list", "item"]`.
fn modules(source: &Path) -> BTreeMap<Vec<String>, PathBuf> {
    fn collect(directory: &Path, module: &[String], found: &mut BTreeMap<Vec<String>, PathBuf>) {
        for entry in fs::read_dir(directory).expect("sources can be listed") {
            let path = entry.expect("sources can be listed").path();
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            let below = || module.iter().cloned().chain([name.clone()]).collect::<Vec<_>>();
            match path.extension() {
                None if path.is_dir() && name != "bin" => collect(&path, &below(), found),
                Some(extension) if extension == "rs" => {
                    let of_directory = matches!(name.as_str(), "lib" | "mod");
                    // A program's file is a crate of its own, over its library.
                    if name != "main" {
                        found.insert(if of_directory { module.to_vec() } else { below() }, path);
                    }
                }
                _ => {}
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(source, &[], &mut found);
    found
}

/// The text without comments, strings and unit tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The paths of a text that start with one of `roots`, those in braces written out.
fn paths(text: &str, roots: &BTreeSet<String>) -> BTreeSet<Vec<String>> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find("::") {
        let start = rest[..at].rfind(|letter| !is_word(letter)).map_or(0, |before| before + 1);
        let word = &rest[start..at];
        let is_first = !rest[..start].ends_with("::");
        let (path, length) = expanded(&rest[at + 2..]);
        if is_first && roots.contains(word) {
            found.extend(path.into_iter().map(|path| [vec![word.to_owned()], path].concat()));
        }
        rest = &rest[at + 2 + if is_first && roots.contains(word) { length } else { 0 }..];
    }
    found
}

/// What follows a `::`: one path, or several in braces; and its length.
fn expanded(text: &str) -> (Vec<Vec<String>>, usize) {
    let mut length = 0;
    let mut head = Vec::new();
    loop {
        let rest = &text[length..];
        if let Some(inner) = rest.strip_prefix('{') {
            let mut paths = Vec::new();
            let mut at = 0;
            while !inner[at..].starts_with('}') && at < inner.len() {
                let blank = inner[at..].len() - inner[at..].trim_start_matches([' ', '\n', ',']).len();
                if blank > 0 {
                    at += blank;
                    continue;
                }
                let (inside, length) = expanded(&inner[at..]);
                paths.extend(inside.into_iter().map(|path| [head.clone(), path].concat()));
                at += length.max(1);
            }
            return (paths, length + at + 2);
        }
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        head.push(rest[..end].to_owned());
        length += end;
        match text[length..].strip_prefix("::") {
            Some(_) => length += 2,
            None => return (vec![head], length),
        }
    }
}

/// Which files import which, within a crate.
fn imports(source: &Path) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let modules = modules(source);
    let mut imports = BTreeMap::new();
    for (module, file) in &modules {
        let children: BTreeSet<String> = modules
            .keys()
            .filter(|path| path.len() == module.len() + 1 && path.starts_with(module))
            .filter_map(|path| path.last().cloned())
            .collect();
        let roots: BTreeSet<String> =
            ["crate", "super", "self"].map(str::to_owned).into_iter().chain(children).collect();
        let mut imported = BTreeSet::new();
        for path in paths(&code(&read(file)), &roots) {
            let mut target = match path[0].as_str() {
                "crate" => Vec::new(),
                "super" => module[..module.len().saturating_sub(1)].to_vec(),
                "self" => module.clone(),
                child => [module.clone(), vec![child.to_owned()]].concat(),
            };
            for segment in &path[1..] {
                match segment.as_str() {
                    "super" => drop(target.pop()),
                    "self" => {}
                    segment => {
                        let below = [target.clone(), vec![segment.to_owned()]].concat();
                        if !modules.contains_key(&below) {
                            break;
                        }
                        target = below;
                    }
                }
            }
            imported.extend(modules.get(&target).filter(|target| *target != file).cloned());
        }
        imports.insert(file.clone(), imported);
    }
    imports
}

/// A circle of files, each of which imports the next.
fn circle(imports: &BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> Option<Vec<PathBuf>> {
    fn visit(
        file: &PathBuf,
        imports: &BTreeMap<PathBuf, BTreeSet<PathBuf>>,
        way: &mut Vec<PathBuf>,
        done: &mut BTreeSet<PathBuf>,
    ) -> Option<Vec<PathBuf>> {
        if let Some(at) = way.iter().position(|known| known == file) {
            return Some(way[at..].to_vec());
        }
        if done.contains(file) {
            return None;
        }
        way.push(file.clone());
        let found = imports[file].iter().find_map(|next| visit(next, imports, way, done));
        way.pop();
        done.insert(file.clone());
        found
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|file| visit(file, imports, &mut Vec::new(), &mut done))
}

#[test]
fn no_files_import_each_other() {
    let mut edges = 0;
    let mut circles = Vec::new();
    for (name, directory) in crates() {
        let imports = imports(&directory.join("src"));
        edges += imports.values().map(BTreeSet::len).sum::<usize>();
        let circle = circle(&imports).unwrap_or_default();
        let shown = circle.iter().map(|file| file.strip_prefix(&directory).unwrap_or(file).display().to_string());
        let shown = shown.collect::<Vec<_>>().join(" -> ");
        if !circle.is_empty() {
            circles.push(format!("{name}: {shown} import each other"));
        }
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
    assert!(edges > 300, "only {edges} imports were found");
}

#[test]
fn a_circle_would_be_found() {
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("circle");
    fs::create_dir_all(source.join("two")).expect("the directory for temporary files can be written");
    for (file, text) in [
        ("lib.rs", "mod one;\nmod two;\npub use one::One;\n"),
        ("one.rs", "use std::fmt;\nuse crate::two::{inner::Inner, Two};\n"),
        ("two/mod.rs", "mod inner;\npub use inner::Inner;\n"),
        ("two/inner.rs", "fn f() { super::super::one::g() }\n"),
    ] {
        fs::write(source.join(file), text).expect("the directory for temporary files can be written");
    }
    let circle = circle(&imports(&source)).expect("one imports two/inner, which imports one");
    assert!(circle.contains(&source.join("one.rs")) && circle.contains(&source.join("two/inner.rs")), "{circle:?}");
}

/// The crates of the project that a crate depends on, but for tests.
fn dependencies(directory: &Path, crates: &BTreeMap<String, PathBuf>) -> BTreeSet<String> {
    let manifest = read(&directory.join("Cargo.toml"));
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split(['.', ' ']).next());
    names.filter(|name| crates.contains_key(*name)).map(str::to_owned).collect()
}

#[test]
fn dependencies_point_one_way() {
    let crates = crates();
    let layers = ["krm", "manifests", "platforms"];
    for (name, directory) in &crates {
        let allowed: &[&str] = match name.as_str() {
            "krm" => &[],
            "manifests" | "platforms" | "repository" => &["krm"],
            "report" => &["krm", "repository"],
            "setup" => &["krm", "manifests", "platforms", "repository"],
            "replatform" | "kustomize-tests" => continue,
            _ => &layers,
        };
        let others: Vec<_> =
            dependencies(directory, &crates).into_iter().filter(|name| !allowed.contains(&name.as_str())).collect();
        assert!(others.is_empty(), "{name} must not depend on {others:?}");
    }
    assert!(dependencies(&crates["route-to-ingress"], &crates).contains("krm"), "dependencies are not found");
}

/// A fact and its home, with signs by which a second home would be known.
struct Fact {
    name: &'static str,
    signs: &'static [&'static str],
    /// How many of the signs a file has that holds the fact.
    least: usize,
}

const FACTS: [Fact; 5] = [
    Fact {
        name: "the kinds that make pods (manifests/data/pod-kinds.tsv)",
        signs: &["\"DaemonSet\"", "\"ReplicaSet\"", "\"StatefulSet\"", "\"ReplicationController\""],
        least: 3,
    },
    Fact {
        name: "the places of Helm values (manifests/data/helm-values.tsv)",
        signs: &["valuesContent", "valuesObject", "valuesInline"],
        least: 1,
    },
    Fact {
        name: "the grammar of hosts in texts (manifests/src/addresses)",
        signs: &["find(\"://\")", "(1..=63).contains(&label", "MARK: &str = \"://\""],
        least: 1,
    },
    Fact {
        name: "the labels of the OpenShift router (platforms/data/router-labels.tsv)",
        signs: &["policy-group.network.openshift.io/ingress", "network.openshift.io/policy-group"],
        least: 1,
    },
    Fact { name: "the escaping of JSON pointers (jsonptr)", signs: &["replace('~', \"~0\")"], least: 1 },
];

/// The files that hold a fact, unit tests left out.
fn homes(fact: &Fact) -> Vec<String> {
    let mut homes = Vec::new();
    for (name, directory) in crates() {
        for file in modules(&directory.join("src")).values() {
            let text = read(file);
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            if fact.signs.iter().filter(|sign| code.contains(**sign)).count() >= fact.least {
                homes.push(format!("{name}/{}", file.strip_prefix(&directory).unwrap_or(file).display()));
            }
        }
    }
    homes
}

#[test]
fn a_fact_has_one_home() {
    for fact in &FACTS {
        let strangers: Vec<_> = homes(fact)
            .into_iter()
            .filter(|home| !["manifests/", "platforms/"].iter().any(|home_of| home.starts_with(home_of)))
            .collect();
        assert!(strangers.is_empty(), "{} in {strangers:?} once more", fact.name);
    }
    assert!(!homes(&FACTS[2]).is_empty(), "the signs do not even know the home");
}

/// Options that their types write as they are given are not held against the schema, so that types have all bounds of numbers.
/// apps-generator is apart: its options always are.
#[test]
fn bounds_of_options_are_bounds_of_types() {
    for (name, directory) in crates().into_iter().filter(|(name, _)| name != "apps-generator") {
        for file in modules(&directory.join("src")).values() {
            assert!(!read(file).contains("schemars(range"), "{name}: {}: use `krm::config::Within`", file.display());
        }
    }
}
