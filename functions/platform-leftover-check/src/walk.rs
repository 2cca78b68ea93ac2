//! One walk over the values of an object.

use krm::field::FieldPath;
use serde_json::Value;

/// Where a value is in its object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    /// The root, and the path of it.
    Root(&'p FieldPath),
    Key(&'p str),
    Item(usize),
}

impl Place<'_> {
    /// The field path.
    pub(crate) fn path(&self) -> FieldPath {
        let parent = || self.parent.map_or_else(FieldPath::root, Place::path);
        match self.step {
            Step::Root(path) => path.clone(),
            Step::Key(key) => parent().key(key),
            Step::Item(index) => parent().index(index),
        }
    }

    /// The key that the value belongs to: its own, or that of the list that it is in.
    pub(crate) fn key(&self) -> &str {
        match (self.step, self.parent) {
            (Step::Key(key), _) => key,
            (Step::Item(_), Some(parent)) => parent.key(),
            _ => "",
        }
    }

    /// Whether it is an item of a list.
    pub(crate) fn is_item(&self) -> bool {
        matches!(self.step, Step::Item(_))
    }

    /// The places around it, the nearest first.
    pub(crate) fn around(&self) -> impl Iterator<Item = &Place<'_>> {
        std::iter::successors(self.parent, |place| place.parent)
    }

    /// Whether it is inside of an entry of this name.
    pub(crate) fn is_within(&self, key: &str) -> bool {
        self.around().any(|place| matches!(place.step, Step::Key(around) if around == key))
    }

    /// The entry of the object itself that it is in, as `spec`.
    pub(crate) fn section(&self) -> &str {
        let nearest = std::iter::once(self).chain(self.around());
        nearest.filter(|place| matches!(place.step, Step::Key(_))).last().map_or("", |place| place.key())
    }
}

/// Visits the values below a field in their order, each before what is in it. The visitor says whether to go on inside.
pub(crate) fn walk(value: &Value, path: &FieldPath, visit: &mut dyn FnMut(&Place<'_>, &Value) -> bool) {
    descend(value, &Place { parent: None, step: Step::Root(path) }, visit);
}

fn descend(value: &Value, place: &Place<'_>, visit: &mut dyn FnMut(&Place<'_>, &Value) -> bool) {
    if !visit(place, value) {
        return;
    }
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                descend(value, &Place { parent: Some(place), step: Step::Key(key) }, visit);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                descend(value, &Place { parent: Some(place), step: Step::Item(index) }, visit);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_is_visited_with_its_place() {
        let value = json!({"spec": {"a": [{"b/c": 1}], "skip": {"d": 2}}, "e": "x"});
        let mut told = Vec::new();
        walk(&value, &FieldPath::root(), &mut |place, value| {
            told.push(format!("{}|{}|{}|{}", place.path(), place.key(), place.section(), place.is_within("a")));
            place.key() != "skip" || !value.is_object()
        });
        let expected = [
            "|||false",
            "spec|spec|spec|false",
            "spec.a|a|spec|false",
            "spec.a[0]|a|spec|true",
            "spec.a[0][b/c]|b/c|spec|true",
            "spec.skip|skip|spec|false",
            "e|e|e|false",
        ];
        assert_eq!(told, expected);
    }
}
