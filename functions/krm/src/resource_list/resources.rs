//! The objects of a build: read, looked up and changed.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::bookkeeping;
use super::item::{Head, ImpliedType, Interned, Item, ItemId, Pending, Place, Within};
use super::packed::Packed;
use super::source::{Layout, LoadError, Source, list_root};
use crate::finding::ObjectReference;
use crate::numbered::Numbered;
use crate::yaml::{Kind, NodeId, Tree};

/// The objects that a function works on.
///
/// Objects that configure tools (`config.kubernetes.io/local-config`), the lone functionConfig that kustomize sends for
/// an empty build and everything that is no Kubernetes object pass through unseen.
#[derive(Debug)]
pub struct Resources {
    pub(super) sources: Vec<Rc<Source>>,
    pub(super) items: Vec<Item>,
    pub(super) interned: Interned,
    /// What the function that runs now adds.
    pub(super) added: Vec<Packed>,
    /// The objects by name, from the first reference on that is followed: many functions follow none.
    by_name: OnceCell<Names>,
    /// The objects that an earlier function of a Pipeline refused, as findings name them.
    refused: HashSet<String>,
    /// The name of the config of the function that runs now.
    config_name: String,
    /// Whether several functions look at the objects, so that what one makes of them serves the others.
    pub(super) serves_several: bool,
    edited_last: Option<ItemId>,
}

/// Objects by kind and by each name that they have or had. Names of objects that are gone stay in it.
#[derive(Debug, Default)]
struct Names(HashMap<String, OfKind>);

/// The objects of a kind, and their names from the first question for one on: most kinds are never referred to.
#[derive(Debug, Default)]
struct OfKind {
    ids: Vec<ItemId>,
    by_name: OnceCell<Numbered<ItemId>>,
}

impl Names {
    fn of(items: &[Item]) -> Self {
        let mut names = Self::default();
        items.iter().for_each(|item| names.note(item));
        names
    }

    /// Notes the names that an object has or had.
    fn note(&mut self, item: &Item) {
        if !item.is_active() {
            return;
        }
        let of_kind = match self.0.get_mut(item.kind()) {
            Some(of_kind) => of_kind,
            None => self.0.entry(item.kind().to_owned()).or_default(),
        };
        insert(&mut of_kind.ids, item.id());
        of_kind.by_name.take();
    }

    /// The objects that may have or have had a name, and few others, in their order.
    fn get(&self, items: &[Item], kind: &str, name: &str) -> &[ItemId] {
        self.0.get(kind).map_or(&[], |of_kind| of_kind.by_name(items).called(&name))
    }
}

impl OfKind {
    fn by_name(&self, items: &[Item]) -> &Numbered<ItemId> {
        let names = |id: &ItemId| {
            let item = &items[id.index()];
            item.names().into_iter().map(|name| (name, item.id()))
        };
        self.by_name.get_or_init(|| self.ids.iter().flat_map(names).collect())
    }
}

/// Puts an id in its place among others.
fn insert(ids: &mut Vec<ItemId>, id: ItemId) {
    if let Err(place) = ids.binary_search(&id) {
        ids.insert(place, id);
    }
}

/// What a reference by name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Referent {
    /// No such object in this build. It may live elsewhere, or a selector of the host may hide it.
    Missing,
    /// This object.
    Found(ItemId),
    /// Several objects that kustomize renamed from the same name; nothing tells them apart.
    Ambiguous(Vec<ItemId>),
}

