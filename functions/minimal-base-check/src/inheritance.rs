//! Which values of a base an overlay inherits: two builds, compared.

use std::collections::{BTreeMap, HashMap};

use krm::config::ConfigError;
use krm::field::{FieldPath, Pointer, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use serde_json::Value;

use crate::aspect::Aspect;
use crate::check::Check;
use crate::config::Spec;
use crate::document::Document;
use crate::patch;
use crate::rule::Rule;
use crate::statement::{Statement, leaves, statements};

/// Reports the values that differ between environments and that the build of an overlay has as its base has them: it inherits
/// them, or states the same. What `spec.exceptions` allows is left out. kustomize may have renamed objects by one prefix and
/// one suffix, moved them into a namespace and reordered lists with names.
///
/// # Errors
/// Options that make no sense.
pub fn compare(spec: &Spec, base: &Resources, overlay: &Resources, findings: &mut Findings) -> Result<(), ConfigError> {
    let check = Check::new(spec)?;
    // What is unreadable in the base is so in the overlay, where it is reported.
    let mut of_base = Findings::default();
    let documents = base.iter().map(|item| Document::of(item, &mut of_base));
    let stated = documents.map(|document| {
        let stated = not_excepted(&check, &document);
        (document, stated)
    });
    let stating: Vec<_> = stated.filter(|(_, stated)| !stated.is_empty()).collect();
    let pairing = Pairing::of(stating.iter().map(|(document, _)| document.item), overlay);
    for (document, stated) in &stating {
        match pairing.counterpart(document.item) {
            Some(item) => {
                let counterpart = Document::of(item, findings);
                let inherited = stated.iter().flat_map(|statement| inherited(document, statement, &counterpart));
                findings.extend(inherited.collect::<Vec<_>>());
            }
            None => findings.push(
                Finding::new(Rule::NotCompared, "is not in the overlay under a name that tells it").on(document.item),
            ),
        }
    }
    Ok(())
}

fn not_excepted(check: &Check<'_>, document: &Document<'_>) -> Vec<Statement> {
    let allowed = check.exceptions.of(document.item);
    let mut stated = statements(document, &check.fields);
    stated.retain(|statement| allowed.reason(document, &statement.pointer, &statement.value).is_none());
    stated
}

/// The parts of a statement that the overlay has as well: the statement if it has all of it.
fn inherited(base: &Document<'_>, statement: &Statement, overlay: &Document<'_>) -> Vec<Finding> {
    let leaves = leaves(&statement.pointer, &statement.value);
    let same = |(pointer, value): &(PointerBuf, &Value)| {
        let field = counterpart(&base.value, pointer, &overlay.value)?;
        (overlay.at(&field) == Some(*value)).then_some((field, (*value).clone()))
    };
    let found: Vec<_> = leaves.iter().filter_map(same).collect();
    let whole = counterpart(&base.value, &statement.pointer, &overlay.value)
        .filter(|field| found.len() == leaves.len() && overlay.at(field) == Some(&statement.value));
    let fields = match whole {
        Some(field) => vec![(field, statement.value.clone())],
        None => found,
    };
    fields.into_iter().map(|(field, value)| finding(overlay, statement.aspect, &field, value)).collect()
}

fn finding(document: &Document<'_>, aspect: Aspect, field: &Pointer, value: Value) -> Finding {
    let shown = if aspect == Aspect::Configured { aspect.example() } else { value.clone() };
    let how = patch::how(document, field, aspect, &shown);
    let message = format!(
        "is as in the base: the overlay inherits it, or states the same; take it out of the base, and state it in the overlay {how}"
    );
    let finding = Finding::new(Rule::InheritedFromBase, message).on(document.item).at(FieldPath::from(field));
    if aspect == Aspect::Configured { finding } else { finding.current(value) }
}

/// The fields by which items of lists are known.
const NAMES: [&str; 4] = ["/name", "/id", "/key", "/metadata/name"];

/// Where a field of one object is in another: items of lists are the same if they have the same name, or else the same index.
fn counterpart(from: &Value, field: &Pointer, to: &Value) -> Option<PointerBuf> {
    let (mut from, mut to) = (from, to);
    let mut pointer = PointerBuf::new();
    for token in field.tokens() {
        let key = token.decoded();
        match (from, to) {
            (Value::Object(before), Value::Object(after)) => {
                (from, to) = (before.get(&*key)?, after.get(&*key)?);
                pointer.push_back(token);
            }
            (Value::Array(before), Value::Array(after)) => {
                let index: usize = key.parse().ok()?;
                let place = place_of(before, index, after)?;
                (from, to) = (before.get(index)?, &after[place]);
                pointer.push_back(place);
            }
            _ => return None,
        }
    }
    Some(pointer)
}

/// The index in a list of the item that is at an index of another.
fn place_of(before: &[Value], index: usize, after: &[Value]) -> Option<usize> {
    let item = before.get(index)?;
    let named = NAMES.iter().find_map(|name| Some((name, item.pointer(name).filter(|name| !name.is_null())?)));
    match named {
        Some((key, name)) => after.iter().position(|item| item.pointer(key) == Some(name)),
        None => (index < after.len()).then_some(index),
    }
}

/// Which objects of two builds are the same.
struct Pairing<'o> {
    /// The prefix and the suffix that the names of the overlay have.
    affixes: (String, String),
    /// The objects of the overlay by type and name.
    by_name: HashMap<(&'o str, &'o str, &'o str), Vec<&'o Item>>,
}

impl<'o> Pairing<'o> {
    /// Finds the prefix and the suffix by which the most objects of a base are in an overlay; of several, the shortest.
    fn of<'b>(base: impl Iterator<Item = &'b Item>, overlay: &'o Resources) -> Self {
        let mut by_type: HashMap<(&str, &str), Vec<&str>> = HashMap::new();
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for item in overlay.iter() {
            by_type.entry((item.group(), item.kind())).or_default().push(item.name());
            by_name.entry((item.group(), item.kind(), item.name())).or_default().push(item);
        }
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for item in base {
            let names = by_type.get(&(item.group(), item.kind())).into_iter().flatten();
            for affixes in names.filter_map(|name| name.split_once(item.name()).filter(|_| !item.name().is_empty())) {
                *counts.entry(affixes).or_default() += 1;
            }
        }
        let best = counts
            .into_iter()
            .max_by_key(|((prefix, suffix), count)| (*count, std::cmp::Reverse(prefix.len() + suffix.len())));
        let (prefix, suffix) = best.map_or(("", ""), |(affixes, _)| affixes);
        Self { affixes: (prefix.to_owned(), suffix.to_owned()), by_name }
    }

    /// The object of the overlay that an object of the base has become. Of several in other namespaces it is the one in the
    /// same, or none.
    fn counterpart(&self, item: &Item) -> Option<&'o Item> {
        let (prefix, suffix) = &self.affixes;
        let name = format!("{prefix}{}{suffix}", item.name());
        let found = self.by_name.get(&(item.group(), item.kind(), name.as_str()))?;
        match found.as_slice() {
            [one] => Some(one),
            several => several.iter().copied().find(|other| other.is_in_namespace(item.namespace())),
        }
    }
}
