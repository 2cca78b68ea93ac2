//! Where objects and fields are written in the files of a repository.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use krm::field;
use krm::finding::ObjectReference;
use krm::yaml::{NodeId, Tree};
use repository::kustomization::FILE_NAMES;

/// Files longer than this are not searched for lines.
const MOST_BYTES: u64 = 16 << 20;

/// The files of a repository, each read once.
#[derive(Debug)]
pub(crate) struct Sources {
    root: PathBuf,
    files: HashMap<String, Option<Rc<File>>>,
}

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line, counted from one.
    pub(crate) line: usize,
    /// The object as the file names it; `None` if it is not found there.
    pub(crate) object: Option<String>,
}

impl Place {
    /// The beginning of a file.
    const START: Self = Self { line: 1, object: None };
}

impl Sources {
    /// The files below a directory.
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), files: HashMap::new() }
    }

    /// Where an object, or a field of it, is written in a file.
    pub(crate) fn find(&mut self, file: &str, object: Option<&ObjectReference>, field: Option<&str>) -> Place {
        let Some(object) = object else { return Place::START };
        let Some(file) = self.file(file) else { return Place::START };
        let Some(written) = file.object(object) else { return Place::START };
        let node = field.map_or(written.node, |field| file.field(written.node, field));
        Place { line: file.tree.line(node), object: Some(format!("{} {}", written.kind, written.name)) }
    }

    /// Whether a path is that of a file of the repository. The path of a file in a remote base is not.
    pub(crate) fn has(&self, file: &str) -> bool {
        is_inside(file) && self.root.join(file).is_file()
    }

    /// The file of the kustomization in a directory, both as paths from that of the repository.
    pub(crate) fn kustomization(&self, directory: &str) -> String {
        let inside = |name: &str| if directory == "." { name.to_owned() } else { format!("{directory}/{name}") };
        let files = FILE_NAMES.map(inside);
        files.iter().find(|file| self.has(file)).unwrap_or(&files[0]).clone()
    }

    fn file(&mut self, path: &str) -> Option<Rc<File>> {
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        let read = read(&self.root, path).map(Rc::new);
        self.files.insert(path.to_owned(), read.clone());
        read
    }
}

/// Reads a file of the repository, and none outside of it.
fn read(root: &Path, path: &str) -> Option<File> {
    let file = root.join(path);
    let is_short = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MOST_BYTES);
    if !is_inside(path) || !is_short {
        return None;
    }
    let tree = Tree::parse(std::fs::read_to_string(file).ok()?).ok()?;
    Some(File::new(tree))
}

fn is_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// A file and its objects.
#[derive(Debug)]
struct File {
    tree: Tree,
    objects: Vec<Written>,
}

/// An object as it is written.
#[derive(Debug)]
struct Written {
    node: NodeId,
    kind: String,
    name: String,
    namespace: Option<String>,
}

impl File {
    fn new(tree: Tree) -> Self {
        let mut objects = Vec::new();
        for document in tree.documents() {
            let items = tree.get(document.root, "items").map(|items| tree.items(items)).unwrap_or_default();
            let nodes = [document.root].into_iter().chain(items.iter().map(|item| item.node));
            objects.extend(nodes.filter_map(|node| Written::read(&tree, node)));
        }
        Self { tree, objects }
    }

    /// The object that became the one of this name. kustomize may have given it a prefix, a suffix or a namespace, and a
    /// function another kind.
    fn object(&self, built: &ObjectReference) -> Option<&Written> {
        let best = self.objects.iter().min_by_key(|written| Reverse(written.likeness(built)));
        best.filter(|written| written.likeness(built) > 0)
    }

    /// The node of a field, or of the nearest one around it that is written.
    fn field(&self, object: NodeId, field: &str) -> NodeId {
        let mut found = object;
        let mut node = object;
        for step in field::steps(field) {
            let item = step.parse().ok().and_then(|index: usize| self.tree.items(self.tree.resolved(node)).get(index));
            if let Some(item) = item {
                (found, node) = (item.node, item.node);
            } else if let Some(entry) = self.tree.entry(node, step) {
                (found, node) = (entry.key, entry.value);
            } else {
                break;
            }
        }
        found
    }
}

impl Written {
    fn read(tree: &Tree, node: NodeId) -> Option<Self> {
        let text = |parent: NodeId, key: &str| tree.text_of(parent, key).map(str::to_owned);
        let metadata = tree.get(node, "metadata")?;
        let name = text(metadata, "name").or_else(|| text(metadata, "generateName"))?;
        Some(Self { node, kind: text(node, "kind")?, name, namespace: text(metadata, "namespace") })
    }

    /// How likely this became that object: nothing if it cannot be.
    fn likeness(&self, built: &ObjectReference) -> usize {
        let is_kind = *self.kind == *built.kind;
        let name = if *self.name == *built.name {
            1000
        } else if is_kind && built.name.contains(&self.name) {
            self.name.len().min(500)
        } else {
            return 0;
        };
        name + if is_kind { 2000 } else { 0 } + usize::from(self.namespace.as_deref() == built.namespace.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - name: http\n    port: 80\n---\n\
                        apiVersion: v1\nkind: List\nitems:\n- kind: Route\n  metadata: {name: web, annotations: {a.b/c: d}}\n  spec:\n    to: {name: web}\n";

    fn find(kind: &str, name: &str, field: Option<&str>) -> Place {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        std::fs::write(directory.path().join("a.yaml"), TEXT).expect("it can be written");
        let object = ObjectReference { kind: kind.into(), name: name.into(), ..ObjectReference::default() };
        Sources::new(directory.path()).find("a.yaml", Some(&object), field)
    }

    fn place(line: usize, object: &str) -> Place {
        Place { line, object: Some(object.to_owned()) }
    }

    #[test]
    fn an_object_and_its_fields_are_found() {
        assert_eq!(find("Service", "web", None), place(2, "Service web"));
        assert_eq!(find("Service", "web", Some("spec.ports[0].port")), place(9, "Service web"));
        assert_eq!(find("Route", "web", Some("spec.to.name")), place(17, "Route web"));
        assert_eq!(find("Route", "web", Some("metadata.annotations[a.b/c]")), place(15, "Route web"));
    }

    #[test]
    fn a_field_that_is_not_written_is_where_it_would_be() {
        assert_eq!(find("Service", "web", Some("spec.ports[0].appProtocol")), place(8, "Service web"));
        assert_eq!(find("Service", "web", Some("spec.ports[7].port")), place(7, "Service web"));
        assert_eq!(find("Service", "web", Some("status")), place(2, "Service web"));
    }

    #[test]
    fn an_object_is_known_by_what_kustomize_and_functions_make_of_it() {
        assert_eq!(find("Service", "prod-web-v2", None), place(2, "Service web"));
        assert_eq!(find("Ingress", "web", None).object.as_deref(), Some("Service web"));
        assert_eq!(find("Ingress", "other", None), Place::START);
    }

    #[test]
    fn no_file_outside_of_the_repository_is_read() {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        std::fs::create_dir(directory.path().join("a")).expect("it can be made");
        std::fs::write(directory.path().join("b.yaml"), TEXT).expect("it can be written");
        for path in ["../b.yaml", "a/../../b.yaml", directory.path().join("b.yaml").to_str().expect("it is text")] {
            assert!(read(&directory.path().join("a"), path).is_none(), "{path}");
        }
        assert!(read(directory.path(), "./b.yaml").is_some());
    }
}
