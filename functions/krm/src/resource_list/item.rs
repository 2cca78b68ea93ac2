//! One object of a build.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use json_patch::{Patch, PatchOperation};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::bookkeeping::{self, INDEX, KUSTOMIZE_ID, LOCAL_CONFIG, ORIGIN, PATH, PREFIXES, PREVIOUS_NAMES, SUFFIXES};
use super::packed::Packed;
use super::source::Source;
use crate::finding::{File, Finding, ObjectReference, Subject};
use crate::rule::CommonRule;
use crate::typed;
use crate::yaml::{Alone, Edit, EditError, NodeId, Splice, Tree, edit};

/// Names an object of the [`Resources`](super::Resources) it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(u32);

impl ItemId {
    /// The id of the object at a place among all; a text of at most 4 GiB has no more objects than there are ids.
    pub(super) fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// An object of a build. Reading it costs nothing until its fields are asked for. A large build has tens of thousands, so they
/// are kept small.
#[derive(Debug)]
pub struct Item {
    id: ItemId,
    pub(super) origin: Origin,
    pub(super) pending: Pending,
    pub(super) outcome: Outcome,
    kind: Rc<Type>,
    name: Name,
    /// Whether the name is all of it, and not the beginning of one that the cluster generates.
    is_named: bool,
    namespace: Option<Arc<str>>,
    /// Whether it configures tools and never reaches a cluster.
    is_local: bool,
    /// Of most objects of a large build none is made, so that it takes no room here.
    value: OnceCell<Box<Value>>,
    /// How findings name it, from the first one on.
    subject: OnceCell<Subject>,
}

/// Where an object comes from.
#[derive(Debug)]
pub(super) enum Origin {
    /// It was part of the input.
    Text(Place),
    /// A function added it.
    Function,
}

/// A name.
#[derive(Debug, Clone)]
enum Name {
    /// It is the text of this node of the input, and not empty.
    Written(NodeId),
    Read(Box<str>),
}

/// Where an object is in the input.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) within: Rc<Within>,
    pub(super) node: NodeId,
    /// Its place among the documents, or among the items of its list.
    index: u32,
}

/// What is around the objects of a list, or around those that are documents of their own.
#[derive(Debug)]
pub(super) struct Within {
    pub(super) source: Rc<Source>,
    /// The node of the items of the list.
    pub(super) sequence: Option<NodeId>,
    /// Whether an alias or merge key leads to them, so that they are in other places too.
    pub(super) is_shared: bool,
    /// The type that the list gives an object without one.
    pub(super) implied: Option<ImpliedType>,
}

/// The type that a list like `SecretList` gives items without one.
///
/// Source: `decodeToList` in k8s.io/apimachinery `pkg/apis/meta/v1/unstructured/helpers.go`.
#[derive(Debug)]
pub(super) struct ImpliedType {
    pub(super) api_version: String,
    pub(super) kind: String,
}

/// The nodes of an object that tell what it is.
pub(super) struct Head {
    api_version: Option<NodeId>,
    pub(super) kind: Option<NodeId>,
    metadata: Option<NodeId>,
    pub(super) items: Option<NodeId>,
}

impl Head {
    pub(super) fn of(tree: &Tree, object: NodeId) -> Self {
        let [api_version, kind, metadata, items] = tree.get_all(object, ["apiVersion", "kind", "metadata", "items"]);
        Self { api_version, kind, metadata, items }
    }
}

/// Where annotations are.
const ANNOTATIONS: &[&str] = &["metadata", "annotations"];

/// The fields of the metadata that are read of every object.
const METADATA: [&str; 4] = ["name", "generateName", "namespace", "annotations"];

/// The types and namespaces of the objects of a build, each once: there are many objects and few of these.
#[derive(Debug, Default)]
pub(super) struct Interned {
    types: HashMap<String, HashMap<String, Rc<Type>>>,
    namespaces: HashSet<Arc<str>>,
}

/// A type of objects.
#[derive(Debug)]
struct Type {
    group: String,
    kind: Arc<str>,
    /// The group with the version, as it is written.
    api_version: Arc<str>,
}

impl Type {
    fn new(api_version: &str, kind: &str) -> Self {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        Self { group: group.to_owned(), kind: kind.into(), api_version: api_version.into() }
    }
}

impl Interned {
    fn namespace(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.namespaces.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.namespaces.insert(Arc::clone(&new));
        new
    }

