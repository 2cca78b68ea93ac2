//! Registries in texts of any sort.

use manifests::images::{self, DOCKER_HUB, Image, Prefix};

/// How many letters of a text are looked at for one image.
const LONGEST: usize = 512;

/// Registries to look for.
#[derive(Debug)]
pub(crate) struct Registries {
    /// All their names, in lower case.
    names: Vec<String>,
    /// Whether Docker Hub is one, whose images need not name it.
    pub(crate) has_docker_hub: bool,
}

impl Registries {
    /// The registries of prefixes.
    pub(crate) fn of<'p>(prefixes: impl Iterator<Item = &'p Prefix>) -> Self {
        let mut names: Vec<_> = prefixes.flat_map(|prefix| images::names_of(prefix.registry())).collect();
        names.sort_unstable();
        names.dedup();
        let has_docker_hub = names.iter().any(|name| name == DOCKER_HUB);
        Self { names, has_docker_hub }
    }

    /// The names.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a text may hold one of the names.
    pub(crate) fn may_be_in(&self, text: &str) -> bool {
        self.names.iter().any(|name| find_ignoring_case(text, name, 0).is_some())
    }

    /// The images, or the parts of their names before a placeholder, that a text holds with one of the registries and a `/`
    /// at their beginning.
    pub(crate) fn images_in<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut found: Vec<_> = self.names.iter().flat_map(|name| places(text, name)).collect();
        found.sort_unstable();
        found.dedup();
        let behind_slash = |(_, end): &(usize, usize)| text[*end..].starts_with('/');
        found.into_iter().filter(behind_slash).map(|(start, _)| image_at(&text[start..])).collect()
    }

    /// The registries that a text holds, each with what it has of a path before a wildcard or the like.
    pub(crate) fn patterns_in<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut found: Vec<_> = self.names.iter().flat_map(|name| places(text, name)).collect();
        found.sort_unstable();
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
        let path = |end: usize| text[end..].find(|letter| !is_part(letter)).map_or(text.len(), |length| end + length);
        found.into_iter().map(|(start, end)| text[start..path(end)].trim_end_matches('.')).collect()
    }
}

/// Where a registry is in a text. It is no part of a longer host, and no component of the path in another registry.
fn places(text: &str, name: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = find_ignoring_case(text, name, from) {
        let end = start + name.len();
        from = end;
        if begins_host(&text[..start]) && ends_host(&text[end..]) {
            found.push((start, end));
        }
    }
    found
}

fn find_ignoring_case(text: &str, name: &str, from: usize) -> Option<usize> {
    let (text, name) = (text.as_bytes(), name.as_bytes());
    let first = name.first()?;
    let last = text.len().checked_sub(name.len())?;
    let fits =
        |at: &usize| text[*at].eq_ignore_ascii_case(first) && text[*at..*at + name.len()].eq_ignore_ascii_case(name);
    (from..=last).find(fits)
}

fn begins_host(before: &str) -> bool {
    // A default, as of `${IMAGE:-quay.io/org/web}`.
    if before.ends_with(":-") {
        return true;
    }
    match before.chars().next_back() {
        Some('/') => before.ends_with("//"),
        Some(letter) => !(letter.is_alphanumeric() || "-_.".contains(letter)),
        None => true,
    }
}

fn ends_host(behind: &str) -> bool {
    let mut letters = behind.chars();
    match letters.next() {
        Some(letter) if letter.is_alphanumeric() || "-_".contains(letter) => false,
        // A dot may end a sentence; a colon may be before a port.
        Some('.' | ':') => !letters.next().is_some_and(char::is_alphanumeric),
        _ => true,
    }
}

/// The image at the beginning of a text, without what cannot be part of its name.
fn image_at(text: &str) -> &str {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_./:[]".contains(letter);
    // All parts are ASCII. Longer texts are no images, and are not worth the time.
    let end = text.chars().take(LONGEST).take_while(|letter| is_part(*letter)).count();
    let mut image = &text[..end];
    while !image.is_empty() && Image::parse(image).is_err() {
        image = image[..image.len() - 1].trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registries() -> Registries {
        let prefixes = ["quay.io/org", "docker.io", "registry:5000", "[2001:db8::1]:5000"]
            .map(|text| Prefix::parse(text).expect("it is one"));
        Registries::of(prefixes.iter())
    }

    #[test]
    fn images_are_found_in_texts() {
        for (text, expected) in [
            ("docker pull quay.io/org/web:1 && echo", &["quay.io/org/web:1"][..]),
            ("FROM quay.io/org/web:1 AS build\nCOPY --from=docker.io/a/b . .", &["quay.io/org/web:1", "docker.io/a/b"]),
            ("see Quay.IO/org/web.", &["Quay.IO/org/web"]),
            ("oci://quay.io/org/charts", &["quay.io/org/charts"]),
            ("quay.io/org/${NAME}:1", &["quay.io/org"]),
            ("index.docker.io/org/web", &["index.docker.io/org/web"]),
            ("registry:5000/web", &["registry:5000/web"]),
            ("pull [2001:db8::1]:5000/web]", &["[2001:db8::1]:5000/web"]),
            ("a=quay.io/org/a,b=quay.io/org/b", &["quay.io/org/a", "quay.io/org/b"]),
            ("${IMAGE:-quay.io/org/web:1}", &["quay.io/org/web:1"]),
            ("mirror.example.com/quay.io/org/web", &[]),
            ("my-quay.io/org/web quay.io.example.com/org/web", &[]),
            ("quay.io:443/org/web", &[]),
            ("quay.io is down", &[]),
        ] {
            assert_eq!(registries().images_in(text), expected, "{text}");
            assert!(registries().may_be_in(text), "{text}");
        }
        assert!(!registries().may_be_in("ghcr.io/org/web"));
    }

    #[test]
    fn registries_are_found_in_policies() {
        for (text, expected) in [
            ("quay.io", &["quay.io"][..]),
            ("quay.io/*", &["quay.io/"]),
            ("quay.io/or*", &["quay.io/or"]),
            ("^quay.io/(org|other)/", &["quay.io/"]),
            ("startsWith('quay.io')", &["quay.io"]),
            ("registry:5000/org/* | docker.io/*", &["registry:5000/org/", "docker.io/"]),
            ("*.quay.io", &[]),
        ] {
            assert_eq!(registries().patterns_in(text), expected, "{text}");
        }
    }
}
