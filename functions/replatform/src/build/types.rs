//! Types of objects that are paths out of the directory of plugins.
//!
//! kustomize looks for the plugin of a config at `KUSTOMIZE_PLUGIN_HOME/APIVERSION/KIND/KIND`, in lower case the first
//! time, and takes `..` in either for the directory above. So a repository can name any program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use krm::yaml::{Kind, NodeId, Tree};

/// The files that kustomize takes for the kustomization of a directory.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Holds every file that the kustomization in `directory` names, and those that they name, against [`leads_out`].
///
/// # Errors
/// The first such type, with its file.
pub(super) fn check(directory: &Path) -> Result<(), String> {
    let mut files = Files::default();
    files.find(directory);
    while let Some(path) = files.open.pop() {
        let Some(tree) = read(&path) else { continue };
        for scalar in check_types(&tree).map_err(|found| format!("{}: {found}", path.display()))? {
            if is_kustomization(&path) {
                files.find(&path.with_file_name("").join(scalar));
            }
        }
    }
    Ok(())
}

/// The files that a build reaches.
#[derive(Default)]
struct Files {
    known: BTreeSet<PathBuf>,
    open: Vec<PathBuf>,
}

impl Files {
    /// Notes a file, or the kustomizations of a directory. What is neither may be a name, a value, or a remote base.
    fn find(&mut self, path: &Path) {
        let Ok(path) = path.canonicalize() else { return };
        let found = if path.is_dir() { KUSTOMIZATIONS.map(|name| path.join(name)).to_vec() } else { vec![path] };
        for file in found {
            if file.is_file() && self.known.insert(file.clone()) {
                self.open.push(file);
            }
        }
    }
}

fn is_kustomization(path: &Path) -> bool {
    path.file_name().is_some_and(|name| KUSTOMIZATIONS.iter().any(|kustomization| name == *kustomization))
}

/// A file as YAML, of which JSON is a part. `None` if it is neither, or needs no look: in a file other than a
/// kustomization `..` is written as it is or by escapes.
fn read(path: &Path) -> Option<Tree> {
    let text = std::fs::read_to_string(path).ok()?;
    let may_lead_out = is_kustomization(path) || text.contains("..") || text.contains('\\');
    may_lead_out.then(|| Tree::parse(text).ok()).flatten()
}

/// Checks all mappings of a text; its scalars.
fn check_types(tree: &Tree) -> Result<Vec<&str>, String> {
    let mut scalars = Vec::new();
    let mut open: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
    while let Some(node) = open.pop() {
        if matches!(tree.node(node).kind, Kind::Alias(_)) {
            continue; // What it names is in the text itself.
        }
        check_type(tree, node)?;
        open.extend(tree.items(node).iter().map(|item| item.node));
        open.extend(tree.entries(node).iter().flat_map(|entry| [entry.key, entry.value]));
        let Some(text) = tree.scalar_text(node) else { continue };
        // A config or a patch that is written in the kustomization.
        if text.contains('\n')
            && let Ok(inner) = Tree::parse(text.to_owned())
        {
            check_types(&inner)?;
        }
        scalars.push(text);
    }
    Ok(scalars)
}

/// Checks the type in a mapping, and the one that a JSON patch sets.
fn check_type(tree: &Tree, mapping: NodeId) -> Result<(), String> {
    let patched = tree.get(mapping, "path").and_then(|path| tree.scalar_text(path)).unwrap_or_default();
    for entry in tree.entries(mapping) {
        let key = tree.key_text(entry);
        let field = if key == "value" { patched.trim_start_matches('/') } else { &key };
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