    fn type_of(&mut self, api_version: &str, kind: &str) -> Rc<Type> {
        if let Some(known) = self.types.get(api_version).and_then(|kinds| kinds.get(kind)) {
            return Rc::clone(known);
        }
        let new = Rc::new(Type::new(api_version, kind));
        self.types.entry(api_version.to_owned()).or_default().insert(kind.to_owned(), Rc::clone(&new));
        new
    }
}

/// What holds an object in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// It is a document of its own.
    Document(usize),
    /// It is an item of the list at this node.
    Sequence { node: NodeId, index: usize },
}

/// What the function that runs now does to an object: nothing to most, so that the values are apart.
#[derive(Debug)]
pub(super) enum Pending {
    Nothing,
    /// It asked for the value, to change it. `before` is the value until then, unless that is still in the text.
    Edit {
        before: Option<Box<Value>>,
    },
    /// It changed the value that is in the text, and went on to other objects; the value can be made again.
    SetAside(Rc<Edits>),
    Replace(Box<Packed>),
    Remove,
}

/// What the functions that ran so far have made of an object, compared to the input.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is as it came.
    Unchanged,
    /// It is changed.
    Edited(Rc<Edits>),
    /// It is written as a whole: it was added, or it replaces what came. Nothing is kept as long as the value is.
    Written(Option<Box<Kept>>),
    Removed,
}

/// What the value can be made of that an object is written as.
#[derive(Debug)]
pub(super) enum Kept {
    /// What writes it in the place of an object that came, and was read again.
    Splice(Splice),
    /// Of an object that came with no text, the value itself.
    Packed(Packed),
}

/// What was done to an object of the input.
#[derive(Debug)]
pub(super) struct Edits {
    /// What is to be done to its text.
    pub(super) splices: Vec<Splice>,
    /// What was done to its value as it is in the text.
    pub(super) patch: Patch,
    /// Whether the text was read again with the splices, and is the value that it should be.
    pub(super) is_proven: bool,
}

impl Edits {
    /// What makes this value of the object at a place.
    pub(super) fn new(Edit { splices, mut patch, .. }: Edit, place: &Place, value: &Value) -> Self {
        patch.0.shrink_to_fit();
        Self { is_proven: place.proves(&splices, value), splices, patch }
    }

    /// Whether something at, around or below a field was changed.
    pub(super) fn touch(&self, keys: &[&str]) -> bool {
        let is_on_the_way = |operation: &PatchOperation| {
            operation.path().tokens().zip(keys).all(|(token, key)| token.decoded() == *key)
        };
        self.patch.0.iter().any(is_on_the_way)
    }
}

/// The namespace that a field means which may name none.
///
/// Objects without a namespace are all in one namespace that the build does not know. Like kustomize, which matches names
/// by it, this suite calls it `default`; source: kustomize `kyaml/resid/resid.go`, `EffectiveNamespace`.
pub fn namespace_name(namespace: Option<&str>) -> &str {
    namespace.filter(|namespace| !namespace.is_empty()).unwrap_or("default")
}

impl Item {
    /// An object of the input.
    pub(super) fn read_from(id: ItemId, place: Place, head: &Head, interned: &mut Interned) -> Self {
        let tree = place.tree();
        let metadata = head.metadata.map(|metadata| tree.get_all(metadata, METADATA));
        let [name, prefix, namespace, annotations] = metadata.unwrap_or_default();
        let text = |field: NodeId| tree.text_at(field).filter(|text| !text.is_empty());
        let is_text = |field: &NodeId| text(*field).is_some();
        let is_local = annotations.and_then(|annotations| tree.scalar_text(tree.get(annotations, LOCAL_CONFIG)?));
        let name = name.filter(is_text);
        Self {
            id,
            kind: place.type_of(head, interned),
            is_named: name.is_some(),
            name: name.or(prefix.filter(is_text)).map_or_else(Name::default, Name::Written),
            namespace: namespace.and_then(text).map(|namespace| interned.namespace(namespace)),
            is_local: is_local == Some("true"),
            value: OnceCell::new(),
            subject: OnceCell::new(),
            origin: Origin::Text(place),
            pending: Pending::Nothing,
            outcome: Outcome::Unchanged,
        }
    }

    /// An object that a function added.
    pub(super) fn added(id: ItemId, object: Packed, interned: &mut Interned) -> Self {
        let mut item = Self {
            id,
            kind: interned.type_of("", ""),
            name: Name::default(),
            is_named: true,
            namespace: None,
            is_local: false,
            value: OnceCell::new(),
            subject: OnceCell::new(),
            origin: Origin::Function,
            pending: Pending::Nothing,
            outcome: Outcome::Written(Some(Box::new(Kept::Packed(object)))),
        };
        item.refresh(interned);
        item
    }

