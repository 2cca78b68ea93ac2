//! Fields of objects by a pattern.
//!
//! A pattern is written like the field paths of Kubernetes tools, with these wildcards:
//!
//! | segment | meaning |
//! | --- | --- |
//! | `name` or `[name]` | the entry of that name; brackets for names with dots or slashes |
//! | `[]` | every item of a list |
//! | `*` | every entry of a mapping |
//! | `*Name` | every entry whose name ends so |
//! | `**` | any number of entries and items, none included |

use std::collections::HashSet;

use krm::field::{Pointer, PointerBuf, Token};
use serde_json::{Map, Value, json};

/// A pattern for fields of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Segment>);

/// One step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    EveryItem,
    EveryEntry,
    EntriesEndingIn(String),
    AnyDepth,
}

/// A field that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<'v> {
    /// The JSON pointer of the field, from the value that was searched.
    pub pointer: PointerBuf,
    /// The value of the field.
    pub value: &'v Value,
}

/// An entry of a mapping, which need not be there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// Where the mapping is.
    pub parent: PointerBuf,
    /// The name of the entry.
    pub key: String,
}

impl Field {
    /// Where the entry is, or would be.
    pub fn pointer(&self) -> PointerBuf {
        self.parent.with_trailing_token(self.key.as_str())
    }

    /// The field in a value that has the root of this one at `base`.
    #[must_use]
    pub fn below(self, base: &Pointer) -> Self {
        Self { parent: base.concat(&self.parent), key: self.key }
    }

    /// The value of the entry, if it is there.
    pub fn read<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        self.parent.resolve(root).ok()?.get(&self.key)
    }
}

/// A place that a pattern means, whether the field is there or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Place<'v> {
    /// Where the field is, or would be.
    pub pointer: PointerBuf,
    /// Its value, if it is there.
    pub value: Option<&'v Value>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with the text, to be put behind it: "`a..b` has an empty segment".
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            if let Some(inner) = rest.strip_prefix('[') {
                let (name, behind) = inner.split_once(']').ok_or("has a `[` without its `]`")?;
                segments.push(if name.is_empty() { Segment::EveryItem } else { Segment::Key(name.to_owned()) });
                rest = behind;
                continue;
            }
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            segments.push(match &rest[..end] {
                "" => return Err("has an empty segment"),
                "*" => Segment::EveryEntry,
                "**" => Segment::AnyDepth,
                name => match name.strip_prefix('*') {
                    Some(ending) => Segment::EntriesEndingIn(ending.to_owned()),
                    None => Segment::Key(name.to_owned()),
                },
            });
            rest = &rest[end..];
        }
        if segments.is_empty() { Err("must not be empty") } else { Ok(Self(segments)) }
    }

    /// Reads a pattern that is part of the program.
    ///
    /// # Panics
    /// On a malformed pattern.
    pub fn known(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|reason| panic!("`{text}` {reason}"))
    }

    /// Whether the pattern ends in the name of an entry, so that [`Pattern::fields`] finds it where it is missing.
    pub fn names_an_entry(&self) -> bool {
        matches!(self.0.last(), Some(Segment::Key(_)))
    }

    /// The fields of `root` that are there and that the pattern means, in the order of the object.
    pub fn matches<'v>(&self, root: &'v Value) -> Vec<Match<'v>> {
        let mut found = Vec::new();
        Walk::through(root, &self.0, |steps, value| found.push(Match { pointer: pointer_of(steps), value }));
        self.once_each(&mut found, |found| found.pointer.clone());
        found
    }

    /// The entries that the pattern means, whether they are there or not; the mapping that would hold one must be. A
    /// pattern that ends in no name gives none.
    pub fn fields(&self, root: &Value) -> Vec<Field> {
        let Some((Segment::Key(key), parents)) = self.0.split_last() else { return Vec::new() };
        let mut found = Vec::new();
        Walk::through(root, parents, |steps, value| {
            if value.is_object() {
                found.push(Field { parent: pointer_of(steps), key: key.clone() });
            }
        });
        self.once_each(&mut found, |found| found.parent.clone());
        found
    }

    /// The places that the pattern means, in the order of the object: the names behind its last wildcard need not be there.
    /// Nothing is below a value that is no mapping, unless it is null.
    pub fn places<'v>(&self, root: &'v Value) -> Vec<Place<'v>> {
        let end = self.0.iter().rposition(|segment| !matches!(segment, Segment::Key(_))).map_or(0, |last| last + 1);
        let (wild, keys) = self.0.split_at(end);
        let mut found = Vec::new();
        Walk::through(root, wild, |steps, value| found.extend(place(pointer_of(steps), value, keys)));
        self.once_each(&mut found, |place| place.pointer.clone());
        found
    }

    /// A value in which the pattern finds `value` and nothing else, for tests of tables: each wildcard is one entry or item.
    #[must_use]
    pub fn example(&self, value: Value) -> Value {
        self.0.iter().rev().fold(value, |value, segment| match segment {
            Segment::Key(key) => json!({ key: value }),
            Segment::EveryItem => json!([value]),
            Segment::EveryEntry => json!({ "any": value }),
            Segment::EntriesEndingIn(ending) => json!({ format!("any{ending}"): value }),
            Segment::AnyDepth => json!({ "any": [value] }),
        })
    }

    /// Only a pattern with two `**` can lead to one field in two ways.
    fn once_each<T>(&self, found: &mut Vec<T>, pointer: impl Fn(&T) -> PointerBuf) {
        if self.0.iter().filter(|segment| **segment == Segment::AnyDepth).count() > 1 {
            let mut seen = HashSet::new();
            found.retain(|found| seen.insert(pointer(found)));
        }
    }
}

