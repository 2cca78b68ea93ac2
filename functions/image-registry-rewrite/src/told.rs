//! What there is to say of fields. What is the same of one field in many objects is said once.

use std::collections::HashMap;
use std::sync::Arc;

use krm::field::FieldPath;
use krm::finding::{Finding, ObjectReference};

use crate::rule::Rule;

/// Findings in the order of their objects.
#[derive(Debug, Default)]
pub(crate) struct Told {
    entries: Vec<Entry>,
    /// The entries by rule, kind of the object, field and message.
    places: HashMap<(Rule, Arc<str>, FieldPath, String), usize>,
}

#[derive(Debug)]
enum Entry {
    /// A finding of its own.
    Single(Box<Finding>),
    /// A finding about a field of this object, and of so many others.
    Shared { rule: Rule, message: String, object: ObjectReference, path: FieldPath, others: usize },
}

impl Told {
    /// Says something of a field of this object alone.
    pub(crate) fn say_apart(&mut self, rule: Rule, message: String, object: &ObjectReference, path: FieldPath) {
        self.push(Finding::new(rule, message).on(object.clone()).at(path));
    }

    /// Says something of a field. If it is said of the same field of another object of the kind, that one is counted.
    pub(crate) fn say(&mut self, rule: Rule, message: String, object: &ObjectReference, path: FieldPath) {
        let key = (rule, Arc::clone(&object.kind), path.clone(), message.clone());
        if let Some(place) = self.places.get(&key) {
            if let Entry::Shared { others, .. } = &mut self.entries[*place] {
                *others += 1;
            }
            return;
        }
        self.places.insert(key, self.entries.len());
        self.entries.push(Entry::Shared { rule, message, object: object.clone(), path, others: 0 });
    }

    /// Says something else.
    pub(crate) fn push(&mut self, finding: Finding) {
        self.entries.push(Entry::Single(Box::new(finding)));
    }

    /// The findings.
    pub(crate) fn into_findings(self) -> impl Iterator<Item = Finding> {
        self.entries.into_iter().map(|entry| match entry {
            Entry::Single(finding) => *finding,
            Entry::Shared { rule, message, object, path, others } => {
                let others = match others {
                    0 => String::new(),
                    1 => format!("; 1 other {} has the same in this field", object.kind),
                    _ => format!("; {others} other objects of kind {} have the same in this field", object.kind),
                };
                Finding::new(rule, message + &others).on(object).at(path)
            }
        })
    }
}