    /// Reads type and name from the value again.
    pub(super) fn refresh(&mut self, interned: &mut Interned) {
        let value = self.value();
        // An unquoted name may read as another type; it is a name all the same.
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        };
        let kind = interned.type_of(&text(&value["apiVersion"]), &text(&value["kind"]));
        let metadata = &value["metadata"];
        let (name, namespace) = (text(&metadata["name"]), text(&metadata["namespace"]));
        let prefix = text(&metadata["generateName"]);
        self.is_named = !name.is_empty();
        self.name = Name::Read(if self.is_named { name } else { prefix }.into());
        self.kind = kind;
        self.namespace =
            Some(namespace).filter(|namespace| !namespace.is_empty()).map(|namespace| interned.namespace(&namespace));
        self.is_local = self.says_local();
        self.subject.take();
    }

    fn says_local(&self) -> bool {
        self.annotation(LOCAL_CONFIG) == Some("true")
    }

    /// Names this object.
    pub fn id(&self) -> ItemId {
        self.id
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        &self.kind.group
    }

    /// The `kind`.
    pub fn kind(&self) -> &str {
        &self.kind.kind
    }

    /// The `apiVersion` as written.
    pub fn api_version(&self) -> &str {
        &self.kind.api_version
    }

    /// Whether the object is of this API group and kind, in any version.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group() == group && self.kind() == kind
    }

    /// The `metadata.name`, as it is now. Of an object that has none it is its `metadata.generateName`, from which the
    /// cluster makes a name.
    pub fn name(&self) -> &str {
        match (&self.name, &self.origin) {
            (Name::Written(node), Origin::Text(place)) => place.tree().scalar_text(*node).unwrap_or_default(),
            (Name::Written(_), Origin::Function) => unreachable!("an added object has its name from its value"),
            (Name::Read(name), _) => name,
        }
    }

    /// The `metadata.namespace`, as it is now.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The namespace that it lives in; see [`namespace_name`].
    pub fn namespace_name(&self) -> &str {
        namespace_name(self.namespace())
    }

    /// Whether it lives in this namespace; see [`namespace_name`].
    pub fn is_in_namespace(&self, namespace: Option<&str>) -> bool {
        self.namespace_name() == namespace_name(namespace)
    }

    /// The names that references may use: the current one, then those that kustomize remembers from before. None where the
    /// cluster generates the name.
    pub fn names(&self) -> Vec<String> {
        if !self.is_named {
            return Vec::new();
        }
        let previous = self.annotation(PREVIOUS_NAMES).unwrap_or_default();
        let previous = previous.split(',').filter(|name| !name.is_empty() && *name != self.name());
        std::iter::once(self.name().to_owned()).chain(previous.map(str::to_owned)).collect()
    }

    /// Whether this is its current name, or one that kustomize remembers from before.
    pub(super) fn has_or_had_name(&self, name: &str) -> bool {
        self.is_named && (self.name() == name || self.names().iter().any(|known| known == name))
    }

    /// The object as it is now, changes of this function included.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| Box::new(self.make_value()))
    }

    /// The value for someone who needs it once: it is not kept if it was not there.
    pub(super) fn value_once(&self) -> Cow<'_, Value> {
        self.value.get().map_or_else(|| Cow::Owned(self.make_value()), |value| Cow::Borrowed(value.as_ref()))
    }

    /// The value, made of what is kept of it.
    pub(super) fn make_value(&self) -> Value {
        match (&self.outcome, &self.origin) {
            (Outcome::Written(Some(kept)), origin) => match (kept.as_ref(), origin) {
                (Kept::Splice(splice), Origin::Text(place)) => place.written_as(splice),
                (Kept::Splice(_), Origin::Function) => unreachable!("what was added is in the place of nothing"),
                (Kept::Packed(packed), _) => packed.value(),
            },
            (_, Origin::Text(place)) => place.value(self.edits().map(Rc::as_ref)),
            (_, Origin::Function) => unreachable!("an added object has its value, or is kept packed"),
        }
    }

    /// What was done to the object since it came, if that is all there is to tell.
    fn edits(&self) -> Option<&Rc<Edits>> {
        match (&self.outcome, &self.pending) {
            (Outcome::Edited(edits), _) | (Outcome::Unchanged, Pending::SetAside(edits)) => Some(edits),
            _ => None,
        }
    }

    /// Lets go of a value that can be made again.
    pub(super) fn forget_value(&mut self) {
        if let Outcome::Written(None) = &self.outcome {
            self.outcome = Outcome::Written(self.keep().map(Box::new));
        }
        if matches!(self.outcome, Outcome::Edited(_) | Outcome::Written(Some(_))) {
            self.value.take();
        }
    }

    /// What the value can be made of that the object is written as.
    fn keep(&self) -> Option<Kept> {
        let Origin::Text(place) = &self.origin else { return Some(Kept::Packed(Packed::of(self.value()))) };
        let splice = place.replacement(self.value());
        place.proves(std::slice::from_ref(&splice), self.value()).then_some(Kept::Splice(splice))
    }

    /// Lets go of a value that was just changed, if it can be made again.
    pub(super) fn set_aside(&mut self) {
        if let (Origin::Text(place), Outcome::Unchanged, Pending::Edit { before: None }) =
            (&self.origin, &self.outcome, &self.pending)
            && let Ok(edit) = place.edit(self.value())
            && !edit.splices.is_empty()
        {
            self.pending = Pending::SetAside(Rc::new(Edits::new(edit, place, self.value())));
            debug_assert_eq!(self.make_value(), *self.value());
            self.value.take();
        }
    }

    /// The value behind these keys, one within the other; null if there is none. Of an object that is as it came nothing else
    /// is read.
    pub fn field(&self, keys: &[&str]) -> Cow<'_, Value> {
        match self.unmade_at(keys) {
            Some(place) => Cow::Owned(place.find(keys).map(|found| place.tree().value(found)).unwrap_or_default()),
            None => Cow::Borrowed(self.value_at(keys)),
        }
    }

    /// What the value has behind these keys; null if there is none.
    fn value_at(&self, keys: &[&str]) -> &Value {
        keys.iter().fold(self.value(), |value, key| &value[*key])
    }

    /// The object by itself, if all that there is to tell is in the text and what was done to that, and no value was made of it
    /// yet: what is made of it then goes with it.
    pub(super) fn apart(&self) -> Option<Self> {
        let place = match (&self.origin, self.edits()) {
            (Origin::Text(place), Some(_)) => place,
            _ => self.unchanged()?,
        };
        let is_unmade = self.value.get().is_none();
        is_unmade.then(|| Self {
            id: self.id,
            origin: Origin::Text(place.clone()),
            pending: Pending::Nothing,
            outcome: self.edits().map_or(Outcome::Unchanged, |edits| Outcome::Edited(Rc::clone(edits))),
            kind: Rc::clone(&self.kind),
            name: self.name.clone(),
            is_named: self.is_named,
            namespace: self.namespace.clone(),
            is_local: self.is_local,
            value: OnceCell::new(),
            subject: OnceCell::new(),
        })
    }

    /// Takes over how findings name it from the object by itself.
    pub(super) fn name_as(&self, apart: Self) {
        if let Some(subject) = apart.subject.into_inner() {
            self.subject.get_or_init(|| subject);
        }
    }

    /// Whether an object that is as it came is this value, which costs less than to make its own value.
    pub(super) fn is_read_as(&self, value: &Value) -> bool {
        match self.unchanged() {
            Some(place) if place.implied().is_none() => place.tree().is_value(place.node, value),
            _ => self.value() == value,
        }
    }

    /// Where the object is in the input, if it still is what is written there.
    fn unchanged(&self) -> Option<&Place> {
        match (&self.origin, &self.outcome, &self.pending) {
            (Origin::Text(place), Outcome::Unchanged, Pending::Nothing | Pending::Remove | Pending::Replace(_)) => {
                Some(place)
            }
            _ => None,
        }
    }

    /// Where the object is in the input, if all of it is written there and no value was made of it.
    fn unmade(&self) -> Option<&Place> {
        self.unchanged().filter(|place| self.value.get().is_none() && place.implied().is_none())
    }

    /// The same, if at least what is behind these keys is as it came.
    fn unmade_at(&self, keys: &[&str]) -> Option<&Place> {
        match (&self.origin, self.edits()) {
            (Origin::Text(place), Some(edits)) => {
                let is_apart = self.value.get().is_none() && place.implied().is_none() && !edits.touch(keys);
                is_apart.then_some(place)
            }
            _ => self.unmade(),
        }
    }

    /// The text of the object, if it still is as it came. Reading it costs nothing, so it tells which objects of a large
    /// build are worth reading at all; see [`Prefilter`](super::Prefilter).
    pub(super) fn text_as_it_came(&self) -> Option<&str> {
        self.unchanged().map(|place| place.text())
    }

    /// The value, to be changed.
    pub(super) fn value_mut(&mut self) -> &mut Value {
        if !matches!(self.pending, Pending::Edit { .. }) {
            let before = match (self.unchanged(), &self.pending) {
                (Some(_), _) | (None, Pending::SetAside(_)) => None,
                (None, _) => Some(Box::new(self.value().clone())),
            };
            self.value();
            self.pending = Pending::Edit { before };
        }
        // The annotations that name its file may change now.
        self.subject.take();
        self.value.get_mut().unwrap_or_else(|| unreachable!("the value was just read"))
    }

    /// Takes another value in the place of the present one.
    pub(super) fn set_value(&mut self, value: Value) {
        self.value = OnceCell::from(Box::new(value));
        self.subject.take();
    }

    /// The `metadata.annotations`, host bookkeeping included. Of an object that is as it came nothing else is read.
    pub fn annotations(&self) -> Cow<'_, Map<String, Value>> {
        match self.field(ANNOTATIONS) {
            Cow::Borrowed(Value::Object(annotations)) => Cow::Borrowed(annotations),
            Cow::Owned(Value::Object(annotations)) => Cow::Owned(annotations),
            _ => Cow::default(),
        }
    }

    /// The annotations that people wrote, each with its text, if it has one. Of an object that is as it came nothing is made.
    pub fn user_annotations(&self) -> Vec<(&str, Option<&str>)> {
        let mut annotations = match self.unmade_at(ANNOTATIONS) {
            Some(place) => place.find(ANNOTATIONS).map(|node| place.tree().texts(node)).unwrap_or_default(),
            None => {
                let annotations = self.value_at(ANNOTATIONS).as_object().into_iter().flatten();
                annotations.map(|(key, value)| (key.as_str(), value.as_str())).collect()
            }
        };
        annotations.retain(|(key, _)| !bookkeeping::is_bookkeeping(key));
        annotations
    }

    /// An annotation. Of an object that is as it came it is found without reading the rest.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        let of_text = |place: &'_ Place| place.tree().get(place.find(ANNOTATIONS)?, key);
        match (self.unchanged().or_else(|| self.unmade_at(ANNOTATIONS)), &self.origin) {
            (Some(place), _) => place.tree().scalar_text(of_text(place)?),
            (None, Origin::Text(place)) => {
                let value = self.value_at(ANNOTATIONS).get(key)?;
                // What reads as another type than text is still the text that was written.
                let came = of_text(place).filter(|node| place.tree().value(*node) == *value);
                value.as_str().or_else(|| place.tree().scalar_text(came?))
            }
            (None, Origin::Function) => self.value_at(ANNOTATIONS)[key].as_str(),
        }
    }

    /// How findings name this object.
    pub fn reference(&self) -> ObjectReference {
        ObjectReference {
            api_version: Arc::clone(&self.kind.api_version),
            kind: Arc::clone(&self.kind.kind),
            name: self.name().into(),
            namespace: self.namespace.clone(),
            file: self.file().map(Box::new),
        }
    }

    /// Reads the object as a type of the Kubernetes API, as far as it is well formed; see [`typed::read`].
    ///
    /// A field that the API server would refuse is left out and reported as a warning, so that neither a misspelt object
    /// nor the rest of it passes unseen.
    pub fn read<K: DeserializeOwned + Default>(&self) -> (K, Vec<Finding>) {
        let (object, malformed) = match self.read_unmade() {
            Some(object) => (object, Vec::new()),
            None => typed::read(self.value()),
        };
        let findings = malformed.into_iter().map(|problem| {
            let message = format!("cannot be read: {}; correct it", problem.reason);
            Finding::new(CommonRule::MalformedField, message).on(self).at(&problem.pointer)
        });
        (object, findings.collect())
    }

    /// Reads an object of which no value was made, if nothing in it is malformed.
    fn read_unmade<K: DeserializeOwned>(&self) -> Option<K> {
        let place = self.unmade()?;
        place.tree().read(place.node).ok()
    }

    fn file(&self) -> Option<File> {
        let index = self.annotation(INDEX).and_then(|index| index.parse().ok());
        if let Some(origin) = self.annotation(ORIGIN) {
            let path = origin.lines().find_map(|line| line.strip_prefix("path: "))?;
            return Some(File { path: path.to_owned(), index: None });
        }
        if let Origin::Text(place) = &self.origin
            && let Some(path) = &place.within.source.file
        {
            return Some(File { path: path.clone(), index: None });
        }
        // Between functions kustomize invents paths of kind and name, which lead nowhere.
        let is_kustomize = self.annotation(KUSTOMIZE_ID).is_some();
        let path = self.annotation(PATH).filter(|_| !is_kustomize)?;
        Some(File { path: path.to_owned(), index })
    }

    /// Whether functions act on it.
    pub(super) fn is_active(&self) -> bool {
        !self.is_removed() && self.is_object() && !self.is_local()
    }

    /// Whether it has a type and a name.
    pub(super) fn is_object(&self) -> bool {
        !self.kind.kind.is_empty() && !matches!(&self.name, Name::Read(name) if name.is_empty())
    }

    /// The line where it starts, unless a function added it or there is nothing at all.
    pub(super) fn line(&self) -> Option<usize> {
        let Origin::Text(place) = &self.origin else { return None };
        (!place.tree().is_empty(place.node)).then(|| place.tree().line(place.node))
    }

    /// Whether it configures tools and never reaches a cluster.
    pub(super) fn is_local(&self) -> bool {
        self.is_local
    }

    /// Makes it one that configures tools.
    pub(super) fn set_local(&mut self) {
        self.is_local = true;
    }

    /// Whether a function that ran before took it out of the build.
    pub(super) fn is_removed(&self) -> bool {
        matches!(self.outcome, Outcome::Removed)
    }

    /// Whether kustomize gave both the same prefixes and suffixes.
    pub(super) fn is_renamed_like(&self, other: &Self) -> bool {
        [PREFIXES, SUFFIXES].iter().all(|key| self.annotation(key) == other.annotation(key))
    }

    /// Whether the value is this very object by type and name.
    pub(super) fn is_same_object(&self, other: &Value) -> bool {
        other["apiVersion"] == self.api_version()
            && other["kind"] == self.kind()
            && other["metadata"]["name"] == self.name()
    }
}