impl Resources {
    /// Reads a `ResourceList` of any version.
    ///
    /// # Errors
    /// Text that is not YAML, or is something else than one `ResourceList`.
    pub fn from_list(text: String) -> Result<Self, LoadError> {
        let tree = Tree::parse(text)?;
        let root = list_root(&tree)?;
        // Only the value of a scalar is looked at: that of the list would be all objects at once.
        let is_null = |node: NodeId| tree.scalar_text(node).is_some() && tree.value(node) == Value::Null;
        let items = tree.get(root, "items").map(|items| tree.resolved(items)).filter(|items| !is_null(*items));
        if items.is_some_and(|items| !matches!(tree.node(items).kind(), Kind::Sequence { .. })) {
            return Err(LoadError::NotAResourceList("`items` of the ResourceList must be a list".to_owned()));
        }
        // New results take the place of these.
        if tree.entry(root, "results").is_some_and(|results| tree.is_referenced(results.value)) {
            let message =
                "`results` of the ResourceList holds a YAML anchor that is used elsewhere; write the value out there";
            return Err(LoadError::NotAResourceList(message.to_owned()));
        }
        let function_config = tree.get(root, "functionConfig").map(|config| tree.value(config));
        let source = Rc::new(Source::new(tree, Layout::List { root, items }, 0, None));
        let mut resources = Self::with_sources(vec![Rc::clone(&source)]);
        if let Some(items) = items {
            resources.load_all(Within { source, sequence: Some(items), is_shared: false, implied: None });
        }
        let config = function_config.unwrap_or_default();
        if resources.items.len() == 1 && resources.items[0].is_same_object(&config) {
            resources.items[0].set_local();
        }
        Ok(resources)
    }

    /// Reads texts of one object per document, with the names of the files they came from.
    ///
    /// # Errors
    /// Text that is not YAML; the message names the file.
    pub fn from_streams(texts: Vec<(Option<String>, String)>) -> Result<Self, LoadError> {
        let mut resources = Self::with_sources(Vec::new());
        for (file, text) in texts {
            let tree = Tree::parse(text).map_err(|mut error| {
                if let Some(file) = &file {
                    error.message = format!("{} (in {file})", error.message);
                }
                error
            })?;
            let index = resources.sources.len();
            let source = Rc::new(Source::new(tree, Layout::Stream, index, file));
            resources.sources.push(Rc::clone(&source));
            resources.load_all(Within { source, sequence: None, is_shared: false, implied: None });
        }
        Ok(resources)
    }

    fn with_sources(sources: Vec<Rc<Source>>) -> Self {
        Self {
            sources,
            items: Vec::new(),
            interned: Interned::default(),
            added: Vec::new(),
            by_name: OnceCell::new(),
            refused: HashSet::new(),
            config_name: String::new(),
            serves_several: false,
            edited_last: None,
        }
    }

    /// Takes in the items of a list, or all documents.
    fn load_all(&mut self, within: Within) {
        let within = Rc::new(within);
        let tree = &within.source.tree;
        let nodes: Vec<_> = match within.sequence {
            Some(sequence) => tree.items(sequence).iter().map(|item| item.node).collect(),
            None => tree.documents().iter().map(|document| document.root).collect(),
        };
        self.items.reserve(nodes.len());
        for (index, node) in nodes.into_iter().enumerate() {
            self.load(Place::new(&within, node, index));
        }
    }

    /// Takes in an object, or those that a list of a kind like `List` or `SecretList` wraps.
    fn load(&mut self, place: Place) {
        let (tree, node) = (place.tree(), place.node);
        let head = Head::of(tree, node);
        let element = head.kind.and_then(|kind| tree.text_at(kind)?.strip_suffix("List"));
        let items = head.items.map(|items| (items, tree.resolved(items)));
        match (element, items) {
            (Some(element), Some((written, items))) if matches!(tree.node(items).kind(), Kind::Sequence { .. }) => {
                let is_own = written == items && tree.entry(node, "items").is_some();
                let api_version = tree.text_of(node, "apiVersion").unwrap_or_default().into();
                let implied = ImpliedType { api_version, kind: element.into() };
                let implied = Some(implied).filter(|implied| !implied.kind.is_empty());
                let is_shared = place.within.is_shared || !is_own || tree.resolved(node) != node;
                let source = Rc::clone(&place.within.source);
                self.load_all(Within { source, sequence: Some(items), is_shared, implied });
            }
            _ => {
                let id = ItemId::at(self.items.len());
                self.items.push(Item::read_from(id, place, &head, &mut self.interned));
            }
        }
    }

    /// What is not an object where one must be, each with its line: scalars, lists, and mappings without a type or name.
    pub(crate) fn no_objects(&self) -> impl Iterator<Item = (&Item, usize)> {
        let others = self.items.iter().filter(|item| !item.is_object() && !item.is_local());
        others.filter_map(|item| item.line().map(|line| (item, line)))
    }

