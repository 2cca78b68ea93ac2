//! What becomes of the build: collected first, done at the end, because an object that changes cannot be looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings, Message, ObjectReference};
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::Value;

use crate::rule::Rule;

/// The changes to the objects of a build, and the findings about them.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    values: BTreeMap<ItemId, Value>,
    types: BTreeMap<ItemId, Type>,
    removed: BTreeSet<ItemId>,
    companions: Vec<(ItemId, Value)>,
    findings: Vec<(ItemId, Finding)>,
    notes: Vec<Note>,
    /// Findings about the build as a whole.
    general: Vec<Finding>,
}

/// The type that an object becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Type {
    /// `apiVersion`.
    pub(crate) api_version: &'static str,
    /// `kind`.
    pub(crate) kind: &'static str,
}

/// Whether objects of a kind are in no namespace, of the kinds that the function makes.
pub(crate) fn is_cluster_wide(kind: &str) -> bool {
    matches!(kind, "Namespace" | "ClusterRole" | "ClusterRoleBinding")
}

/// A finding that several objects may have in common.
#[derive(Debug)]
struct Note {
    rule: Rule,
    message: String,
    first: ItemId,
    path: FieldPath,
    objects: Vec<ObjectReference>,
}

/// The number of objects that a finding names.
const NAMED: usize = 3;

impl Plan {
    /// The object as it will be.
    pub(crate) fn value<'p>(&'p self, item: &'p Item) -> &'p Value {
        self.values.get(&item.id()).unwrap_or_else(|| item.value())
    }

    /// The object to be changed.
    pub(crate) fn edit(&mut self, item: &Item) -> &mut Value {
        self.values.entry(item.id()).or_insert_with(|| item.value().clone())
    }

    /// Makes the object one of another type. kustomize writes a namespace into objects of kinds that it does not know.
    pub(crate) fn retype(&mut self, item: &Item, becomes: Type) {
        self.types.insert(item.id(), becomes);
        if is_cluster_wide(becomes.kind)
            && item.namespace().is_some()
            && let Some(Value::Object(metadata)) = self.edit(item).get_mut("metadata")
        {
            metadata.shift_remove("namespace");
        }
    }

    /// The type that an object becomes, if it becomes one of another type.
    pub(crate) fn type_of(&self, item: &Item) -> Option<Type> {
        self.types.get(&item.id()).copied()
    }

    /// Takes an object out of the build.
    pub(crate) fn remove(&mut self, item: &Item) {
        self.removed.insert(item.id());
    }

    /// Whether an object goes.
    pub(crate) fn is_removed(&self, item: &Item) -> bool {
        self.removed.contains(&item.id())
    }

    /// Adds an object that accompanies another.
    pub(crate) fn add_beside(&mut self, item: &Item, object: Value) {
        self.companions.push((item.id(), object));
    }

    /// The objects that are added.
    pub(crate) fn companions(&self) -> impl Iterator<Item = (ItemId, &Value)> {
        self.companions.iter().map(|(id, object)| (*id, object))
    }

    /// Reports something about an object.
    pub(crate) fn report(&mut self, rule: Rule, item: &Item, path: impl Into<FieldPath>, message: impl Into<Message>) {
        self.push(item, Finding::new(rule, message).on(item).at(path));
    }

    /// Adds a finding about an object.
    pub(crate) fn push(&mut self, item: &Item, finding: Finding) {
        self.findings.push((item.id(), finding));
    }

    /// Adds a finding about the build as a whole.
    pub(crate) fn tell(&mut self, finding: Finding) {
        self.general.push(finding);
    }

    /// Notes something that is reported once for all objects of which the same is said.
    pub(crate) fn note(&mut self, rule: Rule, item: &Item, path: impl Into<FieldPath>, message: impl Into<String>) {
        let note = Note {
            rule,
            message: message.into(),
            first: item.id(),
            path: path.into(),
            objects: vec![item.reference()],
        };
        self.notes.push(note);
    }

    /// Makes the changes and tells the findings, in the order of the objects.
    pub(crate) fn apply(mut self, resources: &mut Resources, findings: &mut Findings) {
        let notes = std::mem::take(&mut self.notes);
        self.findings.extend(joined(notes).into_iter().map(|note| (note.first, note.finding())));
        self.findings.sort_by_key(|(id, _)| *id);
        findings.extend(self.findings.into_iter().map(|(_, finding)| finding));
        findings.extend(self.general);
        for (id, value) in self.values {
            *resources.edit(id) = value;
        }
        for (id, becomes) in self.types {
            resources.retype(id, becomes.api_version, becomes.kind);
        }
        for (id, object) in self.companions {
            resources.add_beside(id, object);
        }
        for id in self.removed {
            resources.remove(id);
        }
    }
}

impl Note {
    fn finding(self) -> Finding {
        let mut objects = self.objects.into_iter();
        let first = objects.next().unwrap_or_default();
        let others: Vec<_> = objects.map(|object| object.to_string()).collect();
        let message = match others.len() {
            0 => self.message,
            more if more <= NAMED => format!("{}; the same holds for {}", self.message, others.join(", ")),
            more => {
                format!(
                    "{}; the same holds for {} and {} others",
                    self.message,
                    others[..NAMED].join(", "),
                    more - NAMED
                )
            }
        };
        Finding::new(self.rule, message).on(first).at(self.path)
    }
}

/// One note for all that say the same.
fn joined(notes: Vec<Note>) -> Vec<Note> {
    let mut known: HashMap<(Rule, String), usize> = HashMap::new();
    let mut joined: Vec<Note> = Vec::new();
    for note in notes {
        match known.get(&(note.rule, note.message.clone())) {
            Some(index) => {
                let objects = &mut joined[*index].objects;
                if objects.last() != note.objects.last() {
                    objects.extend(note.objects);
                }
            }
            None => {
                known.insert((note.rule, note.message.clone()), joined.len());
                joined.push(note);
            }
        }
    }
    joined
}