impl From<&Item> for Subject {
    fn from(item: &Item) -> Self {
        item.subject.get_or_init(|| item.reference().into()).clone()
    }
}

impl From<&Item> for ObjectReference {
    fn from(item: &Item) -> Self {
        item.reference()
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::Read(Box::default())
    }
}

impl Place {
    pub(super) fn new(within: &Rc<Within>, node: NodeId, index: usize) -> Self {
        Self { within: Rc::clone(within), node, index: u32::try_from(index).unwrap_or(u32::MAX) }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.within.source.tree
    }

    /// The node behind these keys, one within the other.
    fn find(&self, keys: &[&str]) -> Option<NodeId> {
        keys.iter().try_fold(self.node, |node, key| self.tree().get(node, key))
    }

    /// What holds the object.
    pub(super) fn container(&self) -> Container {
        let index = self.index as usize;
        match self.within.sequence {
            Some(node) => Container::Sequence { node, index },
            None => Container::Document(index),
        }
    }

    /// Where the object starts in the text.
    pub(super) fn start(&self) -> usize {
        self.tree().node(self.node).range().start
    }

    fn text(&self) -> &str {
        &self.tree().text()[self.tree().node(self.node).range()]
    }

    /// The type that comes from the list around an object that has none.
    fn implied(&self) -> Option<&ImpliedType> {
        let has_kind = || self.tree().text_of(self.node, "kind").is_some_and(|kind| !kind.is_empty());
        self.within.implied.as_ref().filter(|_| !has_kind())
    }