    /// Notes the names that an object got.
    pub(super) fn index_names(&mut self, id: ItemId) {
        if let Some(names) = self.by_name.get_mut() {
            names.note(&self.items[id.index()]);
        }
    }

    /// The objects that the function may look at and change, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.is_active())
    }

    /// The objects of a type of the Kubernetes API, of any version, in their order.
    pub fn of<K: k8s_openapi::Resource>(&self) -> impl Iterator<Item = &Item> {
        self.iter().filter(|item| item.is(K::GROUP, K::KIND))
    }

    /// The ids of the objects of an API group and kind, in their order. The core group is empty.
    pub fn ids_of(&self, group: &str, kind: &str) -> Vec<ItemId> {
        self.iter().filter(|item| item.is(group, kind)).map(Item::id).collect()
    }

    /// An object by its id.
    pub fn get(&self, id: ItemId) -> &Item {
        &self.items[id.index()]
    }

    /// Lets a function look at an object from all sides once. Of a large build the values of all objects take most of the
    /// memory, so that what the look makes of it is gone afterwards, unless it was there before or another function comes.
    /// How findings name it stays.
    pub fn look<R>(&self, item: &Item, look: impl FnOnce(&Item) -> R) -> R {
        let apart = if self.serves_several { None } else { item.apart() };
        let seen = look(apart.as_ref().unwrap_or(item));
        if let Some(apart) = apart {
            item.name_as(apart);
        }
        seen
    }

    /// Says that several functions look at the objects.
    pub(crate) fn serve_several(&mut self) {
        self.serves_several = true;
    }

    /// The object to be changed. Only fields that differ at the end are written.
    pub fn edit(&mut self, id: ItemId) -> &mut Value {
        // Where a function changes thousands of objects, their values are not to be there all at once.
        let last = self.edited_last.replace(id).filter(|last| *last != id && !self.serves_several);
        if let Some(last) = last {
            self.items[last.index()].set_aside();
        }
        self.items[id.index()].value_mut()
    }

    /// Takes the object out of the build.
    pub fn remove(&mut self, id: ItemId) {
        self.items[id.index()].pending = Pending::Remove;
    }

    /// Puts another object in the place of this one, in the eyes of the host too: it stays in the same file, and
    /// references to it and patches for it go on working.
    pub fn replace(&mut self, id: ItemId, object: impl Into<Packed>) {
        let item = &mut self.items[id.index()];
        let object = annotated(object.into(), &item.annotations(), bookkeeping::of_replacement);
        item.pending = Pending::Replace(Box::new(object));
    }

    /// Makes the object one of another type, in the eyes of the host too: references to it and patches for it go on
    /// working. Everything else in it stays as it is, so it is for types that have most fields in common.
    pub fn retype(&mut self, id: ItemId, api_version: &str, kind: &str) {
        let object = self.edit(id);
        object["apiVersion"] = api_version.into();
        object["kind"] = kind.into();
        bookkeeping::rewrite_kinds(object, kind);
    }

    /// Adds an object that accompanies another, so that an outer overlay renames both alike.
    pub fn add_beside(&mut self, id: ItemId, object: impl Into<Packed>) {
        let annotations = self.items[id.index()].annotations();
        let mut object =
            annotated(object.into(), &annotations, |annotations, _| bookkeeping::of_companion(annotations));
        // What people accept of the one says nothing about the other.
        if object.may_hold(bookkeeping::ACCEPT) {
            object.revise(|object| {
                if let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
                    annotations.shift_remove(bookkeeping::ACCEPT);
                }
            });
        }
        self.added.push(object);
    }

    /// The objects that the function made: those in the place of others, and those it added.
    pub(crate) fn new_objects_mut(&mut self) -> impl Iterator<Item = &mut Packed> {
        let replacements = self.items.iter_mut().filter_map(|item| match &mut item.pending {
            Pending::Replace(object) => Some(object.as_mut()),
            _ => None,
        });
        replacements.chain(&mut self.added)
    }

    /// Notes that a function did not run, so that no object is what it should be by now.
    pub(crate) fn note_all_refused(&mut self) {
        let all: Vec<_> = self.iter().map(|item| item.reference()).collect();
        self.note_refused(all.iter());
    }

    /// Notes that a function could not do with these objects what it is for.
    pub(crate) fn note_refused<'o>(&mut self, objects: impl Iterator<Item = &'o ObjectReference>) {
        self.refused.extend(objects.map(ToString::to_string));
    }

    /// Whether an earlier function of a Pipeline refused an object, so that it is not what it should be by now. That is
    /// reported already.
    pub fn is_refused(&self, item: &Item) -> bool {
        !self.refused.is_empty() && self.refused.contains(&item.reference().to_string())
    }

    /// Adds an object on its own.
    pub fn add(&mut self, object: &Value) {
        self.added.push(Packed::of(object));
    }

    /// The object that `name` means in a field of `referrer`. Under kustomize objects are already renamed while
    /// references are not, so both current and former names count; objects that were renamed like the referrer
    /// come first.
    pub fn referent(&self, referrer: ItemId, group: &str, kind: &str, name: &str) -> Referent {
        let referrer = self.get(referrer);
        self.referent_from(referrer, referrer.namespace(), group, kind, name)
    }

    /// Like [`Resources::referent`], for a reference that names the namespace of its object.
    pub fn referent_in(&self, referrer: ItemId, namespace: &str, group: &str, kind: &str, name: &str) -> Referent {
        self.referent_from(self.get(referrer), Some(namespace), group, kind, name)
    }

    fn referent_from(&self, referrer: &Item, namespace: Option<&str>, group: &str, kind: &str, name: &str) -> Referent {
        let named = self.by_name.get_or_init(|| Names::of(&self.items)).get(&self.items, kind, name);
        let mut candidates: Vec<_> = named
            .iter()
            .map(|id| self.get(*id))
            .filter(|item| item.is(group, kind) && item.is_active() && item.is_in_namespace(namespace))
            .filter(|item| item.has_or_had_name(name))
            .collect();
        let preferences: [&dyn Fn(&Item) -> bool; 2] =
            [&|item| item.is_renamed_like(referrer), &|item| item.name() == name];
        for preferred in preferences {
            if candidates.len() > 1 && candidates.iter().any(|item| preferred(item)) {
                candidates.retain(|item| preferred(item));
            }
        }
        match candidates.as_slice() {
            [] => Referent::Missing,
            [one] => Referent::Found(one.id()),
            several => Referent::Ambiguous(several.iter().map(|item| item.id()).collect()),
        }
    }

    /// The `metadata.name` of the config of the function that runs, which tells several configs of one kind apart. Empty if
    /// the config has no name.
    pub fn config_name(&self) -> &str {
        &self.config_name
    }

    pub(crate) fn set_config_name(&mut self, name: &str) {
        name.clone_into(&mut self.config_name);
    }

    /// The functionConfig that came with the list.
    pub(crate) fn function_config(&self) -> Option<Value> {
        let [source] = self.sources.as_slice() else { return None };
        match source.layout {
            Layout::List { root, .. } => {
                source.tree.get(root, "functionConfig").map(|config| source.tree.value(config))
            }
            Layout::Stream => None,
        }
    }
}

/// An object with the bookkeeping that follows from the annotations of the one that it comes from, and from its own kind.
fn annotated(
    mut packed: Packed,
    annotations: &Map<String, Value>,
    bookkeeping: impl Fn(&Map<String, Value>, &str) -> Map<String, Value>,
) -> Packed {
    if annotations.keys().any(|key| key == bookkeeping::ACCEPT || bookkeeping::is_bookkeeping(key)) {
        packed.revise(|object| {
            let kind = object["kind"].as_str().unwrap_or_default().to_owned();
            annotate(object, bookkeeping(annotations, &kind));
        });
    }
    packed
}

fn annotate(object: &mut Value, bookkeeping: Map<String, Value>) {
    if bookkeeping.is_empty() {
        return;
    }
    let annotations = &mut object["metadata"]["annotations"];
    if annotations.is_null() {
        *annotations = Value::Object(Map::new());
    }
    if let Value::Object(annotations) = annotations {
        annotations.extend(bookkeeping);
    }
}
