//! The texts that hold the objects.

use std::cell::OnceCell;

use crate::yaml::{NodeId, ParseError, Parts, Tree};

/// One text with objects in it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) tree: Tree,
    pub(super) layout: Layout,
    /// Its place among the texts.
    pub(super) index: usize,
    /// The file it was read from, in file mode.
    pub(super) file: Option<String>,
    /// Its parts, from the first question for them on.
    parts: OnceCell<Parts>,
}

impl Source {
    pub(super) fn new(tree: Tree, layout: Layout, index: usize, file: Option<String>) -> Self {
        Self { tree, layout, index, file, parts: OnceCell::new() }
    }

    /// The node of the list that holds the objects; nothing where they are documents.
    pub(super) fn items(&self) -> Option<NodeId> {
        match self.layout {
            Layout::List { items, .. } => items,
            Layout::Stream => None,
        }
    }

    /// What holds an object each, unless that is a list of its own.
    pub(super) fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| match self.layout {
            Layout::List { items: None, .. } => Parts::default(),
            Layout::List { .. } | Layout::Stream => Parts::of(&self.tree, self.items()),
        })
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Layout {
    /// A `ResourceList`, with its root and the node of its items.
    List { root: NodeId, items: Option<NodeId> },
    /// Documents, one object each.
    Stream,
}

/// Why a text holds no objects that can be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// It is not YAML.
    Yaml(ParseError),
    /// It is no `ResourceList`.
    NotAResourceList(String),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yaml(error) => error.fmt(formatter),
            Self::NotAResourceList(reason) => formatter.write_str(reason),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<ParseError> for LoadError {
    fn from(error: ParseError) -> Self {
        Self::Yaml(error)
    }
}

/// The root of the only document, which must be a `ResourceList`.
pub(super) fn list_root(tree: &Tree) -> Result<NodeId, LoadError> {
    let no_list = |found: &str| {
        LoadError::NotAResourceList(format!(
            "standard input must hold a ResourceList of config.kubernetes.io, {found}; \
             give plain manifests as files, or `-` for standard input"
        ))
    };
    // A trailing `---` opens a document with nothing in it.
    let mut roots = tree.documents().iter().map(|document| document.root).filter(|root| !tree.is_empty(*root));
    let root = roots.next().ok_or_else(|| no_list("it is empty"))?;
    let text = |key| tree.get(root, key).and_then(|node| tree.scalar_text(node)).unwrap_or_default();
    if text("kind") != "ResourceList" || !text("apiVersion").starts_with("config.kubernetes.io/") {
        return Err(no_list("it holds something else"));
    }
    if roots.next().is_some() {
        return Err(no_list("it holds several documents"));
    }
    Ok(root)
}