    fn type_of(&self, head: &Head, interned: &mut Interned) -> Rc<Type> {
        let text = |node: Option<NodeId>| node.and_then(|node| self.tree().text_at(node)).unwrap_or_default();
        match self.implied() {
            Some(implied) => interned.type_of(&implied.api_version, &implied.kind),
            None => interned.type_of(text(head.api_version), text(head.kind)),
        }
    }

    /// The object as it is written, without the type that the list around it gives it.
    pub(super) fn written(&self) -> Value {
        self.tree().value(self.node)
    }

    /// The object as it is written and then changed, with the type that it has.
    fn value(&self, edits: Option<&Edits>) -> Value {
        let mut value = self.written();
        if let Some(edits) = edits {
            let patched = json_patch::patch(&mut value, &edits.patch);
            patched.unwrap_or_else(|error| unreachable!("the patch was made for this value: {error}"));
        }
        if let (Some(implied), Value::Object(object)) = (self.implied(), &mut value)
            && object.get("kind").and_then(Value::as_str).is_none_or(str::is_empty)
        {
            object.insert("apiVersion".to_owned(), implied.api_version.as_str().into());
            object.insert("kind".to_owned(), implied.kind.as_str().into());
        }
        value
    }

    /// The part of the text that holds just the object, read by itself with these splices.
    fn alone(&self, splices: &[Splice]) -> Option<Alone> {
        let source = &self.within.source;
        // A list among the objects is one part, however many objects it holds.
        if self.within.sequence != source.items() {
            return None;
        }
        source.parts().alone(&source.tree, self.node, splices)
    }

