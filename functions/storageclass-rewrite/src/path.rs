//! Places in an object, as patterns and as pointers.
//!
//! A pattern is written like the field paths of Kubernetes tools, with three wildcards:
//!
//! | segment | meaning |
//! | --- | --- |
//! | `name` or `[name]` | the entry of that name; brackets for names with dots or slashes |
//! | `[]` | every item of a list |
//! | `*` | every entry of a mapping |
//! | `**` | any number of entries and items, none included |
//!
//! A pointer is a JSON pointer (RFC 6901) as text.

use serde_json::Value;

/// One step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    EveryItem,
    EveryEntry,
    AnyDepth,
}

/// A pattern for places in an object. It ends in the name of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    parents: Vec<Segment>,
    last: String,
}

/// An entry of a mapping, which need not be there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The pointer of the mapping.
    pub(crate) holder: String,
    /// The name of the entry.
    pub(crate) key: String,
}

impl Place {
    /// The pointer of the entry.
    pub(crate) fn pointer(&self) -> String {
        child(&self.holder, &self.key)
    }

    /// What stands in the entry.
    pub(crate) fn read<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        root.pointer(&self.holder)?.get(&self.key)
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
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
                name => Segment::Key(name.to_owned()),
            });
            rest = &rest[end..];
        }
        match segments.pop() {
            Some(Segment::Key(last)) => Ok(Self { parents: segments, last }),
            Some(_) => Err("must end in the name of a field"),
            None => Err("must not be empty"),
        }
    }

    /// The places in `root` that the pattern means. The mapping must be there, the entry need not.
    pub(crate) fn select(&self, root: &Value, base: &str) -> Vec<Place> {
        let mut holders = Vec::new();
        descend(root, &self.parents, &mut base.to_owned(), &mut holders);
        holders.into_iter().map(|holder| Place { holder, key: self.last.clone() }).collect()
    }
}

fn descend(value: &Value, segments: &[Segment], pointer: &mut String, found: &mut Vec<String>) {
    let Some((first, rest)) = segments.split_first() else {
        if value.is_object() && !found.contains(pointer) {
            found.push(pointer.clone());
        }
        return;
    };
    match first {
        Segment::Key(key) => {
            if let Some(value) = value.get(key.as_str()) {
                below(pointer, key, |pointer| descend(value, rest, pointer, found));
            }
        }
        Segment::EveryItem => {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                below(pointer, &index.to_string(), |pointer| descend(item, rest, pointer, found));
            }
        }
        Segment::EveryEntry => {
            for (key, entry) in value.as_object().into_iter().flatten() {
                below(pointer, key, |pointer| descend(entry, rest, pointer, found));
            }
        }
        Segment::AnyDepth => {
            descend(value, rest, pointer, found);
            for (key, entry) in value.as_object().into_iter().flatten() {
                below(pointer, key, |pointer| descend(entry, segments, pointer, found));
            }
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                below(pointer, &index.to_string(), |pointer| descend(item, segments, pointer, found));
            }
        }
    }
}

/// Runs `inside` with the pointer of a child.
pub(crate) fn below<R>(pointer: &mut String, key: &str, inside: impl FnOnce(&mut String) -> R) -> R {
    let length = pointer.len();
    pointer.push('/');
    if key.contains(['~', '/']) {
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    } else {
        pointer.push_str(key);
    }
    let result = inside(pointer);
    pointer.truncate(length);
    result
}

/// The pointer of an entry or item.
pub(crate) fn child(pointer: &str, key: &str) -> String {
    below(&mut pointer.to_owned(), key, |pointer| pointer.clone())
}

/// The pointer of the mapping or list around, unless this is the root.
pub(crate) fn parent(pointer: &str) -> Option<&str> {
    pointer.rsplit_once('/').map(|(parent, _)| parent)
}

/// The last segment of a pointer, as it stands there.
pub(crate) fn last(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(_, last)| last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_find_their_places() {
        let object = json!({"a": {"b": [{"c": 1}, {"d": {"c": 2}}]}, "data": {"x.yaml": "t", "p/q": {"c": 3}}});
        let cases = [
            ("a.b[].c", vec!["/a/b/0/c", "/a/b/1/c"]),
            ("a.b[].d.c", vec!["/a/b/1/d/c"]),
            ("**.c", vec!["/c", "/a/c", "/a/b/0/c", "/a/b/1/c", "/a/b/1/d/c", "/data/c", "/data/p~1q/c"]),
            ("data[x.yaml]", vec!["/data/x.yaml"]),
            ("data.*.c", vec!["/data/p~1q/c"]),
            ("a.missing.c", vec![]),
        ];
        for (pattern, expected) in cases {
            let pattern = Pattern::parse(pattern).expect("the pattern is well formed");
            let found: Vec<_> = pattern.select(&object, "").iter().map(Place::pointer).collect();
            assert_eq!(found, expected, "{pattern:?}");
        }
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for (pattern, reason) in [
            ("", "must not be empty"),
            ("a..b", "has an empty segment"),
            ("a[", "has a `[` without its `]`"),
            ("a[]", "must end in the name of a field"),
            ("a.*", "must end in the name of a field"),
        ] {
            assert_eq!(Pattern::parse(pattern), Err(reason), "{pattern}");
        }
    }
}
