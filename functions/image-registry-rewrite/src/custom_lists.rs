//! The lists of pull secrets in custom resources.

use krm::resource_list::Item;
use krm::table;
use manifests::fields::Pattern;
use serde_json::{Value, json};

use crate::new_list::NewList;
use crate::pull_secrets::{Needed, names};

/// A row of the table: where images are, and where the Secrets for them are listed.
#[derive(Debug)]
struct Row {
    images: Pattern,
    list: &'static str,
    form: &'static str,
}

/// The rows of a kind.
fn rows_of(group: &str, kind: &str) -> Vec<Row> {
    let columns = format!("{group}\t{kind}\t");
    let rows = table::rows_of(include_str!("../data/pull-secret-fields.tsv"), &columns);
    rows.map(|[_group, _kind, images, list, form]| Row { images: Pattern::known(images), list, form }).collect()
}

/// The lists of an object that change, and the images for which there is none.
pub(crate) fn of<'s>(item: &Item, mut needed: Vec<Needed<'s>>) -> (Vec<NewList>, Vec<Needed<'s>>) {
    if needed.is_empty() {
        return (Vec::new(), needed);
    }
    let mut lists: Vec<NewList> = Vec::new();
    for row in rows_of(item.group(), item.kind()) {
        let fields: Vec<_> = row.images.matches(item.value()).into_iter().map(|found| found.pointer).collect();
        let (of_row, others): (Vec<_>, Vec<_>) =
            needed.into_iter().partition(|needed| fields.contains(&needed.pointer));
        needed = others;
        if of_row.is_empty() {
            continue;
        }
        let keys: Vec<_> = row.list.split('.').map(str::to_owned).collect();
        // Two rows may share a list.
        let written = lists.iter().position(|list| list.keys == keys).map(|place| lists.remove(place).value);
        let current = written.clone().or_else(|| value_at(item.value(), &keys).cloned()).unwrap_or_default();
        match with_names(&current, row.form, &names(&of_row)) {
            Outcome::New(value) => lists.push(NewList { keys, value }),
            Outcome::Same => lists.extend(written.map(|value| NewList { keys, value })),
            Outcome::Impossible => needed.extend(of_row),
        }
    }
    (lists, needed)
}

fn value_at<'v>(root: &'v Value, keys: &[String]) -> Option<&'v Value> {
    keys.iter().try_fold(root, |value, key| value.get(key))
}

/// What becomes of a list.
enum Outcome {
    New(Value),
    /// It has all names.
    Same,
    /// It has no room for them.
    Impossible,
}

/// A list with more names.
fn with_names(current: &Value, form: &str, names: &[&str]) -> Outcome {
    let entry = |name: &str| if form == "names" { json!(name) } else { json!({ "name": name }) };
    match (form, current, names) {
        ("one", Value::Null, [name]) => Outcome::New(entry(name)),
        ("one", current, [name]) if current["name"] == *name => Outcome::Same,
        ("list" | "names", Value::Null | Value::Array(_), names) => {
            let mut list = current.as_array().cloned().unwrap_or_default();
            let before = list.len();
            let missing: Vec<_> = names.iter().map(|name| entry(name)).filter(|entry| !list.contains(entry)).collect();
            list.extend(missing);
            if list.len() == before { Outcome::Same } else { Outcome::New(list.into()) }
        }
        _ => Outcome::Impossible,
    }
}
