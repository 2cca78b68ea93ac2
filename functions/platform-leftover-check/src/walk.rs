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
    Root(Root<'p>),
    Key(&'p str),
    Item(usize),
}

/// What the root of a walk is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Root<'p> {
    /// The value of this field.
    Field(&'p FieldPath),
    /// What this field means as a whole, so that everything in it has this path.
    Whole(&'p FieldPath),
}

impl Place<'_> {
    /// The field path.
    pub(crate) fn path(&self) -> FieldPath {
        let root = std::iter::once(self).chain(self.around()).last();
        if let Some(Place { step: Step::Root(Root::Whole(path)), .. }) = root {
            return (*path).clone();
        }
        self.path_below_root()
    }

    /// The field path of an entry of the value.
    pub(crate) fn below(&self, key: &str) -> FieldPath {
        Place { parent: Some(self), step: Step::Key(key) }.path()
    }

    fn path_below_root(&self) -> FieldPath {
        let parent = || self.parent.map_or_else(FieldPath::root, Place::path_below_root);
        match self.step {
            Step::Root(Root::Field(path) | Root::Whole(path)) => path.clone(),
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
pub(crate) fn walk(value: &Value, root: Root<'_>, visit: &mut dyn FnMut(&Place<'_>, &Value) -> bool) {
    descend(value, &Place { parent: None, step: Step::Root(root) }, visit);
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
        walk(&value, Root::Field(&FieldPath::root()), &mut |place, value| {
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

    #[test]
    fn a_field_that_means_more_is_the_place_of_all_of_it() {
        let path = FieldPath::from("spec.set").key("a.b");
        let mut paths = Vec::new();
        walk(&json!({"a": [{"b": 1}]}), Root::Whole(&path), &mut |place, _| {
            paths.push(place.path());
            true
        });
        assert_eq!(paths, vec![path; 4]);
    }
}
