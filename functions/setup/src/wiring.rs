//! The entry by which a kustomization lists the functions.

use std::path::{Path, PathBuf};

use krm::yaml::{Kind, NodeId, Tree, edit, splice};
use serde_json::{Value, json};

use crate::text;

/// What a kustomization has to say to get the functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wiring {
    /// The path of the kustomization.
    pub file: PathBuf,
    /// The directory of function configs, as the kustomization has to name it.
    pub entry: String,
    /// The text with the entry; the reason where a person has to write it.
    pub wired: Result<String, String>,
}

impl Wiring {
    /// What the kustomization in `file` has to say; `None` if it says so already.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn of(file: &Path, entry: &Path) -> Result<Option<Self>, String> {
        let text =
            std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let entry = text::path(entry);
        match wired(text, &entry) {
            Ok(None) => Ok(None),
            Ok(Some(text)) => Ok(Some(Self { file: file.to_owned(), entry, wired: Ok(text) })),
            Err(reason) => Ok(Some(Self { file: file.to_owned(), entry, wired: Err(reason) })),
        }
    }

    /// What a person writes.
    pub fn lines(&self) -> String {
        format!("transformers:\n- {}\n", text::scalar(&self.entry))
    }
}

/// The text with the entry in `transformers:`; `None` if it is there.
fn wired(text: String, entry: &str) -> Result<Option<String>, String> {
    let tree = Tree::parse(text).map_err(|error| format!("it is not YAML: {error}"))?;
    let root = only_mapping(&tree)?;
    let before = tree.value(root);
    let listed = before["transformers"].as_array().cloned().unwrap_or_default();
    if listed.iter().any(|listed| listed.as_str().is_some_and(|listed| listed.trim_end_matches('/') == entry)) {
        return Ok(None);
    }
    let splices = match tree.entry(root, "transformers") {
        None => edit::set_entry(&tree, root, "transformers", Some(&json!([entry]))),
        Some(transformers) if is_own_list(&tree, transformers.value) => {
            edit::append_items(&tree, transformers.value, &[entry.into()])
        }
        Some(_) => return Err("its `transformers:` is no list of its own, but empty or an alias".to_owned()),
    };
    let wired = splice(tree.text(), splices);
    let mut expected = before;
    expected["transformers"] = listed.into_iter().chain([Value::from(entry)]).collect();
    let reread = Tree::parse(wired.clone()).map_err(|_| UNSAFE)?;
    let reads_as_meant = only_mapping(&reread).is_ok_and(|root| reread.value(root) == expected);
    if reads_as_meant { Ok(Some(wired)) } else { Err(UNSAFE.to_owned()) }
}

const UNSAFE: &str = "its text is written in a way that leaves no safe place for the entry";

/// The mapping that is the only document.
fn only_mapping(tree: &Tree) -> Result<NodeId, String> {
    let mut roots = tree.documents().iter().map(|document| document.root).filter(|root| !tree.is_empty(*root));
    match (roots.next(), roots.next()) {
        (Some(root), None) if matches!(tree.node(root).kind(), Kind::Mapping { .. }) => Ok(root),
        (Some(_), None) => Err("it is no mapping".to_owned()),
        (None, _) => Err("it is empty".to_owned()),
        (Some(_), Some(_)) => Err("it holds several documents".to_owned()),
    }
}

fn is_own_list(tree: &Tree, node: NodeId) -> bool {
    matches!(tree.node(node).kind(), Kind::Sequence { .. }) && !tree.is_referenced(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_added_and_no_other_byte_changes() {
        for (before, after) in [
            ("resources: [a] # c\n", "resources: [a] # c\ntransformers:\n- ../t\n"),
            ("resources:\n- a", "resources:\n- a\ntransformers:\n- ../t\n"),
            ("transformers:\n- x # c\nresources: [a]\n", "transformers:\n- x # c\n- ../t\nresources: [a]\n"),
            ("transformers: [x]\n", "transformers: [x, \"../t\"]\n"),
        ] {
            let wired = wired(before.to_owned(), "../t").expect("it is safe").expect("it is not there");
            let lost =
                before.lines().filter(|line| !line.starts_with("transformers: [") && !wired.contains(*line)).count();
            assert_eq!((wired.replace("\"../t\"\n", "../t\n"), lost), (after.to_owned(), 0));
            assert_eq!(super::wired(wired, "../t"), Ok(None), "a second time");
        }
    }

    #[test]
    fn what_is_not_safe_is_left_to_a_person() {
        for text in ["", "- a\n", "a: 1\n---\nb: 1\n", "transformers:\n", "x: &x [a]\ntransformers: *x\n", "a: [\n"] {
            assert!(wired(text.to_owned(), "../t").is_err(), "{text}");
        }
        assert_eq!(wired("transformers: [../t/]\n".to_owned(), "../t"), Ok(None));
    }
}