    /// Whether splices make this value of the object, and nothing of what comes behind it.
    fn proves(&self, splices: &[Splice], value: &Value) -> bool {
        self.alone(splices).is_some_and(|alone| alone.tree.is_value(alone.node, value))
    }

    /// The value that a splice was proven to write.
    fn written_as(&self, splice: &Splice) -> Value {
        let alone = self.alone(std::slice::from_ref(splice));
        let alone = alone.unwrap_or_else(|| unreachable!("it was read so before"));
        alone.tree.value(alone.node)
    }

    /// What it takes to put another object in the place of this one.
    pub(super) fn replacement(&self, value: &Value) -> Splice {
        match self.container() {
            Container::Document(_) => edit::replace_root(self.tree(), self.node, value),
            Container::Sequence { node, index } => edit::replace_item(self.tree(), node, index, value),
        }
    }

    /// What it takes to make `new` of the object.
    pub(super) fn edit(&self, new: &Value) -> Result<Edit, EditError> {
        let mut written = Cow::Borrowed(new);
        // The list around an object gives it its type, unless a function made it one of another.
        let is_of_list =
            |implied: &ImpliedType| new["apiVersion"] == implied.api_version && new["kind"] == implied.kind;
        if self.implied().is_some_and(is_of_list)
            && let Value::Object(object) = written.to_mut()
        {
            object.shift_remove("apiVersion");
            object.shift_remove("kind");
        }
        let edit = edit::edit(self.tree(), self.node, &written)?;
        if self.within.is_shared && !edit.splices.is_empty() { Err(EditError::shared()) } else { Ok(edit) }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::{Value, json};

    use super::super::Resources;
    use super::Item;

    const LIST: &str = "\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- kind: A
  metadata: {name: a, labels: &labels {app: web, tier: }}
  spec: {ports: [80], at: 010}
- kind: B
  metadata:
    name: b
    labels: {<<: *labels, more: \"yes\"}
- kind: CList
  items:
  - metadata: {name: c}
    spec: text
";

    fn resources() -> Resources {
        Resources::from_list(LIST.to_owned()).unwrap_or_else(|error| panic!("{error}"))
    }

    const FIELDS: [&[&str]; 9] = [
        &[],
        &["kind"],
        &["metadata", "labels"],
        &["metadata", "labels", "app"],
        &["metadata", "labels", "tier"],
        &["spec", "ports"],
        &["spec", "ports", "x"],
        &["spec", "at"],
        &["missing", "field"],
    ];

    #[test]
    fn a_field_is_what_the_value_has_there() {
        let unread = resources();
        for keys in FIELDS {
            for (item, read) in unread.iter().zip(resources().iter()) {
                let expected = keys.iter().fold(read.value(), |value, key| &value[*key]);
                assert_eq!(*item.field(keys), *expected, "{keys:?} of {}", item.name());
                assert_eq!(*read.field(keys), *expected, "{keys:?} of {}", item.name());
            }
        }
        assert_eq!(unread.iter().count(), 3);
        let mut edited = resources();
        let id = edited.iter().next().expect("there is an object").id();
        edited.edit(id)["spec"] = json!({"ports": [81]});
        assert_eq!(*edited.get(id).field(&["spec", "ports"]), json!([81]));
    }

    #[test]
    fn an_object_is_read_as_a_type_alike_with_and_without_its_value() {
        const SERVICES: &str = "\
kind: Service
metadata: &metadata {name: one, labels: {app: web}, annotations: }
spec: {ports: [{port: 80, targetPort: http}, {port: 0x51, targetPort: 8080, name: null}], selector: {app: web}}
---
kind: Service
metadata: {name: b}
spec:
  ports:
  - http
  - port: \"81\"
  - port: 82
    nodePort: 30000.0
  selector: app
  unknown: {a: [1]}
---
kind: Service
metadata: {name: c}
spec: &spec {type: ExternalName, externalName: 10, ports: !!seq []}
status: {<<: *spec}
---
kind: Service
metadata: {name: d}
";
        let read = || Resources::from_streams(vec![(None, SERVICES.to_owned())]).expect("it is YAML");
        let (unmade, made) = (read(), read());
        made.iter().for_each(|item| _ = item.value());
        for (unmade, made) in unmade.iter().zip(made.iter()) {
            let (expected, findings) = made.read::<Service>();
            assert_eq!(unmade.read::<Service>(), (expected, findings), "{}", made.name());
        }
        let kept = unmade.iter().filter(|item| item.value.get().is_some());
        assert_eq!(kept.map(Item::name).collect::<Vec<_>>(), ["b", "c"], "only what is malformed is made");
    }

    /// The objects that have their value, by name.
    fn made(resources: &Resources) -> Vec<&str> {
        resources.iter().filter(|item| item.value.get().is_some()).map(Item::name).collect()
    }

    #[test]
    fn a_changed_object_keeps_no_value_once_another_is_changed() {
        for serves_several in [false, true] {
            let mut resources = resources();
            if serves_several {
                resources.serve_several();
            }
            let [a, b, c]: [_; 3] = Vec::from_iter(resources.iter().map(Item::id)).try_into().expect("there are three");
            resources.edit(a)["spec"]["at"] = json!(1);
            resources.edit(c)["spec"] = json!({"at": 2});
            let kept: &[&str] = if serves_several { &["a", "c"] } else { &["c"] };
            assert_eq!(made(&resources), kept);
            assert_eq!(resources.look(resources.get(a), |item| item.value()["spec"]["at"].clone()), json!(1));
            assert_eq!(made(&resources), kept, "a look keeps nothing");
            assert_eq!(*resources.get(a).field(&["spec", "ports"]), json!([80]));
            assert_eq!(resources.get(a).annotation("missing"), None);
            assert_eq!(made(&resources), kept, "what was not changed is read from the text");
            assert_eq!(*resources.get(a).field(&["spec"]), json!({"ports": [80], "at": 1}));
            resources.edit(b)["spec"] = json!("new");
            resources.edit(a)["metadata"]["annotations"] = json!({"note": "new"});
            resources.edit(a)["spec"]["ports"] = json!([]);
            resources.remove(b);
            let told: Vec<_> = resources.settle().expect("it can be changed").iter().map(ToString::to_string).collect();
            let expected = [
                "info: A a: metadata.annotations: added",
                "info: A a: spec.ports: changed",
                "info: A a: spec.at: changed",
                "info: B b: removed",
                "info: C c: spec: changed",
            ];
            assert_eq!(told, expected);
            assert_eq!(made(&resources), if serves_several { vec!["a", "c"] } else { vec![] });
            assert_eq!(resources.get(a).value()["spec"], json!({"ports": [], "at": 1}));
            let output = resources.write(&[]).expect("it reads as meant");
            assert!(output.to_text(std::iter::empty()).contains("spec: {ports: [], at: 1}"));
        }
    }

    #[test]
    fn a_changed_object_keeps_the_type_that_its_list_gives_it() {
        const KINDS: [&str; 5] = ["", "  kind:\n", "  kind: ''\n", "  kind: |\n", "  apiVersion: other/v1\n"];
        for kind in KINDS {
            let object = |name: &str| format!("- metadata: {{name: {name}}}\n{kind}  spec: {{at: 1}}\n");
            let list = format!("apiVersion: v1\nkind: AList\nitems:\n{}{}", object("a"), object("b"));
            let mut resources = Resources::from_streams(vec![(None, list)]).expect("it is YAML");
            for id in Vec::from_iter(resources.iter().map(Item::id)) {
                resources.edit(id)["spec"]["at"] = json!(2);
            }
            resources.settle().expect("it can be changed");
            for item in resources.iter() {
                let name = item.name();
                let expected = json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": name}, "spec": {"at": 2}});
                assert_eq!(*item.value(), expected, "{kind}");
            }
            assert!(resources.write(&[]).is_ok(), "{kind}");
        }
    }

    #[test]
    fn a_look_keeps_nothing_unless_others_come() {
        let mut resources = resources();
        let kept = |resources: &Resources| resources.iter().filter(|item| item.value.get().is_some()).count();
        let looked = |resources: &Resources| -> Vec<Value> {
            resources.iter().map(|item| resources.look(item, |item| item.value().clone())).collect()
        };
        let values = looked(&resources);
        assert_eq!((values.len(), kept(&resources)), (3, 0));
        resources.serve_several();
        assert_eq!((looked(&resources), kept(&resources)), (values, 3));
    }
}
