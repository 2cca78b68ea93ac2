//! Types of objects that are paths out of the directory of plugins.
//!
//! kustomize looks for the plugin of a config at `KUSTOMIZE_PLUGIN_HOME/APIVERSION/KIND/KIND`, in lower case the first
//! time, and takes `..` in either for the directory above. So a repository can name any program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use krm::yaml::{Kind, NodeId, Tree};

use crate::kustomization::FILE_NAMES;

/// Holds every file that the kustomization in `directory` names, and those that they name, against [`leads_out`].
///
/// # Errors
/// The first such type, with its file.
pub fn check(directory: &Path) -> Result<(), String> {
    let mut sources = Sources::default();
    sources.find(directory);
    while let Some(source) = sources.open.pop() {
        let Ok(tree) = Tree::parse(source.text) else { continue };
        let scalars = check_types(&tree).map_err(|found| format!("{}: {found}", source.file.display()))?;
        if !is_kustomization(&source.file) {
            continue;
        }
        for scalar in scalars {
            sources.find(&source.file.with_file_name("").join(scalar));
            // A config or a patch in the kustomization itself. Text that is no mapping ends here: it holds itself.
            if scalar.contains(':') && scalar.len() < tree.text().len() {
                sources.open.push(Source { file: source.file.clone(), text: scalar.to_owned() });
            }
        }
    }
    Ok(())
}

/// A text that a build reads: YAML, of which JSON is a part, or something else.
struct Source {
    file: PathBuf,
    text: String,
}

/// The texts that a build reads.
#[derive(Default)]
struct Sources {
    known: BTreeSet<PathBuf>,
    open: Vec<Source>,
}

impl Sources {
    /// Adds a file, or the kustomization of a directory. What is neither may be a name, a value, or a remote base.
    fn find(&mut self, path: &Path) {
        let Ok(path) = path.canonicalize() else { return };
        let found = if path.is_dir() { FILE_NAMES.map(|name| path.join(name)).to_vec() } else { vec![path] };
        for file in found {
            if file.is_file() && self.known.insert(file.clone()) {
                self.open.extend(read(file));
            }
        }
    }
}

/// A file, if it needs a look: one that is no kustomization holds `..` as it is, or has escapes.
fn read(file: PathBuf) -> Option<Source> {
    let text = std::fs::read_to_string(&file).ok()?;
    let needs_a_look = is_kustomization(&file) || text.contains("..") || text.contains('\\');
    needs_a_look.then_some(Source { file, text })
}

fn is_kustomization(path: &Path) -> bool {
    path.file_name().is_some_and(|name| FILE_NAMES.iter().any(|kustomization| name == *kustomization))
}

/// Checks all mappings of a text; its scalars.
fn check_types(tree: &Tree) -> Result<Vec<&str>, String> {
    let mut scalars = Vec::new();
    let mut open: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
    while let Some(node) = open.pop() {
        if matches!(tree.node(node).kind(), Kind::Alias(_)) {
            continue; // What it names is in the text itself.
        }
        check_type(tree, node)?;
        open.extend(tree.items(node).iter().map(|item| item.node));
        open.extend(tree.entries(node).iter().flat_map(|entry| [entry.key, entry.value]));
        scalars.extend(tree.scalar_text(node));
    }
    Ok(scalars)
}

/// Checks the type in a mapping, and the one that a JSON patch sets.
fn check_type(tree: &Tree, mapping: NodeId) -> Result<(), String> {
    let patched = tree.get(mapping, "path").and_then(|path| tree.scalar_text(path)).unwrap_or_default();
    for entry in tree.entries(mapping) {
        let key = tree.key_text(entry);
        let field = if key == "value" { patched.trim_start_matches('/') } else { key };
        let value = tree.scalar_text(entry.value).unwrap_or_default();
        if matches!(field, "apiVersion" | "kind") && leads_out(value) {
            return Err(format!(
                "{field}: `{}` is a path out of the directory of plugins, by which the build would start another program; \
                 write the {field} of a function",
                value.escape_debug()
            ));
        }
    }
    Ok(())
}

/// Whether a type, taken for a path, leads to a directory above.
fn leads_out(text: &str) -> bool {
    text.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTSIDE: &str = "apiVersion: ../../var/run/argocd/x\nkind: ../argocd-cmp-server\nmetadata: {name: x}\n";

    /// What is said of a directory with these files.
    fn checked(files: &[(&str, &str)]) -> Result<(), String> {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("it can be made");
            std::fs::write(path, text).expect("it can be written");
        }
        check(&directory.path().join("app"))
    }

    #[test]
    fn a_type_is_found_however_it_is_written() {
        for config in [
            OUTSIDE,
            "apiVersion: v1\nkind: \"\\u002e\\u002e/x\"\n",
            "apiVersion: v1\nkind: \"\\x2e./x\"\n",
            "{\"apiVersion\": \"\\u002e\\u002e\\/x\", \"kind\": \"X\"}",
            "kind: A\n---\nkind: B\n---\nkind: a/../x\n",
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ../x\n",
            "x: &k ../x\nkind: *k\n",
            "x: &m {kind: ../x}\n<<: *m\n",
            "x: &k kind\n? *k\n: ../x\n",
            "kind: >-\n  ../x\n",
            "kind: !!str '../x'\n",
            "- {op: replace, path: /kind, value: ../x}\n",
            "[{\"op\": \"add\", \"path\": \"/apiVersion\", \"value\": \"\\u002e./x\"}]",
        ] {
            let found = checked(&[("app/kustomization.yaml", "transformers: [t.yaml]\n"), ("app/t.yaml", config)]);
            assert!(found.is_err_and(|reason| reason.contains("app/t.yaml: ")), "{config}");
        }
    }

    #[test]
    fn every_file_that_a_kustomization_names_is_read() {
        let inline = "transformers:\n- |\n  apiVersion: v1\n  kind: ../x\n";
        let patch = "patches:\n- target: {kind: X}\n  patch: '[{\"op\": \"replace\", \"path\": \"/kind\", \"value\": \"../x\"}]'\n";
        let patch_file = "patches:\n- path: ../t/t.yaml\n";
        let names = "transformers: [t.yaml]\n";
        for files in [
            vec![("app/kustomization.yaml", inline)],
            vec![("app/kustomization.yaml", patch)],
            vec![("app/kustomization.yml", patch_file), ("t/t.yaml", OUTSIDE)],
            vec![("app/Kustomization", "resources: [../t]\n"), ("t/kustomization.yml", names), ("t/t.yaml", OUTSIDE)],
            vec![("app/kustomization.yaml", "components: [../c/]\n"), ("c/Kustomization", inline)],
            vec![("app/kustomization.yaml", "transformers: [a]\n"), ("app/a", OUTSIDE)],
        ] {
            assert!(checked(&files).is_err(), "{files:?}");
        }
    }

    #[test]
    fn what_leads_nowhere_passes() {
        let harmless =
            "apiVersion: apps/v1\nkind: a..b\nmetadata: {name: ..}\nspec: {path: ../x, value: '..', values: [..]}\n";
        let kustomization =
            "resources: [../base, t.yaml, .., 'https://example.com/../x', n.conf]\nnamePrefix: 'a: ..'\n";
        let files =
            [("app/kustomization.yaml", kustomization), ("app/t.yaml", harmless), ("app/n.conf", "{ \\ .. ]\n")];
        assert_eq!(checked(&files), Ok(()));
        assert_eq!(checked(&[]), Ok(()));
    }
}