/// The place at these keys below a value.
fn place<'v>(pointer: PointerBuf, value: &'v Value, keys: &[Segment]) -> Option<Place<'v>> {
    let mut place = Place { pointer, value: Some(value) };
    for segment in keys {
        let Segment::Key(key) = segment else { return None };
        place.value = match place.value {
            None | Some(Value::Null) => None,
            Some(Value::Object(map)) => map.get(key),
            Some(_) => return None,
        };
        place.pointer.push_back(key.as_str());
    }
    Some(place)
}

/// A step from a value into it.
#[derive(Clone, Copy)]
enum Step<'s> {
    Key(&'s str),
    Index(usize),
}

/// The JSON pointer of some steps.
fn pointer_of(steps: &[Step<'_>]) -> PointerBuf {
    PointerBuf::from_tokens(steps.iter().map(|step| match step {
        Step::Key(key) => Token::new(*key),
        Step::Index(index) => Token::from(*index),
    }))
}

/// A walk through a value. Pointers are made only of the steps to what is found.
struct Walk<'s, F> {
    steps: Vec<Step<'s>>,
    found: F,
}

impl<'s, 'v: 's, F: FnMut(&[Step<'s>], &'v Value)> Walk<'s, F> {
    /// Tells all that some segments mean below a value.
    fn through(value: &'v Value, segments: &'s [Segment], found: F) {
        Self { steps: Vec::new(), found }.descend(value, segments);
    }

    fn descend(&mut self, value: &'v Value, segments: &'s [Segment]) {
        let Some((first, rest)) = segments.split_first() else {
            (self.found)(&self.steps, value);
            return;
        };
        let entries = || value.as_object().into_iter().flatten();
        let items = || value.as_array().into_iter().flatten().enumerate();
        match first {
            Segment::Key(key) => {
                if let Some(value) = value.get(key.as_str()) {
                    self.step(Step::Key(key), value, rest);
                }
            }
            Segment::EveryItem => items().for_each(|(index, item)| self.step(Step::Index(index), item, rest)),
            Segment::EveryEntry => entries().for_each(|(key, entry)| self.step(Step::Key(key), entry, rest)),
            Segment::EntriesEndingIn(ending) => {
                let entries = entries().filter(|(key, _)| key.ends_with(ending.as_str()));
                entries.for_each(|(key, entry)| self.step(Step::Key(key), entry, rest));
            }
            Segment::AnyDepth => {
                self.descend(value, rest);
                entries().for_each(|(key, entry)| self.step(Step::Key(key), entry, segments));
                items().for_each(|(index, item)| self.step(Step::Index(index), item, segments));
            }
        }
    }

    fn step(&mut self, step: Step<'s>, value: &'v Value, segments: &'s [Segment]) {
        self.steps.push(step);
        self.descend(value, segments);
        self.steps.pop();
    }
}

/// The API group, empty for the core group, and the kind of an object, which tell the fields that it has.
pub fn group_and_kind(object: &Value) -> (&str, &str) {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    (text("apiVersion").split_once('/').map_or("", |(group, _)| group), text("kind"))
}

/// Whether a mapping is an object of the Kubernetes API: it says what it is.
pub fn is_object(map: &Map<String, Value>) -> bool {
    // A walk over the few entries that a mapping has costs less than the hash of a key.
    let is_text = |key: &str| map.iter().any(|(of, value)| of == key && value.is_string());
    is_text("apiVersion") && is_text("kind")
}

/// Runs `inside` with the pointer of a child.
pub fn below<R>(pointer: &mut PointerBuf, key: &str, inside: impl FnOnce(&mut PointerBuf) -> R) -> R {
    pointer.push_back(key);
    let result = inside(pointer);
    pointer.pop_back();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_what_they_mean() {
        let object = json!({"a": {"b": [{"c": 1}, {"d": {"c": 2}}]}, "data": {"x.yaml": "t", "p/q": {"c": 3}}});
        let cases = [
            ("a.b[].c", vec!["/a/b/0/c"], vec!["/a/b/0/c", "/a/b/1/c"]),
            ("a.b[].d.c", vec!["/a/b/1/d/c"], vec!["/a/b/1/d/c"]),
            (
                "**.c",
                vec!["/a/b/0/c", "/a/b/1/d/c", "/data/p~1q/c"],
                vec!["/c", "/a/c", "/a/b/0/c", "/a/b/1/c", "/a/b/1/d/c", "/data/c", "/data/p~1q/c"],
            ),
            (
                "**.**.d",
                vec!["/a/b/1/d"],
                vec!["/d", "/a/d", "/a/b/0/d", "/a/b/1/d", "/a/b/1/d/d", "/data/d", "/data/p~1q/d"],
            ),
            ("data[x.yaml]", vec!["/data/x.yaml"], vec!["/data/x.yaml"]),
            ("data.*.c", vec!["/data/p~1q/c"], vec!["/data/p~1q/c"]),
            ("data.*.yaml", vec![], vec!["/data/p~1q/yaml"]),
            ("data.*", vec!["/data/x.yaml", "/data/p~1q"], vec![]),
            ("data.*yaml", vec!["/data/x.yaml"], vec![]),
            ("a.b[]", vec!["/a/b/0", "/a/b/1"], vec![]),
            ("a.missing.c", vec![], vec![]),
        ];
        for (text, matches, fields) in cases {
            let pattern = Pattern::known(text);
            let found: Vec<_> = pattern.matches(&object).iter().map(|found| found.pointer.to_string()).collect();
            assert_eq!(found, matches, "{text}");
            let found: Vec<_> = pattern.fields(&object).iter().map(|field| field.pointer().to_string()).collect();
            assert_eq!(found, fields, "{text}");
        }
    }

    #[test]
    fn places_need_not_be_there() {
        let object = json!({"a": {"b": [{"c": 1}, {"d": {}}, {"d": null}, {"d": 1}], "n": null, "t": "text"}});
        for (text, places) in [
            ("a.b[].d.e.f", vec![("/a/b/0/d/e/f", false), ("/a/b/1/d/e/f", false), ("/a/b/2/d/e/f", false)]),
            ("a.b[].c", vec![("/a/b/0/c", true), ("/a/b/1/c", false), ("/a/b/2/c", false), ("/a/b/3/c", false)]),
            ("a.n.x", vec![("/a/n/x", false)]),
            ("a.n", vec![("/a/n", true)]),
            ("a.t.x", vec![]),
            ("x.y[].z", vec![]),
            ("x.y.z", vec![("/x/y/z", false)]),
            ("a.b[]", vec![("/a/b/0", true), ("/a/b/1", true), ("/a/b/2", true), ("/a/b/3", true)]),
        ] {
            let found = Pattern::known(text).places(&object);
            let found: Vec<_> = found.iter().map(|place| (place.pointer.as_str(), place.value.is_some())).collect();
            assert_eq!(found, places, "{text}");
        }
    }

    #[test]
    fn an_example_has_one_match() {
        for text in ["a.b[].c", "**.c", "data[x.yaml]", "data.*.c", "*Ref.name", "a.**.**.b"] {
            let pattern = Pattern::known(text);
            let example = pattern.example(json!("x"));
            let found = pattern.matches(&example);
            assert_eq!(found.iter().map(|found| found.value).collect::<Vec<_>>(), ["x"], "{text}: {example}");
        }
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for (pattern, reason) in
            [("", "must not be empty"), ("a..b", "has an empty segment"), ("a[", "has a `[` without its `]`")]
        {
            assert_eq!(Pattern::parse(pattern), Err(reason), "{pattern}");
        }
        assert!(!Pattern::known("a[]").names_an_entry() && Pattern::known("a[].b").names_an_entry());
    }
}
